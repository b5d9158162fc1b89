#!/bin/bash
# ACPI and MP tables of the running machine, found as a kernel finds them and read with ACPI's own
# compiler; and the registers that they name.
. "$(dirname "$0")/../lib.sh"

# $1 bytes (4 or 8) at offset $2 of file $3, as a number.
word()
{
    od -An -v -t "u$1" -j "$2" -N "$1" "$3" | tr -d ' '
}

# Writes the table at guest-physical address $1, in region $dir/region, to $dir/$2.
cut_table()
{
    local at=$(($1 - 0xe0000))
    tail -c +$((at + 1)) "$dir/region" | head -c "$(word 4 $((at + 4)) "$dir/region")" >"$dir/$2"
}

# Reads the region of the machine just started into $dir/region, with the extended BIOS data area
# in $dir/ebda, and cuts its tables out.
read_tables()
{
    run_gdb <<END
dump binary memory $dir/region 0xe0000 0xf0000
set \$ebda = *(unsigned short *)0x40e * 16
dump binary memory $dir/ebda \$ebda \$ebda+0x400
printf "> %#x\n", \$ebda
END
    expect_marked <<<"> ${1:-0x9fc00}"
    expect_equal "RSDP" "$(head -c 8 "$dir/region")" "RSD PTR "
    cut_table "$(word 4 24 "$dir/region")" xsdt.dat
    cut_table "$(word 4 36 "$dir/xsdt.dat")" facp.dat
    cut_table "$(word 4 44 "$dir/xsdt.dat")" apic.dat
    cut_table "$(word 4 40 "$dir/facp.dat")" dsdt.dat
    cut_table "$(word 4 16 "$dir/region")" rsdt.dat
    head -c $((0x40 + 64)) "$dir/ebda" | tail -c 64 >"$dir/facs.dat"
}

# iasl says nothing that is a complaint, whatever table it is.
disassembles()
{
    iasl -d "$dir/$1.dat" >"$dir/iasl" 2>&1 || fail "iasl does not take $1"
    expect_nowhere "$dir/iasl" '[Ww]arning|[Ee]rror|Incorrect|[Ii]nvalid'
    [ -s "$dir/$1.dsl" ] || fail "iasl made nothing of $1"
}

tables_disassemble()
{
    local table
    skip_without iasl acpica-tools
    start_vm -S -c 3 "$GUESTS/demo.img"
    read_tables
    for table in xsdt rsdt facp apic dsdt facs; do
        disassembles $table
    done
    expect_line "$dir/facp.dsl" '[024h 0036   4]                 FACS Address : 0009FC40'
    expect_line "$dir/apic.dsl" '[03Fh 0063   1]                Local Apic ID : 02'
    expect_line "$dir/dsdt.dsl" '            Device (COM1)'
}

# What the compiler makes of the disassembled DSDT is the same AML, behind a header of its own.
dsdt_is_what_iasl_compiles()
{
    skip_without iasl acpica-tools
    start_vm -S "$GUESTS/demo.img"
    read_tables
    disassembles dsdt
    iasl -p "$dir/compiled" "$dir/dsdt.dsl" >"$dir/iasl" 2>&1
    expect_line "$dir/iasl" 'Compilation successful. 0 Errors, 0 Warnings{{.*}}'
    tail -c +37 "$dir/dsdt.dat" >"$dir/ours"
    tail -c +37 "$dir/compiled.aml" >"$dir/theirs"
    cmp "$dir/ours" "$dir/theirs" || fail "the AML differs"
}

mp_table_is_found()
{
    start_vm -S -m 256K -c 2 "$GUESTS/demo.img"
    read_tables 0x3fc00
    expect_equal "floating pointer" "$(head -c 20 "$dir/ebda" | tail -c 4)" "_MP_"
    local at=$(($(word 4 20 "$dir/ebda") - 0xe0000))
    expect_equal "table" "$(tail -c +$((at + 1)) "$dir/region" | head -c 4)" "PCMP"
    # Two processors: entries of type 0, enabled, the first one with the boot flag.
    expect_equal "processors" "$(tail -c +$((at + 45)) "$dir/region" | head -c 40 |
        od -An -v -t x1 -w20 | cut -c1-12)" $' 00 00 14 03\n 00 01 14 01'
}

# The guest can't change the tables; a reset brings back the one that it can.
tables_are_as_at_power_on_after_a_reset()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
delete mem
set var *(char *)0xe0000 = 0
set var *(char *)0x9fc40 = 0
mem auto
monitor reset
printf "> %.8s %.4s\n", (char *)0xe0000, (char *)0x9fc40
END
    expect_marked <<<'> RSD PTR  FACS'
}

# FADT's registers: status, enable, control with SCI_EN, and the timer, which counts.
registers_are_there()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor out 0x602/w 0xffff
monitor in 0x600/l
monitor in 0x604/w
monitor in 0x608/l
monitor in 0x608/l
END
    expect_gdb <<'END'
port 0x602 <- 0xffff (ACPI events and control)
port 0x600: 0x07210000 (ACPI events and control)
port 0x604: 0x0001 (ACPI events and control)
port 0x608: 0x{{........}} (ACPI timer)
port 0x608: 0x{{........}} (ACPI timer)
END
    local -a counts
    mapfile -t counts < <(sed -n 's/^port 0x608: \(0x[0-9a-f]*\).*/\1/p' "$dir/gdb.out")
    ((counts[1] > counts[0])) || fail "the timer stands still: ${counts[*]}"
}

TEST tables_disassemble
TEST dsdt_is_what_iasl_compiles
TEST mp_table_is_found
TEST tables_are_as_at_power_on_after_a_reset
TEST registers_are_there
