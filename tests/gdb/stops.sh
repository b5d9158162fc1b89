#!/bin/bash
# How a guest ends under the debugger: a death is a stop that explains itself, an exit is an exit.
. "$(dirname "$0")/../lib.sh"

# Triple fault in mode $1; ebx was $2. What is left of the registers can be read: KVM on AMD has
# reset them by then, and the message says so.
triple_fault()
{
    start_vm -S -f flat --mode "$1" --address 0x7c00 --entry "$(label triple "triple_$1")" \
        "$GUESTS/triple.img"
    run_gdb <<'END'
continue
info registers
x/2xb 0x7dfe
END
    grep -qE 'Program received signal (SIGSEGV|SIGILL|SIGABRT)' "$dir/gdb.out" ||
        fail "no signal: $(<"$dir/gdb.out")"
    grep -qiE 'triple fault|internal error' "$dir/gdb.out" ||
        fail "it is not explained: $(<"$dir/gdb.out")"
    expect_line "$dir/gdb.out" '0x7dfe:	0x55	0xaa'
    grep -qE '^(eip|rip)' "$dir/gdb.out" || fail "no registers: $(<"$dir/gdb.out")"
    expect_vm_status 2 # once gdb has left it to itself
}

triple_fault_real()
{
    triple_fault real
}

triple_fault_protected()
{
    triple_fault protected
}

triple_fault_long()
{
    triple_fault long
}

# Stepping onto it ends the same way.
triple_fault_by_stepi()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label triple real_fault)" "$GUESTS/triple.img"
    run_gdb <<'END'
set $idtr_base = 0xd0000000
set $idtr_limit = 0
stepi
info registers eflags
END
    grep -qE 'Program received signal (SIGSEGV|SIGILL|SIGABRT)' "$dir/gdb.out" ||
        fail "no signal: $(<"$dir/gdb.out")"
}

# Back to power-on at the client's wish, with the breakpoints; in the middle of a run and after a
# death.
monitor_reset()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
break *$(label real after_loop)
continue
printf "> %#lx dx %d\n", \$pc, \$edx & 0xffff
set var *(short *)0x9000 = 77
monitor reset
maintenance flush register-cache
printf "> %#lx eax %#x word %d\n", \$pc, \$eax, *(short *)0x9000
continue
printf "> %#lx dx %d word %d\n", \$pc, \$edx & 0xffff, *(short *)0x9000
END
    expect_marked <<END
> $(label real after_loop) dx 50
> 0x7c00 eax {{.*}} word 77
> $(label real after_loop) dx 50 word 0
END
}

monitor_reset_after_death()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label triple triple_real)" \
        "$GUESTS/triple.img"
    run_gdb <<END
continue
monitor reset
maintenance flush register-cache
printf "> %#lx\n", \$pc
stepi
printf "> %d\n", \$pc != $(label triple triple_real)
END
    expect_marked <<END
> $(label triple triple_real)
> 1
END
}

exits()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label ending "$1")" "$GUESTS/ending.img"
    run_gdb <<<'continue'
    expect_line "$dir/gdb.out" "$2"
    expect_vm_status "$3"
}

debug_exit()
{
    exits debug_exit '[Inferior 1 ({{.*}}) exited with code 0103]' 67
}

apm_poweroff()
{
    exits apm_off '[Inferior 1 ({{.*}}) exited normally]' 0
}

acpi_poweroff()
{
    exits acpi_off '[Inferior 1 ({{.*}}) exited normally]' 0
}

# A reset while the debugger is there: the boot sector again, its breakpoint holds.
reset_boots_again()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label reset "$1")" "$GUESTS/reset.img"
    run_gdb <<END
break *$(label reset print)
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx\n", \$pc
shell cp $dir/console $dir/so-far
END
    expect_marked <<END
> $(label reset print)
> $(label reset print)
> $(label reset print)
END
    expect_text "$dir/so-far" <<'END'
booted
booted
END
}

reset_by_8042()
{
    reset_boots_again reset_8042
}

reset_by_port_92()
{
    reset_boots_again reset_92
}

TEST triple_fault_real
TEST triple_fault_protected
TEST triple_fault_long
TEST triple_fault_by_stepi
TEST debug_exit
TEST apm_poweroff
TEST acpi_poweroff
TEST reset_by_8042
TEST reset_by_port_92
TEST monitor_reset
TEST monitor_reset_after_death
