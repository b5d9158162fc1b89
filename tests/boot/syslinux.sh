#!/bin/bash
# syslinux, installed on a FAT partition behind its MBR: reads its configuration and a Multiboot
# kernel from there, and starts it.
. "$(dirname "$0")/../lib.sh"

need_image()
{
    reason=$(tests/boot/prepare syslinux 2>&1) || skip "$reason"
    image=$BUILD/boot-images/syslinux.img
}

a_kernel_from_fat()
{
    need_image
    run_stepvm --gdb none -m 64M --disk "$GUESTS/hobby.tar,ro" "$image"
    ! grep -q 'KVM could not emulate' "$dir/stderr" ||
        skip "this KVM can't execute iret in protected mode, as syslinux does"
    expect_equal "stepvm's exit status" "$vm_status" 0
    expect_text "$dir/console" <<'END_TEXT'

SYSLINUX {{.*}}
syslinux.cfg is read
Loading hobby.elf... ok
kernel: hobby, a small operating system
kernel: memory up to {{.*}}
kernel: disk 1 has 20 blocks
...
This file lies in a tar archive, and the archive on the disk from its first sector on.
...
kernel: all tasks have ended; the timer has switched some of them
END_TEXT
}

TEST a_kernel_from_fat
