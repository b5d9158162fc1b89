#!/bin/bash
# A virtio disk on PCI, by a driver of our own (guests/virtio.s): what the driver sees, what the
# file holds, and what a debugger sees of memory that the device reads and writes by itself.
. "$(dirname "$0")/../lib.sh"

# A disk of 64 sectors, each filled with a letter of its own; the first begins with a line of text.
make_disk()
{
    local i
    disk=$dir/disk.img
    for ((i = 0; i < 64; i++)); do
        printf '%512s' '' | tr ' ' "$(printf '\\%o' $((65 + i % 26)))"
    done >"$disk"
    printf 'sector 0\n\0' | dd of="$disk" conv=notrunc 2>/dev/null
    cp "$disk" "$dir/before.img"
}

# What the guest writes to sector 1.
routine()
{
    dd if="$GUESTS/virtio.bin" bs=512 skip=$((($(label virtio routine) - 0x100000) / 512)) count=1 \
        2>/dev/null
}

# The disk as it is when sector 1 has been written.
expect_disk_written()
{
    routine | dd of="$dir/before.img" bs=512 seek=1 conv=notrunc 2>/dev/null
    cmp "$disk" "$dir/before.img" || fail "the disk is not what it was with sector 1 written"
}

expect_disk_untouched()
{
    cmp "$disk" "$dir/before.img" || fail "the disk has changed"
}

# What the guest prints, if its write ends with status $1 and it is drive $2.
expect_console()
{
    tr -d '\0' <"$dir/console" >"$dir/console.txt"
    expect_text "$dir/console.txt" <<END
found
set up
write ${1:-0}
flush 0
read 0
ok
read two 0
sector 0
the same
id 0
SVM${2:-0}
past the end 1
no interrupt
interrupt
no interrupt
needs a reset
flush 0
END
}

a_driver_reads_and_writes()
{
    make_disk
    run_stepvm --gdb none --disk "$disk,virtio" "$GUESTS/virtio.elf"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_console
    expect_disk_written
}

# The routine is on the disk already, so that what is read back can be called.
a_read_only_disk_stays_as_it_is()
{
    make_disk
    routine | dd of="$disk" bs=512 seek=1 conv=notrunc 2>/dev/null
    cp "$disk" "$dir/before.img"
    run_stepvm --gdb none --disk "$disk,virtio,ro" "$GUESTS/virtio.elf"
    expect_console 1
    expect_disk_untouched
}

a_snapshot_leaves_the_file_as_it_is()
{
    make_disk
    run_stepvm --gdb none --disk "$disk,snapshot,virtio" "$GUESTS/virtio.elf"
    expect_console
    expect_disk_untouched
}

# The second of three, of which the others are no virtio disks.
which_disk_is_on_virtio()
{
    make_disk
    cp "$disk" "$dir/first.img"
    cp "$disk" "$dir/third.img"
    run_stepvm --gdb none --disk "$dir/first.img" --disk "$disk,virtio" \
        --disk "$dir/third.img,ro" "$GUESTS/virtio.elf"
    expect_console 0 1
    expect_disk_written
}

a_machine_without_one()
{
    run_stepvm --gdb none "$GUESTS/virtio.elf"
    expect_equal "stepvm's exit status" "$vm_status" 3
    expect_text "$dir/console" <<<'no disk'
}

# The driver finds the same in QEMU.
qemu_has_the_same()
{
    skip_without qemu-system-x86_64 qemu-system-x86
    make_disk
    timeout "$patience" qemu-system-x86_64 -accel tcg -nodefaults -display none -no-reboot \
        -kernel "$GUESTS/virtio.elf" -debugcon "file:$dir/console" \
        -device isa-debug-exit,iobase=0xf4 -drive "if=none,id=d,format=raw,file=$disk" \
        -device virtio-blk-pci,disable-legacy=on,drive=d,serial=SVM0 >"$dir/stderr" 2>&1
    expect_equal "QEMU's exit status" $? 1
    expect_console
    expect_disk_written
}

# Firmware of others drives it by itself, and moves its BAR.
seabios_boots_from_it()
{
    reason=$(tests/boot/prepare seabios 2>&1) || skip "$reason"
    cp "$GUESTS/demo.img" "$dir/boot.img"
    truncate -s 8M "$dir/boot.img" # SeaBIOS takes no disk of less than a cylinder
    patience=$((patience * 3)) # millions of instructions, and some KVMs interpret them
    start_vm --bios "$BUILD/boot-images/seabios.img" --disk "$dir/boot.img,virtio"
    await_text "$dir/console" '^stage_long: 64-bit code, and the end of the demo'
    run_gdb <<<'monitor info pci'
    expect_line "$dir/gdb.out" '         BAR 0: memory 0xfebfc000-0xfebfffff'
}

# BARs and the interrupt line are assigned before the first instruction.
info_pci_shows_the_functions()
{
    make_disk
    start_vm -S --disk "$disk,virtio" "$GUESTS/virtio.elf"
    run_gdb <<END
monitor info pci
hbreak *$(label virtio print_irr)
continue
continue
monitor info pci
kill
END
    sed -n '/^00:03/,/^[A-Z]/p' "$dir/gdb.out" >"$dir/disk.out"
    expect_line "$dir/gdb.out" '00:00.0  8086:1237  host bridge'
    expect_line "$dir/gdb.out" '00:01.0  8086:7000  ISA bridge'
    expect_line "$dir/gdb.out" '00:01.1  8086:7010  IDE controller'
    grep -A2 '^00:03' "$dir/gdb.out" >"$dir/disk.out"
    expect_text "$dir/disk.out" <<'END'
00:03.0  1af4:1042  SCSI controller
         BAR 0: memory 0xe0000000-0xe0003fff
         INTA#: its register says IRQ 11
--
00:03.0  1af4:1042  SCSI controller
         BAR 0: memory 0xe0000000-0xe0003fff
         INTA#: its register says IRQ 11, raised
END
}

# ---- A debugger beside the device

# Software breakpoints, because hardware ones take the debug registers: one in what the device is
# to write, one in what it reads. Neither is lost, and neither reaches the disk. (The second goes
# before the guest itself compares what is there, and would see an int3.)
breakpoints_in_memory_that_the_disk_moves()
{
    local copy
    make_disk
    copy=$(label virtio COPY)
    start_vm -S --disk "$disk,virtio" "$GUESTS/virtio.elf"
    run_gdb <<END
hbreak *$(label virtio stay)
hbreak *$(label virtio stay)+1
hbreak *$(label virtio different)
hbreak *$(label virtio set_up_done)
break *$copy+4
break *$(label virtio routine)+4
continue
printf "> set up %#lx\n", \$pc
continue
printf "> in the copy %#lx\n", \$pc
x/4i $copy
delete 6
continue
printf "> at the end of it %#lx\n", \$pc
delete
continue
END
    expect_marked <<END
> set up $(label virtio set_up_done)
> in the copy $(printf '%#x' $((copy + 4)))
> at the end of it $(label virtio different)
END
    expect_line "$dir/gdb.out" "{{ *}}0x206000:	mov    \$0x6f,%al"
    expect_line "$dir/gdb.out" "=> 0x206004:	mov    \$0x6b,%al"
    expect_vm_status 1
    expect_console
    expect_disk_written
}

# The device's write into watched memory is a hit, of the instruction that notified it.
a_watched_sector()
{
    make_disk
    start_vm -S --disk "$disk,virtio" "$GUESTS/virtio.elf"
    run_gdb <<END
watch *(unsigned int *)($(label virtio DATA) + 512)
continue
printf "> at %#lx\n", \$pc
kill
END
    expect_line "$dir/gdb.out" 'Old value = 0'
    expect_line "$dir/gdb.out" "New value = $((0x$(routine | od -An -tx4 -N4 | tr -d ' ')))"
    expect_marked <<<"> at $(label virtio rung)"
}

# Stepped over, the request is done as a whole.
a_step_over_the_notification()
{
    make_disk
    start_vm -S --disk "$disk,virtio" "$GUESTS/virtio.elf"
    run_gdb <<END
hbreak *$(label virtio written)
continue
tbreak *$(label virtio doorbell)
continue
tbreak *$(label virtio doorbell)
continue
printf "> %#lx: %#x\n", \$pc, *(unsigned char *)$(label virtio COPY)
stepi
printf "> %#lx: %#x\n", \$pc, *(unsigned char *)$(label virtio COPY)
kill
END
    expect_marked <<END
> $(label virtio doorbell): 0
> $(label virtio rung): 0xb0
END
}

# The driver's rings are gone, and the device has forgotten them.
reset_starts_anew()
{
    make_disk
    start_vm -S --disk "$disk,virtio" "$GUESTS/virtio.elf"
    run_gdb <<END
hbreak *$(label virtio read)
continue
monitor reset
delete
continue
END
    expect_vm_status 1
    sed -n '1,/^flush/d; p' "$dir/console" >"$dir/second"
    mv "$dir/second" "$dir/console"
    expect_console
    expect_disk_written
}

TEST a_driver_reads_and_writes
TEST a_read_only_disk_stays_as_it_is
TEST a_snapshot_leaves_the_file_as_it_is
TEST which_disk_is_on_virtio
TEST a_machine_without_one
TEST qemu_has_the_same
TEST seabios_boots_from_it
TEST info_pci_shows_the_functions
TEST breakpoints_in_memory_that_the_disk_moves
TEST a_watched_sector
TEST a_step_over_the_notification
TEST reset_starts_anew
