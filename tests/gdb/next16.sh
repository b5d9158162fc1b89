#!/bin/bash
# `monitor next16`: a step over what gdb's nexti can't step over in 16-bit code.
. "$(dirname "$0")/../lib.sh"

define_next16='define next16
monitor next16
stepi
end'

# Arguments: labels of real, FROM TO FROM TO ...: next16 at FROM ends at TO.
expect_next()
{
    echo "$define_next16" >"$dir/commands"
    : >"$dir/expected"
    while [ $# -ge 2 ]; do
        printf 'tbreak *%s\ncontinue\nnext16\nprintf "> %%#lx\\n", $pc\n' "$(at real "$1")" \
            >>"$dir/commands"
        printf '> %s\n' "$(at real "$2")" >>"$dir/expected"
        shift 2
    done
    start_vm -S "$GUESTS/real.img"
    run_gdb <"$dir/commands"
    expect_marked <"$dir/expected"
}

each_kind_is_one_step()
{
    expect_next before_mov after_mov before_call after_call before_out after_out the_rep after_rep \
        the_int after_int loop_f after_loop far_loop_end far_out
}

# It counts for the next resume alone, and only if that is a step.
it_holds_for_one_step()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real before_push)
monitor next16
continue
tbreak *$(label real before_call)
continue
stepi
printf "> %#lx\n", \$pc
set \$pc = $(label real before_call)
set \$sp = 0x7c00
monitor next16
stepi
stepi
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label real subroutine)
> $(at real after_call+2)
END
}

# At 0x9100: jcxz out; dec %cx; call itself; incw 0x9000; out: ret
a_recursion_does_not_end_it()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
stepi 6
set {char}0x9100 = 0xe3
set {char}0x9101 = 8
set {char}0x9102 = 0x49
set {char}0x9103 = 0xe8
set {short}0x9104 = -6
set {short}0x9106 = 0x06ff
set {short}0x9108 = 0x9000
set {char}0x910a = 0xc3
set {short}0x9000 = 0
set \$pc = 0x9103
set \$sp = 0x7b00
set \$ecx = 5
monitor next16
stepi
printf "> %#lx %#lx, %d times, %d left\n", \$pc, \$sp, {short}0x9000, \$ecx
set \$pc = 0x9103
set \$ecx = 300
monitor next16
stepi
printf "> %#lx %#lx, %d times, %d left\n", \$pc, \$sp, {short}0x9000, \$ecx
END
    expect_marked <<'END'
> 0x9106 0x7b00, 5 times, 0 left
> 0x9106 0x7b00, 305 times, 0 left
END
}

# What else stops it is told as what it is, and nothing of it is left behind.
a_breakpoint_inside_ends_it()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real before_call)
continue
break *$(label real subroutine)
monitor next16
stepi
printf "> %#lx\n", \$pc
delete
tbreak *$(label real after_out)
continue
printf "> %#lx\n", \$pc
monitor info breakpoints
END
    expect_marked <<END
> $(label real subroutine)
> $(label real after_out)
END
    grep -q '^Breakpoint 2, ' "$dir/gdb.out" || fail "no hit is told: $(<"$dir/gdb.out")"
    expect_nowhere "$dir/gdb.out" "$(printf '0x%016x' "$(label real after_call)")"
}

a_breakpoint_behind_is_told()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real before_call)
continue
break *$(label real after_call)
monitor next16
stepi
printf "> %#lx\n", \$pc
stepi
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label real after_call)
> $(at real after_call+2)
END
    grep -q '^Breakpoint 2, ' "$dir/gdb.out" || fail "no hit is told: $(<"$dir/gdb.out")"
}

# call work, which never returns
ctrl_c_ends_it()
{
    local distance
    start_vm -S "$GUESTS/real.img"
    distance=$(($(label real work) - 0x9103))
    start_gdb <<END
tbreak *$(label real before_call)
continue
set {char}0x9100 = 0xe8
set {short}0x9101 = $distance
set \$pc = 0x9100
printf "Continuing.\n"
monitor next16
stepi
printf "> in work: %d\n", \$pc >= $(label real work) && \$pc <= $(label real work_c)
stepi
stepi
printf "> in work: %d\n", \$pc >= $(label real work) && \$pc <= $(label real work_c)
END
    interrupt_gdb 2
    finish_gdb
    expect_line "$dir/gdb.out" 'Program received signal SIGINT, Interrupt.'
    expect_marked <<'END'
> in work: 1
> in work: 1
END
}

# A client that goes in the middle of it leaves a guest that runs.
a_lost_client_leaves_nothing()
{
    local distance
    start_vm -S "$GUESTS/real.img"
    distance=$(($(label real work) - 0x9103))
    start_gdb <<END
tbreak *$(label real before_call)
continue
set {char}0x9100 = 0xe8
set {short}0x9101 = $distance
set {char}0x9103 = 0xf4
set \$pc = 0x9100
printf "Continuing.\n"
monitor next16
stepi
END
    await 'gdb to step' gdb_continued 2
    let_guest_run
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    run_gdb <<END
monitor info breakpoints
printf "> in work: %d\n", \$pc >= $(label real work) && \$pc <= $(label real work_c)
END
    expect_marked <<<'> in work: 1'
    expect_nowhere "$dir/gdb.out" '0x0*9103 '
}

a_bios_call_is_one_step()
{
    start_vm -S -c 2 "$GUESTS/demo.img"
    run_gdb <<END
$define_next16
tbreak *$(label demo after_int)-2
continue
next16
printf "> %#lx\n", \$pc
END
    expect_marked <<<"> $(label demo after_int)"
}

# That breakpoint and that tracepoint stop nobody; what they stand at ends the step all the same.
what_stops_nobody_is_behind()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
$define_next16
tbreak *$(label real before_call)
continue
break *$(label real after_call) if 0
next16
printf "> %#lx\n", \$pc
tbreak *$(label real the_int)
continue
trace *$(label real after_int)
tstart
next16
printf "> %#lx\n", \$pc
tstop
END
    expect_marked <<END
> $(label real after_call)
> $(label real after_int)
END
    expect_nowhere "$dir/gdb.out" 'Breakpoint 2, '
}

TEST each_kind_is_one_step
TEST it_holds_for_one_step
TEST a_recursion_does_not_end_it
TEST a_breakpoint_inside_ends_it
TEST a_breakpoint_behind_is_told
TEST what_stops_nobody_is_behind
TEST ctrl_c_ends_it
TEST a_lost_client_leaves_nothing
TEST a_bios_call_is_one_step
