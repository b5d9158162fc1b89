#!/bin/bash
# Several CPUs under gdb in non-stop mode: one is stopped and looked at while the others run.
. "$(dirname "$0")/../lib.sh"
. tests/gdb/workers.inc

# Starts the guest with $1 CPUs, brings each to its work, and connects a gdb in non-stop mode: all
# are stopped.
start_non_stop()
{
    start_workers "$1"
    gdb_at_work <<<'detach'
    start_dialogue
    await "all to be stopped" stopped_are
}

# All run, until thread $1 stops at label $2.
run_to()
{
    say "hbreak *$2 thread $1" 'continue -a &'
    await_text "$dir/gdb.raw" "Thread $1 hit "
    say delete
    await "one to be stopped" stopped_are 1
}

one_is_looked_at_while_others_run()
{
    start_non_stop 3
    run_to 2 counted
    say 'info threads'
    answer
    expect_line "$dir/answer" '{{.*}} 1    Thread 1 (CPU 0 (boot){{.*}}) {{ *}}(running)'
    expect_line "$dir/answer" '{{.*}} 2    Thread 2 (CPU 1, protected mode) {{ *}}work () at guests/workers.s:{{[0-9]+}}'
    expect_line "$dir/answer" '{{.*}} 3    Thread 3 (CPU 2{{.*}}) {{ *}}(running)'
    say 'thread 2' "set \$mine = $(cell counters 1)" "set \$sp_before = \$sp"
    expect_true "\$pc == $(label workers counted) && \$esi == 1"
    expect_counting 0
    expect_counting 2
    expect_true "$(cell counters 1) == \$mine && \$sp == \$sp_before"
    end_dialogue
}

one_steps_while_others_run()
{
    start_non_stop 3
    run_to 2 counted
    say 'thread 2' stepi
    expect_true "\$pc == $(label workers counted_2)"
    say stepi stepi
    expect_true "\$pc == $(label workers counted_2)+9 && \$esi == 1"
    expect_counting 0
    expect_counting 2
    stopped_are 1 || fail "others have stopped: $(<"$dir/answer")"
    end_dialogue
}

# $1: break or hbreak. It is inserted while all run, and each comes to it.
breakpoint_while_all_run()
{
    start_non_stop 3
    say 'continue -a &' "$1 *worked"
    await "all to be stopped" stopped_are
    for thread in 1 2 3; do
        say "thread $thread"
        expect_true "\$pc == $(label workers worked) && \$esi + 1 == $thread"
    done
    # From there each goes on by itself, and comes there again.
    say 'thread 2' "set \$before = $(cell counters 1)" continue
    expect_true "\$pc == $(label workers worked) && $(cell counters 1) == \$before + 1"
    end_dialogue
}

hardware_breakpoint_while_all_run()
{
    breakpoint_while_all_run hbreak
}

software_breakpoint_while_all_run()
{
    breakpoint_while_all_run break
}

watchpoint_while_others_run()
{
    start_non_stop 3
    run_to 1 counted
    say 'thread 1' "watch $(cell counters 2)"
    await_text "$dir/gdb.raw" 'Thread 3 hit Hardware watchpoint'
    say 'thread 3'
    expect_true "\$esi == 2 && \$pc == $(label workers counted)"
    expect_counting 1
    end_dialogue
}

interrupt_one_and_all()
{
    start_non_stop 4
    say 'continue -a &'
    await "all to run" stopped_are 0
    say 'thread 3' interrupt
    await_text "$dir/gdb.raw" 'Thread 3 (stopped|received signal SIGINT)'
    await "one to be stopped" stopped_are 1
    say "set \$mine = $(cell counters 2)"
    expect_counting 0
    expect_true "$(cell counters 2) == \$mine"
    say 'continue &'
    await "all to run" stopped_are 0
    say 'interrupt -a'
    await "all to be stopped" stopped_are
    end_dialogue
}

# One rests in hlt; another waits for nobody.
interrupt_a_halted_one()
{
    start_non_stop 2
    say "set $(cell orders 1) = 1"
    run_to 2 rest
    say 'thread 2' 'continue &'
    await "all to run" stopped_are 0
    say 'interrupt'
    await_text "$dir/gdb.raw" 'Thread 2 (stopped|received signal SIGINT)'
    expect_true "\$pc == $(label workers rested)"
    expect_counting 0
    end_dialogue
}

# A client that comes later, in all-stop mode, finds all at their work.
expect_all_at_work()
{
    mv "$dir/gdb.raw" "$dir/gdb.before"
    rm -f "$dir/gdb.commands"
    gdb_at_work <<<'printf "> %d\n", $started'
    expect_marked <<<"> $cpus"
}

detach_while_some_run()
{
    start_non_stop 3
    run_to 2 counted
    say detach
    end_dialogue
    expect_all_at_work
}

gdb_is_killed()
{
    start_non_stop 3
    run_to 2 counted
    say 'break *worked thread 1'
    await_text "$dir/gdb.raw" 'Thread 1 hit '
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    exec 6>&-
    expect_all_at_work
}

# The machine is reset by a CPU that runs, while another is stopped: that one stays so.
reset_while_one_is_stopped()
{
    start_non_stop 2
    run_to 2 counted
    say "set $(cell orders 0) = 3" 'thread 2'
    say_until "maintenance flush register-cache" 'flushed'
    say_until "printf \"= %d\\n\", $(cell orders 0)" '= 0$'
    stopped_are 1 || fail "it is not stopped: $(<"$dir/answer")"
    end_dialogue
}

TEST one_is_looked_at_while_others_run
TEST one_steps_while_others_run
TEST hardware_breakpoint_while_all_run
TEST software_breakpoint_while_all_run
TEST watchpoint_while_others_run
TEST interrupt_one_and_all
TEST interrupt_a_halted_one
TEST detach_while_some_run
TEST gdb_is_killed
TEST reset_while_one_is_stopped
