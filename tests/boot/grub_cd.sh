#!/bin/bash
# GRUB from a CD: it reads a file by INT 13h from drive 0xe0, and switches the machine off.
. "$(dirname "$0")/../lib.sh"

# Without its parser and its menu, which take a minute to unpack where KVM interprets kernel-mode code.
grub_reads_a_file_from_the_cd()
{
    reason=$(tests/boot/prepare grub_cd 2>&1) || skip "$reason"
    patience=$((patience * 5))
    run_stepvm --gdb none -m 64M "$BUILD/boot-images/grub_cd.img"
    expect_equal "exit status" "$vm_status" 0
    expect_line "$dir/console" '{{.*}}(cd){{.*}}'
    expect_line "$dir/console" 'hello from the CD'
}

TEST grub_reads_a_file_from_the_cd
