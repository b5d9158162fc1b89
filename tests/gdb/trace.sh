#!/bin/bash
# Each instruction of a guest, stepped here and in QEMU's software CPU, gives the same registers in
# every mode; in the end memory is the same too. STEPVM_TRACE says how many instructions at most
# (about 5,000 a second). tests/tools/trace_compare.c says what is compared and what can't be.
. "$(dirname "$0")/../lib.sh"

count=${STEPVM_TRACE:-10000}

# Compares at most $1 instructions of what the further arguments make stepvm run; they must go on
# until $2.
trace()
{
    local count=$1 end=$2
    shift 2
    skip_without qemu-system-x86_64 qemu-system-x86
    start_vm -S -m 64M "$@"
    qemu-system-x86_64 -accel tcg -m 64M -display none -nodefaults -S \
        -gdb "unix:$dir/qemu.sock,server=on,wait=off" >"$dir/qemu.out" 2>&1 &
    qemu_pid=$!
    await "QEMU to listen" qemu_listens
    process_gone "$qemu_pid" && give_up "QEMU has ended: $(<"$dir/qemu.out")"
    "$TOOLS/trace_compare" "$gdb_address" "$dir/qemu.sock" "$count" >"$dir/trace" ||
        fail "$(<"$dir/trace")"
    expect_line "$dir/trace" "{{[0-9]+}} instructions the same, until $end; {{.*}}"
}

qemu_listens()
{
    [ -S "$dir/qemu.sock" ] || process_gone "$qemu_pid"
}

real_mode()
{
    trace "$count" 'the limit' "$GUESTS/real.img"
}

spin()
{
    trace "$count" 'the limit' "$GUESTS/spin.img"
}

# Through all three modes, with the BIOS printing and reading sectors.
demo()
{
    trace "$count" 'the guest halts' "$GUESTS/demo.img"
}

timer()
{
    trace "$count" 'the guest halts' "$GUESTS/timer.img"
}

serial()
{
    trace "$count" 'the guest halts' "$GUESTS/serial.img"
}

keys()
{
    trace "$count" 'the guest halts' "$GUESTS/keys.img"
}

memory_map()
{
    trace "$count" 'the guest ends' "$GUESTS/e820.img"
}

reset()
{
    trace "$count" 'the guest resets the machine' "$GUESTS/reset.img"
}

# As far as the segment limit, which QEMU's software CPU does not check in real mode.
faults()
{
    trace 25 'the limit' "$GUESTS/faults.img"
}

protected_mode()
{
    trace "$count" 'the limit' -f flat --mode protected "$GUESTS/protected.bin"
}

# The first CPU of a guest that would start others, if it had them.
first_of_several_cpus()
{
    trace "$count" 'the limit' -f flat --mode protected "$GUESTS/smp.bin"
}

long_mode()
{
    trace "$count" 'the limit' -f flat --mode long "$GUESTS/long.bin"
}

# A boot record that moves itself and loads another boot sector.
boot_record()
{
    reason=$(tests/boot/prepare mbr 2>&1) || skip "$reason"
    trace "$count" 'the guest halts' "$BUILD/boot-images/mbr.img"
}

# GRUB's boot.img, and what it loads.
grub()
{
    reason=$(tests/boot/prepare grub 2>&1) || skip "$reason"
    trace "$count" 'the limit' "$BUILD/boot-images/grub.img"
}

TEST real_mode
TEST spin
TEST demo
TEST timer
TEST serial
TEST keys
TEST memory_map
TEST reset
TEST faults
TEST protected_mode
TEST first_of_several_cpus
TEST long_mode
TEST boot_record
TEST grub
