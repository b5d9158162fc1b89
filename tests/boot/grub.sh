#!/bin/bash
# GRUB from its first sector to its prompt, and what is typed there.
. "$(dirname "$0")/../lib.sh"

need_image()
{
    reason=$(tests/boot/prepare grub 2>&1) || skip "$reason"
    image=$BUILD/boot-images/grub.img
}

# One boot for all: where KVM interprets kernel-mode code, GRUB takes a minute to unpack itself.
prompt_and_commands()
{
    need_image
    patience=$((patience * 5))
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none -m 64M "$image"
    await_text "$dir/console" 'grub>'
    printf 'echo hello, guest\r' >&7
    await_text "$dir/console" '^hello, guest'
    printf 'ls\r' >&7
    await_text "$dir/console" '\(hd0\) .*\(hd0,msdos1\)'
    printf 'lsmmap\r' >&7
    await_text "$dir/console" 'base_addr = 0x0, length = 0x9fc00, available RAM'
    await_text "$dir/console" 'base_addr = 0x100000, length = 0x3f00000, available RAM'
    printf 'halt\r' >&7
    expect_vm_status 0
}

# The first sector loads the second by INT 13h, to 0x7000:0, then copies it to 0x8000.
loading_can_be_debugged()
{
    need_image
    start_vm -S -m 64M "$image"
    run_gdb <<'END'
x/i $pc
break *0x8000
continue
printf "> %#lx\n", $pc
x/2i $pc
END
    expect_line "$dir/gdb.out" '=> 0x7c00:	jmp    0x7c65'
    expect_marked <<<'> 0x8000'
    expect_line "$dir/gdb.out" '=> 0x8000:	push   %dx'
}

TEST prompt_and_commands
TEST loading_can_be_debugged
