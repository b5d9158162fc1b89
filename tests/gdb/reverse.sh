#!/bin/bash
# Back in time with the real gdb: each of its reverse commands in each mode.
. "$(dirname "$0")/../lib.sh"

# Runs the commands on stdin in the guest calls16, calls32 or calls64, $1 bits, recorded from its first instruction to its end.
at_the_end()
{
    start_of_bits calls "$1"
    run_gdb "$GUESTS/calls$1.elf" <<END
monitor record on
tbreak *$(label "calls$1" finished)
continue
$(cat)
END
}

# gdb was told so often that the log goes no further.
expect_ends()
{
    expect_equal "ends of the history" \
        "$(grep -c '^No more reverse-execution history' "$dir/gdb.out")" "$1"
}

# ---- Instructions

# Does the commands on stdin, then steps $1 times and back again, saying each time where that is and
# what is there.
steps_and_back()
{
    cat >"$dir/walk.gdb" <<END
define state
  printf "> %#lx sp %#lx top %#x ", \$pc, \$sp, *(int *)\$sp
  printf "flags %#x a %#x d %#x ", \$eflags, \$eax, \$edx
  printf "data %d %d %#x\n", *(int *)0x600, *(int *)0x604, *(int *)0x9030
end
set \$i = 0
while \$i < $1
  state
  stepi
  set \$i = \$i + 1
end
state
while \$i > 0
  reverse-stepi
  state
  set \$i = \$i - 1
end
END
    run_gdb <<END
$(cat)
monitor record on
source $dir/walk.gdb
END
    grep '^> ' "$dir/gdb.out" >"$dir/marked"
    head -n "$1" "$dir/marked" | tac >"$dir/there"
    tail -n +$(($1 + 2)) "$dir/marked" >"$dir/back"
    expect_equal "places on the way back" "$(wc -l <"$dir/back")" "$1"
    cmp -s "$dir/there" "$dir/back" || fail "the way back is another one:
$(diff "$dir/there" "$dir/back" | head -20)"
    [ "$(sort -u "$dir/back" | wc -l)" -gt 50 ] || fail "it has not moved: $(<"$dir/gdb.out")"
}

instructions_16()
{
    start_of_bits calls 16
    steps_and_back 84 </dev/null
}

instructions_32()
{
    start_of_bits calls 32
    steps_and_back 84 </dev/null
}

instructions_64()
{
    start_of_bits calls 64
    steps_and_back 84 </dev/null
}

# From 16 to 32 to 64 bits and back to 16, and all the way back.
instructions_across_modes()
{
    start_vm -S "$GUESTS/modes.img"
    steps_and_back 110 <<END
tbreak *$(label modes main16)
continue
END
    expect_line "$dir/gdb.out" 'Remote target is executing new program: {{.*}}x86-64'
}

# String instructions, code that writes over code, BIOS calls.
instructions_of_all_kinds()
{
    start_vm -S "$GUESTS/watch.img"
    steps_and_back 120 </dev/null
}

# ---- Continuing

# Prints where $2 times the command $1 ends, with the count.
counts_at()
{
    local i
    for ((i = 0; i < $2; i++)); do
        printf '%s\nprintf "> %%#lx %%d\\n", $pc, *(int *)0x600\n' "$1"
    done
}

# To each place where it was before, to the beginning, forth again to the end, and on from there.
to_breakpoints()
{
    local at end
    at=$(label "calls$1" after_count) end=$(label "calls$1" finished)
    at_the_end "$1" <<END
break *$at
$(counts_at reverse-continue 6)
$(counts_at continue 5)
delete
$(counts_at continue 1)
$(counts_at stepi 1)
END
    expect_marked <<END
> $at 5
> $at 4
> $at 3
> $at 2
> $at 1
> $(label "calls$1" _start) 0
> $at 1
> $at 2
> $at 3
> $at 4
> $at 5
> $end 5
> $end 5
END
    expect_ends 2
}

to_breakpoints_16()
{
    to_breakpoints 16
}

to_breakpoints_32()
{
    to_breakpoints 32
}

to_breakpoints_64()
{
    to_breakpoints 64
}

# One that stepvm evaluates, one that gdb must, a count, and one in hardware.
with_conditions()
{
    local at end
    at=$(label "calls$1" after_count)
    at_the_end "$1" <<END
break *$at if *(int *)0x600 == 4
$(counts_at reverse-continue 1)
delete
break *$at if *(int *)0x600 == 2 && \$pc != 0
$(counts_at reverse-continue 1)
$(counts_at continue 1)
delete
tbreak *$(label "calls$1" finished)
$(counts_at continue 1)
hbreak *$at
ignore \$bpnum 2
$(counts_at reverse-continue 1)
END
    expect_marked <<END
> $at 4
> $at 2
> $(label "calls$1" finished) 5
> $(label "calls$1" finished) 5
> $at 3
END
}

with_conditions_16()
{
    with_conditions 16
}

with_conditions_32()
{
    with_conditions 32
}

with_conditions_64()
{
    with_conditions 64
}

# Of each kind that an expression can be sent for: those that the log's image has at hand, and those
# that KVM must be given first.
with_conditions_on_registers()
{
    local write
    write=$(label calls64 write)
    at_the_end 64 <<END
break *$write if \$rax == 4
$(counts_at reverse-continue 1)
delete
break *$write if \$rax == 3 && \$cr0 & 1 && \$efer & 0x400 && \$cs != 0
$(counts_at reverse-continue 1)
delete
break *$write if \$lstar == 0 && \$rax == 2
$(counts_at reverse-continue 1)
delete
break *$write if *(long *)(\$rsp + 8) == $(label calls64 after_inner) && \$rax == 1
$(counts_at reverse-continue 1)
$(counts_at continue 1)
END
    expect_marked <<END
> $write 4
> $write 3
> $write 2
> $write 1
> $(label calls64 finished) 5
END
}

# A breakpoint where the CPU is, or where history begins.
where_it_begins()
{
    local start
    start=$(label calls32 _start)
    at_the_end 32 <<END
break *$(label calls32 finished)
break *$start
$(counts_at reverse-continue 2)
$(counts_at reverse-stepi 1)
$(counts_at stepi 1)
$(counts_at reverse-stepi 1)
END
    expect_marked <<END
> $start 0
> $start 0
> $start 0
> $(at calls32 _start+5) 0
> $start 0
END
    expect_line "$dir/gdb.out" \
        "{{(Thread 1 hit )?}}Breakpoint 3, _start () at guests/calls32.s:{{[0-9]+}}"
    expect_ends 2
}

# ---- Watchpoints

# The stop is before the instruction that wrote, and memory is what it was.
to_watchpoints()
{
    local i
    at_the_end "$1" <<END
watch *(int *)0x604
$(for i in 1 2 3 4 5 6; do
        printf 'reverse-continue\nprintf "> %%#lx %%d\\n", $pc, *(int *)0x604\n'
    done)
continue
printf "> %#lx %d\n", \$pc, *(int *)0x604
END
    expect_marked <<END
> $(label "calls$1" write) 4
> $(label "calls$1" write) 3
> $(label "calls$1" write) 2
> $(label "calls$1" write) 1
> $(label "calls$1" write) 0
> $(label "calls$1" _start) 0
> $(label "calls$1" after_write) 1
END
    expect_line "$dir/gdb.out" 'Old value = 5'
    expect_line "$dir/gdb.out" 'New value = 4'
}

to_watchpoints_16()
{
    to_watchpoints 16
}

to_watchpoints_32()
{
    to_watchpoints 32
}

to_watchpoints_64()
{
    to_watchpoints 64
}

# The one that made it what it is.
to_a_watchpoint_with_a_condition()
{
    at_the_end 64 <<END
watch *(int *)0x604 if *(int *)0x604 == 1
reverse-continue
printf "> %#lx %d\n", \$pc, *(int *)0x604
END
    expect_marked <<<"> $(label calls64 write) 1"
}

# ---- Lines and functions

# The number of the line LABEL+N of guests/calls.inc.
line_at()
{
    local line
    line=$(grep -n "^${1%+*}:" guests/calls.inc)
    echo $((${line%%:*} + ${1#*+}))
}

# Pairs of a command and the line that it is to end at, on stdin; after $1, the bits.
expect_lines()
{
    local bits=$1 command place
    while read -r command place; do
        printf '%s\nprintf "> "\ninfo line *$pc\n' "$command" >&3
        echo "> Line $(line_at "$place") of {{.*}}"
    done >"$dir/expected" 3>"$dir/commands"
    at_the_end "$bits" <"$dir/commands"
    expect_marked <"$dir/expected"
}

# Into calls and out of them; the last ones over them, which gdb can do where it can find frames.
by_lines()
{
    expect_lines "$1" <<END
reverse-step next+3
reverse-step next+2
reverse-step outer+7
reverse-step outer+6
reverse-step inner+6
reverse-finish outer+4
reverse-finish next+0
reverse-next next+3
reverse-next next+2
$(cat)
END
}

by_lines_16()
{
    by_lines 16 <<<'reverse-next outer+7'
}

over_calls()
{
    by_lines "$1" <<'END'
reverse-next next+0
reverse-nexti next+3
next next+0
reverse-stepi next+3
reverse-next next+2
reverse-nexti next+0
END
}

by_lines_32()
{
    over_calls 32
}

by_lines_64()
{
    over_calls 64
}

# ---- Modes

# Each breakpoint is in another mode than the last.
to_breakpoints_in_modes()
{
    local place
    start_vm -S "$GUESTS/modes.img"
    {
        echo "tbreak *$(label modes main16)
continue
monitor record on
tbreak *$(label modes next_round)
continue"
        for place in back32 in64 in32 main16; do
            echo "break *$(label modes $place)"
        done
        for place in back32 in64 in32 main16; do
            printf 'reverse-continue\nprintf "> %%#lx\\n", $pc\nshow architecture\n'
        done
        printf 'continue\nprintf "> %%#lx\\n", $pc\n'
    } | run_gdb
    expect_marked <<END
> $(label modes back32)
> $(label modes in64)
> $(label modes in32)
> $(label modes main16)
> $(label modes in32)
END
    sed -n 's/.*currently "\(.*\)").*/\1/p' "$dir/gdb.out" >"$dir/archs"
    expect_text "$dir/archs" <<'END'
i386
i386:x86-64
i386
i8086
END
}

# A stepi that leads back into another mode is a SIGTRAP for gdb, as forwards.
back_over_a_mode_switch()
{
    start_vm -S "$GUESTS/modes.img"
    run_gdb <<END
tbreak *$(label modes jump_64)
continue
monitor record on
stepi
printf "> %#lx\n", \$pc
reverse-stepi
printf "> %#lx\n", \$pc
reverse-stepi
printf "> %#lx\n", \$pc
stepi
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label modes first_64)
> $(label modes jump_64)
> $(label modes jump_64)
> $(label modes first_64)
END
    expect_line "$dir/gdb.out" 'No more reverse-execution history.'
}

TEST instructions_16
TEST instructions_32
TEST instructions_64
TEST instructions_across_modes
TEST instructions_of_all_kinds
TEST to_breakpoints_16
TEST to_breakpoints_32
TEST to_breakpoints_64
TEST with_conditions_16
TEST with_conditions_32
TEST with_conditions_64
TEST with_conditions_on_registers
TEST where_it_begins
TEST to_watchpoints_16
TEST to_watchpoints_32
TEST to_watchpoints_64
TEST to_a_watchpoint_with_a_condition
TEST by_lines_16
TEST by_lines_32
TEST by_lines_64
TEST to_breakpoints_in_modes
TEST back_over_a_mode_switch
