#!/bin/bash
# --gdb-arch and `monitor arch`: gdb is shown every CPU as the same, for those whose program file
# settles what gdb takes the machine for. And two CPUs that are not the same.
. "$(dirname "$0")/../lib.sh"

# gdb that has loaded an ELF64 refuses the description of 16-bit code, and gives up.
elf64_before_16_bit_code()
{
    start_vm "$@" -S "$GUESTS/modes.img"
    {
        echo "file $GUESTS/long.elf"
        echo "target remote $gdb_address"
        printf '%s\n' 'printf "@connected@\n"'
        cat
        printf '%s\n' 'printf "@end@\n"'
    } >"$dir/gdb.commands"
    start_gdb_alone
    finish_gdb
}

what_gdb_says()
{
    elf64_before_16_bit_code <<<'info registers rip'
    expect_line "$dir/connect.out" 'warning: Selected architecture i386:x86-64 is not compatible with reported target architecture i8086'
    expect_line "$dir/connect.out" 'Invalid hex digit 59'
}

the_cure()
{
    elf64_before_16_bit_code --gdb-arch x86-64 <<END
printf "> %#lx %#lx\n", \$rip, \$rsp
break *$(label modes in64)
continue
printf "> %#lx %#lx %#x\n", \$rip, \$rsp, \$cs
x/i \$pc
stepi
printf "> %#lx\n", \$rip
break *$(label modes back16)
continue
set var \$r15 = 0x1122334455667788
set var \$rip = $(label modes main16)
printf "> %#lx %#lx %#lx\n", \$rip, \$r15, \$cs
stepi
printf "> %#lx\n", \$rip
info symbol high_start
END
    expect_nowhere "$dir/connect.out" 'not compatible|Invalid'
    expect_nowhere "$dir/gdb.out" 'executing new program'
    expect_marked <<END
> 0x7c00 0x7c00
> $(label modes in64) 0x7c00 0x18
> $(at modes in64+1)
> $(label modes main16) 0x1122334455667788 0
> $(at modes main16+5)
END
    expect_line "$dir/gdb.out" "=> $(label modes in64):	nop"
    expect_line "$dir/gdb.out" 'high_start in section .high'
}

# 64-bit code seen as 32-bit code: the low halves; a write leaves the upper ones.
halves()
{
    start_vm -S --format flat --mode long "$GUESTS/long.bin"
    run_gdb <<END
run-to $(label long registers_set)
monitor arch i386
stepi
show architecture
printf "> %#x %#x %#x\n", \$eax, \$ebx, \$pc
set var \$eax = 0x12345678
set var \$pc = \$pc - 1
stepi
printf "> %#x %#x\n", \$eax, \$pc
monitor arch auto
stepi
printf "> %#lx %#lx %#lx\n", \$rip, \$rax, \$rbx
END
    expect_line "$dir/gdb.out" 'The target architecture is set to "auto" (currently "i386").'
    expect_marked <<END
> 0x89abcdef 0x89abcdf0 $(printf '%#x' $(($(at long registers_set+1) & 0xffffffff)))
> 0x12345678 $(printf '%#x' $(($(at long registers_set+1) & 0xffffffff)))
> $(label long after_push) 0x123456712345678 0x123456789abcdf0
END
}

monitor_tells()
{
    start_vm -S "$GUESTS/modes.img"
    run_gdb <<END
monitor arch
monitor arch x86-64
monitor arch
monitor arch arm
stepi
printf "> %#lx %d\n", \$pc, sizeof(\$sp)
monitor arch  auto
stepi
printf "> %#lx %d\n", \$pc, sizeof(\$sp)
END
    expect_text "$dir/gdb.out" <<END
auto: gdb is shown each CPU as what it executes
CPU 0: i8086 (real mode)
x86-64, from the next stop on
x86-64: gdb is shown each CPU so, whatever it executes
CPU 0: i8086 (real mode)
usage: monitor arch [auto|i8086|i386|x86-64]
...
> $(at modes _start+1) 8
auto, from the next stop on
...
> $(at modes _start+3) 4
END
}

step_interrupts()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor step-irq
maintenance packet qqemu.sstepbits
maintenance packet qqemu.sstep
maintenance packet Qqemu.sstep=0x5
monitor step-irq
monitor step-irq off
maintenance packet qqemu.sstep
monitor step-irq maybe
END
    expect_gdb <<'END'
off: interrupts stay pending while a CPU is stepped
sending: qqemu.sstepbits
received: "ENABLE=1,NOIRQ=2,NOTIMER=4"
sending: qqemu.sstep
received: "0x7"
sending: Qqemu.sstep=0x5
received: "OK"
on: interrupts come in while a CPU is stepped
off: interrupts stay pending while a CPU is stepped
sending: qqemu.sstep
received: "0x7"
usage: monitor step-irq [on|off]
END
}

# One CPU counts in 32-bit code, the other in 16-bit code. gdb's description follows who stops.
two_cpus_in_two_modes()
{
    start_vm -c 2 -S --format flat --mode protected "$GUESTS/smp.bin"
    run_gdb <<END
run-to $(label smp count)
hbreak *$(label smp other_2)
continue
x/i \$pc
show architecture
delete
break *$(label smp count_2)
continue
x/i \$pc
show architecture
END
    expect_line "$dir/gdb.out" 'CPU 1 is in 16-bit code, but gdb shows all CPUs as in 32-bit code, until that one stops: after "thread", type stepi.'
    expect_line "$dir/gdb.out" "=> $(label smp other_2):	nop"
    expect_line "$dir/gdb.out" "=> $(label smp count_2):	nop"
    grep -o 'currently ".*"' "$dir/gdb.out" >"$dir/architectures"
    expect_text "$dir/architectures" <<'END'
currently "i8086"
currently "i386"
END
}

# A thread that is shown wrongly: stepping it puts that right.
selecting_a_cpu_in_another_mode()
{
    start_vm -c 2 -S --format flat --mode protected "$GUESTS/smp.bin"
    run_gdb <<END
hbreak *$(label smp other_2)
continue
delete
printf "> %#lx\n", \$pc
x/i $(label smp other)
info threads
stepi
printf "> %#lx\n", \$pc
stepi
printf "> %#lx\n", \$pc
END
    expect_line "$dir/gdb.out" '{{.*}}(CPU 0 (boot), protected mode){{.*}}'
    expect_line "$dir/gdb.out" "   $(label smp other):	incl   -0x7000(%bx)"
    expect_marked <<END
> $(label smp other_2)
> $(label smp other_3)
> $(label smp other_4)
END
}

TEST what_gdb_says
TEST the_cure
TEST halves
TEST monitor_tells
TEST step_interrupts
TEST two_cpus_in_two_modes
TEST selecting_a_cpu_in_another_mode
