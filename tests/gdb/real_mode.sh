#!/bin/bash
# Real mode with segments that are not 0: gdb has linear addresses, and what it writes goes back to
# the right offsets.
. "$(dirname "$0")/../lib.sh"

# Runs the real guest to $1, in segment 0x1000 with the stack in segment 0x2000; then the commands
# on stdin.
in_far_code()
{
    local commands
    commands=$(cat)
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real "$1")
continue
$commands
END
}

pc_and_sp_are_linear()
{
    in_far_code far_push <<'END'
printf "> pc %#lx ip %#lx cs %#x base %#lx\n", $pc, $raw_ip, $cs, $cs_base
printf "> sp %#lx raw %#lx ss %#x base %#lx\n", $sp, $raw_sp, $ss, $ss_base
x/2i $pc
END
    expect_line "$dir/gdb.out" "=> $(label real far_push):	push   \$0x7bcd"
    expect_marked <<'END'
> pc 0x10008 ip 0x8 cs 0x1000 base 0x10000
> sp 0x20100 raw 0x100 ss 0x2000 base 0x20000
END
}

the_stack_is_where_sp_says()
{
    in_far_code far_pushed <<<'printf "> %#lx %#x\n", $sp, *(unsigned short *)$sp'
    expect_marked <<<'> 0x200fe 0x7bcd'
}

pc_is_written_back()
{
    in_far_code far_push <<END
set \$pc = $(label real far_out)
printf "> pc %#lx ip %#lx cs %#x\n", \$pc, \$raw_ip, \$cs
stepi
printf "> pc %#lx ip %#lx cs %#x\n", \$pc, \$raw_ip, \$cs
END
    expect_marked <<END
> pc $(label real far_out) ip 0x12 cs 0x1000
> pc $(label real after_far_out) ip 0x14 cs 0x1000
END
}

sp_is_written_back()
{
    in_far_code far_push <<'END'
set $sp = 0x20200
printf "> sp %#lx raw %#lx ss %#x\n", $sp, $raw_sp, $ss
stepi
printf "> sp %#lx raw %#lx %#x\n", $sp, $raw_sp, *(unsigned short *)0x201fe
END
    expect_marked <<'END'
> sp 0x20200 raw 0x200 ss 0x2000
> sp 0x201fe raw 0x1fe 0x7bcd
END
}

raw_ip_and_raw_sp_are_written_back()
{
    in_far_code far_push <<'END'
set $raw_ip = 0x12
set $raw_sp = 0x300
printf "> pc %#lx sp %#lx\n", $pc, $sp
END
    expect_marked <<'END'
> pc 0x10012 sp 0x20300
END
}

# A segment that a jump can reach, and one that it can't: the latter is refused and nothing changes.
pc_out_of_the_segment_is_refused()
{
    in_far_code far_push <<'END'
set $pc = 0x7c00
printf "> pc %#lx cs %#x\n", $pc, $cs
END
    expect_marked <<<'> pc 0x10008 cs 0x1000'
    expect_nowhere "$dir/marked.out" 7c00
    grep -q 'Could not write register' "$dir/gdb.out" || fail "gdb was not told: $(<"$dir/gdb.out")"
}

# Loading a segment register in real mode sets its base (SDM vol. 3, 20.1.1).
selectors_bring_their_base()
{
    in_far_code far_push <<'END'
set $es = 0x1234
set $fs = 0xb800
printf "> es %#x %#lx fs %#x %#lx\n", $es, $es_base, $fs, $fs_base
END
    expect_marked <<<'> es 0x1234 0x12340 fs 0xb800 0xb8000'
}

breakpoint_in_another_segment()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
break *$(label real far_loop_end)
continue
printf "> %#lx %d\n", \$pc, \$ecx & 0xffff
continue
printf "> %#lx %d\n", \$pc, \$ecx & 0xffff
END
    expect_marked <<END
> $(label real far_loop_end) 3
> $(label real far_loop_end) 2
END
}

backtrace_and_stack_work()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real subroutine)
continue
x/1hx \$sp
END
    expect_line "$dir/gdb.out" "0x7bfe:	$(printf '0x%04x' "$(label real after_call)")"
}

TEST pc_and_sp_are_linear
TEST the_stack_is_where_sp_says
TEST pc_is_written_back
TEST sp_is_written_back
TEST raw_ip_and_raw_sp_are_written_back
TEST pc_out_of_the_segment_is_refused
TEST selectors_bring_their_base
TEST breakpoint_in_another_segment
TEST backtrace_and_stack_work
