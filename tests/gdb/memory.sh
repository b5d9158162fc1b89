#!/bin/bash
# Guest memory through the debugger: read, written, searched; through page tables; where there is
# none.
. "$(dirname "$0")/../lib.sh"

reads_and_writes()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<'END'
x/2xb 0x7dfe
set var *(unsigned int *)0x9100 = 0x12345678
set var *(unsigned char *)0x9101 = 0xab
x/4xb 0x9100
print/x *(unsigned int *)0x9100
END
    expect_gdb <<'END'
0x7dfe:	0x55	0xaa
0x9100:	0x78	0xab	0x34	0x12
$1 = 0x1234ab78
END
}

# A mebibyte out and in again, across the packets' size.
dump_and_restore()
{
    start_vm -S "$GUESTS/real.img"
    head -c 1048577 /dev/urandom >"$dir/random"
    run_gdb <<END
restore $dir/random binary 0x200000
dump binary memory $dir/back 0x200000 0x200000+1048577
END
    cmp "$dir/random" "$dir/back" || fail "what came back is not what was written"
}

find_text()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
find /b 0x7c00, +512, 's', 't', 'a', 'g', 'e', '_'
END
    expect_line "$dir/gdb.out" "$(label demo real_text)"
}

# A software breakpoint's byte is not seen by a reader, and not lost by a writer.
breakpoints_are_hidden()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
set breakpoint always-inserted on
break *$(label real before_mov)
x/3xb $(label real before_mov)
find /b 0x7c00, +448, 0xcc
set var *(unsigned char *)$(label real before_mov) = 0x90
x/3xb $(label real before_mov)
continue
stepi
printf "> %#lx\n", \$pc
END
    expect_line "$dir/gdb.out" "$(label real before_mov):	0xb8	0x34	0x12"
    expect_line "$dir/gdb.out" "$(label real before_mov):	0x90	0x34	0x12"
    expect_line "$dir/gdb.out" "Pattern not found."
    expect_marked <<<"> $(at real before_mov+1)"
}

past_the_end_of_ram()
{
    start_vm -S -m 16M "$GUESTS/real.img"
    run_gdb <<'END'
set var *(short *)0xfffffe = 0x2211
x/2xb 0xfffffe
x/4xb 0xfffffe
x/xb 0x1000000
set var *(char *)0x1000000 = 1
set var *(int *)0xfffffe = 1
x/2xb 0xfffffe
END
    expect_gdb <<'END'
0xfffffe:	0x11	0x22
0xfffffe:	0x11	0x22	Cannot access memory at address 0x1000000
0x1000000:	Cannot access memory at address 0x1000000
Cannot access memory at address 0x1000000
Cannot access memory at address 0xfffffe
0xfffffe:	{{.*}}
END
}

# Nothing is read from devices' windows: a read could change what the guest sees.
mmio_is_not_touched()
{
    start_vm -S -f flat --mode protected "$GUESTS/mmio.bin"
    run_gdb <<'END'
x/xw 0xd0000000
x/xw 0xfee00020
END
    expect_gdb <<'END'
0xd0000000:	Cannot access memory at address 0xd0000000
0xfee00020:	Cannot access memory at address 0xfee00020
END
}

# gdb knows the ROM from the memory map, and refuses to write it until it is told to forget the map.
rom_is_written_on_demand()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<'END'
info mem
set var *(unsigned char *)0xfff00 = 0x5a
delete mem
set var *(unsigned char *)0xfff00 = 0x5b
mem auto
x/xb 0xfff00
END
    expect_gdb <<'END'
Using memory regions provided by the target.
Num Enb Low Addr   High Addr  Attrs 
0   y  	0x00000000 0x000e0000 rw nocache 
1   y  	0x000e0000 0x000f0000 ro nocache 
2   y  	0x000f0000 0x00100000 ro nocache 
3   y  	0x00100000 0x8000000000000000 rw nocache 
4   y  	0x8000000000000000 0x100000000 rw nocache 
Cannot access memory at address 0xfff00
warning: Switching to manual control of memory regions; use "mem auto" to fetch regions from the target again.
0xfff00:	0x5b
END
}

breakpoint_in_rom()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
set $service = *(unsigned short *)0x42 * 16 + *(unsigned short *)0x40
break *$service
continue
printf "> %d\n", $pc == $service
END
    expect_marked <<<"> 1"
    expect_line "$dir/gdb.out" "Note: automatically using hardware breakpoints for read-only addresses."
}

screen_memory()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
tbreak *$(label demo before_read)
continue
x/4cb 0xb8000
END
    expect_line "$dir/gdb.out" "0xb8000:	115 's'	7 '\\a'	116 't'	7 '\\a'"
}

high_memory()
{
    start_vm -S -m 5G -f flat --mode long "$GUESTS/long.bin"
    run_gdb <<'END'
set var *(long *)0xbffffff8 = 0x1122334455667788
x/xg 0xbffffff8
x/xb 0xc0000000
END
    expect_gdb <<'END'
0xbffffff8:	0x1122334455667788
0xc0000000:	Cannot access memory at address 0xc0000000
END
}

in_long_guest()
{
    start_vm -S -f flat --mode long "$GUESTS/long.bin"
    run_gdb <<END
tbreak *$(label long high_start)
continue
$(cat)
END
}

# What gdb said after the stop that in_long_guest ran to.
after_stop()
{
    sed '1,/ in ?? ()$/d' "$dir/gdb.out" >"$dir/after.out"
}

through_page_tables()
{
    in_long_guest <<'END'
printf "> %#lx %#lx\n", $pc, *(long *)$pc == *(long *)($pc - 0xffffffff80000000)
printf "> %#lx\n", *(long *)0xffff800000000ff8
printf "> %#lx\n", *(long *)0xffff800000001000
END
    expect_marked <<END
> $(label long high_start) 0x1
> 0x1122334455667788
> 0xeeddccbbaa998877
END
}

# Two pages that are neighbours for the guest and not in memory; the third is not there.
across_pages()
{
    in_long_guest <<'END'
x/2xg 0xffff800000000ff8
set var *(long *)0xffff800000000ffc = 0x0102030405060708
x/2xg 0xffff800000000ff8
x/2xw 0x120ff8
x/2xw 0x122000
x/4xb 0xffff800000001ffe
END
    after_stop
    expect_text "$dir/after.out" <<'END'
0xffff800000000ff8:	0x1122334455667788	0xeeddccbbaa998877
0xffff800000000ff8:	0x0506070855667788	0xeeddccbb01020304
0x120ff8:	0x55667788	0x05060708
0x122000:	0x01020304	0xeeddccbb
0xffff800000001ffe:	0x00	0x00	Cannot access memory at address 0xffff800000002000
END
}

not_mapped()
{
    in_long_guest <<'END'
x/xb 0xffff800000002000
x/xb 0x40000000
x/xb 0x800000000000
set var *(char *)0x40000000 = 1
END
    after_stop
    expect_text "$dir/after.out" <<'END'
0xffff800000002000:	Cannot access memory at address 0xffff800000002000
0x40000000:	Cannot access memory at address 0x40000000
0x800000000000:	Cannot access memory at address 0x800000000000
Cannot access memory at address 0x40000000
END
}

load_and_compare()
{
    start_vm -S -f flat --mode long "$GUESTS/long.bin"
    run_gdb <<END
file $GUESTS/long.elf
set var *(char *)&fill = 1
set \$rip = 0
load
printf "> %d\n", \$rip == (long)&_start
compare-sections
set var *(char *)&fill = *(char *)&fill + 1
compare-sections
set var *(char *)&fill = *(char *)&fill - 1
END
    expect_gdb <<'END'
...
Loading section .text, size 0x{{.*}} lma 0x100000
Loading section .high, size 0x{{.*}} lma 0x101000
Start address 0x0000000000100000, load size {{.*}}
Transfer rate: {{.*}}
> 1
Section .text, range 0x100000 -- 0x{{.*}}: matched.
Section .high, range 0x101000 -- 0x{{.*}}: matched.
Section .text, range 0x100000 -- 0x{{.*}}: MIS-MATCHED!
Section .high, range 0x101000 -- 0x{{.*}}: matched.
warning: One or more sections of the target image does not match
the loaded file

END
}

# The search is the stub's own; it goes by linear addresses, and ends where nothing is mapped.
find_through_page_tables()
{
    in_long_guest <<'END'
find /g 0xffff800000000ff0, +0x1010, 0x1122334455667788
find /b 0xffff800000000fff, +2, 0x11, 0x77
find /b 0xffff800000001000, +0x2000, 0x11, 0xee
END
    after_stop
    expect_text "$dir/after.out" <<'END'
0xffff800000000ff8
1 pattern found.
0xffff800000000fff
1 pattern found.
Pattern not found.
END
}

# QEMU's way: memory is physical, breakpoints are not; a new session begins with linear addresses.
physical_mode()
{
    in_long_guest <<'END'
maintenance packet qqemu.PhyMemMode
maintenance packet Qqemu.PhyMemMode:1
maintenance packet qqemu.PhyMemMode
x/2xw 0x120ff8
x/xb 0xffff800000000ff8
set var *(int *)0x120ff8 = 0x01020304
dump binary memory /dev/null 0x40000000 0x40000001
tbreak *($pc + 3)
maintenance packet Qqemu.PhyMemMode:0
x/xw 0xffff800000000ff8
x/xw 0x120ff8
maintenance packet Qqemu.PhyMemMode:1
END
    after_stop
    expect_text "$dir/after.out" <<'END'
sending: qqemu.PhyMemMode
received: "0"
sending: Qqemu.PhyMemMode:1
received: "OK"
sending: qqemu.PhyMemMode
received: "1"
0x120ff8:	0x55667788	0x11223344
0xffff800000000ff8:	Cannot access memory at address 0xffff800000000ff8
Cannot access memory at address 0x40000000
Temporary breakpoint 2 at {{.*}}
sending: Qqemu.PhyMemMode:0
received: "OK"
0xffff800000000ff8:	0x01020304
0x120ff8:	0x01020304
sending: Qqemu.PhyMemMode:1
received: "OK"
END
    run_gdb <<'END'
maintenance packet qqemu.PhyMemMode
END
    expect_gdb <<'END'
sending: qqemu.PhyMemMode
received: "0"
END
}

TEST reads_and_writes
TEST dump_and_restore
TEST find_text
TEST breakpoints_are_hidden
TEST past_the_end_of_ram
TEST mmio_is_not_touched
TEST rom_is_written_on_demand
TEST breakpoint_in_rom
TEST load_and_compare
TEST screen_memory
TEST high_memory
TEST through_page_tables
TEST across_pages
TEST not_mapped
TEST find_through_page_tables
TEST physical_mode
