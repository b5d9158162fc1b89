# From the output of `strace -f -e trace=ioctl` of a VMM, the calls with which it sets up its
# machine: those that succeeded, up to and with the machine's first KVM_RUN, one a line:
#
#     KVM_CREATE_VM
#     KVM_SET_USER_MEMORY_REGION slot flags gpa size hva
#
# (gpa, size and hva in decimal or hex as strace shows them.) A VMM may make other VMs to try things
# out; the machine is the VM with the largest slot, of 128 KiB or more.

{
    text = $0
    pid = ""
    if (match(text, /^[0-9]+ +/)) {
        pid = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
    }
    # A call that another thread's call interrupted is shown in two halves. KVM_RUN counts from its
    # start, all others from their end.
    if (text ~ /<unfinished \.\.\.>$/ && text !~ /KVM_RUN/) {
        sub(/ *<unfinished \.\.\.>$/, "", text)
        half[pid] = text
        next
    }
    if (sub(/^<\.\.\. ioctl resumed>/, "", text)) {
        if (!(pid in half))
            next
        text = half[pid] text
        delete half[pid]
    }
    if (text !~ /^ioctl\([0-9]+, KVM_/ || text ~ / = -1 /)
        next
    call(text)
}

function call(text,    fd, name, result, vm)
{
    fd = text
    sub(/^ioctl\(/, "", fd)
    name = fd
    sub(/,.*/, "", fd)
    sub(/^[0-9]+, /, "", name)
    sub(/[^A-Z0-9_].*/, "", name)
    result = text
    sub(/.* = /, "", result)

    # Descriptors are used again, so VMs are numbered; 0 stands for /dev/kvm itself.
    if (name == "KVM_CREATE_VM") {
        vm_of[result] = vm = ++vms
    } else {
        vm = (fd in vm_of) ? vm_of[fd] : 0
        if (name == "KVM_CREATE_VCPU")
            vm_of[result] = vm
        if (name == "KVM_GET_API_VERSION" || name == "KVM_GET_SUPPORTED_CPUID")
            vm = 0
    }
    if (name == "KVM_SET_USER_MEMORY_REGION")
        name = name " " slot(text, vm)
    count++
    names[count] = name
    owners[count] = vm
}

function field(text, key)
{
    sub(".*" key "=", "", text)
    sub(/[,}].*/, "", text)
    return text
}

function slot(text, vm,    size)
{
    size = field(text, "memory_size")
    if (size + 0 >= 131072 && size + 0 > largest) {
        largest = size + 0
        machine = vm
    }
    return field(text, "slot") " " field(text, "flags") " " field(text, "guest_phys_addr") " " \
        size " " field(text, "userspace_addr")
}

END {
    if (!machine)
        exit
    for (i = 1; i <= count; i++) {
        if (owners[i] != 0 && owners[i] != machine)
            continue
        print names[i]
        if (names[i] == "KVM_RUN")
            exit
    }
}
