#!/bin/bash
# A guest that runs with gdb attached makes no exits of its own accord: none while nothing is armed,
# none for breakpoints in debug registers that it does not reach.
. "$(dirname "$0")/../lib.sh"

# KVM_RUN's count so far, each time that gdb printed `monitor stats`.
runs_counted()
{
    awk '$1 == "KVM_RUN" { print $2 }' "$dir/gdb.out"
}

# Lets the loop run twice after the commands $1, the second time ten times as long, and compares how
# often KVM came back. Steps would be 100,000 a second; 50 are left to the host's own signals.
expect_no_exits_by_time()
{
    local counts short long
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<END
set \$pc = $(label spin spin)
$1
monitor stats
continue
monitor stats
continue
monitor stats
printf "> %d\n", *(int *)0x9000 > 1000
END
    interrupt_gdb 1
    await "gdb to continue" gdb_continued 2
    sleep 2.7
    interrupt_gdb 2
    finish_gdb
    expect_marked <<<'> 1'
    mapfile -t counts < <(runs_counted)
    [ ${#counts[@]} -eq 3 ] || give_up "no counts: $(<"$dir/gdb.out")"
    short=$((counts[1] - counts[0])) long=$((counts[2] - counts[1]))
    [ $long -le $((short + 50)) ] || fail "KVM_RUN came back $short times in 0.3 s, $long in 3 s"
    [ $short -gt 0 ] || fail "KVM_RUN is not counted"
}

none_while_nothing_is_armed()
{
    expect_no_exits_by_time ''
}

none_for_breakpoints_that_miss()
{
    expect_no_exits_by_time 'hbreak *0x500
break *0x600
break *0x700
break *0x800'
}

TEST none_while_nothing_is_armed
TEST none_for_breakpoints_that_miss
