#!/bin/bash
# set non-stop on: one CPU is looked at while the others run on; and how such a session ends. The
# guest is guests/workers.s: each CPU counts in counters[CPU].
. "$(dirname "$0")/../lib.sh"
. tests/gdb/workers.inc

# Starts two CPUs and a gdb in non-stop mode that is connected by `target $1` (remote). Both CPUs are
# at their work, and stopped.
start_two()
{
    start_workers 2
    start_dialogue "$@"
    await "both to be stopped" stopped_are
    say 'continue -a &'
    expect_both_to_count
    say 'interrupt -a'
    await "both to be stopped" stopped_are
}

expect_both_to_count()
{
    expect_counting 0
    expect_counting 1
}

# The CPUs count, for gdbs that connect from now on.
both_run()
{
    local first=
    await "both CPUs to count" both_have_counted
}

# Since the first time that it was called.
both_have_counted()
{
    local a b c d
    run_gdb <<<"printf \"> %u %u\\n\", $(cell counters 0), $(cell counters 1)"
    read -r _ c d < <(grep '^> ' "$dir/gdb.out")
    first=${first:-$c $d}
    read -r a b <<<"$first"
    [[ $a != "$c" && $b != "$d" ]]
}

# Ends the dialogue, and what follows is another gdb's, of which there are commands of its own.
hang_up()
{
    "$@"
    rm -f "$dir/gdb.commands"
}

kill_gdb()
{
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    exec 6>&-
}

one_is_examined_while_the_other_runs()
{
    start_two
    say 'thread 1' 'continue &' 'thread 2' "set \$mine = $(cell counters 1)" stepi
    expect_counting 0
    expect_true "$(cell counters 1) - \$mine < 2 && \$esi == 1"
    say 'set $pc_before = $pc' 'set var $edi = 77' stepi
    expect_true "\$edi == 77 && \$pc != \$pc_before"
    say 'thread 1' 'p/x $pc' 'monitor info cpus' 'info threads'
    end_dialogue
    expect_line "$dir/gdb.out" 'Selected thread is running.'
    expect_line "$dir/gdb.out" '* 1    Thread 1 {{.*}}(running)'
    expect_line "$dir/gdb.out" '  2    Thread 2 (CPU 1, protected mode) {{.*}} () at guests/workers.s:{{[0-9]+}}'
}

# A breakpoint that is set while they run stops who comes to it, and nobody else: gdb lets the other
# one go on, when it hears of it.
breakpoint_while_they_run()
{
    start_two
    say 'continue -a &' "$1 *counted thread 2"
    await_text "$dir/gdb.raw" 'Thread 2 hit .*reakpoint 1, '
    say 'thread 2'
    expect_true "\$pc == $(label workers counted)"
    say "set \$mine = $(cell counters 1)"
    expect_counting 0
    expect_true "$(cell counters 1) == \$mine"
    say continue
    expect_true "\$pc == $(label workers counted) && $(cell counters 1) == \$mine + 1"
    say stepi
    expect_true "\$pc == $(label workers counted_2)"
    say 'info threads'
    answer
    expect_line "$dir/answer" '{{.*}} 1    Thread 1 {{.*}}(running)'
    end_dialogue
}

hardware_breakpoint()
{
    breakpoint_while_they_run hbreak
}

software_breakpoint()
{
    breakpoint_while_they_run break
}

interrupt_all_and_go_on()
{
    start_two
    say "set \$a = $(cell counters 0)" "set \$b = $(cell counters 1)" 'shell sleep 0.2'
    expect_true "$(cell counters 0) == \$a && $(cell counters 1) == \$b"
    say 'continue -a &'
    expect_both_to_count
    end_dialogue
}

# Ctrl-C stops the CPU that is waited for, by a signal.
ctrl_c()
{
    start_two
    say 'thread 2'
    echo continue >&6
    interrupt_gdb 2 # start_two has continued them, too
    say 'info threads'
    end_dialogue
    expect_line "$dir/gdb.out" 'Thread 2 received signal SIGINT, Interrupt.'
    expect_line "$dir/gdb.out" '* 2    Thread 2 (CPU 1, protected mode) {{.*}} () at guests/workers.s:{{[0-9]+}}'
}

# ---- How it ends

detached()
{
    start_two
    say 'thread 1' 'continue &' detach
    hang_up end_dialogue
    both_run
}

quit()
{
    start_two
    say 'hbreak *counted' 'continue -a &'
    await "both to be stopped" stopped_are
    say 'continue &'
    hang_up end_dialogue
    both_run
}

killed_gdb()
{
    start_two
    say 'break *counted thread 2' 'thread 1' 'continue &'
    hang_up kill_gdb
    both_run
    run_gdb <<<"x/xb $(label workers counted)"
    expect_line "$dir/gdb.out" "$(label workers counted):	0x90"
}

killed()
{
    start_two
    say 'continue -a &' kill
    end_dialogue
    expect_vm_status 0
}

# Runs gdb in non-stop mode with the commands on stdin; `target $1` (remote) connects it.
run_non_stop()
{
    {
        printf '%s\n' 'set non-stop on' "target ${1:-remote} $gdb_address" \
            'printf "@connected@\n"'
        cat
        printf '%s\n' 'printf "@end@\n"'
    } >"$dir/gdb.commands"
    start_gdb_alone
    finish_gdb
}

exits_by_itself()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label ending debug_exit)" "$GUESTS/ending.img"
    run_non_stop <<'END'
continue
END
    expect_line "$dir/gdb.out" '[Inferior 1 ({{.*}}) exited with code 0103]'
    expect_vm_status 67
}

# ---- Extended mode

is_run_again()
{
    start_two extended-remote
    say 'continue -a &' kill 'info threads'
    answer
    expect_line "$dir/answer" 'No threads.'
    say 'hbreak *counted if $esi == 1' run
    await_text "$dir/gdb.raw" 'Thread 2 hit Breakpoint 1, '
    say 'thread 2'
    expect_true "\$pc == $(label workers counted) && \$esi == 1"
    say delete 'continue -a &'
    expect_both_to_count
    say starti
    expect_true "\$pc == $(label workers _start) && $(cell counters 0) == 0"
    say detach 'attach 1'
    await "both to be stopped" stopped_are
    end_dialogue
    expect_vm_runs
}

is_run_again_after_its_end()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label ending debug_exit)" "$GUESTS/ending.img"
    run_non_stop extended-remote <<'END'
continue
run
starti
printf "> %#x\n", $pc
kill
END
    expect_equal "how often it ended" "$(grep -c 'exited with code 0103' "$dir/gdb.out")" 2
    expect_marked <<<"> $(label ending debug_exit)"
    expect_vm_status 0
}

TEST one_is_examined_while_the_other_runs
TEST hardware_breakpoint
TEST software_breakpoint
TEST interrupt_all_and_go_on
TEST ctrl_c
TEST detached
TEST quit
TEST killed_gdb
TEST killed
TEST exits_by_itself
TEST is_run_again
TEST is_run_again_after_its_end
