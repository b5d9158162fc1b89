#!/bin/bash
# U-Boot's x86 ROMs, as Debian has them, to their prompt on COM1 and a few commands.
. "$(dirname "$0")/../lib.sh"

need_rom() # uboot or uboot64
{
    reason=$(tests/boot/prepare "$1" 2>&1) || skip "$reason"
    rom=$BUILD/boot-images/$1.img
    patience=$((patience * 5)) # it counts two seconds down, and unpacks itself before
}

# Where KVM interprets kernel-mode code it does not do all of it; int3 does not exit there.
skip_if_interpreted()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<<$'monitor info host\nkill'
    ! grep -qE '^ *int3 .* no$' "$dir/gdb.out" || skip "this KVM does not execute $1"
}

# Starts the ROM with stepvm's arguments, and stops its countdown.
start_uboot()
{
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none --bios "$rom" "$@"
    await_text "$dir/console" 'stop autoboot'
    printf ' ' >&7
}

at_prompt()
{
    [[ $(tail -c 4 "$dir/console" | tr -d '\0') == *'=> ' ]]
}

# Types $1; $2 is in the answer. Not before the prompt: while a command prints, U-Boot looks for a
# Ctrl-C and throws other keys away.
ask()
{
    await "U-Boot's prompt" at_prompt
    printf '%s\r' "$1" >&7
    await_text "$dir/console" "$2"
}

started_twice()
{
    [ "$(grep -c 'stop autoboot' "$dir/console")" = 2 ]
}

prompt_and_commands()
{
    need_rom uboot
    start_uboot -m 64M -c 2
    expect_line "$dir/console" 'DRAM:  64 MiB'
    expect_line "$dir/console" 'Model: QEMU x86 (I440FX)'
    expect_nowhere "$dir/console" "can't find" # of the files that it looks for by fw_cfg
    ask 'qfw cpus' '^2 cpu\(s\) online'
    ask 'qfw list' '^etc/e820 '
    ask 'pci 0' '^00.00.00 +0x8086 +0x1237 '
    ask 'md.b 0xfffffff0 8' '^fffffff0: fa fc '
    ask 'mw.b 0xfffffff0 55; md.b 0xfffffff0 4' '^fffffff0: fa fc .. ..  ' # read-only
    ask 'mw.l 0x100000 0x12345678; md.l 0x100000 1' '^00100000: 12345678 '
    ask 'reset' '^resetting'
    await "U-Boot to start again" started_twice
}

# Its SPL goes from 16 to 32 bits and then enters U-Boot in 64-bit mode.
in_64_bits()
{
    need_rom uboot64
    skip_if_interpreted "the far return by which U-Boot's SPL enters 64-bit mode"
    start_uboot
    ask 'bdinfo' '^Build +=? *64-bit'
}

TEST prompt_and_commands
TEST in_64_bits
