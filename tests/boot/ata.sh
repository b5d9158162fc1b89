#!/bin/bash
# A guest of our own with a driver for ATA disks: all it does, on disks of each kind.
. "$(dirname "$0")/../lib.sh"

# Sets $disk to a new disk of 1 MiB, every byte of it 0xee.
make_disk()
{
    disk=$dir/disk.img
    head -c 1048576 /dev/zero | tr '\0' '\356' >"$disk"
    cp "$disk" "$dir/before.img"
}

expect_unchanged()
{
    cmp "$disk" "$dir/before.img" || fail "the disk's file has changed"
}

# SECTOR FIRST: the disk's file has in SECTOR the guest's pattern that begins with byte FIRST.
expect_pattern()
{
    local byte bytes='' i
    byte=$(($2))
    for ((i = 0; i < 512; i++)); do
        bytes+=$(printf '%02x' $byte)
        byte=$(((byte + 7) & 0xff))
    done
    expect_equal "sector $1" "$(dd if="$disk" bs=512 skip="$1" count=1 2>/dev/null |
        od -An -v -tx1 | tr -d ' \n')" "$bytes"
}

# The guest's lines, with what differs: status and error of a write, of a far one.
expect_lines()
{
    expect_text "$dir/console" <<END
device 1: STEPVM DISK 00000800
28-bit write:$1
48-bit read: $2 50 00
CHS read: $2 50 00
INT 13h read: 00 00 $2
INT 13h write: $3
READ MULTIPLE: $2 50 00
FLUSH CACHE: 50 00
write of sector 200:$4
read past the end: 51 10
channel 1: 00
interrupts: 09
END
}

what_is_written_is_in_the_file()
{
    make_disk
    run_stepvm --gdb none --disk "$disk" "$GUESTS/ata.img"
    expect_equal "exit status" "$vm_status" 33
    expect_lines ' 50 00' same '00 00' ' 50 00'
    expect_pattern 5 0x11
    expect_pattern 6 0x77
    expect_pattern 200 0x77
    expect_equal "bytes that differ from the disk before" \
        "$(cmp -l "$disk" "$dir/before.img" | awk '{s[int(($1 - 1) / 512)]} END {for (i in s) print i}' |
            sort -n | tr '\n' ' ')" '5 6 200 '
}

a_snapshot_is_written_to_but_not_the_file()
{
    make_disk
    run_stepvm --gdb none --disk "$disk,snapshot" "$GUESTS/ata.img"
    expect_lines ' 50 00' same '00 00' ' 50 00'
    expect_unchanged
    run_stepvm --gdb none --snapshot --disk "$disk" "$GUESTS/ata.img"
    expect_lines ' 50 00' same '00 00' ' 50 00'
    expect_unchanged
}

# Aborted, and said to be write-protected; status 3 of INT 13h is that too.
a_read_only_disk_is_protected()
{
    make_disk
    run_stepvm --gdb none --disk "$disk,ro" "$GUESTS/ata.img"
    expect_lines ' 51 44' differs '01 03' ' 51 44'
    expect_unchanged
}

# A limit on the size of files stands for a full host disk: sector 200 is beyond it.
a_full_host_disk_is_an_error_of_the_drive()
{
    make_disk
    ulimit -f 64
    run_stepvm --gdb none --disk "$disk" "$GUESTS/ata.img"
    expect_equal "exit status" "$vm_status" 33
    expect_lines ' 50 00' same '00 00' ' 51 04'
    expect_pattern 6 0x77
}

# What the guest was told is done is in the file, however stepvm ends.
a_killed_vm_has_written()
{
    make_disk
    start_vm -S --disk "$disk" "$GUESTS/ata.img"
    run_gdb <<END
hbreak *$(label ata read_48)
continue
END
    kill -KILL "$vm_pid"
    await "stepvm to end" process_gone "$vm_pid"
    expect_pattern 5 0x11
}

# A string of words is one access to the catch; nothing of it is lost over the stop.
a_string_of_the_data_port_is_caught()
{
    make_disk
    start_vm -S --disk "$disk" "$GUESTS/ata.img"
    run_gdb <<END
monitor break-on io 0x1f0 r
continue
END
    expect_line "$dir/gdb.out" "CPU 0: in <- port 0x1f0 (2 bytes), at $(label ata taking_sector)"
    expect_vm_status 33
    expect_lines ' 50 00' same '00 00' ' 50 00'
}

TEST what_is_written_is_in_the_file
TEST a_snapshot_is_written_to_but_not_the_file
TEST a_read_only_disk_is_protected
TEST a_full_host_disk_is_an_error_of_the_drive
TEST a_killed_vm_has_written
TEST a_string_of_the_data_port_is_caught
