#!/bin/bash
# `monitor break-on`: the guest stops when the machine does something, and a line says what it was.
. "$(dirname "$0")/../lib.sh"

# The lines that the machine said, and the test's own marks, in order.
expect_said()
{
    grep -E '^(CPU [0-9]+:|The machine|> |At 0x)' "$dir/gdb.out" >"$dir/said"
    expect_text "$dir/said"
    [ ! -e "$dir.failed" ] || { echo "gdb said:" && sed 's/^/  /' "$dir/gdb.out"; }
}

words()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<'END'
monitor break-on list
monitor break-on io 0x3f8-0x3ff w
monitor break-on exception #gp
monitor break-on
monitor break-on io 70000
monitor break-on list now
monitor break-on list
monitor break-on off
monitor break-on list
END
    expect_gdb <<'END'
Nothing is caught (monitor break-on EVENT).
io 0x3f8-0x3ff w: costs nothing until it happens
exception 13 (#GP): the guest runs by single steps, many times slower
usage: monitor break-on triple-fault | reset | mode | exception N | io PORT[-PORT] [r|w] | mmio ADDR[-ADDR] [r|w] | msr N
break-on io 70000: ports are from 0 to 0xffff, a range is FIRST-LAST
usage: monitor break-on triple-fault | reset | mode | exception N | io PORT[-PORT] [r|w] | mmio ADDR[-ADDR] [r|w] | msr N
usage: monitor break-on list
io 0x3f8-0x3ff w: costs nothing until it happens
exception 13 (#GP): the guest runs by single steps, many times slower
Nothing is caught any more.
Nothing is caught (monitor break-on EVENT).
END
}

# What the next client is told.
forgotten_with_the_client()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<<'monitor break-on mode'
    run_gdb <<<'monitor break-on list'
    expect_gdb <<<'Nothing is caught (monitor break-on EVENT).'
}

# The stop is behind the instruction, the line names its place; the value read is there.
ports()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<'END'
monitor break-on io 0xe9
monitor break-on io 0x92 w
continue
printf "> %#lx\n", $pc
monitor break-on off
monitor break-on io 0x92-0x93 r
continue
printf "> %#lx %#x\n", $pc, $eax & 0xff
stepi
printf "> %#lx\n", $pc
END
    expect_said <<END
CPU 0: out 0x41 -> port 0xe9 (1 byte), at $(label real before_out)
> $(label real after_out)
CPU 0: in <- port 0x92 (1 byte), at $(label real after_out)
> $(label real after_in) 0x2
> $(at real after_in+2)
END
}

# Two in a row to one port: where the second lies can't be told from the bytes around it.
each_access_stops()
{
    start_vm -S "$GUESTS/serial.img"
    run_gdb <<'END'
monitor break-on io 0x3f8 w
continue
continue
continue
END
    expect_equal "stops" "$(grep -c '^CPU 0: out 0x[0-9a-f]* -> port 0x3f8' "$dir/gdb.out")" 3
}

# The PIT is in the kernel: what goes there does not exit.
ports_in_the_kernel()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<'END'
monitor break-on io 0x40-0x43
continue
continue
continue
END
    expect_line "$dir/gdb.out" \
        'io 0x40-0x43: the guest runs by single steps, many times slower'
    expect_said <<'END'
CPU 0: out 0x34 -> port 0x43 (1 byte), at 0x{{[0-9a-f]+}}
CPU 0: out 0x9c -> port 0x40 (1 byte), at 0x{{[0-9a-f]+}}
CPU 0: out 0x2e -> port 0x40 (1 byte), at 0x{{[0-9a-f]+}}
END
}

mmio()
{
    start_vm -S -f flat --mode protected "$GUESTS/mmio.bin"
    run_gdb <<'END'
monitor break-on mmio 0x1000
monitor break-on mmio 0xd0000000-0xd0000fff
continue
printf "> %#lx %#x\n", $pc, $eax
continue
printf "> %#lx\n", $pc
continue
printf "> %#lx %#x\n", $pc, $edx
END
    expect_line "$dir/gdb.out" 'break-on mmio 0x1000: that is memory, {{.*}}'
    expect_said <<END
CPU 0: read <- 0xd0000000 (4 bytes)
> $(label mmio after_read) 0xffffffff
CPU 0: write 0x12345678 -> 0xd0000000 (4 bytes)
> $(label mmio after_write)
CPU 0: read <- 0xd0000001 (1 byte)
> $(label mmio after_second_read) 0xff
END
}

modes()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor break-on mode
continue
printf "> %#lx\n", $pc
continue
printf "> %#lx\n", $pc
END
    expect_said <<END
CPU 0: mode: 16-bit -> 32-bit code
> $(label demo stage_protected)
CPU 0: mode: 32-bit -> 64-bit code
> $(label demo stage_long)
END
}

msrs()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor break-on msr 0xc0000080
continue
continue
printf "> %#x\n", $efer
END
    expect_said <<'END'
CPU 0: rdmsr 0xc0000080 -> 0x0, at 0x{{[0-9a-f]+}}
CPU 0: wrmsr 0xc0000080 = 0x100, at 0x{{[0-9a-f]+}}
> 0x100
END
}

# The stop is at the handler's first instruction.
exceptions()
{
    start_vm -S "$GUESTS/faults.img"
    run_gdb <<'END'
monitor break-on exception #DE
continue
printf "> %#lx\n", $pc
END
    expect_said <<END
CPU 0: exception 0 (#DE), raised at $(label faults before_de)
> $(label faults divide)
END
    start_vm -S "$GUESTS/faults.img"
    run_gdb <<'END'
monitor break-on exception 6
monitor break-on exception 0
continue
printf "> %#lx\n", $pc
continue
END
    expect_said <<END
CPU 0: exception 6 (#UD), raised at $(label faults before_ud)
> $(label faults undefined)
CPU 0: exception 0 (#DE), raised at $(label faults before_de)
END
}

exceptions_in_protected_mode()
{
    start_vm -S -f flat --mode protected "$GUESTS/faults_protected.bin"
    run_gdb <<'END'
monitor break-on exception GP
continue
printf "> %#lx\n", $pc
END
    skip_if_not_emulated
    expect_said <<END
CPU 0: exception 13 (#GP), raised at $(label faults_protected before_gp)
> $(label faults_protected protection)
END
}

# The access that ends or resets the machine is itself one to stop at; what it asks for comes after.
before_the_end()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label ending debug_exit)" "$GUESTS/ending.img"
    run_gdb <<'END'
monitor break-on io 0xf4 w
continue
printf "> stopped\n"
continue
END
    expect_line "$dir/gdb.out" 'CPU 0: out {{.*}} -> port 0xf4 {{.*}}'
    expect_line "$dir/gdb.out" '> stopped'
    expect_line "$dir/gdb.out" '[Inferior 1 (Remote target) exited with code {{.*}}]'
}

before_the_reset()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label reset reset_8042)" "$GUESTS/reset.img"
    run_gdb <<'END'
monitor break-on io 0x64 w
monitor break-on reset
continue
continue
printf "> %#lx\n", $pc
END
    expect_said <<END
CPU 0: out {{.*}} -> port 0x64 {{.*}}
The machine has been reset.
> $(label reset reset_8042)
END
}

resets()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label reset reset_8042)" "$GUESTS/reset.img"
    run_gdb <<'END'
monitor break-on reset
continue
printf "> %#lx\n", $pc
continue
printf "> %#lx\n", $pc
END
    expect_said <<END
The machine has been reset.
> $(label reset reset_8042)
The machine has been reset.
> $(label reset reset_8042)
END
}

# It stops at the instruction, with the registers as they were, and says how it came to it; also
# where KVM forgets them.
triple_fault() # mode ebx
{
    start_vm -S -f flat --mode "$1" --address 0x7c00 --entry "$(label triple "triple_$1")" \
        "$GUESTS/triple.img"
    run_gdb <<END
monitor break-on triple-fault
continue
printf "> %#lx %#x\n", \$pc, \$ebx
x/i \$pc
END
    # The two ways in which KVM says it.
    sed -i '/^CPU 0: /d; /^The registers are/d; /^It was a triple fault/d' "$dir/gdb.out"
    expect_line "$dir/gdb.out" '=> 0x{{[0-9a-f]+}}:	ud2'
    expect_said <<END
At $(label triple "$1_fault"): ud2. That raises #UD (6).
> $(label triple "$1_fault") $2
END
    expect_line "$dir/gdb.out" \
        "#DF (8) can't be delivered: {{.*}} has no entry 8. That is the triple fault."
}

triple_fault_in_real_mode()
{
    triple_fault real 0x11112222
}

triple_fault_in_protected_mode()
{
    triple_fault protected 0x33334444
}

triple_fault_in_long_mode()
{
    triple_fault long 0x55556666
}

# The second CPU of two, into whose loop the two bytes $2 are put (in hexadecimal), does event $1,
# which is told so: $3.
second_cpu()
{
    start_vm -S -c 2 -f flat --mode protected "$GUESTS/smp.bin"
    run_gdb <<END
set *(unsigned short *)$(label smp others_count_2) = 0x$2
monitor break-on $1
continue
printf "> thread %d\n", \$_thread
END
    expect_said <<END
$3
> thread 2
END
}

second_cpu_by_an_exit()
{
    second_cpu 'io 0-0xffff' 90ee 'CPU 1: out 0x0 -> port 0x{{[0-9a-f]+}} (1 byte), at '"$(label smp other_2)"
}

second_cpu_by_steps()
{
    second_cpu 'msr 0' 320f 'CPU 1: rdmsr 0x0 -> 0x0, at '"$(label smp other_2)"
}

# Stepping onto it says so too; nothing is caught once it is off.
off_is_off()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
monitor break-on io 0xe9
monitor break-on off
tbreak *$(label real after_in)
continue
printf "> %#lx\n", \$pc
END
    expect_said <<<"> $(label real after_in)"
}

# gdb would look at a breakpoint's condition and go on: it is the catch that has stopped the guest.
at_a_condition_that_is_false()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real before_out)
continue
monitor break-on io 0xe9
break *$(label real after_out) if \$eax == 0x12345
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<<"> $(label real after_out)"
}

TEST words
TEST forgotten_with_the_client
TEST ports
TEST each_access_stops
TEST at_a_condition_that_is_false
TEST ports_in_the_kernel
TEST mmio
TEST modes
TEST msrs
TEST exceptions
TEST exceptions_in_protected_mode
TEST resets
TEST triple_fault_in_real_mode
TEST triple_fault_in_protected_mode
TEST triple_fault_in_long_mode
TEST second_cpu_by_an_exit
TEST second_cpu_by_steps
TEST off_is_off
TEST before_the_end
TEST before_the_reset
