#!/bin/bash
# One session from real through protected to long mode: gdb follows, with the right registers and
# disassembly, and what it knew before still holds.
. "$(dirname "$0")/../lib.sh"

follows_by_breakpoints()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
$1 *$(label demo before_switch)
$1 *$(label demo stage_protected)
$1 *$(label demo stage_long)
$1 *$(label demo the_end)
continue
show architecture
printf "> %#lx PE %d\n", \$pc, (\$cr0 & 1)
continue
show architecture
printf "> %#lx PE %d cs %#x\n", \$pc, (\$cr0 & 1), \$cs
x/i \$pc
continue
show architecture
printf "> %#lx LMA %d cs %#x\n", \$pc, (\$efer >> 10) & 1, \$cs
x/2i \$pc
continue
printf "> %#lx %#lx %#lx\n", \$pc, \$rax, \$r8
END
    expect_marked <<END
> $(label demo before_switch) PE 0
> $(label demo stage_protected) PE 1 cs 0x8
> $(label demo stage_long) LMA 1 cs 0x18
> $(label demo the_end) 0x123456789abcdef 0xfedcba9876543210
END
    grep -o 'currently ".*"' "$dir/gdb.out" >"$dir/architectures"
    expect_text "$dir/architectures" <<'END'
currently "i8086"
currently "i386"
currently "i386:x86-64"
END
    expect_line "$dir/gdb.out" "=> $(label demo stage_protected):	mov    \$0x10,%ax"
    expect_line "$dir/gdb.out" "=> $(label demo stage_long):	mov    \$0x10,%eax"
}

software_breakpoints()
{
    follows_by_breakpoints break
}

hardware_breakpoints()
{
    follows_by_breakpoints hbreak
}

# Each stop in its own mode, the far jumps included.
stepping_across()
{
    start_vm -S "$GUESTS/demo.img"
    expect_steps demo before_switch before_switch+1 before_switch+6 before_switch+9 \
        before_switch+13 before_switch+16 stage_protected stage_protected+4
}

stepping_into_long_mode()
{
    start_vm -S "$GUESTS/demo.img"
    expect_steps demo before_long before_long+3 before_long+6 before_long+9 before_long+14 \
        before_long+17 before_long+22 before_long+24 before_long+29 before_long+31 before_long+34 \
        before_long+39 before_long+42 stage_long stage_long+5
}

nothing_is_complained_about()
{
    start_vm -S "$GUESTS/modes.img"
    run_gdb <<END
break *$(label modes in32)
break *$(label modes in64)
break *$(label modes back16)
continue
continue
continue
END
    expect_nowhere "$dir/gdb.out" '[Ee]rror|not compatible|[Tt]runcated|No such file|could not|can.t'
}

# 16 -> 32 -> 64 -> 32 -> 16, and once more, each with its registers and its disassembly.
round_and_round()
{
    local i
    start_vm -S "$GUESTS/modes.img"
    {
        for i in in32 in64 back32 back16; do
            echo "break *$(label modes $i)"
        done
        for i in 1 2 3 4 5 6 7 8; do
            printf '%s\n' continue 'printf "> %#lx %d %d\n", $pc, sizeof($sp), $ebx' \
                'show architecture' 'x/2i $pc'
        done
    } | run_gdb
    expect_marked <<END
> $(label modes in32) 4 0
> $(label modes in64) 8 1
> $(label modes back32) 4 2
> $(label modes back16) 4 3
> $(label modes in32) 4 4
> $(label modes in64) 8 5
> $(label modes back32) 4 6
> $(label modes back16) 4 7
END
    grep -o 'currently ".*"' "$dir/gdb.out" >"$dir/architectures"
    expect_text "$dir/architectures" <<'END'
currently "i386"
currently "i386:x86-64"
currently "i386"
currently "i8086"
currently "i386"
currently "i386:x86-64"
currently "i386"
currently "i8086"
END
}

# Symbols of the three stages come with one file.
with_symbols()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb "$GUESTS/demo.elf" <<'END'
break stage_protected
break stage_long
break the_end
continue
info symbol $pc
continue
info symbol $pc
info line *$pc
continue
info symbol $pc
END
    expect_line "$dir/gdb.out" 'stage_protected in section .stages of {{.*}}demo.elf'
    expect_line "$dir/gdb.out" 'stage_long in section .stages of {{.*}}demo.elf'
    expect_line "$dir/gdb.out" 'Line {{[0-9]+}} of "{{.*}}demo.s" starts at address {{.*}}'
    expect_line "$dir/gdb.out" 'the_end in section .stages of {{.*}}demo.elf'
}

# Who connects while the guest is in long mode, and comes back when it is not.
new_session_has_the_mode_of_the_day()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
break *$(label demo stage_long)
continue
END
    run_gdb <<'END'
show architecture
printf "> %d\n", ($efer >> 10) & 1
END
    expect_line "$dir/gdb.out" 'The target architecture is set to "auto" (currently "i386:x86-64").'
    expect_marked <<<'> 1'
}

# gdb's TUI asks for registers in the middle of a change of mode.
the_registers_of_the_tui()
{
    local round
    skip_without gdb gdb
    skip_without script bsdutils
    start_vm -S "$GUESTS/modes.img"
    {
        echo "target remote $gdb_address"
        echo 'layout regs'
        for round in 32 64 back32 16; do
            echo "tbreak *$(label modes "first_$round")"
            echo 'continue'
            echo "printf \"at $round: %d\\n\", \$pc == $(label modes "first_$round")"
        done
        echo 'kill'
        echo 'quit' # script does not always hand on the end of its input
    } >"$dir/typed"
    HOME=$dir TERM=xterm script -q -c "stty rows 50 cols 130; gdb -q -nx -nh -iex 'set remotetimeout 180' -iex 'set confirm off' -iex 'set pagination off'" \
        /dev/null <"$dir/typed" >"$dir/screen" 2>&1 &
    await "gdb to end" process_gone $!
    for round in 32 64 back32 16; do
        grep -q "at $round: 1" "$dir/screen" || fail "$round was not reached: $(tail -c 2000 "$dir/screen")"
    done
    ! grep -aqE "Remote 'g'|too long|0{60}" "$dir/screen" || fail "the registers came in a packet that gdb did not expect"
}

TEST software_breakpoints
TEST hardware_breakpoints
TEST stepping_across
TEST stepping_into_long_mode
TEST round_and_round
TEST nothing_is_complained_about
TEST with_symbols
TEST new_session_has_the_mode_of_the_day
TEST the_registers_of_the_tui
