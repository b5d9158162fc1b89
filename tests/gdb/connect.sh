#!/bin/bash
# What gdb finds when it connects: each mode's architecture, pc, registers, and no complaints.
. "$(dirname "$0")/../lib.sh"

# gdb says this of every remote target that names no program; it says nothing else.
expect_quiet_connection()
{
    expect_text "$dir/connect.out" <<EOF
Remote debugging using $gdb_address
warning: No executable has been specified and target does not support
determining executable automatically.  Try using the "file" command.
$1
EOF
}

boot_sector()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
show architecture
x/3i $pc
printf "> %#lx %#x %#x %#x\n", $pc, $edx & 0xff, $cs, $raw_ip
END
    expect_quiet_connection '0x00007c00 in ?? ()'
    expect_gdb <<'END'
The target architecture is set to "auto" (currently "i8086").
=> 0x7c00:	cli
   0x7c01:	xor    %ax,%ax
   0x7c03:	mov    %ax,%ds
> 0x7c00 0x80 0 0x7c00
END
}

all_registers_can_be_printed()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<<'info registers all'
    expect_line "$dir/gdb.out" 'eip            0x7c00              0x7c00'
    expect_line "$dir/gdb.out" 'raw_ip         0x7c00              31744'
    expect_line "$dir/gdb.out" 'cs_base        0x0                 0'
    expect_nowhere "$dir/gdb.out" 'unavailable|[Ee]rror|<not saved>'
}

protected_mode()
{
    start_vm -S -f flat --mode protected "$GUESTS/protected.bin"
    run_gdb <<'END'
show architecture
x/i $pc
printf "> %#lx cs_base %#lx PE %d PG %d\n", $pc, $cs_base, ($cr0 & 1), ($cr0 >> 31) & 1
END
    expect_quiet_connection '0x00100000 in ?? ()'
    expect_gdb <<'END'
The target architecture is set to "auto" (currently "i386").
=> 0x100000:	mov    $0x11111111,%eax
> 0x100000 cs_base 0 PE 1 PG 0
END
}

long_mode()
{
    start_vm -S -f flat --mode long "$GUESTS/long.bin"
    run_gdb <<'END'
show architecture
x/i $pc
printf "> %#lx PE %d PG %d LMA %d\n", $pc, ($cr0 & 1), ($cr0 >> 31) & 1, ($efer >> 10) & 1
END
    expect_quiet_connection '0x0000000000100000 in ?? ()'
    expect_gdb <<'END'
The target architecture is set to "auto" (currently "i386:x86-64").
=> 0x100000:	mov    $0x110000,%edi
> 0x100000 PE 1 PG 1 LMA 1
END
}

# The same guests as ELF files, entered where the file says.
elf32()
{
    start_vm -S "$GUESTS/protected.elf"
    run_gdb <<<'printf "> %#lx PE %d\n", $pc, ($cr0 & 1)'
    expect_gdb <<<'> 0x100000 PE 1'
}

elf64()
{
    start_vm -S "$GUESTS/long.elf"
    run_gdb <<<'printf "> %#lx LMA %d\n", $pc, ($efer >> 10) & 1'
    expect_gdb <<<'> 0x100000 LMA 1'
}

# Connecting to a guest that runs stops it.
running_guest()
{
    start_vm "$GUESTS/spin.img"
    run_gdb <<<'printf "> %d\n", $pc >= 0x7c00 && $pc < 0x7e00'
    expect_gdb <<<'> 1'
}

TEST boot_sector
TEST all_registers_can_be_printed
TEST protected_mode
TEST long_mode
TEST elf32
TEST elf64
TEST running_guest
