#!/bin/bash
# --snapshot-file: a machine goes on in another process, and what does not fit is refused.
. "$(dirname "$0")/../lib.sh"

flush='maintenance flush register-cache'

# Saves the machine at a place of real.img into $file.
save_one() # more options...
{
    file=$dir/machine.snapshot
    start_vm -S --snapshot-file "$file" "$@" "$GUESTS/real.img"
    run_gdb <<END
break *$(label real work_b)
continue
set var *(int *)0x20000 = 0x12345678
set var \$xmm3.v4_int32[0] = 77
monitor snapshot save first
kill
END
    await "stepvm to end" process_gone "$vm_pid"
    expect_line "$dir/gdb.out" "first: and in $file"
}

# stepvm with $file refuses to begin, and says $1.
expect_refusal() # pattern options...
{
    local pattern=$1
    shift
    run_stepvm --gdb none --snapshot-file "$file" "$@" "$GUESTS/real.img"
    expect_equal "exit status" "$vm_status" 1
    expect_line "$dir/stderr" "stepvm: --snapshot-file: $pattern"
}

goes_on_in_another_process()
{
    save_one
    for round in 1 2; do
        start_vm -S -v --snapshot-file "$file" "$GUESTS/real.img"
        run_gdb <<END
printf "> %#lx %d %#x %d\n", \$pc, *(short *)0x9000, *(int *)0x20000, \$xmm3.v4_int32[0]
monitor snapshot list
break *$(label real work_b)
continue
printf "> %#lx %d\n", \$pc, *(short *)0x9000
monitor snapshot restore first
$flush
printf "> %d\n", *(short *)0x9000
kill
END
        await "stepvm to end" process_gone "$vm_pid"
        expect_marked <<END
> $(label real work_b) 1 0x12345678 77
> $(label real work_b) 2
> 1
END
        expect_line "$dir/gdb.out" 'first {{.*}} written to since: {{.*}} MiB of memory'
        expect_line "$dir/stderr" "stepvm: goes on from the snapshot first in $file"
        expect_line "$dir/stderr" "stepvm: stopped where the snapshot first was saved; in gdb: {{.*}}"
    done
}
# Interrupts, the timer and the clocks too.
a_running_guest_goes_on()
{
    file=$dir/machine.snapshot
    start_vm -S --snapshot-file "$file" "$GUESTS/timer.img"
    run_gdb <<END
tbreak *$(label timer woken)
continue
monitor snapshot save ticking
kill
END
    await "stepvm to end" process_gone "$vm_pid"
    start_vm --snapshot-file "$file" "$GUESTS/timer.img"
    await_text "$dir/console" 'five ticks'
}

several_cpus_go_on()
{
    file=$dir/machine.snapshot
    start_vm -S -f flat --mode protected -c 2 --snapshot-file "$file" "$GUESTS/smp.bin"
    run_gdb <<END
hbreak *$(label smp count_3) if *(int *)0x9004 > 100
continue
monitor snapshot save counting
printf "> %d %d\n", *(int *)0x9000, *(int *)0x9004
kill
END
    await "stepvm to end" process_gone "$vm_pid"
    grep '^> ' "$dir/gdb.out" >"$dir/first"
    start_vm -S -f flat --mode protected -c 2 --snapshot-file "$file" "$GUESTS/smp.bin"
    run_gdb <<END
printf "> %d %d\n", *(int *)0x9000, *(int *)0x9004
set \$before = *(int *)0x9004
hbreak *$(label smp count_3) if *(int *)0x9004 > \$before + 100
continue
printf "@both@ %d\n", \$pc == $(label smp count_3)
END
    expect_marked <"$dir/first"
    expect_line "$dir/gdb.out" '@both@ 1'
}

# What was written to a disk whose file does not change comes along.
a_disk_that_does_not_change_comes_along()
{
    local disk=$dir/disk.img
    file=$dir/machine.snapshot
    head -c 1048576 /dev/zero | tr '\0' '\356' >"$disk"
    start_vm -S --snapshot-file "$file" --disk "$disk,snapshot" "$GUESTS/ata.img"
    run_gdb <<END
tbreak *$(label ata read_48)
continue
monitor snapshot save written
kill
END
    await "stepvm to end" process_gone "$vm_pid"
    run_stepvm --gdb none --snapshot-file "$file" --disk "$disk,snapshot" "$GUESTS/ata.img"
    expect_equal "exit status" "$vm_status" 33
    tr -d '\0' <"$dir/console" >"$dir/said"
    expect_line "$dir/said" '48-bit read: same 50 00'
    run_stepvm --gdb none --snapshot-file "$file" --disk "$disk" "$GUESTS/ata.img"
    expect_line "$dir/stderr" 'stepvm: --snapshot-file: {{.*}}it was made with another disk in place of {{.*}}'
    printf x | dd of="$disk" bs=1 seek=5000 conv=notrunc 2>/dev/null
    run_stepvm --gdb none --snapshot-file "$file" --disk "$disk,snapshot" "$GUESTS/ata.img"
    expect_equal "exit status" "$vm_status" 1
    expect_line "$dir/stderr" "stepvm: --snapshot-file: {{.*}}$disk was written to since {{.*}}"
}

what_does_not_fit_is_refused()
{
    save_one
    expect_refusal "{{.*}}it is of a machine with 128 MiB of memory, and this one has 64 (--memory)" -m 64M
    expect_refusal "{{.*}}it is of a machine with 1 CPU, and this one has 2 (--cpus)" -c 2
    expect_refusal "{{.*}}other devices {{.*}}" --serial stdio --serial none
    expect_refusal "{{.*}}it was made with 1 disks, and there are 2 now {{.*}}" --disk "$GUESTS/ata.img,ro"
}

what_is_damaged_is_refused()
{
    local size at
    save_one
    cp "$file" "$dir/whole"
    size=$(stat -c %s "$file")
    for at in 20 60 4100 9000 $((size / 2)) $((size - 1)); do
        cp "$dir/whole" "$file"
        printf '\252' | dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
        cmp -s "$file" "$dir/whole" && continue
        expect_refusal "{{.*}}" # by its checksum, or its version
    done
    cp "$dir/whole" "$file"
    truncate -s $((size - 1)) "$file"
    expect_refusal "$file is cut short: {{.*}}"
    truncate -s 100 "$file"
    expect_refusal '{{.*}}'
    echo 'my only copy of the thesis' >"$file"
    expect_refusal "$file is no snapshot of stepvm's (name another file; it was not changed)"
    expect_equal "the file" "$(<"$file")" 'my only copy of the thesis'
    file=/dev/null
    expect_refusal '/dev/null is no regular file (name one)'
    file=$dir/not/there
    expect_refusal "opening $file: No such file or directory (check the path)"
    file=$dir
    expect_refusal "opening $file: Is a directory (name a file in it)"
}

two_do_not_share_a_file()
{
    save_one
    start_vm -S --snapshot-file "$file" "$GUESTS/real.img"
    local first=$vm_pid
    expect_refusal "another stepvm uses $file (give each a file of its own)"
    kill "$first"
}

# The old one stays when there is no room for another; and many are saved one after the other.
a_full_disk_leaves_the_old_one()
{
    save_one
    cp "$file" "$dir/whole"
    ulimit -f $(($(stat -c %s "$file") / 1024 + 8))
    start_vm -S --snapshot-file "$file" "$GUESTS/real.img"
    run_gdb <<'END'
set var *(int *)0x30000 = 5
monitor snapshot save too-much
kill
END
    await "stepvm to end" process_gone "$vm_pid"
    ulimit -S -f unlimited 2>/dev/null || ulimit -f "$(ulimit -H -f)"
    expect_line "$dir/gdb.out" "snapshot save: not to $file, which has what it had: File too large {{.*}}"
    cmp "$file" "$dir/whole" || fail "what was not whole is still there"
    start_vm -S --snapshot-file "$file" "$GUESTS/real.img"
    run_gdb <<'END'
printf "> %#x %d\n", *(int *)0x20000, *(int *)0x30000
END
    expect_marked <<<'> 0x12345678 0'
}

# Nor is there anything in a file that was empty.
a_full_disk_leaves_an_empty_file()
{
    file=$dir/machine.snapshot
    ulimit -S -f 20
    start_vm -S --snapshot-file "$file" "$GUESTS/real.img"
    run_gdb <<'END'
monitor snapshot save too-much
monitor snapshot restore too-much
kill
END
    await "stepvm to end" process_gone "$vm_pid"
    ulimit -S -f "$(ulimit -H -f)"
    expect_line "$dir/gdb.out" "snapshot save: not to $file, which has what it had: File too large {{.*}}"
    expect_line "$dir/gdb.out" 'too-much: restored in {{.*}}'
    expect_equal "bytes in the file" "$(stat -c %s "$file")" 0
}

many_are_saved()
{
    save_one
    local size
    size=$(stat -c %s "$file")
    start_vm -S --snapshot-file "$file" "$GUESTS/real.img"
    run_gdb <<END
$(for i in {1..9}; do
        echo "set var *(int *)(0x30000 + $i * 4096) = $i"
        echo "monitor snapshot save s$i"
    done)
kill
END
    await "stepvm to end" process_gone "$vm_pid"
    [ "$(stat -c %s "$file")" -lt $((size * 4)) ] || fail "the file grows: $(stat -c %s "$file")"
    start_vm -S --snapshot-file "$file" "$GUESTS/real.img"
    run_gdb <<'END'
printf "> %d %d\n", *(int *)0x31000, *(int *)0x39000
END
    expect_marked <<<'> 1 9'
}

TEST goes_on_in_another_process
TEST a_running_guest_goes_on
TEST several_cpus_go_on
TEST a_disk_that_does_not_change_comes_along
TEST what_does_not_fit_is_refused
TEST what_is_damaged_is_refused
TEST two_do_not_share_a_file
TEST a_full_disk_leaves_the_old_one
TEST a_full_disk_leaves_an_empty_file
TEST many_are_saved
