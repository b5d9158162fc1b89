#!/bin/bash
# gdb is killed in the middle of what it does: the guest counts on as if it had never been there.
# (At a stop, running, at a dprintf, without a program: gdb/session, dprintf, non_stop, restart.)
. "$(dirname "$0")/../lib.sh"
. tests/client/hostile.inc

# Kills gdb, which runs the commands on stdin, once the pattern $1 is in what it says.
killed_at()
{
    local pattern=$1 scheduler
    start_counting 2 unix
    start_gdb
    await_text "$dir/gdb.raw" "$pattern"
    sleep 0.2
    process_gone "$gdb_pid" && fail "gdb has ended by itself: $(<"$dir/gdb.raw")"
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    run_hostile nothing
    end_well
}

while_stepping()
{
    killed_at '^> begins' <<'END'
printf "> begins\n"
stepi 100000000
END
}

while_it_steps_a_range()
{
    killed_at '^> begins' <<END
add-symbol-file $GUESTS/smp.elf
printf "> begins\n"
maintenance packet vCont;r$(printf '%x' "$(label smp count)"),$(printf '%x' "$(label smp count_end)"):1
shell sleep 100
END
}

while_it_steps_to_a_condition()
{
    killed_at '^> begins' <<'END'
printf "> begins\n"
watch $edx == -2
continue
END
}

in_a_loop_of_commands()
{
    killed_at '^> again' <<END
break *$(label smp count_3)
commands
silent
printf "> again\n"
continue
end
continue
END
}

while_a_trace_runs()
{
    killed_at '> begins' <<END
trace *$(label smp count)
actions
collect \$regs
end
set circular-trace-buffer on
tstart
printf "> begins\n"
continue
END
}

while_it_prints()
{
    killed_at '^tick' <<END
set dprintf-style agent
dprintf *$(label smp count),"tick\n"
continue
END
}

TEST while_stepping
TEST while_it_steps_a_range
TEST while_it_steps_to_a_condition
TEST in_a_loop_of_commands
TEST while_a_trace_runs
TEST while_it_prints
