#!/bin/bash
# `monitor xp`, `pw`, `in`, `out`, `msr` and `info irq|lapic|pic|pit`: physical memory, ports, MSRs and
# interrupt controllers from the debugger's side.
. "$(dirname "$0")/../lib.sh"

# ---- Physical memory

physical_memory_is_shown()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor pw/g 0x9000 0x8027ff4120584142
monitor xp/8xb 0x9000
monitor xp /4dh 0x9000
monitor xp 0x9000
monitor xp /4c 0x9000
monitor xp /2ug 0x9000
monitor xp /xb 0x7dff
END
    expect_gdb <<'END'
0x0000000000009000: 0x8027ff4120584142, was 0x0000000000000000 (low RAM)
0x0000000000009000: 0x42 0x41 0x58 0x20 0x41 0xff 0x27 0x80
0x0000000000009000:  16706   8280   -191 -32729
0x0000000000009000: 0x20584142
0x0000000000009000:   66 'B'      65 'A'      88 'X'      32 ' '
0x0000000000009000:  9234630216127103298                    0
0x0000000000007dff: 0xaa
END
}

# Not through the guest's page tables.
physical_memory_behind_paging()
{
    start_vm -S -f flat --mode long "$GUESTS/long.bin"
    run_gdb <<END
tbreak *$(label long registers_set)
continue
set var *(long *)0xffff800000000010 = 0x1234
monitor xp/xg 0x120010
monitor pw/b 0x122011 0x77
print/x *(short *)0xffff800000001010
monitor xp 0xffff800000000010
END
    expect_line "$dir/gdb.out" '0x0000000000120010: 0x0000000000001234'
    expect_line "$dir/gdb.out" '$1 = 0x7700'
    expect_line "$dir/gdb.out" '0xffff800000000010: no RAM or ROM there (monitor info slots)'
}

physical_memory_is_written()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor pw 0x9000 0x11223344
monitor pw/b 0x9001 0xff
monitor pw /h 0x9002 65535
monitor pw 0x9004/b 1
monitor xp/2xw 0x9000
monitor pw 0xf0000 1
monitor pw/b 0x9000 256
monitor pw 0x9000 0x100000000
monitor pw 0xfee00000 1
monitor pw 0xffffffffffffffff 1
monitor xp/2xw 0x9000
monitor xp/2g 0xfffffffffffffff8
monitor xp/4xb 0x7ffffffe
END
    expect_gdb <<'END'
0x0000000000009000: 0x11223344, was 0x00000000 (low RAM)
0x0000000000009001: 0xff, was 0x33 (low RAM)
0x0000000000009002: 0xffff, was 0x1122 (low RAM)
0x0000000000009004: 0x01, was 0x00 (low RAM)
0x0000000000009000: 0xffffff44 0x00000001
0x00000000000f0000: 0x00000001, was 0x{{........}} (BIOS ROM)
pw: 0x100 does not fit in 1 byte (/b, /h, /w or /g: 1, 2, 4 or 8 bytes)
pw: 0x100000000 does not fit in 4 bytes (/b, /h, /w or /g: 1, 2, 4 or 8 bytes)
0x00000000fee00000: no RAM or ROM there (monitor info slots)
0xffffffffffffffff: no RAM or ROM there (monitor info slots)
0x0000000000009000: 0xffffff44 0x00000001
0xfffffffffffffff8: no RAM or ROM there (monitor info slots)
0x000000007ffffffe: no RAM or ROM there (monitor info slots)
END
}

# What is there is shown, and then that there is no more.
the_end_of_memory()
{
    start_vm -S -m 2M "$GUESTS/demo.img"
    run_gdb <<'END'
monitor pw 0x1ffffc 0x55667788
monitor xp/4xw 0x1ffffc
monitor pw/g 0x1ffffc 1
monitor xp/xw 0x1ffffc
END
    expect_gdb <<'END'
0x00000000001ffffc: 0x55667788, was 0x00000000 (RAM)
0x00000000001ffffc: 0x55667788
0x0000000000200000: no RAM or ROM there (monitor info slots)
0x00000000001ffffc: no RAM or ROM there (monitor info slots)
0x00000000001ffffc: 0x55667788
END
}

# ---- Ports

# COM1's scratch register keeps what is written.
ports()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor out 0x3ff 0x5a
monitor in 0x3ff
monitor in 0x3fd/b
monitor in/w 0xcf0
monitor in 0xcf0/l
monitor out 0xe9 0x41
monitor out/b 233 0x42
monitor out 0x1234/l 0xffffffff
END
    expect_gdb <<'END'
port 0x3ff <- 0x5a (COM1)
port 0x3ff: 0x5a (COM1)
port 0x3fd: 0x60 (COM1)
port 0xcf0: 0xffff (no device there)
port 0xcf0: 0xffffffff (no device there)
port 0xe9 <- 0x41 (debug console)
port 0xe9 <- 0x42 (debug console)
port 0x1234 <- 0xffffffff (no device there)
END
    await_text "$dir/console" 'AB'
}

ports_in_the_kernel()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor in 0x21
monitor out 0x43 0x34
monitor info pic
END
    expect_line "$dir/gdb.out" "in: port 0x21 is the master PIC, which is in the kernel: KVM lets only the guest's own instructions reach it (monitor info pic, info pit show it)"
    expect_line "$dir/gdb.out" "out: port 0x43 is the PIT, which is in the kernel: KVM lets only the guest's own instructions reach it (monitor info pic, info pit show it)"
    expect_line "$dir/gdb.out" 'master  0x08-0x0f  0x{{..}}  0xf8  0x00  0x00             normal EOI'
}

# A device that ends or resets the machine does it when the guest is to run on: until then gdb has
# its stopped target.
asking_for_the_end()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
stepi
monitor out 0xf4 0x10
printf "> %#lx\n", $pc
stepi
END
    expect_line "$dir/gdb.out" "What the device asks for, a reset or the machine's end, is done when the machine runs on."
    expect_line "$dir/gdb.out" '> 0x7c01'
    expect_line "$dir/gdb.out" '[Inferior 1 (Remote target) exited with code 041]'
    expect_vm_status 33
}

asking_for_a_reset()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
stepi
monitor pw 0x9000 1234
monitor break-on reset
monitor out 0xcf9 6
printf "> %#lx\n", $pc
continue
printf "> %#lx\n", $pc
END
    expect_marked <<'END'
> 0x7c01
> 0x7c00
END
    expect_vm_runs
}

# What was asked for before a reset is not asked for any more.
a_reset_forgets_requests()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor out 0x604/w 0x2000
monitor reset
stepi
printf "> %#lx\n", $pc
END
    expect_marked <<<'> 0x7c01'
}

# ---- MSRs

msrs()
{
    start_vm -S -f flat --mode long "$GUESTS/long.bin"
    run_gdb <<'END'
monitor msr lstar
monitor msr IA32_LSTAR 0xffffffff80001234
monitor msr 0xc0000082
monitor msr 3221225602 0
monitor msr efer
monitor msr 0x12345678
monitor msr 0x12345678 1
monitor msr lstar 0x1234567890abcdef
monitor msr lstar
END
    expect_text "$dir/gdb.out" <<'END'
MSR 0xc0000082 lstar = 0x0000000000000000
MSR 0xc0000082 lstar = 0xffffffff80001234, was 0x0000000000000000
MSR 0xc0000082 lstar = 0xffffffff80001234
MSR 0xc0000082 lstar = 0x0000000000000000, was 0xffffffff80001234
MSR 0xc0000080 efer = 0x0000000000000500
MSR 0x12345678: KVM_GET_MSRS: refused: this KVM does not have it, or not with this value
MSR 0x12345678: KVM_SET_MSRS: refused: this KVM does not have it, or not with this value
...
MSR 0xc0000082 lstar = 0x{{................}}
END
}

# EFER is a register of gdb's too: it must not show an old one.
an_msr_that_is_a_register()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
stepi
monitor msr efer 1
maintenance flush register-cache
printf "> %#x\n", $efer
monitor info registers
END
    expect_marked <<<'> 0x1'
    grep -q 'efer=00000001' "$dir/gdb.out" || fail "info registers: $(grep efer "$dir/gdb.out")"
}

# ---- Controllers

# In the timer's handler: IRQ 0 is in service at vector 0x20.
controllers()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
monitor info pit
tbreak *$(label timer tick)
continue
monitor info pic
monitor info irq
monitor info pit
END
    expect_line "$dir/gdb.out" '0        3, square wave           65536  {{[ 0-9]+}}  {{(high|low )}}    open  16-bit'
    expect_line "$dir/gdb.out" 'master  0x20-0x27  0x{{..}}  0xfe  0x01  0x00             normal EOI'
    expect_line "$dir/gdb.out" 'slave   0x28-0x2f  0x00  0xff  0x00  0x0e             normal EOI'
    expect_line "$dir/gdb.out" '   0  timer (PIT)           -  0x20 edge{{( requested)?}} in service {{ +}} 0x00 fixed to APIC 0x00 edge masked'
    expect_line "$dir/gdb.out" '   4  COM1                  0  0x24 edge masked                  0x00 fixed to APIC 0x00 edge masked'
    expect_line "$dir/gdb.out" '0        2, rate generator        11932  {{[ 0-9]+}}  {{(high|low )}}    open  16-bit'
}

# A key typed on the console raises IRQ 1, and is counted.
raised_lines_are_counted()
{
    mkfifo "$dir/keys"
    exec 3<>"$dir/keys"
    vm_input=$dir/keys
    start_vm "$GUESTS/keys.img"
    printf 'abc' >&3
    await_text "$dir/console" 'abc'
    run_gdb <<<'monitor info irq'
    exec 3>&-
    expect_line "$dir/gdb.out" '   1  keyboard     {{ +[1-9][0-9]*}}  0x09 edge{{.*}}'
}

local_apics()
{
    start_vm -c 2 -S -f flat --mode protected "$GUESTS/smp.bin"
    run_gdb <<'END'
monitor info lapic
monitor cpu 1
monitor info lapic
END
    expect_line "$dir/gdb.out" 'local APIC 0 at 0xfee00000: enabled, boot CPU; version 0x14, {{.}} LVT entries'
    expect_line "$dir/gdb.out" 'local APIC 1 at 0xfee00000: enabled; version 0x14, {{.}} LVT entries'
    expect_line "$dir/gdb.out" '  SVR  0x000000ff  disabled by software, spurious vector 0xff'
    expect_line "$dir/gdb.out" '  LVT timer    0x00010000  vector 0x00, masked'
}

# ---- What can't be meant

wrong_arguments()
{
    local arguments
    start_vm -S "$GUESTS/demo.img"
    for arguments in 'in' 'in x' 'in 0x10000' 'in 0x60/q' 'in 0x60/' 'in 0x60 1' 'in /b' 'in -1' \
        'in/b 0x60/w' 'out' 'out 0x3ff' 'out 0x3ff x' 'out 0x3ff 0x100000000' 'out 0x3ff 1 2' \
        'out 0x3ff/g 1' 'out 65536 1' 'pw' 'pw 0x9000' 'pw 0x9000 x' 'pw 0x9000 1 2' \
        'pw/q 0x9000 1' 'pw/bb 0x9000 1' 'pw/b 0x9000/b 1' 'pw 0x9000 -1' 'xp' 'xp x' 'xp 1 2' \
        'xp/4x' 'msr' 'msr nonsense' 'msr 0x100000000' 'msr 0x10 x' 'msr 0x10 1 2' 'msr lstar -1' \
        "msr $(printf 'x%.0s' {1..100})" 'info irq 0' 'info lapic 0' 'info pic 0' 'info pit 0'; do
        echo "monitor $arguments"
    done >"$dir/commands"
    run_gdb <"$dir/commands"
    expect_text <(sort -u "$dir/gdb.out") <<'END'
usage: monitor in PORT[/b|/w|/l]
usage: monitor info irq
usage: monitor info lapic
usage: monitor info pic
usage: monitor info pit
usage: monitor msr NUMBER|NAME [VALUE]
usage: monitor out PORT[/b|/w|/l] VALUE
usage: monitor pw [/SIZE] ADDR VALUE
usage: monitor xp [/FMT] ADDR
END
    expect_equal 'refusals' "$(grep -c '^usage: ' "$dir/gdb.out")" "$(wc -l <"$dir/commands")"
    run_gdb <<'END'
monitor out 0x3ff 0x100
monitor out 0x3ff/w 65536
monitor xp /0x 0
monitor xp /1025b 0
monitor xp /4i 0
monitor xp /xx 0
monitor in 0x3ff
monitor xp 0x9000
END
    expect_gdb <<'END'
out: 0x100 does not fit in 1 byte (PORT/b, PORT/w or PORT/l: 1, 2 or 4 bytes)
out: 0x10000 does not fit in 2 bytes (PORT/b, PORT/w or PORT/l: 1, 2 or 4 bytes)
xp: a count is from 1 to 1024
xp: a count is from 1 to 1024
xp: a format is one of x d u o c, a size one of b h w g
xp: a format is one of x d u o c, a size one of b h w g
port 0x3ff: 0x00 (COM1)
0x0000000000009000: 0x00000000
END
}

TEST physical_memory_is_shown
TEST physical_memory_behind_paging
TEST physical_memory_is_written
TEST the_end_of_memory
TEST ports
TEST ports_in_the_kernel
TEST asking_for_the_end
TEST asking_for_a_reset
TEST a_reset_forgets_requests
TEST msrs
TEST an_msr_that_is_a_register
TEST controllers
TEST raised_lines_are_counted
TEST local_apics
TEST wrong_arguments
