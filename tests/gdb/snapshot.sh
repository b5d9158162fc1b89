#!/bin/bash
# `monitor snapshot`: the whole machine kept by name, and gone back to.
. "$(dirname "$0")/../lib.sh"

flush='maintenance flush register-cache'

back_and_forth()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
run-to $(label real work)
monitor snapshot save here
set var *(short *)0x9000 = 77
stepi
set \$eax = 0x1234
$(for round in 1 2 3; do
        printf '%s\n' 'monitor snapshot restore here' "$flush" \
            'printf "> %#lx %d %d\n", $pc, *(short *)0x9000, $eax' stepi \
            'printf "> %#lx %d\n", $pc, *(short *)0x9000' "set var *(int *)0x20000 = $round"
    done)
END
    for round in 1 2 3; do
        printf '> %#x 0 0\n> %#x 1\n' "$(label real work)" "$(label real work_b)"
    done | expect_marked
    expect_line "$dir/gdb.out" 'here: saved in {{[0-9.]+}} ms'
    expect_line "$dir/gdb.out" 'here: restored in {{[0-9.]+}} ms; breakpoints are kept. {{.*}}'
}

# Set before and after, and of both kinds: each stops there after any restore.
breakpoints_stay()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
hbreak *$(label real work_b)
break *$(label real after_loop)
monitor snapshot save first
continue
printf "> %#lx %d\n", \$pc, \$edx & 0xffff
monitor snapshot save second
continue
printf "> %#lx\n", \$pc
monitor snapshot restore first
$flush
printf "> %#lx\n", \$pc
continue
printf "> %#lx %d\n", \$pc, \$edx & 0xffff
monitor snapshot restore second
watch *(short *)0x9000
continue
printf "> %#lx %d\n", \$pc, *(short *)0x9000
END
    expect_marked <<END
> $(label real after_loop) 50
> $(label real work_b)
> 0x7c00
> $(label real after_loop) 50
> $(label real work_b) 1
END
}

# Interrupts go on from where they were: PIC, PIT and the CPU's flags.
the_timer_goes_on()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
tbreak *$(label timer woken)
continue
monitor snapshot save ticking
tbreak *$(label timer printed)
continue
printf "> %#lx\n", \$pc
monitor snapshot restore ticking
tbreak *$(label timer printed)
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label timer printed)
> $(label timer printed)
END
    expect_equal "how often it was printed" "$(grep -c 'five ticks' "$dir/console")" 2
}

# A triple fault has lost the registers: they come back.
after_death()
{
    start_vm -S "$GUESTS/triple.img"
    run_gdb <<END
monitor snapshot save alive
continue
monitor snapshot restore alive
$flush
printf "> %#lx\n", \$pc
stepi
printf "> %d\n", \$pc != 0x7c00
continue
END
    expect_marked <<'END'
> 0x7c00
> 1
END
    expect_equal "stops" "$(grep -c 'SIGABRT\|SIGSEGV\|SIGILL\|SIGTERM\|SIGTRAP\|SIGBUS' "$dir/gdb.out")" 2
}

# To a recording it is a change from outside, over which one goes back and forth as over any other.
a_recording_goes_on_over_it()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
monitor snapshot save begin
monitor record on
tbreak *$(label real after_loop)
continue
monitor snapshot restore begin
$flush
printf "> %#lx\n", \$pc
stepi
printf "> %#lx\n", \$pc
reverse-stepi
printf "> %#lx\n", \$pc
reverse-stepi
printf "> %d\n", \$pc == $(label real loop_f)
reverse-continue
printf "> %#lx\n", \$pc
END
    expect_line "$dir/gdb.out" 'begin: restored in {{.*}}'
    expect_marked <<'END'
> 0x7c00
> 0x7c01
> 0x7c00
> 1
> 0x7c00
END
}

# A new start clears memory: what was in it comes back.
over_a_new_start()
{
    start_vm -S "$GUESTS/real.img"
    {
        cat <<END
target extended-remote $gdb_address
printf "@connected@\n"
tbreak *$(label real after_loop)
continue
set var *(int *)0x9000 = 50
monitor snapshot save looped
set var *(int *)0x30000 = 5
monitor snapshot save later
tbreak *$(label real work)
run
printf "> %#lx %d\n", \$pc, *(short *)0x9000
monitor snapshot restore looped
$flush
printf "> %#lx %d %d\n", \$pc, *(short *)0x9000, *(int *)0x30000
monitor snapshot restore later
$flush
printf "> %d %d\n", *(short *)0x9000, *(int *)0x30000
printf "@end@\n"
END
    } >"$dir/gdb.commands"
    start_gdb_alone
    finish_gdb
    expect_marked <<END
> $(label real work) 0
> $(label real after_loop) 50 0
> 50 5
END
}

# The processor translates by the old ones, whoever else has kept translations by the new ones.
page_tables_go_back()
{
    start_vm -S -f flat --mode long "$GUESTS/remap.bin"
    run_gdb <<END
break *$(label remap before_remap)
continue
monitor snapshot save old
break *$(label remap after_read)
$(for round in 1 2 3; do
        printf '%s\n' 'set var $r15 = 0' continue 'printf "> %#lx\n", $rax' \
            'monitor snapshot restore old' "$flush" \
            'set var $r15 = 1' continue 'printf "> %#lx\n", $rax' \
            'monitor snapshot restore old' "$flush"
    done)
END
    printf '> %s\n' 0x22 0x11 0x22 0x11 0x22 0x11 | expect_marked
}

# ---- Disks

make_disk()
{
    disk=$dir/disk.img
    awk 'BEGIN { for (i = 0; i < 256; i++) printf "%-512d", i }' >"$disk"
    cp "$disk" "$dir/before.img"
}

an_ata_disk_goes_back()
{
    make_disk
    start_vm -S --disk "$disk" "$GUESTS/ata.img"
    start_gdb <<END
tbreak *$(label ata identify)
continue
monitor snapshot save clean
tbreak *$(label ata read_48)
continue
shell cmp -s $disk $dir/before.img || echo '> written'
monitor snapshot list
monitor snapshot restore clean
shell cmp $disk $dir/before.img && echo '> as it was'
continue
END
    finish_gdb
    expect_marked <<'END'
> written
> as it was
END
    expect_line "$dir/gdb.out" 'clean {{.*}} written to since: {{[0-9.]+}} MiB of memory, {{[0-9]+}} sectors of disks'
    expect_vm_status 33
    grep -q '28-bit write: 50 00' "$dir/console" || fail "the guest said: $(<"$dir/console")"
}

a_virtio_disk_goes_back()
{
    make_disk
    start_vm -S --disk "$disk,virtio" "$GUESTS/virtio.elf"
    run_gdb <<END
hbreak *$(label virtio set_up_done)
continue
monitor snapshot save set-up
tbreak *$(label virtio read)
continue
printf "> %d\n", \$pc == $(label virtio read)
shell cmp -s $disk $dir/before.img || echo '> written'
monitor snapshot restore set-up
shell cmp $disk $dir/before.img && echo '> as it was'
tbreak *$(label virtio read)
continue
printf "> %d\n", \$pc == $(label virtio read)
monitor snapshot restore set-up
shell cmp $disk $dir/before.img && echo '> as it was'
kill
END
    expect_marked <<'END'
> 1
> written
> as it was
> 1
> as it was
END
}

# What is overwritten can't be read before: nobody is to go back to what is not known.
what_could_not_be_kept_is_told()
{
    make_disk
    start_vm -S --disk "$disk" "$GUESTS/ata.img"
    run_gdb <<END
tbreak *$(label ata write_28)
continue
monitor snapshot save torn
shell truncate -s 0 $disk
tbreak *$(label ata read_48)
continue
monitor snapshot restore torn
printf "> %d\n", \$pc == $(label ata read_48)
monitor snapshot save whole
monitor snapshot restore whole
kill
END
    expect_marked <<<'> 1'
    expect_line "$dir/gdb.out" 'snapshot restore: torn is no longer whole: of what was written to disks since it could not keep all that it replaced: Input/output error'
    expect_line "$dir/gdb.out" 'whole: restored in {{.*}}'
}

# ---- Several CPUs

counters()
{
    echo 'printf "> %d %d\n", *(int *)0x9000, *(int *)0x9004'
}

# They count, each in its own mode; both go back to where they were, however often.
all_cpus_go_back()
{
    start_vm -S -f flat --mode protected -c 2 "$GUESTS/smp.bin"
    run_gdb <<END
monitor snapshot save begin
hbreak *$(label smp count_3) if *(int *)0x9004 > 100
continue
monitor snapshot save counting
thread 2
printf "@pc@ %#lx\n", \$pc
$(counters)
monitor snapshot restore begin
$flush
info threads
$(counters)
continue
monitor snapshot restore counting
$flush
thread 2
printf "@pc@ %#lx\n", \$pc
$(counters)
monitor snapshot restore begin
continue
monitor snapshot restore counting
$flush
thread 2
printf "@pc@ %#lx\n", \$pc
$(counters)
END
    grep '^> ' "$dir/gdb.out" >"$dir/counters"
    expect_equal "counters at the beginning" "$(sed -n 2p "$dir/counters")" '> 0 0'
    expect_equal "how many counters differ" "$(sed 2d "$dir/counters" | sort -u | wc -l)" 1
    expect_equal "places of CPU 1" "$(grep '^@pc@' "$dir/gdb.out" | sort -u | wc -l)" 1
    expect_line "$dir/gdb.out" '{{..}}2 {{.*}}CPU 1, real mode, waits for INIT/SIPI{{.*}}'
}

# ---- Names

names_are_plain_and_not_too_many()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
monitor snapshot list
monitor snapshot save
monitor snapshot save a b
monitor snapshot save ../../etc/passwd
monitor snapshot save %s%n
monitor snapshot save $(printf 'x%.0s' {1..33})
monitor snapshot save $(printf 'x%.0s' {1..32})
monitor snapshot restore nothing
monitor snapshot delete nothing
monitor snapshot delete $(printf 'x%.0s' {1..32})
$(for i in {1..33}; do echo "monitor snapshot save s$i"; done)
monitor snapshot save s7
monitor snapshot delete s1
monitor snapshot save one-more
monitor snapshot restore s33
monitor snapshot list
END
    expect_line "$dir/gdb.out" 'There are none (monitor snapshot save NAME makes one).'
    local plain='snapshot save: a name is one to 32 letters, digits, dots, dashes and underscores'
    expect_equal "names refused" "$(grep -c "^$plain" "$dir/gdb.out")" 5
    expect_line "$dir/gdb.out" 'snapshot restore: there is no snapshot nothing (monitor snapshot list)'
    expect_line "$dir/gdb.out" 'snapshot delete: there is no snapshot nothing (monitor snapshot list)'
    expect_line "$dir/gdb.out" 'snapshot save: there are 32 snapshots already (delete one of them)'
    expect_line "$dir/gdb.out" 's7: saved in {{.*}}'
    expect_line "$dir/gdb.out" 's1: deleted'
    expect_line "$dir/gdb.out" 'snapshot restore: there is no snapshot s33 {{.*}}'
    expect_equal "rows of the list" "$(grep -c '^\(s[0-9]*\|one-more\) .*MiB' "$dir/gdb.out")" 32
}

# A map that has changed is refused, and one that is the same again is not.
memory_added_since_is_in_the_way()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<'END'
monitor snapshot save before
monitor memory add ram 64K at 0x200000000
monitor snapshot restore before
monitor memory remove 0x200000000
monitor snapshot restore before
END
    expect_line "$dir/gdb.out" 'snapshot restore: memory was added or removed since before was made {{.*}}'
    expect_line "$dir/gdb.out" 'before: restored in {{.*}}'
}

TEST back_and_forth
TEST breakpoints_stay
TEST the_timer_goes_on
TEST after_death
TEST a_recording_goes_on_over_it
TEST over_a_new_start
TEST page_tables_go_back
TEST an_ata_disk_goes_back
TEST a_virtio_disk_goes_back
TEST what_could_not_be_kept_is_told
TEST all_cpus_go_back
TEST names_are_plain_and_not_too_many
TEST memory_added_since_is_in_the_way
