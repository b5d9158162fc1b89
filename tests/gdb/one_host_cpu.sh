#!/bin/bash
# All on one CPU of the host, where whoever waits must let the others run: stepvm's threads, its
# guest's CPUs and gdb. What other scripts test of several CPUs and of non-stop mode.
. "$(dirname "$0")/../lib.sh"

# alone SCRIPT TEST...: those of tests/gdb/SCRIPT.
alone()
{
    local script=$1
    shift
    skip_without taskset util-linux
    taskset -c 0 true 2>/dev/null || skip "CPU 0 is not ours"
    STEPVM_ONLY="$*" taskset -c 0 "tests/gdb/$script" >"$dir/said" 2>&1
    ! grep -q '^not ok' "$dir/said" || fail "$(<"$dir/said")"
    expect_equal "tests that ran" "$(grep -cE '^(ok|skip|not ok) ' "$dir/said")" $#
}

several_cpus()
{
    alone smp.sh started_while_it_was_parked step_with_scheduler_locking_step the_others_get_time \
        all_hit_a_software_breakpoint ctrl_c_beside_a_halt watchpoint_finds_its_writer
}

non_stop()
{
    alone non_stop.sh one_is_examined_while_the_other_runs software_breakpoint \
        interrupt_all_and_go_on
}

several_in_non_stop_mode()
{
    alone smp_non_stop.sh one_steps_while_others_run hardware_breakpoint_while_all_run \
        interrupt_one_and_all interrupt_a_halted_one
}

a_range_and_another_cpu()
{
    alone range.sh a_halt_inside_with_two_cpus another_cpu_stops an_interrupt
}

TEST several_cpus
TEST non_stop
TEST several_in_non_stop_mode
TEST a_range_and_another_cpu
