#!/bin/bash
# Breakpoints hit where they are, as often as they are reached, and leave no trace.
. "$(dirname "$0")/../lib.sh"

# The real guest's loop: ten rounds of six instructions, each round adds 5 to dx.
at_the_loop()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real after_cli)
continue
$(cat)
END
}

each_round()
{
    at_the_loop <<END
$1 *$(label real loop_a)
ignore 2 9
continue
printf "> %#lx dx %d cx %d\n", \$pc, \$edx & 0xffff, \$ecx & 0xffff
info breakpoints
delete 2
tbreak *$(label real after_loop)
continue
printf "> %#lx dx %d\n", \$pc, \$edx & 0xffff
END
    expect_line "$dir/gdb.out" $'\tbreakpoint already hit 10 times'
    expect_marked <<END
> $(label real loop_a) dx 45 cx 1
> $(label real after_loop) dx 50
END
}

software_each_round()
{
    each_round break
}

hardware_each_round()
{
    each_round hbreak
}

# More than there are debug registers, on neighbouring one-byte instructions.
six_at_once()
{
    local name
    {
        for name in loop_a loop_b loop_c loop_d loop_e loop_f; do
            echo "$1 *$(label real $name)"
        done
        for name in {1..8}; do
            echo 'continue'
            echo 'printf "> %#lx dx %d\n", $pc, $edx & 0xffff'
        done
    } >"$dir/commands"
    at_the_loop <"$dir/commands"
    expect_marked <<END
> $(label real loop_a) dx 0
> $(label real loop_b) dx 1
> $(label real loop_c) dx 2
> $(label real loop_d) dx 3
> $(label real loop_e) dx 4
> $(label real loop_f) dx 5
> $(label real loop_a) dx 5
> $(label real loop_b) dx 6
END
}

six_software()
{
    six_at_once break
}

# Six hardware breakpoints: all of them hold, or the fifth is refused with a reason.
six_hardware()
{
    local name
    {
        for name in loop_a loop_b loop_c loop_d loop_e loop_f; do
            echo "hbreak *$(label real $name)"
        done
        echo 'continue'
        echo 'printf "> %#lx\n", $pc'
        echo 'continue'
        echo 'printf "> %#lx\n", $pc'
    } >"$dir/commands"
    at_the_loop <"$dir/commands"
    if grep -q '^Cannot insert hardware breakpoint' "$dir/gdb.out"; then
        expect_line "$dir/gdb.out" 'Could not insert hardware breakpoints:'
        return
    fi
    expect_marked <<END
> $(label real loop_a)
> $(label real loop_b)
END
}

at_the_pc_then_continue()
{
    at_the_loop <<END
$1 *$(label real loop_b)
continue
continue
printf "> %#lx dx %d\n", \$pc, \$edx & 0xffff
stepi
printf "> %#lx dx %d\n", \$pc, \$edx & 0xffff
END
    expect_marked <<END
> $(label real loop_b) dx 6
> $(label real loop_c) dx 7
END
}

software_at_the_pc()
{
    at_the_pc_then_continue break
}

hardware_at_the_pc()
{
    at_the_pc_then_continue hbreak
}

set_at_the_pc_does_not_stop_twice()
{
    at_the_loop <<END
tbreak *$(label real loop_a)
continue
break *$(label real loop_a)
stepi
printf "> %#lx\n", \$pc
continue
printf "> %#lx dx %d\n", \$pc, \$edx & 0xffff
END
    expect_marked <<END
> $(label real loop_b)
> $(label real loop_a) dx 5
END
}

stepi_onto_a_breakpoint()
{
    at_the_loop <<END
tbreak *$(label real loop_a)
continue
break *$(label real loop_b)
stepi
printf "> %#lx\n", \$pc
stepi
printf "> %#lx dx %d\n", \$pc, \$edx & 0xffff
info breakpoints
END
    expect_marked <<END
> $(label real loop_b)
> $(label real loop_c) dx 2
END
    expect_line "$dir/gdb.out" $'\tbreakpoint already hit 1 time'
}

conditions()
{
    at_the_loop <<END
break *$(label real loop_c) if (\$edx & 0xffff) == 32
continue
printf "> %#lx dx %d\n", \$pc, \$edx & 0xffff
END
    expect_marked <<<"> $(label real loop_c) dx 32"
}

commands_at_a_breakpoint()
{
    at_the_loop <<END
break *$(label real loop_f)
commands
silent
printf "> dx %d\n", \$edx & 0xffff
end
continue
continue
END
    expect_marked <<'END'
> dx 5
> dx 10
END
}

removed_ones_are_gone()
{
    at_the_loop <<END
break *$(label real loop_a)
continue
delete
tbreak *$(label real after_loop)
continue
printf "> %#lx dx %d\n", \$pc, \$edx & 0xffff
END
    expect_marked <<<"> $(label real after_loop) dx 50"
}

# An instruction that is stepped off its breakpoint and is an interrupt, or port I/O.
on_special_instructions()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
break *$(label real before_out)
break *$(label real after_out)
break *$(label real the_int)
break *$(label real in_handler)
break *$(label real after_int)
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label real before_out)
> $(label real after_out)
> $(label real the_int)
> $(label real in_handler)
> $(label real after_int)
END
}

in_mode()
{
    start_vm -S -f flat --mode "$1" "$GUESTS/$2.bin"
    run_gdb <<END
$3 *$(label "$2" after_push)
$3 *$(label "$2" after_rep)
$3 *$(label "$2" work_b)
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx %d\n", \$pc, *(int *)0x9000
ignore 3 19
continue
printf "> %#lx %d\n", \$pc, *(int *)0x9000
END
    expect_marked <<END
> $(label "$2" after_push)
> $(label "$2" after_rep)
> $(label "$2" work_b) 1
> $(label "$2" work_b) 21
END
}

software_in_protected_mode()
{
    in_mode protected protected break
}

hardware_in_protected_mode()
{
    in_mode protected protected hbreak
}

software_in_long_mode()
{
    in_mode long long break
}

hardware_in_long_mode()
{
    in_mode long long hbreak
}

stop_reasons()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real before_mov)
continue
thbreak *$(label real before_push)
continue
END
    expect_gdb <<END
Temporary breakpoint 1 at $(label real before_mov)
Continuing.

{{(Thread 1 hit )?}}Temporary breakpoint 1, $(printf '0x%08x' "$(label real before_mov)") in ?? ()
Hardware assisted breakpoint 2 at $(label real before_push)
Continuing.

{{(Thread 1 hit )?}}Temporary breakpoint 2, $(printf '0x%08x' "$(label real before_push)") in ?? ()
END
}

# By int3 where that exits: the four debug registers are taken by those at lower addresses.
where_the_disk_is_read_to()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
break *0x500
break *0x501
break *0x502
break *0x503
break *$(label demo stage_protected)
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<<"> $(label demo stage_protected)"
}

TEST software_each_round
TEST hardware_each_round
TEST six_software
TEST six_hardware
TEST software_at_the_pc
TEST hardware_at_the_pc
TEST set_at_the_pc_does_not_stop_twice
TEST stepi_onto_a_breakpoint
TEST conditions
TEST commands_at_a_breakpoint
TEST removed_ones_are_gone
TEST on_special_instructions
TEST software_in_protected_mode
TEST hardware_in_protected_mode
TEST software_in_long_mode
TEST hardware_in_long_mode
TEST stop_reasons
TEST where_the_disk_is_read_to
