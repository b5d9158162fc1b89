#!/bin/bash
# Interrupts and steps: held back while stepping, or let in by `monitor step-irq on`; hlt waits.
. "$(dirname "$0")/../lib.sh"

# As 0x7c52, and how many ticks the guest has counted.
show='printf "> %#lx %d\n", $pc, *(short *)0x9000'

# The interrupt that ends hlt stays pending: the handler has not run.
hlt_waits()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
run-to $(label timer wait)
$show
stepi
$show
stepi
$show
END
    expect_marked <<END
> $(label timer wait) 0
> $(label timer woken) 0
> $(at timer woken+5) 0
END
}

# With interrupts let in, the step over hlt ends in the handler, whose frame shows no trap flag and
# whose end leads behind the hlt.
hlt_ends_in_the_handler()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
monitor step-irq on
run-to $(label timer wait)
stepi
$show
set \$return = *(unsigned short *)\$esp
printf "> cs %#x TF %d\n", *(unsigned short *)(\$esp + 2), (*(unsigned short *)(\$esp + 4) >> 8) & 1
stepi 6
printf "> returned %d to %#lx\n", \$pc == \$return, \$pc
END
    # On a slow machine one was pending already: it comes in before the hlt, not behind it.
    expect_marked <<END
> $(label timer tick) 0
> cs 0 TF 0
> returned 1 to {{$(label timer wait)|$(label timer woken)}}
END
}

# One that is pending comes in before the instruction, and that one is not lost.
a_pending_one_comes_in()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
run-to $(label timer wait)
stepi
$show
monitor step-irq on
stepi
$show
stepi 6
$show
monitor step-irq off
stepi
$show
END
    expect_marked <<END
> $(label timer woken) 0
> $(label timer tick) 0
> $(label timer woken) 1
> $(at timer woken+5) 1
END
}

# A run that has to go by steps (nothing else tells of exceptions) loses no interrupt, and none of
# its handlers runs unseen: the breakpoint on the last instruction of one is hit each time.
a_run_by_steps_gets_them()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
monitor break-on exception 6
break *$(label timer tick)
continue
$show
continue
$show
delete
break *$(label timer tick_end)
continue
$show
printf "> TF %d\n", (*(unsigned short *)(\$esp + 4) >> 8) & 1
delete
tbreak *$(label timer five_ticks)
continue
printf "> %#lx, at least 5: %d\n", \$pc, *(short *)0x9000 >= 5
END
    expect_marked <<END
> $(label timer tick) 0
> $(label timer tick) 1
> $(label timer tick_end) 2
> TF 0
> $(label timer five_ticks), at least 5: 1
END
}

# Nothing ends this hlt; Ctrl-C ends the step, and the next step waits again.
ctrl_c_ends_the_wait()
{
    start_vm -S -f flat --mode protected "$GUESTS/faults_protected.bin"
    start_gdb <<END
set \$pc = $(label faults_protected end)
printf "@stepping@\n"
stepi
printf "> %#lx\n", \$pc
printf "@stepping@\n"
stepi
printf "> %#lx\n", \$pc
END
    interrupt_step 1
    interrupt_step 2
    finish_gdb
    expect_marked <<END
> $(at faults_protected end+1)
> $(at faults_protected end+1)
END
}

# A Ctrl-C in the $1th step of gdb's.
interrupt_step()
{
    await "the step" said_times @stepping@ "$1"
    let_guest_run
    sleep 0.2 # it is to be in the middle of it
    kill -INT "$gdb_pid"
    await "the stop" said_times SIGINT "$1"
}

said_times() # what times
{
    [ "$(grep -c -e "$1" "$dir/gdb.raw")" -ge "$2" ]
}

# While one CPU is stepped, with an eye on every handler that an interrupt may lead to, another one
# goes through such a handler all the time: it does not see what is planted there, though it may
# have to wait for it (docs/LIMITATIONS.md). Steps that hold interrupts back do not hold it up.
another_cpu_in_the_handler()
{
    start_vm -S -c 2 -f flat --mode protected "$GUESTS/smp_step.bin"
    start_gdb <<END
monitor step-irq on
run-to $(label smp_step work)
stepi 150
printf "> %#lx, int3 seen: %d\n", \$pc, *(int *)0x9004
monitor step-irq off
stepi 150
printf "> %#lx, int3 seen: %d\n", \$pc, *(int *)0x9004
set \$count = *(int *)0x9000
continue
printf "> int3 seen: %d, it goes on: %d\n", *(int *)0x9004, *(int *)0x9000 != \$count
END
    interrupt_gdb
    finish_gdb
    expect_marked <<END
> $(label smp_step work), int3 seen: 0
> $(label smp_step work), int3 seen: 0
> int3 seen: 0, it goes on: 1
END
}

TEST hlt_waits
TEST hlt_ends_in_the_handler
TEST a_pending_one_comes_in
TEST a_run_by_steps_gets_them
TEST ctrl_c_ends_the_wait
TEST another_cpu_in_the_handler
