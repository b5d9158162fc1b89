#!/bin/bash
# Clients come and go: the guest stays.
. "$(dirname "$0")/../lib.sh"

detach_leaves_it_running()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<END
break *$(label spin spin_b)
continue
detach
END
    expect_line "$dir/gdb.out" '[Inferior 1 (Remote target) detached]'
    expect_vm_runs
    counter_grows
}

quit_leaves_it_running()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<END
break *$(label spin spin_b)
continue
quit
END
    counter_grows
}

killed_gdb_leaves_it_running()
{
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<END
hbreak *$(label spin spin)
break *$(label spin spin_b)
ignore 2 1000000
printf "> set\n"
continue
shell sleep 100
END
    await_text "$dir/gdb.raw" '^Continuing|^Breakpoint'
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    # No breakpoint is left: the bytes are the guest's own, and nothing stops it.
    run_gdb <<END
x/5xb $(label spin spin)
x/2xb $(label spin spin_b)
END
    expect_line "$dir/gdb.out" "0x7c00:	0x66	0xff	0x06	0x00	0x90"
    expect_line "$dir/gdb.out" "0x7c05:	0xeb	0xf9"
    counter_grows
}

killed_while_stopped()
{
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<END
break *$(label spin spin_b)
continue
printf "> here\n"
shell sleep 100
END
    await_text "$dir/gdb.raw" '^> here'
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    counter_grows
}

second_client_is_refused()
{
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<END
shell until [ -e $dir/second-ended ]; do sleep 0.05; done
tbreak *$(label spin spin_b)
continue
printf "> %#lx\n", \$pc
END
    await_text "$dir/gdb.raw" '@connected@'
    HOME=$dir gdb -q -nx -nh -batch -iex 'set remotetimeout 180' \
        -ex "target remote $gdb_address" </dev/null >"$dir/second.raw" 2>&1
    expect_nowhere "$dir/second.raw" 'in \?\? \(\)'
    grep -qiE 'already|another|one client|busy|refused' "$dir/second.raw" ||
        fail "the second is not told why: $(<"$dir/second.raw")"
    : >"$dir/second-ended"
    finish_gdb
    expect_marked <<<"> $(label spin spin_b)"
}

kill_ends_the_vm()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<<'kill'
    expect_line "$dir/gdb.out" '[Inferior 1 ({{.*}}) killed]'
    await "stepvm to end" process_gone "$vm_pid"
    expect_removed "$gdb_address"
}

sigterm_ends_the_vm()
{
    start_vm -S "$GUESTS/spin.img"
    kill -TERM "$vm_pid"
    expect_vm_status 143
    expect_removed "$gdb_address"
}

socket_is_private()
{
    start_vm -S "$GUESTS/spin.img"
    expect_equal "the socket's mode" "$(stat -c %a "$gdb_address")" 600
}

monitor_help()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<'END'
monitor help
monitor no-such-command
printf "> %#lx\n", $pc
END
    grep -q '^monitor help' "$dir/gdb.out" || fail "no help on help: $(<"$dir/gdb.out")"
    grep -q 'no-such-command' "$dir/gdb.out" || fail "no answer: $(<"$dir/gdb.out")"
    expect_marked <<<'> 0x7c00'
}

monitor_arguments()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<END
monitor   info 	 cpus  
monitor info cpus 7
monitor memory
monitor infocpus
monitor $(printf 'x%.0s' {1..600})
END
    expect_gdb <<'END'
CPU 0 (boot), {{.*}}
usage: monitor info cpus
monitor memory add ram|rom SIZE at GPA    put memory where there is none
monitor memory list                       guest-physical memory, region by region
monitor memory remove GPA                 take away what was added there
monitor: no command "infocpus" (monitor help lists them)
monitor: a command of more than 511 characters (monitor help lists what there is)
END
}

threads_are_cpus()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<<'info threads'
    expect_line "$dir/gdb.out" '* 1    Thread 1 {{.*CPU.*}}0x00007c00 in ?? ()'
}

# The port that was asked for with 0 is the one that is printed.
over_tcp()
{
    start_stepvm -S --gdb :0 "$GUESTS/spin.img"
    await_text "$dir/stderr" 'target remote '
    gdb_address=$(sed -n 's/.*target remote \([^ ]*\).*/\1/p' "$dir/stderr")
    [[ $gdb_address =~ ^(127\.0\.0\.1)?:[0-9]+$ ]] || fail "not a loopback address: $gdb_address"
    run_gdb <<<'printf "> %#lx\n", $pc'
    expect_marked <<<'> 0x7c00'
}

over_stdio()
{
    gdb_address="| $STEPVM --gdb - -S $GUESTS/spin.img"
    run_gdb <<END
tbreak *$(label spin spin_b)
continue
printf "> %#lx\n", \$pc
kill
END
    expect_marked <<<"> $(label spin spin_b)"
    await "stepvm to end" no_stepvm_of_ours
}

no_stepvm_of_ours()
{
    [ -z "$(our_processes stepvm)" ]
}

# The debugger hangs up: there can be no other, the VM ends.
stdio_hangs_up()
{
    gdb_address="| $STEPVM --gdb - -S $GUESTS/spin.img"
    start_gdb <<'END'
printf "> here\n"
shell exec sleep 1
END
    await_text "$dir/gdb.raw" '^> here'
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    await "stepvm to end" no_stepvm_of_ours
}

TEST detach_leaves_it_running
TEST quit_leaves_it_running
TEST killed_gdb_leaves_it_running
TEST killed_while_stopped
TEST second_client_is_refused
TEST kill_ends_the_vm
TEST sigterm_ends_the_vm
TEST socket_is_private
TEST monitor_help
TEST monitor_arguments
TEST threads_are_cpus
TEST over_tcp
TEST over_stdio
TEST stdio_hangs_up
