#!/bin/bash
# GRUB as it is installed on disks: its modules, its grub.cfg and the kernels are files on a FAT
# partition. It loads Multiboot kernels and Linux kernels from there, and boots them.
. "$(dirname "$0")/../lib.sh"

# Starts it with the options, and waits for its prompt: half a minute, where KVM interprets
# kernel-mode code.
start_grub()
{
    reason=$(tests/boot/prepare grub_fat 2>&1) || skip "$reason"
    patience=$((patience * 5))
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none -m 256M "$@" "$BUILD/boot-images/grub_fat.img"
    await_text "$dir/console" '^grub>'
    expect_line "$dir/console" 'grub.cfg is read from hd0,msdos1'
}

# Skips with the reason $1 where KVM interprets kernel-mode code, which is seen by what is missing
# there: it is no use to wait for GRUB first.
need_whole_kvm()
{
    skip_without_kvm
    run_stepvm --gdb none -m 64M "$GUESTS/hobby.elf"
    ! grep -q 'kernel: exception 13 ' "$dir/console" || skip "$1"
}

# What the console shows from the first line that matches $1 on.
console_from()
{
    tr -d '\r' <"$dir/console" | sed -n "/$1/,\$p" >"$dir/guest.out"
}

a_multiboot_kernel()
{
    start_grub
    printf 'kernel\r' >&7
    expect_vm_status 1
    console_from '^magic'
    expect_text "$dir/guest.out" <<'END_TEXT'
magic 2badb002
state checked
...
command line: from grub
...
map 0000000000000000 000000000009fc00 00000001
...
map 0000000000100000 000000000ff00000 00000001
...
loader: GRUB {{.*}}
end
END_TEXT
}

# The disk that it reads is the second one.
the_hobby_kernel()
{
    need_whole_kvm "this KVM has no 32-bit paging"
    start_grub --disk "$GUESTS/hobby.tar,ro"
    printf 'hobby\r' >&7
    expect_vm_status 0
    console_from '^kernel:'
    expect_text "$dir/guest.out" <<'END_TEXT'
kernel: hobby, a small operating system
kernel: memory up to 0x10000000
kernel: disk 1 has 20 blocks
...
This file lies in a tar archive, and the archive on the disk from its first sector on.
...
kernel: all tasks have ended; the timer has switched some of them
END_TEXT
}

# By the Linux boot protocol: memtest86+ is a program with a Linux kernel's header. It has come to its
# own code, and has read its command line, when it takes the serial port: by hiding the cursor there.
a_linux_kernel()
{
    need_whole_kvm "this KVM can't execute memtest86+: it has no fwait"
    start_grub
    printf 'memtest\r' >&7
    await_text "$dir/console" $'\x1b\\[\\?25l|not found'
    ! grep -q 'not found' "$dir/console" || skip "no memtest86+ (apt-get install memtest86+)"
    expect_vm_runs
}

TEST a_multiboot_kernel
TEST the_hobby_kernel
TEST a_linux_kernel
