#!/bin/bash
# Ctrl-C stops the guest wherever it is.
. "$(dirname "$0")/../lib.sh"

# Continues at label $1 of the spin guest, presses Ctrl-C, then gives the commands on stdin.
interrupted_at()
{
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<END
set \$pc = $(label spin "$1")
continue
$(cat)
END
    interrupt_gdb
    finish_gdb
    expect_line "$dir/gdb.out" 'Program received signal SIGINT, Interrupt.'
}

in_a_loop()
{
    interrupted_at spin <<END
printf "> %d %d\n", \$pc == $(label spin spin) || \$pc == $(label spin spin_b), *(int *)0x9000 > 1000
END
    expect_marked <<<'> 1 1'
}

halted_for_good()
{
    interrupted_at halt_cli <<'END'
printf "> %#lx\n", $pc
x/i $pc - 1
END
    expect_marked <<<"> $(label spin after_hlt)"
}

# It is still halted when it goes on.
halted_stays_halted()
{
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<END
set \$pc = $(label spin halt_cli)
continue
break *$(label spin halt_cli)
continue
printf "> %#lx\n", \$pc
END
    interrupt_gdb 1
    interrupt_gdb 2
    finish_gdb
    expect_equal "times interrupted" "$(grep -c 'signal SIGINT' "$dir/gdb.out")" 2
    expect_marked <<<"> $(label spin after_hlt)"
}

halted_until_an_interrupt()
{
    interrupted_at halt_sti <<END
tbreak *$(label spin awake)
continue
printf "> %#lx\n", \$pc
tbreak *$(label spin awake)
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label spin awake)
> $(label spin awake)
END
}

again_and_again()
{
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<'END'
continue
continue
continue
printf "> %d\n", *(int *)0x9000 > 1000
END
    interrupt_gdb 1
    interrupt_gdb 2
    interrupt_gdb 3
    finish_gdb
    expect_equal "times interrupted" "$(grep -c 'signal SIGINT' "$dir/gdb.out")" 3
    expect_marked <<<'> 1'
}

# gdb goes on by itself from a breakpoint whose condition is false, and stands there most of the
# time: one Ctrl-C is enough all the same.
ctrl_c_beside_a_false_condition()
{
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<END
break *$(label spin spin_b) if *(int *)0x9000 < 0
continue
printf "> %d\n", *(int *)0x9000 > 10
info breakpoints
delete
continue
END
    interrupt_gdb 1
    interrupt_gdb 2
    finish_gdb
    expect_equal "times interrupted" "$(grep -c 'signal SIGINT' "$dir/gdb.out")" 2
    expect_marked <<<'> 1'
}

steps_are_made()
{
    [ "$(grep -c 'vCont;s' "$dir/packets")" -ge 100 ]
}

ctrl_c_among_many_steps()
{
    start_vm --trace "rsp=$dir/packets" -S "$GUESTS/spin.img"
    start_gdb <<END
tbreak *$(label spin spin_b)
continue
stepi 1000000000
printf "> %d\n", *(int *)0x9000 > 10
END
    await "a hundred steps" steps_are_made
    kill -INT "$gdb_pid"
    finish_gdb
    # It comes in the middle of a step, or between two, where gdb itself ends what it does.
    expect_line "$dir/gdb.out" '{{Program received signal SIGINT, Interrupt\.|Quit}}'
    expect_marked <<<'> 1'
}

# Breakpoints that were set before still hold afterwards.
with_breakpoints()
{
    interrupted_at spin <<END
break *$(label spin spin_b)
continue
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<<"> $(label spin spin_b)"
}

in_protected_mode()
{
    start_vm -S -f flat --mode protected "$GUESTS/protected.bin"
    start_gdb <<<$'continue\nprintf "> %d\\n", *(int *)0x9000 > 1000'
    interrupt_gdb
    finish_gdb
    expect_marked <<<'> 1'
}

in_long_mode()
{
    start_vm -S -f flat --mode long "$GUESTS/long.bin"
    start_gdb <<<$'continue\nprintf "> %d\\n", *(int *)0x9000 > 1000'
    interrupt_gdb
    finish_gdb
    expect_marked <<<'> 1'
}

# The timer's interrupts arrive whether a debugger looks or not, and their handler can be debugged.
# How many have come in the end depends on the host: the PIT's clock does not stop with the guest.
timer_handler()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
break *$(label timer tick)
continue
continue
continue
printf "> %#lx %d\n", \$pc, *(short *)0x9000
delete
tbreak *$(label timer five_ticks)
continue
printf "> %#lx %d\n", \$pc, *(short *)0x9000 >= 5
END
    expect_marked <<END
> $(label timer tick) 2
> $(label timer five_ticks) 1
END
}

# More breakpoints than debug registers: where int3 does not exit the guest runs by steps, and its
# interrupts must arrive all the same.
interrupts_beside_many_breakpoints()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
break *0x9000
break *0x9001
break *0x9002
break *0x9003
break *0x9004
break *$(label timer five_ticks)
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<<"> $(label timer five_ticks)"
}

TEST in_a_loop
TEST halted_for_good
TEST halted_stays_halted
TEST halted_until_an_interrupt
TEST again_and_again
TEST ctrl_c_beside_a_false_condition
TEST ctrl_c_among_many_steps
TEST with_breakpoints
TEST in_protected_mode
TEST in_long_mode
TEST timer_handler
TEST interrupts_beside_many_breakpoints
