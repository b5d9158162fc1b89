#!/bin/bash
# syslinux's MBR, as Debian has it: finds the active partition and starts its boot sector.
. "$(dirname "$0")/../lib.sh"

need_image()
{
    reason=$(tests/boot/prepare mbr 2>&1) || skip "$reason"
    image=$BUILD/boot-images/mbr.img
}

starts_the_active_partition()
{
    need_image
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none "$image"
    await_text "$dir/console" 'keys ready'
    printf 'Hi' >&7
    await_text "$dir/console" 'Hi'
    printf 'q' >&7
    expect_vm_status 1
    expect_text "$dir/console" <<'END'
keys ready
Hi
END
}

# It moves itself out of the way, then loads the partition's sector to where it was itself.
the_hand_over_can_be_debugged()
{
    need_image
    start_vm -S "$image"
    run_gdb <<'END'
x/i $pc
hbreak *0x7c00
continue
printf "> %#lx dl %#x sector begins %#x\n", $pc, $edx & 0xff, *(unsigned char *)0x7c00
END
    expect_line "$dir/gdb.out" '=> 0x7c00:	{{xor    %ax,%ax|cli.*}}'
    expect_marked <<<'> 0x7c00 dl 0x80 sector begins 0x31'
}

TEST starts_the_active_partition
TEST the_hand_over_can_be_debugged
