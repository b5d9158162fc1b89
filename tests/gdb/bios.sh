#!/bin/bash
# BIOS calls under the debugger: stepi goes into the ROM, nexti and breakpoints over it.
. "$(dirname "$0")/../lib.sh"

# Runs the demo to its INT 13h, then the commands on stdin.
at_int13()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb "$@" <<END
tbreak *$(at demo after_int)-2
continue
$(cat)
END
}

stepi_enters_the_rom()
{
    at_int13 <<'END'
x/i $pc
stepi
printf "> in the ROM: %d, cs %#x\n", $pc >= 0xf0000 && $pc <= 0xfffff, $cs
printf "> return to %#x\n", *(unsigned short *)$sp
END
    expect_line "$dir/gdb.out" "=> {{0x[0-9a-f]+}}:	int    \$0x13"
    expect_marked <<END
> in the ROM: 1, cs 0xf000
> return to $(label demo after_int)
END
}

steps_through_the_rom_and_back()
{
    at_int13 <<END
stepi
step-while \$pc>=0xf0000 50
printf "> %#lx CF %d\n", \$pc, \$eflags & 1
END
    expect_marked <<<"> $(label demo after_int) CF 0"
}

nexti_steps_over_it()
{
    at_int13 "$BUILD/bios.elf" <<'END'
nexti
printf "> %#lx CF %d\n", $pc, $eflags & 1
END
    expect_marked <<<"> $(label demo after_int) CF 0"
}

finish_leaves_it()
{
    at_int13 "$BUILD/bios.elf" <<'END'
stepi
finish
printf "> %#lx\n", $pc
END
    expect_marked <<<"> $(label demo after_int)"
}

breakpoint_after_it()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
break *$(label demo after_int)
continue
printf "> %#lx CF %d\n", \$pc, \$eflags & 1
x/4xb $(label demo stages)
END
    expect_marked <<<"> $(label demo after_int) CF 0"
    expect_line "$dir/gdb.out" "0x7e00:	0x66	0xb8	0x10	0x00"
}

breakpoint_in_the_rom()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
set $vector = *(unsigned short *)0x4c + 16 * *(unsigned short *)0x4e
break *$vector
continue
printf "> %d ah %#x\n", $pc == $vector, ($eax >> 8) & 0xff
END
    expect_marked <<<'> 1 ah 0x42'
}

# The screen is written to while gdb steps over the calls.
printing_while_stepping()
{
    start_vm -S "$GUESTS/keys.img"
    run_gdb "$BUILD/bios.elf" <<END
tbreak *$(label keys next_key)
continue
x/2cb 0xb8000
END
    await_text "$dir/console" 'keys ready'
}

TEST stepi_enters_the_rom
TEST steps_through_the_rom_and_back
TEST nexti_steps_over_it
TEST finish_leaves_it
TEST breakpoint_after_it
TEST breakpoint_in_the_rom
TEST printing_while_stepping
