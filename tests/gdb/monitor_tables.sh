#!/bin/bash
# `monitor gdt`, `idt`, `ivt`, `tss` and `walk`: what guests have put into memory, in words.
. "$(dirname "$0")/../lib.sh"

# Runs guest $1 in mode $2 with the commands on stdin.
in_mode()
{
    start_vm -S -f flat --mode "$2" "$GUESTS/$1.bin"
    run_gdb
}

flat_gdt='GDT at 0x1000, limit 0x2f: 6 descriptors
selector       kind                    base                limit       DPL  flags
0x0000         null
0x0008         code, 32-bit            0x00000000          0xffffffff  0    readable{{(, accessed)?}}
0x0010         data                    0x00000000          0xffffffff  0    writable{{(, accessed)?}}
0x0018         code, 64-bit            0x00000000          0xffffffff  0    readable{{(, accessed)?}}'

gdt_of_protected_mode()
{
    in_mode protected protected <<<'monitor gdt'
    expect_gdb <<END
$flat_gdt
0x0020         TSS, 32-bit, busy       0x00001080          0x00000067  0    present
0x0028         null
END
}

gdt_of_long_mode()
{
    in_mode long long <<'END'
monitor gdt
monitor gdt 0x20
monitor gdt 0x13
monitor gdt 0x10 2
monitor gdt 0x30
END
    expect_gdb <<END
$flat_gdt
0x0020         TSS, 64-bit, busy       0x0000000000001080  0x00000067  0    present
GDT at 0x1000, limit 0x2f: 6 descriptors
selector       kind                    base                limit       DPL  flags
0x0020         TSS, 64-bit, busy       0x0000000000001080  0x00000067  0    present
GDT at 0x1000, limit 0x2f: 6 descriptors
selector       kind                    base                limit       DPL  flags
0x0010         data                    0x00000000          0xffffffff  0    writable{{(, accessed)?}}
GDT at 0x1000, limit 0x2f: 6 descriptors
selector       kind                    base                limit       DPL  flags
0x0010         data                    0x00000000          0xffffffff  0    writable{{(, accessed)?}}
0x0018         code, 64-bit            0x00000000          0xffffffff  0    readable{{(, accessed)?}}
GDT at 0x1000, limit 0x2f: 6 descriptors
Selector 0x30 is past the limit.
END
}

# At power-on GDTR covers the IVT: nothing that anyone wants to see as descriptors.
gdt_of_real_mode()
{
    start_vm -S "$GUESTS/modes.img"
    run_gdb <<END
monitor gdt
break *$(label modes jump_32)
continue
monitor gdt
END
    expect_line "$dir/gdb.out" 'GDT at 0x0, limit 0xffff: 8192 descriptors'
    expect_line "$dir/gdb.out" 'GDTR is as at power-on: the guest has loaded no table yet {{.*}}'
    expect_line "$dir/gdb.out" "GDT at $(label modes gdt), limit 0x2f: 6 descriptors"
    expect_line "$dir/gdb.out" '0x0020         code, 16-bit            0x00000000          0x0000ffff  0    readable'
}

# The guest makes gate 0x30 and loads the IDT, then stands at its int.
idt_of() # guest mode
{
    in_mode "$1" "$2" <<END
tbreak *$(label "$1" registers_set)
continue
tbreak *$(label "$1" the_int)
set \$pc = $(label "$1" interrupt)
continue
monitor idt
monitor idt 0x30
monitor idt 48 1
monitor idt 0x31
END
}

# Label $2 of guest $1 in $3 digits.
digits_of()
{
    printf "0x%0$3x" "$(label "$1" "$2")"
}

an_idt_with_no_entries()
{
    in_mode protected protected <<<'monitor idt'
    expect_gdb <<<'IDT at 0x0, limit 0x0: 0 entries'
}

idt_of_protected_mode()
{
    local gate
    idt_of protected protected
    gate="0x30              interrupt gate, 32-bit  0x0008:$(digits_of protected handler 8)          0    -    present"
    skip_if_not_emulated
    expect_text <(grep -vE '^(Temporary|Continuing|0x.* in [?]|$)' "$dir/gdb.out") <<END
IDT at $(label protected idt), limit 0x187: 49 entries
vector     name   gate                    handler                    DPL  IST  flags
0x00-0x2f         not present (all zeros)
$gate
IDT at $(label protected idt), limit 0x187: 49 entries
vector     name   gate                    handler                    DPL  IST  flags
$gate
IDT at $(label protected idt), limit 0x187: 49 entries
vector     name   gate                    handler                    DPL  IST  flags
$gate
IDT at $(label protected idt), limit 0x187: 49 entries
Vector 49 is past the limit.
END
}

idt_of_long_mode()
{
    idt_of long long
    skip_if_not_emulated
    expect_line "$dir/gdb.out" "IDT at $(label long idt), limit 0x30f: 49 entries"
    expect_line "$dir/gdb.out" '0x00-0x2f         not present (all zeros)'
    expect_line "$dir/gdb.out" "0x30              interrupt gate, 64-bit  0x0018:$(digits_of long handler 16)  0    0    present"
}

# IDTR's limit decides, in real mode too.
ivt_of_real_mode()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
tbreak *$(label timer woken)
continue
monitor ivt 0x20 1
monitor ivt 0x13
set var \$idtr_limit = 0x22
monitor idt
monitor ivt 8
set var \$idtr_base = 0x80
monitor ivt 0
END
    expect_line "$dir/gdb.out" 'IVT at 0x0, limit 0x3ff: 256 entries'
    expect_line "$dir/gdb.out" "0x20       0000:$(printf %04x "$(label timer tick)")  $(digits_of timer tick 6)  RAM"
    expect_line "$dir/gdb.out" '0x13       f000:{{....}}  0x0f{{....}}  ROM  disk services'
    expect_line "$dir/gdb.out" 'The CPU is in real mode: its interrupts go through the IVT.'
    expect_line "$dir/gdb.out" 'IVT at 0x0, limit 0x22: 8 entries'
    expect_line "$dir/gdb.out" 'Vector 8 is past the limit.'
    expect_line "$dir/gdb.out" "0x00       0000:$(printf %04x "$(label timer tick)")  $(digits_of timer tick 6)  RAM  #DE"
}

ivt_outside_of_real_mode()
{
    in_mode protected protected <<'END'
monitor pw 0x4c 0x12345678
monitor ivt 0x13 1
END
    expect_line "$dir/gdb.out" 'The CPU is not in real mode: this is what lies at physical 0, which it does not use now.'
    expect_line "$dir/gdb.out" '0x13       1234:5678  0x0179b8  RAM  disk services'
}

tss_of_each_mode()
{
    in_mode protected protected <<'END'
monitor pw 0x1084 0x00009ff0
monitor pw/h 0x1088 0x10
monitor tss
END
    expect_line "$dir/gdb.out" 'TSS at 0x1080, limit 0x67, 32-bit, selector 0x0020'
    expect_line "$dir/gdb.out" '  link   0x0000      esp0   0x00009ff0  ss0    0x0010      esp1   0x00000000'
    expect_line "$dir/gdb.out" '  I/O map at offset 0x68: past the limit, so there is none'
    in_mode long long <<'END'
monitor pw/g 0x1084 0xffffffff80001000
monitor pw/g 0x10a4 0x7000
monitor tss
END
    expect_line "$dir/gdb.out" 'TSS at 0x1080, limit 0x67, 64-bit, selector 0x0020'
    expect_line "$dir/gdb.out" '  rsp0   0xffffffff80001000  rsp1   0x0000000000000000'
    expect_line "$dir/gdb.out" '  rsp2   0x0000000000000000  ist1   0x0000000000007000'
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<<'monitor tss'
    expect_gdb <<<'The CPU is in real mode: it uses no TSS.'
}

# The header of guests/long.s draws the map.
walk_in_long_mode()
{
    in_mode long long <<END
tbreak *$(label long registers_set)
continue
printf "> 1\n"
monitor walk 0xffff800000001abc
printf "> 2\n"
monitor walk $(label long registers_set)
printf "> 3\n"
monitor walk 0xffff800000002000
printf "> 4\n"
monitor walk 0x40000000
printf "> 5\n"
monitor walk 0x0000800000000000
END
    expect_text <(sed '1,/^> 1/d' "$dir/gdb.out") <<END
4-level paging, CR3 0x110000, linear 0xffff800000001abc
  level  entry at            entry               flags
  PML4E  0x0000000000110800  0x00000000001140{{..}}  P RW{{( A)?}}
  PDPTE  0x0000000000114000  0x00000000001150{{..}}  P RW{{( A)?}}
  PDE    0x0000000000115000  0x00000000001160{{..}}  P RW{{( A)?}}
  PTE    0x0000000000116008  0x00000000001220{{..}}  P RW{{( A)?}}
-> 0x0000000000122abc in a page of 4 KiB: supervisor only, writable, executable
   in RAM
> 2
4-level paging, CR3 0x110000, linear $(label long registers_set)
  level  entry at            entry               flags
  PML4E  0x0000000000110ff8  0x00000000001130{{..}}  P RW{{( A)?}}
  PDPTE  0x0000000000113ff0  0x00000000001120{{..}}  P RW{{( A)?}}
  PDE    0x0000000000112000  0x00000000000000{{..}}  P RW{{( A)?( D)?}} PS
-> $(printf '0x%016x' $(($(label long registers_set) - 0xffffffff80000000))) in a page of 2 MiB: supervisor only, writable, executable
   in RAM
> 3
4-level paging, CR3 0x110000, linear 0xffff800000002000
  level  entry at            entry               flags
  PML4E  0x0000000000110800  0x00000000001140{{..}}  P RW{{( A)?}}
  PDPTE  0x0000000000114000  0x00000000001150{{..}}  P RW{{( A)?}}
  PDE    0x0000000000115000  0x00000000001160{{..}}  P RW{{( A)?}}
  PTE    0x0000000000116010  0x0000000000000000  not present
Not mapped: the PTE is not present (#PF).
> 4
4-level paging, CR3 0x110000, linear 0x0000000040000000
  level  entry at            entry               flags
  PML4E  0x0000000000110000  0x00000000001110{{..}}  P RW{{( A)?}}
  PDPTE  0x0000000000111008  0x0000000000000000  not present
Not mapped: the PDPTE is not present (#PF).
> 5
4-level paging, CR3 0x110000, linear 0x0000800000000000
Not canonical: bits 63 to 47 are not all equal (#GP, or #SS of a stack).
END
}

# Tables that the guest has not got: written from here. The CPU does not run on them.
walk_of_bad_tables()
{
    in_mode long long <<'END'
monitor pw/g 0x20000 0x20003
monitor pw/g 0x20008 0x7ffff003
monitor pw/g 0x20010 0x8000000000021083

set var $cr3 = 0x20000
printf "> itself\n"
monitor walk 0x123
printf "> nowhere\n"
monitor walk 0x8000000000
printf "> reserved\n"
monitor walk 0x10000000000
printf "> no table\n"
set var $cr3 = 0x7ffff000
monitor walk 0x123
END
    expect_text <(sed '1,/^> itself/d' "$dir/gdb.out") <<'END'
4-level paging, CR3 0x20000, linear 0x0000000000000123
  level  entry at            entry               flags
  PML4E  0x0000000000020000  0x0000000000020003  P RW
  PDPTE  0x0000000000020000  0x0000000000020003  P RW
  PDE    0x0000000000020000  0x0000000000020003  P RW
  PTE    0x0000000000020000  0x0000000000020003  P RW
-> 0x0000000000020123 in a page of 4 KiB: supervisor only, writable, executable
   in low RAM
> nowhere
4-level paging, CR3 0x20000, linear 0x0000008000000000
  level  entry at            entry               flags
  PML4E  0x0000000000020008  0x000000007ffff003  P RW
  PDPTE  0x000000007ffff000  0x0000000000000000  no memory
Not mapped: no memory at 0x7ffff000, where the PDPTE would be.
> reserved
4-level paging, CR3 0x20000, linear 0x0000010000000000
  level  entry at            entry               flags
  PML4E  0x0000000000020010  0x8000000000021083  P RW NX, reserved 0x8000000000000080
Not mapped: reserved bits are set in the PML4E (#PF).
> no table
4-level paging, CR3 0x7ffff000, linear 0x0000000000000123
  level  entry at            entry               flags
  PML4E  0x000000007ffff000  0x0000000000000000  no memory
Not mapped: no memory at 0x7ffff000, where the PML4E would be.
END
}

walk_in_32_bit_paging()
{
    in_mode protected protected <<'END'
monitor pw 0x20000 0x21007
monitor pw 0x21014 0x00005005
monitor pw 0x20004 0x02400083
set var $cr3 = 0x20000
set var $cr4 = $cr4 | 0x10
set var $cr0 = 0x80000011
printf "> %d\n", ((unsigned)$cr0) >> 31
monitor walk 0x5abc
monitor walk 0x400123
monitor walk 0x800000
END
    grep -q '^> 1' "$dir/gdb.out" || skip "this KVM has no 32-bit paging"
    expect_text <(sed '1,/^> 1/d' "$dir/gdb.out") <<'END'
32-bit paging, CR3 0x20000, linear 0x0000000000005abc
  level  entry at            entry               flags
  PDE    0x0000000000020000  0x0000000000021007  P RW US
  PTE    0x0000000000021014  0x0000000000005005  P US
-> 0x0000000000005abc in a page of 4 KiB: user, read-only (not for the supervisor: CR0.WP is 0), executable
   in low RAM
32-bit paging, CR3 0x20000, linear 0x0000000000400123
  level  entry at            entry               flags
  PDE    0x0000000000020004  0x0000000002400083  P RW PS
-> 0x0000000002400123 in a page of 4 MiB: supervisor only, writable, executable
   in RAM
32-bit paging, CR3 0x20000, linear 0x0000000000800000
  level  entry at            entry               flags
  PDE    0x0000000000020008  0x0000000000000000  not present
Not mapped: the PDE is not present (#PF).
END
}

walk_without_paging()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor walk 0x7c00
monitor walk 0xfee00000
END
    expect_gdb <<'END'
No paging (real mode): the linear address is the physical one.
-> 0x0000000000007c00
   in low RAM
No paging (real mode): the linear address is the physical one.
-> 0x00000000fee00000
   no memory is there, but perhaps a device
END
}

tables_that_are_nowhere()
{
    in_mode long long <<'END'
set var $gdtr_base = 0xffffffffffffffff
set var $gdtr_limit = 0xffff
set var $idtr_base = 0x00007ffffffffff8
set var $idtr_limit = 0xffff
set var $tr_base = 0xffff800000000000
monitor gdt 8
monitor idt
monitor tss
printf "> alive %#x\n", $cs
END
    expect_line "$dir/gdb.out" 'GDT at 0xffffffffffffffff, limit 0xffff: 8192 descriptors'
    expect_line "$dir/gdb.out" '0x0008{{.*}}'
    expect_line "$dir/gdb.out" 'IDT at 0x7ffffffffff8, limit 0xffff: 256 entries; there are no more than 256 vectors'
    expect_line "$dir/gdb.out" '0x00-0xff  no memory at 0x7ffffffffff8'
    expect_line "$dir/gdb.out" '  no memory at 0xffff800000000000'
    expect_line "$dir/gdb.out" '> alive 0x18'
}

# They are about the CPU that stopped last, or that was named, whatever gdb has read of meanwhile.
of_the_cpu_that_was_named()
{
    start_vm -c 2 -S -f flat --mode protected "$GUESTS/smp.bin"
    run_gdb <<'END'
info threads
monitor gdt 8 1
monitor cpu 1
monitor gdt 8 1
monitor walk 0
monitor cpu 2
monitor cpu 0
monitor walk 0
monitor cpu 1
stepi
monitor cpu
END
    expect_text <(sed -n '/^CPU 0:/,$p' "$dir/gdb.out") <<'END'
CPU 0:
GDT at 0x1000, limit 0x2f: 6 descriptors
selector       kind                    base                limit       DPL  flags
0x0008         code, 32-bit            0x00000000          0xffffffff  0    readable, accessed
CPU 1, real mode, waits for INIT/SIPI
CPU 1:
GDT at 0x0, limit 0xffff: 8192 descriptors
The CPU is in real mode: it does not use this table.
selector       kind                    base                limit       DPL  flags
0x0008{{ .*}}
CPU 1:
No paging (real mode): the linear address is the physical one.
-> 0x0000000000000000
   in low RAM
usage: monitor cpu [N]
N: 0 to 1
CPU 0 (boot), protected mode
CPU 0:
No paging: the linear address is the physical one.
-> 0x0000000000000000
   in low RAM
CPU 1, real mode, waits for INIT/SIPI
0x{{.*}}
CPU 0 (boot), protected mode
END
}

wrong_arguments()
{
    local arguments
    start_vm -S "$GUESTS/demo.img"
    for arguments in 'gdt x' 'gdt 0x10000' 'gdt 8 0' 'gdt 8 8193' 'gdt 8 1 1' 'gdt -1' 'idt 256' \
        'idt 0 0' 'idt a' 'idt 1 2 3' 'ivt 256' 'ivt 0x' 'ivt 1 -1' 'tss 0' 'walk' 'walk x' \
        'walk 1 2' 'walk 0x10000000000000000' 'walk $pc'; do
        echo "monitor $arguments"
    done >"$dir/commands"
    run_gdb <"$dir/commands"
    expect_text <(sort -u "$dir/gdb.out") <<'END'
usage: monitor gdt [SELECTOR [COUNT]]
usage: monitor idt [FIRST [COUNT]]
usage: monitor ivt [FIRST [COUNT]]
usage: monitor tss
usage: monitor walk ADDR
END
    expect_equal 'refusals' "$(grep -c '^usage: ' "$dir/gdb.out")" "$(wc -l <"$dir/commands")"
}

TEST gdt_of_protected_mode
TEST gdt_of_long_mode
TEST gdt_of_real_mode
TEST an_idt_with_no_entries
TEST idt_of_protected_mode
TEST idt_of_long_mode
TEST ivt_of_real_mode
TEST ivt_outside_of_real_mode
TEST tss_of_each_mode
TEST walk_in_long_mode
TEST walk_of_bad_tables
TEST walk_in_32_bit_paging
TEST walk_without_paging
TEST tables_that_are_nowhere
TEST of_the_cpu_that_was_named
TEST wrong_arguments
