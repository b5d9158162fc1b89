#!/bin/bash
# The memory set-up beside an established VMM's: stepvm and QEMU, both traced by strace while they
# start a boot sector, make their KVM calls in an order of the same form and slots of the same form.
. "$(dirname "$0")/../lib.sh"

page=4096
legacy=$((640 * 1024)) MiB=$((1024 * 1024)) GiB=$((1024 * 1024 * 1024))
hole=$((3 * GiB)) hole_end=$((4 * GiB)) # LAYOUT_HOLE; QEMU's pc has the same from 3.5 GiB on

# "A B": the first A comes before the first B.
orders=(
    "KVM_GET_API_VERSION KVM_CREATE_VM"
    "KVM_CREATE_VM KVM_SET_TSS_ADDR"
    "KVM_SET_TSS_ADDR KVM_CREATE_VCPU"
    "KVM_SET_IDENTITY_MAP_ADDR KVM_CREATE_VCPU"
    "KVM_CREATE_IRQCHIP KVM_CREATE_PIT2"
    "KVM_CREATE_IRQCHIP KVM_CREATE_VCPU"
    "KVM_GET_SUPPORTED_CPUID KVM_SET_CPUID2"
    "KVM_CREATE_VCPU KVM_SET_CPUID2"
    "KVM_SET_CPUID2 KVM_SET_REGS"
    "KVM_SET_USER_MEMORY_REGION KVM_SET_REGS"
    "KVM_SET_REGS KVM_RUN"
    "KVM_CREATE_PIT2 KVM_RUN"
)

# ---- Tracing

# Runs the command $2... under strace to its machine's first KVM_RUN, then kills it. Its calls are
# in $dir/$1.calls. Returns 1 if it ended by itself before.
trace_calls()
{
    local name=$1 strace_pid
    shift
    rm -f "$dir/$name".* # of a run before
    # shellcheck disable=SC2016 # for the inner bash, whose pid the traced program inherits
    strace -f -e trace=ioctl -o "$dir/$name.trace" \
        bash -c 'echo $$ >"$0"; exec "$@"' "$dir/$name.pid" "$@" >"$dir/$name.out" 2>&1 &
    strace_pid=$!
    started+=("$strace_pid")
    await "$name's first KVM_RUN" has_run_or_ended "$name" "$strace_pid"
    # strace ends with the program it traces; killed itself it would leave that behind.
    kill -KILL "$(<"$dir/$name.pid")" 2>/dev/null
    wait "$strace_pid" 2>/dev/null
    read_calls "$name"
    has_run "$name"
}

# The trace grows while it is read, faster than awk reads where a guest exits all the time.
read_calls()
{
    head -n 4000 "$dir/$1.trace" | awk -f tests/strace/calls.awk >"$dir/$1.calls"
}

has_run()
{
    [ "$(tail -n 1 "$dir/$1.calls")" = KVM_RUN ]
}

has_run_or_ended()
{
    [ -e "$dir/$1.trace" ] && read_calls "$1" && has_run "$1" || process_gone "$2"
}

end_traced()
{
    local file
    for file in "$dir"/*.pid; do
        [ -e "$file" ] && kill -KILL "$(<"$file")" 2>/dev/null
    done
    end_started
}

# Traces stepvm and QEMU with $1 of memory.
trace_both()
{
    trap end_traced EXIT
    skip_without_kvm
    skip_without strace strace
    skip_without qemu-system-x86_64 qemu-system-x86
    strace -o "$dir/strace" true 2>/dev/null || skip "strace may not trace here (ptrace)"

    # jmp . and the signature
    { printf '\xeb\xfe' && head -c 508 /dev/zero && printf '\x55\xaa'; } >"$dir/boot.img"
    trace_calls qemu qemu-system-x86_64 -accel kvm -m "$1" -nodefaults -display none \
        -drive "file=$dir/boot.img,format=raw,if=ide,snapshot=on" ||
        skip "QEMU's KVM does not start here: $(tail -n 1 "$dir/qemu.out")"
    trace_stepvm "$1"
}

trace_stepvm()
{
    trace_calls stepvm "$STEPVM" -m "$1" --gdb none --serial none "$dir/boot.img" ||
        give_up "stepvm has ended before its machine ran: $(<"$dir/stepvm.out")"
}

# ---- What the calls must look like

check_orders() # name
{
    local order first second
    for order in "${orders[@]}"; do
        first=$(grep -n -m 1 "^${order% *}\b" "$dir/$1.calls")
        second=$(grep -n -m 1 "^${order#* }\b" "$dir/$1.calls")
        [[ -n $first && -n $second && ${first%%:*} -lt ${second%%:*} ]] ||
            fail "$1: expected ${order% *} before ${order#* }, got call ${first:-(never)} and" \
                "call ${second:-(never)}"
    done
    [ "$(head -n 1 "$dir/$1.calls")" = KVM_GET_API_VERSION ] ||
        fail "$1: expected KVM_GET_API_VERSION first, got $(head -n 1 "$dir/$1.calls")"
}

# Follows the calls of VMM $1 to the slots that are there at the first KVM_RUN: $dir/$1.slots has
# "gpa end flags slot hva" in decimal, ascending.
replay_slots()
{
    local call slot flags gpa size hva
    local -A live=()
    while read -r call slot flags gpa size hva; do
        [ "$call" = KVM_SET_USER_MEMORY_REGION ] || continue
        if ((size == 0)); then
            unset "live[$slot]"
        else
            live[$slot]="$((gpa)) $((gpa + size)) $flags $slot $((hva))"
        fi
    done <"$dir/$1.calls"
    printf '%s\n' "${live[@]}" | sort -n >"$dir/$1.slots"
}

check_slots() # name
{
    local gpa end flags slot hva last_end=0
    while read -r gpa end flags slot hva; do
        ((gpa % page == 0 && end % page == 0 && hva % page == 0)) ||
            fail "$1: slot $slot is not page-aligned: $gpa-$end at $hva"
        ((end > gpa && end <= 1 << 52)) || fail "$1: slot $slot is no range: $gpa-$end"
        ((gpa >= last_end)) || fail "$1: slot $slot at $gpa begins before $last_end, where another ends"
        [[ $flags =~ ^(0|KVM_MEM_READONLY|KVM_MEM_LOG_DIRTY_PAGES)$ ]] ||
            fail "$1: slot $slot has the flags $flags"
        last_end=$end
    done <"$dir/$1.slots"
    check_host_ranges "$1"
}

# The host memory of two writable slots never overlaps either. (QEMU shows its ROM twice.)
check_host_ranges()
{
    local hva end slot last_end=0
    while read -r hva end slot; do
        ((hva >= last_end)) || fail "$1: slot $slot's host memory is another slot's too"
        last_end=$end
    done < <(awk '$3 != "KVM_MEM_READONLY" { printf "%.0f %.0f %s\n", $5, $5 + $2 - $1, $4 }' \
        "$dir/$1.slots" | sort -n)
}

# The bytes from $2 to $3 are writable RAM in VMM $1's slots.
check_ram()
{
    local at=$2 gpa end flags rest
    while read -r gpa end flags rest; do
        [[ $flags == KVM_MEM_READONLY ]] || ((gpa > at || end <= at)) || at=$end
    done <"$dir/$1.slots"
    ((at >= $3)) || fail "$1: expected RAM from $2 to $3, it ends at $at; slots: $(<"$dir/$1.slots")"
}

# VMM $1's writable slots end at $2, and none is in the hole. What is from 640K to 1M (the VGA's
# memory, which may be a slot of its own or part of low RAM's) does not count.
check_ram_end()
{
    local gpa end flags rest last=0
    while read -r gpa end flags rest; do
        [ "$flags" = KVM_MEM_READONLY ] && continue
        ((gpa < legacy || gpa >= MiB)) || continue
        ((gpa >= legacy || end <= legacy)) || end=$legacy
        ((end <= hole || gpa >= hole_end)) || fail "$1: RAM in the hole: $gpa-$end"
        last=$end
    done <"$dir/$1.slots"
    expect_equal "$1: end of RAM" "$last" "$2"
}

# The flags of the slot in which VMM $1's address $2 is.
flags_at()
{
    local gpa end flags rest
    while read -r gpa end flags rest; do
        ((gpa <= $2 && $2 < end)) && echo "$flags" && return
    done <"$dir/$1.slots"
    echo "no slot"
}

# All of the above for VMM $1 with $2 bytes of memory.
check_vmm()
{
    local low=$(($2 < hole ? $2 : hole))
    check_orders "$1"
    replay_slots "$1"
    check_slots "$1"
    check_ram "$1" 0 $((low < legacy ? low : legacy))
    ((low <= MiB)) || check_ram "$1" "$MiB" "$low"
    check_ram_end "$1" $(($2 <= hole ? $2 : hole_end + $2 - hole))
}

compare_with_qemu() # memory, bytes
{
    trace_both "$1"
    check_vmm qemu "$2"
    check_vmm stepvm "$2"
    expect_equal "flags of the ROM at 0xf0000" "$(flags_at stepvm $((0xf0000)))" \
        "$(flags_at qemu $((0xf0000)))"
    expect_equal "flags of the slot at 0" "$(flags_at stepvm 0)" "$(flags_at qemu 0)"
}

# ---- The tests

orders_and_slots_as_qemu()
{
    compare_with_qemu 128M $((128 * MiB))
}

slots_around_the_hole_as_qemu()
{
    local name high
    compare_with_qemu 4G $((4 * GiB))
    for name in qemu stepvm; do
        high=$(awk '$1 >= 4294967296 { print $1, $2, $3 }' "$dir/$name.slots")
        expect_equal "$name: slots above 4 GiB" "$high" "$hole_end $((5 * GiB)) 0"
    done
}

slots_of_the_smallest_machine()
{
    trace_both 1M
    trace_stepvm 256K
    replay_slots stepvm
    check_slots stepvm
    check_ram stepvm 0 $((256 * 1024))
    check_ram_end stepvm $((256 * 1024))
}

TEST orders_and_slots_as_qemu
TEST slots_around_the_hole_as_qemu
TEST slots_of_the_smallest_machine
