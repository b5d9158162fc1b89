#!/bin/bash
# Conditions that the stub evaluates: gdb hears of a breakpoint only when its condition is true.
. "$(dirname "$0")/../lib.sh"

COUNTER=0x9000 # in the spin guest: how many rounds it has gone

start_spin()
{
    start_vm -S --trace "rsp=$dir/rsp" "$GUESTS/spin.img"
}

# How often gdb was told of a breakpoint.
expect_stops()
{
    expect_equal "breakpoints told" "$(grep -acE '^<- T05.*[sh]wbreak:' "$dir/rsp")" "$1"
}

# Whether gdb sent conditions along, as it does unless it is told otherwise.
expect_conditions_sent()
{
    grep -qaE '^-> Z[01],[0-9a-f]+,[0-9a-f]+;X' "$dir/rsp" || fail "gdb sent no condition"
}

# Each row: $1 a place of the spin guest, $2 a condition there, $3 the round in which it is true.
expect_round()
{
    start_spin
    run_gdb <<END
set \$edx = 0xfffffff6
set \$ecx = 10
break *$(label spin "$1") if $2
continue
printf "> %#lx %d\n", \$pc, *(int *)$COUNTER
END
    expect_marked <<<"> $(label spin "$1") $3"
    expect_conditions_sent
    expect_stops 1
}

a_register()         { expect_round spin_b "\$eax == *(int *)$COUNTER - 7 + \$eax" 7; }
memory()             { expect_round spin_b "*(int *)$COUNTER == 1000" 1000; }
a_halfword()         { expect_round spin_b "*(unsigned short *)$COUNTER == 300" 300; }
a_byte_with_a_sign() { expect_round spin_b "*(signed char *)$COUNTER < 0" 128; }
a_byte_without_one() { expect_round spin_b "*(unsigned char *)$COUNTER > 250" 251; }
with_a_sign()        { expect_round spin_b "(int)\$edx < 0 && *(int *)$COUNTER > 2" 3; }
without_one()        { expect_round spin_b "(unsigned)\$edx > 5u && *(int *)$COUNTER > 3" 4; }
eight_bytes()        { expect_round spin_b "*(long long *)$COUNTER * 0x100000000 == 0x500000000" 5; }
with_or()            { expect_round spin_b "*(int *)$COUNTER == 9 || *(int *)$COUNTER == 8" 8; }
with_a_choice()      { expect_round spin_b "(*(int *)$COUNTER & 1) ? *(int *)$COUNTER / 3 == 11 : 0" 33; }

# gdb evaluates it once more, and says why it can't.
what_cannot_be_evaluated_stops()
{
    start_spin
    run_gdb <<END
break *$(label spin spin_b) if *(int *)0xdead0000 == 1
continue
printf "> %#lx %d\n", \$pc, *(int *)$COUNTER
END
    expect_line "$dir/gdb.out" 'Error in testing {{.*}}'
    expect_line "$dir/gdb.out" 'Cannot access memory at address 0xdead0000'
    expect_marked <<<"> $(label spin spin_b) 1"
}

# The first true one of several breakpoints at one place, and one without a condition.
several_at_one_place()
{
    start_spin
    run_gdb <<END
break *$(label spin spin_b) if *(int *)$COUNTER == 30
break *$(label spin spin_b) if *(int *)$COUNTER == 20
continue
printf "> %d\n", *(int *)$COUNTER
continue
printf "> %d\n", *(int *)$COUNTER
break *$(label spin spin_b)
continue
printf "> %d\n", *(int *)$COUNTER
END
    expect_marked <<END
> 20
> 30
> 31
END
    expect_stops 3
}

hardware_and_software_at_one_place()
{
    start_spin
    run_gdb <<END
break *$(label spin spin_b) if *(int *)$COUNTER == 40
hbreak *$(label spin spin_b) if *(int *)$COUNTER == 25
continue
printf "> %d\n", *(int *)$COUNTER
continue
printf "> %d\n", *(int *)$COUNTER
END
    expect_marked <<END
> 25
> 40
END
    expect_stops 2
}

# More than there are debug registers.
at_six_places()
{
    start_vm -S --trace "rsp=$dir/rsp" "$GUESTS/real.img"
    run_gdb <<END
$(for place in after_mov after_push after_call after_out after_in after_rep; do
    echo "break *$(label real "$place") if \$eax == 0x12345678"
done)
break *$(label real after_loop) if \$cx == 0
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<<"> $(label real after_loop)"
    expect_stops 1
}

a_temporary_one()
{
    start_spin
    run_gdb <<END
tbreak *$(label spin spin_b) if *(int *)$COUNTER == 12
continue
printf "> %d\n", *(int *)$COUNTER
info breakpoints
END
    expect_marked <<<'> 12'
    expect_line "$dir/gdb.out" 'No breakpoints or watchpoints.'
}

# gdb counts ignored hits itself: of those that are told.
ignored_times()
{
    start_spin
    run_gdb <<END
break *$(label spin spin_b) if *(int *)$COUNTER % 10 == 0
ignore 1 3
continue
printf "> %d\n", *(int *)$COUNTER
END
    expect_marked <<<'> 40'
    expect_stops 4
}

changed_and_taken_away()
{
    start_spin
    run_gdb <<END
break *$(label spin spin_b) if *(int *)$COUNTER == 10
continue
printf "> %d\n", *(int *)$COUNTER
condition 1 *(int *)$COUNTER == 15
continue
printf "> %d\n", *(int *)$COUNTER
condition 1
continue
printf "> %d\n", *(int *)$COUNTER
END
    expect_marked <<END
> 10
> 15
> 16
END
    expect_stops 3
}

evaluated_by_gdb()
{
    start_spin
    run_gdb <<END
set breakpoint condition-evaluation host
break *$(label spin spin_b) if *(int *)$COUNTER == 5
continue
printf "> %d\n", *(int *)$COUNTER
set breakpoint condition-evaluation target
condition 1 *(int *)$COUNTER == 9
continue
printf "> %d\n", *(int *)$COUNTER
END
    expect_marked <<END
> 5
> 9
END
    grep -qaE ';X' "$dir/rsp" || fail "gdb sent no condition for the second run"
}

# A step that ends there is a step's end, and the next run leaves the place without a hit.
one_steps_onto_it()
{
    start_spin
    run_gdb <<END
break *$(label spin spin_b) if *(int *)$COUNTER == 3
stepi
printf "> %#lx %d\n", \$pc, *(int *)$COUNTER
stepi
printf "> %#lx %d\n", \$pc, *(int *)$COUNTER
continue
printf "> %#lx %d\n", \$pc, *(int *)$COUNTER
stepi
stepi
printf "> %#lx %d\n", \$pc, *(int *)$COUNTER
END
    expect_marked <<END
> $(label spin spin_b) 1
> $(label spin spin) 1
> $(label spin spin_b) 3
> $(label spin spin_b) 4
END
}

# In code of each kind, over the switches between them. main16 counts the rounds.
in_each_mode()
{
    local place
    start_vm -S --trace "rsp=$dir/rsp" "$GUESTS/modes.img"
    run_gdb <<END
tbreak *$(label modes main16) if *(int *)0x600 == 3
continue
$(for place in in32 in64 back32 back16; do
    echo "tbreak *$(label modes "$place") if *(int *)0x600 == 4"
    echo continue
    echo 'printf "> %#lx %d\n", $pc, *(int *)0x600'
done)
tbreak *$(label modes in64) if *(long *)0x600 == 9
continue
printf "> %#lx %d\n", \$pc, *(int *)0x600
END
    expect_marked <<END
$(for place in in32 in64 back32 back16; do
    echo "> $(label modes "$place") 4"
done)
> $(label modes in64) 9
END
}

# The end of a step over a call is the target's own breakpoint: not one to be judged.
a_step_over_a_call()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real before_call)
continue
break *0x9990 if \$eax == 12345
monitor next16
stepi
printf "> %#lx\n", \$pc
END
    expect_marked <<<"> $(at real after_call)"
}

# A condition that is never true: the guest runs, however slowly, and can be stopped.
ctrl_c_among_false_ones()
{
    start_spin
    start_gdb <<END
break *$(label spin spin_b) if *(int *)$COUNTER == -1
continue
set \$rounds = *(int *)$COUNTER
continue
printf "> %d\n", *(int *)$COUNTER > \$rounds
END
    interrupt_gdb 1
    interrupt_gdb 2
    finish_gdb
    expect_marked <<<'> 1'
    expect_equal "times interrupted" "$(grep -c 'signal SIGINT' "$dir/gdb.out")" 2
    expect_stops 0
}

# The client goes while conditions are judged; the next one finds the guest running as ever.
detached_among_false_ones()
{
    start_spin
    start_gdb <<END
break *$(label spin spin_b) if *(int *)$COUNTER == -1
continue
END
    await "gdb to continue" gdb_continued 1
    let_guest_run
    kill -KILL "$gdb_pid"
    await "gdb to end" process_gone "$gdb_pid"
    run_gdb <<END
printf "> %d\n", *(int *)$COUNTER > 0
tbreak *$(label spin spin)
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> 1
> $(label spin spin)
END
}

a_hundred_thousand_false_ones()
{
    start_spin
    run_gdb <<END
break *$(label spin spin_b) if *(int *)$COUNTER == 100000
continue
printf "> %d\n", *(int *)$COUNTER
END
    expect_marked <<<'> 100000'
    expect_stops 1
}

TEST a_register
TEST memory
TEST a_halfword
TEST a_byte_with_a_sign
TEST a_byte_without_one
TEST with_a_sign
TEST without_one
TEST eight_bytes
TEST with_or
TEST with_a_choice
TEST what_cannot_be_evaluated_stops
TEST several_at_one_place
TEST hardware_and_software_at_one_place
TEST at_six_places
TEST a_temporary_one
TEST ignored_times
TEST changed_and_taken_away
TEST evaluated_by_gdb
TEST one_steps_onto_it
TEST in_each_mode
TEST a_step_over_a_call
TEST ctrl_c_among_false_ones
TEST detached_among_false_ones
TEST a_hundred_thousand_false_ones
