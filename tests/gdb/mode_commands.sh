#!/bin/bash
# Each command of gdb that runs the guest, over a change of the CPU's mode: it stops where it should,
# or with a word that says why it stops before; none runs away, and no breakpoint is lost.
. "$(dirname "$0")/../lib.sh"

word='The CPU now runs {{(16|32|64)}}-bit code. gdb has forgotten {{.*}} `continue` goes on.'

# Runs the commands on stdin on guest modes; each line of a command that begins with "at " is where
# the CPU must be then.
crosses()
{
    local line
    : >"$dir/expected"
    while read -r line; do
        if [[ $line == 'at '* ]]; then
            echo 'printf "> %#lx\n", $pc'
            echo "> $(at modes "${line#at }")" >>"$dir/expected"
        elif [[ $line =~ ^(t?h?break|advance|until)\ ([a-z_0-9]+)(.*)$ ]] && [ -z "${symbols:-}" ]; then
            echo "${BASH_REMATCH[1]} *$(label modes "${BASH_REMATCH[2]}")${BASH_REMATCH[3]}"
        else
            echo "$line"
        fi
    done >"$dir/commands"
    start_vm -S "$GUESTS/modes.img"
    run_gdb ${symbols:+"$GUESTS/modes.elf"} <"$dir/commands"
    expect_marked <"$dir/expected"
}

stepi()
{
    crosses <<'END'
tbreak jump_32
continue
stepi
at first_32
stepi
at first_32+4
tbreak jump_64
continue
stepi
at first_64
tbreak jump_back32
continue
stepi
at first_back32
tbreak jump_16
continue
stepi
at first_16
END
}

stepi_many()
{
    crosses <<'END'
tbreak call_32
continue
stepi 1000
at first_32
stepi 1000
at first_64
stepi 1000
at first_back32
stepi 1000
at first_16
END
}

# gdb sends the same for both, and forgets which it was.
stepi_off_a_breakpoint_on_the_jump()
{
    crosses <<'END'
break jump_32
continue
stepi
at first_32
stepi
at first_32+4
END
    expect_line "$dir/gdb.out" "$word"
}

continue_off_a_breakpoint_on_the_jump()
{
    crosses <<'END'
break jump_32
break in32
continue
continue
at first_32
continue
at in32
END
    expect_line "$dir/gdb.out" "$word"
}

# The breakpoint says it all, and is hit once.
breakpoint_behind_a_breakpoint_on_the_jump()
{
    crosses <<'END'
break jump_32
break first_32
break in32
continue
at jump_32
continue
at first_32
info breakpoints
continue
at in32
END
    expect_nowhere "$dir/gdb.out" 'has forgotten|SIGTRAP|SIGINT|hit 2 times'
    crosses <<'END'
break jump_32
break first_32
continue
stepi
at first_32
stepi
at first_32+4
END
    expect_nowhere "$dir/gdb.out" 'has forgotten|SIGTRAP|SIGINT|hit 2 times'
}

# Over a call that comes back in another mode. (Not from 16-bit code: gdb takes its frames for
# 32-bit ones and steps into the call.)
nexti_over_a_switch()
{
    symbols=1 crosses <<'END'
tbreak call_64
continue
nexti
at in64
tbreak call_back16
continue
nexti
at back16
END
}

next_over_a_switch()
{
    symbols=1 crosses <<'END'
tbreak call_64
continue
next
at in64
next
at in64+1
END
}

step_over_a_switch()
{
    symbols=1 crosses <<'END'
tbreak jump_64
continue
step
at first_64
step
at first_64+3
END
}

finish_over_a_switch()
{
    symbols=1 crosses <<'END'
tbreak to_long
continue
finish
at in64
stepi
at in64+1
END
    expect_line "$dir/gdb.out" "$word"
}

until_over_a_switch()
{
    symbols=1 crosses <<'END'
tbreak call_64
continue
until in64
at in64
stepi
at in64+1
END
    expect_line "$dir/gdb.out" "$word"
}

advance_over_a_switch()
{
    crosses <<'END'
tbreak call_64
continue
advance in64
at in64
stepi
at in64+1
END
}

breakpoints_of_each_kind()
{
    crosses <<'END'
tbreak first_32
hbreak in64
thbreak first_back32
break back16
continue
at first_32
continue
at in64
continue
at first_back32
continue
at back16
continue
at in64
info breakpoints
END
    expect_nowhere "$dir/gdb.out" 'SIGTRAP|SIGINT|has forgotten'
}

# A condition that is false is no stop, whichever mode it is asked in.
conditions()
{
    crosses <<'END'
break in32 if $ebx == 8
break in64 if $ebx == 5
break back16 if $ebx == 100
continue
at in64
print $ebx
continue
at in32
print $ebx
END
}

conditions_are_kept()
{
    crosses <<'END'
break in64 if *(int *)0x600 == 5
continue
at in64
print *(int *)0x600
info breakpoints
END
    expect_line "$dir/gdb.out" '$1 = 5'
    expect_nowhere "$dir/gdb.out" 'SIGTRAP|SIGINT|has forgotten'
}

# gdb's own: it steps, and looks at the value. That each change of mode stops is the price.
software_watchpoint()
{
    crosses <<'END'
set can-use-hw-watchpoints 0
tbreak in64
continue
watch *(int *)0x600
continue
continue
at first_16
continue
END
    expect_line "$dir/gdb.out" 'New value = 2'
}

# gdb reads the watched value anew when the mode changes, and so sees no change: it is told.
watchpoints()
{
    crosses <<'END'
tbreak in64
continue
watch *(int *)0x600
continue
print *(int *)0x600
continue
END
    expect_line "$dir/gdb.out" 'The CPU now runs 16-bit code, and has written to the watched address 0x600. {{.*}}'
    expect_line "$dir/gdb.out" '$1 = 2'
    expect_line "$dir/gdb.out" 'New value = 3'
    crosses <<'END'
tbreak in64
continue
awatch *(int *)0x600
continue
END
    expect_line "$dir/gdb.out" 'Hardware access (read/write) watchpoint 2: *(int *)0x600'
    expect_line "$dir/gdb.out" 'Value = 2'
}

interrupt()
{
    start_vm -S "$GUESTS/demo.img"
    start_gdb <<END
continue
printf "> %#lx %d\n", \$pc, sizeof(\$sp)
show architecture
x/i \$pc
END
    interrupt_gdb
    finish_gdb
    expect_line "$dir/gdb.out" 'Program received signal SIGINT, Interrupt.'
    expect_line "$dir/gdb.out" "> $(at demo the_end+1) 8"
    expect_line "$dir/gdb.out" "=> $(at demo the_end+1):	jmp    $(label demo the_end)"
}

TEST stepi
TEST stepi_many
TEST stepi_off_a_breakpoint_on_the_jump
TEST continue_off_a_breakpoint_on_the_jump
TEST breakpoint_behind_a_breakpoint_on_the_jump
TEST nexti_over_a_switch
TEST next_over_a_switch
TEST step_over_a_switch
TEST finish_over_a_switch
TEST until_over_a_switch
TEST advance_over_a_switch
TEST breakpoints_of_each_kind
TEST conditions
TEST conditions_are_kept
TEST software_watchpoint
TEST watchpoints
TEST interrupt
