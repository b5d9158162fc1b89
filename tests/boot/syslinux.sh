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
    run_stepvm --gdb none -m 64M "$image"
    ! grep -q 'KVM could not emulate' "$dir/stderr" ||
        skip "this KVM can't execute iret in protected mode, as syslinux does"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_text "$dir/console" <<'END_TEXT'

SYSLINUX {{.*}}
syslinux.cfg is read
...
magic 2badb002
state checked
...
command line: multiboot.elf from syslinux
...
map 0000000000100000 0000000003f00000 00000001
...
loader: {{.*[Ss]yslinux.*|SYSLINUX.*}}
end
END_TEXT
}

TEST a_kernel_from_fat
