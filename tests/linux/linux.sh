#!/bin/bash
# Debian's kernel for virtual machines, unchanged, from its entry to a shell on ttyS0 and its end.
. "$(dirname "$0")/../lib.sh"
. tests/linux/kernel.inc

# One boot for all that the kernel finds: it is what takes time.
a_stock_kernel_boots_to_a_shell()
{
    skip_where_interpreted
    need_kernel
    truncate -s 1M "$dir/disk"
    printf 'what the host wrote' | dd of="$dir/disk" conv=notrunc 2>/dev/null
    boot_kernel -v -c 2 --disk "$dir/disk,virtio" --append 'console=ttyS0 quiet panic=-1'
    await_shell
    expect_line "$dir/stderr" 'stepvm: a Linux kernel, {{6\..*}}, boot protocol 2.15, by its 64-bit entry, 0x1000200'

    type_line 'echo cpus: $(grep -c ^processor /proc/cpuinfo)' '^cpus: 2'
    type_line 'echo clock: $(cat /sys/devices/system/clocksource/*/current_clocksource)' \
        '^clock: kvm-clock'
    type_line 'echo disk: $(head -c 19 /dev/vda)' '^disk: what the host wrote'
    type_line 'echo size: $(cat /sys/block/vda/size)' '^size: 2048'
    type_line 'printf "what the guest wrote" >/dev/vda; sync; echo written: $?' '^written: 0'
    type_line 'yes >/dev/null & taskset 2 true; echo on the other: $?' '^on the other: 0'
    type_line 'kill $!; echo problems: $(dmesg -r | grep -c "^<[0-3]>")' '^problems: 0'
    printf 'poweroff -f\n' >&7
    expect_vm_status 0
    expect_equal 'the disk' "$(head -c 20 "$dir/disk")" 'what the guest wrote'
}

TEST a_stock_kernel_boots_to_a_shell
