#!/bin/bash
# make demo: boots the demo disk in stepvm, debugs it with the real gdb, and shows the session.
# Ends by itself and leaves nothing. Exit status 0 if all of it went well.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
BUILD=${BUILD:-build}

die()
{
    echo "make demo: $*" >&2
    exit 1
}

# ---- What it takes

if ! command -v gdb >/dev/null; then
    [[ $(id -u) = 0 && -x /usr/bin/apt-get ]] ||
        die "gdb is not installed. On Debian: sudo apt-get install gdb"
    echo "gdb is missing: installing it with apt-get"
    { apt-get -q update && apt-get -q -y install gdb; } >/dev/null ||
        die "apt-get could not install gdb; install it, then try again"
fi
[ -e /dev/kvm ] || die "there is no /dev/kvm. stepvm needs Linux with KVM:
  - switch virtualization (VT-x, SVM) on in the firmware's set-up, then: sudo modprobe kvm_intel
    (or kvm_amd);
  - in a virtual machine: allow nested virtualization on its host;
  - in a container: start it with --device /dev/kvm.
Without any of these, 'make check-nested' runs the tests on a software CPU."
[[ -r /dev/kvm && -w /dev/kvm ]] || die "you may not open /dev/kvm. Join its group:
  sudo adduser $(id -un) $(stat -c %G /dev/kvm)      (then log in again)"

# ---- The virtual machine

tmp=$(mktemp -d "${TMPDIR:-/tmp}/stepvm-demo.XXXXXX") || exit 1
vm_pid=
clean_up()
{
    [ -z "$vm_pid" ] || kill -KILL "$vm_pid" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

"$BUILD/stepvm" -S --gdb "unix:$tmp/gdb.sock" "$BUILD/guests/demo.img" \
    </dev/null >"$tmp/console" 2>"$tmp/messages" &
vm_pid=$!
for ((i = 0; i < 6000; i++)); do
    [ ! -S "$tmp/gdb.sock" ] || break
    kill -0 $vm_pid 2>/dev/null || die "stepvm did not start:
$(<"$tmp/messages")"
    sleep 0.01
done

# ---- The session

typed='' comment='' normal=''
if [ -t 1 ]; then
    typed='\033[1m' comment='\033[3m' normal='\033[0m' # bold, italic; gdb's echo knows \033
fi

# From demo.gdb, the same with each line shown before it is carried out.
show_as_typed()
{
    local line
    while IFS= read -r line; do
        case $line in
        '') printf '%s\n' 'echo \n' ;;
        '#'*) printf '%s\n' "echo $comment$line$normal\\n" ;;
        *) printf '%s\n' "echo $typed(gdb) $line$normal\\n" "$line" ;;
        esac
    done
}

# The first paragraph of demo.gdb explains the file itself.
sed "1,/^\$/d; s|MACHINE|$tmp/gdb.sock|; s|build/guests|$BUILD/guests|" guests/demo.gdb |
    show_as_typed >"$tmp/commands"
echo "\$ stepvm -S $BUILD/guests/demo.img &"
echo "\$ gdb"
timeout -k 2 300 gdb -nx -nh -batch -iex 'set debuginfod enabled off' -x "$tmp/commands" 2>&1
status=$?
[ $status = 0 ] || die "gdb ended with status $status. stepvm said:
$(<"$tmp/messages")"

cat <<END

What the guest printed meanwhile:
$(tr -d '\r' <"$tmp/console" | sed 's/^/    /')

Now type it yourself, in two terminals:
    $BUILD/stepvm -S $BUILD/guests/demo.img
    gdb -ex 'target remote :1234' -ex 'add-symbol-file $BUILD/guests/demo.elf'
and there:
    stepi, nexti          one instruction; nexti goes over calls, and over BIOS interrupts
                          after: add-symbol-file $BUILD/bios.elf
    break before_switch   stop before the CPU leaves real mode (the labels are in guests/demo.s)
    info registers        all of them, control registers and segment bases included
    x/16xb 0x7c00         guest memory;  set var *(char *)0x7c00 = 0x90  writes it
    monitor help          what the virtual machine itself can tell
    detach                let the guest run on; connect again whenever you like
Your own disk image goes in the place of demo.img. More: README.md, docs/DEBUGGING.md
END
