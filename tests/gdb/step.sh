#!/bin/bash
# stepi goes one instruction at a time, whatever the instruction: each stop compared with a label.
. "$(dirname "$0")/../lib.sh"

flat()
{
    start_vm -S -f flat --mode "$1" "$GUESTS/$2"
}

boot_sector()
{
    start_vm -S "$GUESTS/demo.img"
    expect_steps demo _start _start+1 _start+3 _start+5 _start+7 _start+9 _start+12 _start+13 \
        _start+14 before_print before_print+3 print
}

plain_code()
{
    start_vm -S "$GUESTS/real.img"
    expect_steps real before_mov after_mov before_push after_push before_call subroutine \
        subroutine+1 after_call
}

# Port I/O leaves the guest in the middle of a step.
port_io_real()
{
    start_vm -S "$GUESTS/real.img"
    expect_steps real before_out after_out after_in after_in+2 second_out after_outs before_rep
}

port_io_protected()
{
    flat protected protected.bin
    expect_steps protected before_out after_out after_in after_in+5
}

port_io_long()
{
    flat long long.bin
    expect_steps long before_out after_out after_in after_in+5
}

mmio()
{
    flat protected mmio.bin
    expect_steps mmio before_read after_read before_write after_write second_read \
        after_second_read stay
}

mmio_reads_ones()
{
    flat protected mmio.bin
    run_gdb <<END
tbreak *$(label mmio after_read)
continue
printf "> %#x\n", \$eax
tbreak *$(label mmio after_second_read)
continue
printf "> %#x\n", \$edx
END
    expect_marked <<'END'
> 0xffffffff
> 0xff
END
}

# rep stosb stops once an iteration, everywhere.
rep()
{
    start_vm -S "$GUESTS/$1.$2" "${@:3}"
    run_gdb <<END
tbreak *$(label "$1" the_rep)
continue
step-while \$pc==$(label "$1" the_rep) 20
printf "> %#lx, %d left, in %d steps\n", \$pc, \$ecx, \$steps
END
    expect_marked <<<"> $(label "$1" after_rep), 0 left, in 4 steps"
}

rep_real()
{
    rep real img
}

rep_protected()
{
    rep protected bin -f flat --mode protected
}

flags_real()
{
    start_vm -S "$GUESTS/real.img"
    expect_steps real before_flags after_pushf after_pushf+1 before_popf after_popf before_mov_ss \
        after_mov_ss
}

pushf_real()
{
    start_vm -S "$GUESTS/real.img"
    pushf_shows "$(label real before_flags)" "$(at real after_pushf+1)"
}

pushf_protected()
{
    flat protected protected.bin
    pushf_shows "$(label protected before_pushf)" "$(at protected after_pushf+1)"
}

pushf_long()
{
    flat long long.bin
    pushf_shows "$(label long before_pushf)" "$(at long after_pushf+1)"
}

# What pushf pushes while it is stepped has no trap flag: the guest must not see the debugger.
# From $1 on, pushf and pop; then pc is $2.
pushf_shows()
{
    run_gdb <<END
tbreak *$1
continue
stepi
stepi
printf "> %#lx TF %d\n", \$pc, (\$edx >> 8) & 1
END
    expect_marked <<<"> $2 TF 0"
}

# The handler's first instruction, its last one, and back.
interrupt_real()
{
    start_vm -S "$GUESTS/real.img"
    expect_steps real the_int handler in_handler after_int
}

interrupt_protected()
{
    flat protected protected.bin
    interrupts_through_gate protected
}

interrupt_long()
{
    flat long long.bin
    interrupts_through_gate long
}

interrupts_through_gate()
{
    run_gdb <<END
run-to $(label "$1" work)
set \$pc = $(label "$1" interrupt)
run-to $(label "$1" the_int)
stepi
printf "> %#lx\n", \$pc
stepi
printf "> %#lx\n", \$pc
stepi
printf "> %#lx\n", \$pc
END
    skip_if_not_emulated
    expect_marked <<END
> $(label "$1" handler)
> $(label "$1" in_handler)
> $(label "$1" after_int)
END
}

# The flags that the interrupt pushed have no trap flag either.
interrupt_frame_is_clean()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real the_int)
continue
stepi
printf "> ip %#x cs %#x TF %d\n", *(unsigned short *)\$esp, *(unsigned short *)(\$esp + 2), (*(unsigned short *)(\$esp + 4) >> 8) & 1
END
    expect_marked <<<"> ip $(label real after_int) cs 0 TF 0"
}

sti_cli()
{
    start_vm -S "$GUESTS/real.img"
    expect_steps real before_sti before_sti+1 before_sti+2 after_cli
}

into_another_segment()
{
    start_vm -S "$GUESTS/real.img"
    expect_steps real before_far far_start far_start+3 far_start+5 far_push far_pushed \
        far_pushed+1 far_loop far_loop_end far_loop far_loop_end far_loop far_loop_end far_out \
        after_far_out back
}

many_steps()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real work)
continue
set var *(short *)0x9000 = 0
stepi 300
printf "> %#lx %d\n", \$pc, *(short *)0x9000
END
    expect_marked <<<"> $(label real work) 100"
}

high_half()
{
    flat long long.bin
    expect_steps long before_high high_start
}

TEST boot_sector
TEST plain_code
TEST port_io_real
TEST port_io_protected
TEST port_io_long
TEST mmio
TEST mmio_reads_ones
TEST rep_real
TEST rep_protected
TEST flags_real
TEST pushf_real
TEST pushf_protected
TEST pushf_long
TEST interrupt_real
TEST interrupt_protected
TEST interrupt_long
TEST interrupt_frame_is_clean
TEST sti_cli
TEST into_another_segment
TEST many_steps
TEST high_half
