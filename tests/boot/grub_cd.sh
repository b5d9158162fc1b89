#!/bin/bash
# GRUB from a CD to its prompt: it reads its files by INT 13h from drive 0xe0.
. "$(dirname "$0")/../lib.sh"

# Where KVM interprets kernel-mode code, GRUB takes a minute to unpack itself.
grub_reads_its_files_from_the_cd()
{
    reason=$(tests/boot/prepare grub_cd 2>&1) || skip "$reason"
    patience=240
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none -m 64M "$BUILD/boot-images/grub_cd.img"
    await_text "$dir/console" 'hello from the CD'
    await_text "$dir/console" 'grub>'
    printf 'ls\r' >&7
    await_text "$dir/console" '\(cd\)'
    printf 'halt\r' >&7
    expect_vm_status 0
}

TEST grub_reads_its_files_from_the_cd
