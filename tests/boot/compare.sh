#!/bin/bash
# The same guests under QEMU (its software CPU, with SeaBIOS) and under stepvm print the same, up to
# what two PCs may differ in. `normalise` says what that is.
. "$(dirname "$0")/../lib.sh"

# Both consoles go through this, in this order. Left out:
#   - carriage returns, NULs
#   - what firmware tells a terminal: its mode, colours, where the cursor goes
#   - the firmware's own lines, up to what it boots from; empty lines
# Then comes $1, for what this guest shows of the machine that it is on.
normalise()
{
    tr -d '\r\0' | sed -E $'s/\x1b(c|\\[[?0-9;]*[A-Za-z])//g' |
        sed -E 's/^SeaBIOS \(version.*//; s/^Booting from [A-Za-z ]*\.+//; /^ *$/d' | "$1"
}

# RAM is the same. QEMU's firmware keeps some of its end for ACPI's tables: the size of the last
# range is left out, and so are reserved ranges (the last line may lack its last digit).
ram_ranges()
{
    sed -E 's/ +$//; / 0000000[2-9]?$/d; s/^(0000000000100000) [0-9a-f]+/\1 SIZE/'
}

# Which task prints next is the timer's affair. Where memory ends, and the address at which the fault
# is, need not be the same.
lines_of_tasks()
{
    sed -E 's/0x[0-9a-f]{8}/ADDRESS/g' | sort
}

# compare FILTER KEYS OPTIONS... -- QEMU-OPTIONS...: what is typed is sent once the guest is ready, which
# it says by a line that ends in "ready"; a guest that says nothing of the kind gets nothing.
compare()
{
    local filter=$1 keys=$2 options=()
    shift 2
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    skip_without qemu-system-i386 qemu-system-x86
    run "$keys" "$dir/stepvm.console" "$STEPVM" --gdb none -m 64M "${options[@]}"
    run "$keys" "$dir/qemu.console" qemu-system-i386 -accel tcg -m 64 -nodefaults -nographic \
        -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 "${@:2}"
    expect_same_console "$filter" "$dir/stepvm.console" "$dir/qemu.console"
}

# expect_same_console FILTER STEPVM QEMU
expect_same_console()
{
    local ours theirs
    ours=$(normalise "$1" <"$2")
    theirs=$(normalise "$1" <"$3")
    [ -n "$ours" ] || fail "stepvm's guest has said nothing: $(cat "$dir/stderr")"
    # SeaBIOS's serial console holds a character back until its next look at the clock: the last one
    # of a guest that ends the machine may be lost.
    [[ $ours == "$theirs" || $ours == "$theirs"? ]] || fail "stepvm (<) and QEMU (>) differ:
$(diff <(echo "$ours") <(echo "$theirs"))"
}

# run KEYS CONSOLE COMMAND...: to the guest's end.
run()
{
    local keys=$1 console=$2 pid
    shift 2
    skip_without_kvm
    rm -f "$dir/input"
    mkfifo "$dir/input"
    exec 7<>"$dir/input"
    "$@" <"$dir/input" >"$console" 2>"$dir/stderr" &
    pid=$!
    if [ -n "$keys" ]; then
        await_text "$console" 'ready'
        printf %s "$keys" >&7
    fi
    await "${1##*/} to end" process_gone $pid
}

disk()
{
    echo "file=$1,format=raw,if=ide,snapshot=on"
}

the_bios_writes_to_the_screen()
{
    compare cat '' "$GUESTS/timer.img" -- -drive "$(disk "$GUESTS/timer.img")"
}

the_bios_reads_keys()
{
    compare cat 'Hi there!q' "$GUESTS/keys.img" -- -drive "$(disk "$GUESTS/keys.img")"
}

a_serial_port_echoes()
{
    compare cat 'Hi there!q' "$GUESTS/serial.img" -- -drive "$(disk "$GUESTS/serial.img")"
}

the_memory_map()
{
    compare ram_ranges '' "$GUESTS/e820.img" -- -drive "$(disk "$GUESTS/e820.img")"
}

# Runs in the nested guest, too, where there is no QEMU: its part was done before.
the_hobby_kernel()
{
    reason=$(tests/boot/prepare hobby_console 2>&1) || skip "$reason"
    run '' "$dir/console" "$STEPVM" --gdb none -m 64M --disk "$GUESTS/hobby.tar,ro" \
        "$GUESTS/hobby.elf"
    ! grep -q 'kernel: exception 13 ' "$dir/console" || skip "this KVM has no 32-bit paging"
    expect_same_console lines_of_tasks "$dir/console" "$BUILD/boot-images/hobby_console.img"
}

TEST the_bios_writes_to_the_screen
TEST the_bios_reads_keys
TEST a_serial_port_echoes
TEST the_memory_map
TEST the_hobby_kernel
