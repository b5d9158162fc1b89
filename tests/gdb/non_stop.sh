#!/bin/bash
# set non-stop on: one CPU is looked at while the others run on; and how such a session ends. The
# guest is guests/workers.s: each CPU counts in counters[CPU].
. "$(dirname "$0")/../lib.sh"

# Starts gdb in non-stop mode with the commands on stdin; `target $1` (remote) connects it.
start_non_stop()
{
    {
        printf '%s\n' 'set non-stop on' "target ${1:-remote} $gdb_address"
        settle
        printf '%s\n' 'printf "@connected@\n"'
        cat
        printf '%s\n' 'printf "@end@\n"'
    } >"$dir/gdb.commands"
    start_gdb_alone
}

run_non_stop()
{
    start_non_stop "$@"
    finish_gdb
}

# Commands in which gdb hears of what has happened: one thing for each that it reads.
settle()
{
    printf 'shell sleep 0.3\n'
    for _ in 1 2 3 4 5 6 7 8; do
        echo echo
    done
}

# Starts two CPUs that work; with no client there they come to it.
start_workers()
{
    start_vm -f flat --mode protected -c 2 "$GUESTS/workers.bin"
    sleep 0.5
}

counter() # cpu
{
    echo "*(unsigned *)$(($(label workers counters) + 4 * $1))"
}

# The CPUs count, for a gdb that connects now.
both_run()
{
    local first
    run_gdb <<END
printf "> %u %u\n", $(counter 0), $(counter 1)
END
    first=$(grep '^> ' "$dir/gdb.out")
    sleep 0.3
    run_gdb <<END
printf "> %u %u\n", $(counter 0), $(counter 1)
END
    read -r _ a b <<<"$first"
    read -r _ c d <<<"$(grep '^> ' "$dir/gdb.out")"
    [[ $a != "$c" && $b != "$d" ]] || fail "not both CPUs run: counters $a $b, then $c $d"
}

one_is_examined_while_the_other_runs()
{
    start_workers
    run_non_stop <<END
thread 1
continue &
thread 2
set \$a = $(counter 0)
set \$b = $(counter 1)
stepi
shell sleep 0.2
printf "> %d %d\n", $(counter 0) > \$a, $(counter 1) - \$b < 2
set \$before = \$pc
print \$esi
set var \$edi = 77
stepi
printf "> %d %d\n", \$edi == 77, \$pc != \$before
thread 1
p/x \$pc
monitor info cpus
info threads
END
    expect_marked <<'END'
> 1 1
> 1 1
END
    expect_line "$dir/gdb.out" '$1 = 1'
    expect_line "$dir/gdb.out" 'Selected thread is running.'
    expect_line "$dir/gdb.out" '* 1    Thread 1 {{.*}}(running)'
    expect_line "$dir/gdb.out" '  2    Thread 2 {{.*}}0x001000{{.*}}'
}

# A breakpoint that is set while they run stops who comes to it, and nobody else: gdb lets the other
# one go on, when it hears of it.
breakpoint_while_they_run()
{
    start_workers
    run_non_stop <<END
continue -a &
$1 *$(label workers counted) thread 2
$(settle)
thread 2
printf "> %#x\n", \$pc
set \$a = $(counter 0)
set \$b = $(counter 1)
$(settle)
printf "> %d %d\n", $(counter 0) > \$a, $(counter 1) == \$b
continue
printf "> %#x %d\n", \$pc, $(counter 1) - \$b
stepi
printf "> %#x\n", \$pc
info threads
END
    expect_marked <<END
> $(label workers counted)
> 1 1
> $(label workers counted) 1
> $(label workers counted_2)
END
    expect_line "$dir/gdb.out" 'Thread 2 hit {{.*}}reakpoint 1, {{.*}}'
    expect_line "$dir/gdb.out" '  1    Thread 1 {{.*}}(running)'
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
    start_workers
    run_non_stop <<END
continue -a &
$(settle)
interrupt -a
$(settle)
info threads
set \$a = $(counter 0)
set \$b = $(counter 1)
shell sleep 0.2
printf "> %d %d\n", $(counter 0) == \$a, $(counter 1) == \$b
continue -a &
shell sleep 0.2
printf "> %d %d\n", $(counter 0) > \$a, $(counter 1) > \$b
END
    expect_marked <<'END'
> 1 1
> 1 1
END
    expect_nowhere "$dir/gdb.out" '\(running\)'
}

# Ctrl-C stops the CPU that is waited for, by a signal.
ctrl_c()
{
    start_workers
    start_non_stop <<'END'
thread 2
continue
info threads
END
    interrupt_gdb
    finish_gdb
    expect_line "$dir/gdb.out" 'Thread 2 received signal SIGINT, Interrupt.'
    expect_line "$dir/gdb.out" '* 2    Thread 2 {{.*}}0x{{.*}}'
}

# ---- How it ends

detached()
{
    start_workers
    run_non_stop <<'END'
thread 1
continue &
detach
END
    both_run
}

quit()
{
    start_workers
    run_non_stop <<END
hbreak *$(label workers counted)
continue -a &
$(settle)
continue &
END
    both_run
}

killed_gdb()
{
    start_workers
    start_non_stop <<END
break *$(label workers counted) thread 2
thread 1
continue &
printf "> here\n"
shell sleep 100
END
    await_text "$dir/gdb.raw" '^> here'
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    both_run
    run_gdb <<<"x/xb $(label workers counted)"
    expect_line "$dir/gdb.out" "$(label workers counted):	0x90"
}

killed()
{
    start_workers
    run_non_stop <<'END'
continue -a &
kill
END
    expect_vm_status 0
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
    start_workers
    run_non_stop extended-remote <<END
continue -a &
kill
info threads
hbreak *$(label workers counted) if \$esi == 1
run
printf "> %#x %d\n", \$pc, \$esi
delete
continue -a &
$(settle)
starti
printf "> %#x %d\n", \$pc, $(counter 0)
detach
attach 1
$(settle)
info threads
END
    expect_line "$dir/gdb.out" 'No threads.'
    expect_line "$dir/gdb.out" 'Thread 2 hit Breakpoint 1, {{.*}}'
    expect_line "$dir/gdb.out" "> $(label workers _start) 0"
    expect_nowhere "$dir/gdb.out" '\(running\)'
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
