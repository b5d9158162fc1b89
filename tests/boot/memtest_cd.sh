#!/bin/bash
# memtest86+ from Debian's CD image, which has a diskette in it.
. "$(dirname "$0")/../lib.sh"

screen_has()
{
    HOME=$dir timeout "$patience" gdb -q -nx -nh -batch -ex 'set remotetimeout 180' -ex "target remote $gdb_address" \
        -ex 'monitor screen' -ex detach >"$dir/screen" 2>&1
    grep -q -e "$1" "$dir/screen"
}

# It is read from the diskette that the CD has; then it finds its memory.
memtest_starts()
{
    reason=$(tests/boot/prepare memtest 2>&1) || skip "$reason"
    skip_without gdb gdb
    patience=$((patience * 5))
    start_vm -m 32M "$BUILD/boot-images/memtest.img"
    await_text "$dir/console" 'Loading Memtest86\+\.\.\.'
    await "memtest86+'s screen or its end" memtest_is_there
    ! grep -q 'could not emulate' "$dir/stderr" || skip "this KVM does not run fninit in the kernel"
    expect_line "$dir/screen" '{{.*}}Memtest86+ v6{{.*}}'
}

memtest_is_there()
{
    process_gone "$vm_pid" || screen_has 'Memtest86+ v6'
}

TEST memtest_starts
