#!/bin/bash
# --bios: firmware from a file, with guests/rom.s, which checks what it finds: its ROM below 4 GiB,
# RAM with a copy of it below 1 MiB, the reset, fw_cfg. And with gdb, from the reset vector on.
. "$(dirname "$0")/../lib.sh"

rom=$GUESTS/rom.rom

# What the guest prints when all is as it should be, with memory of $1 (16 hexadecimal digits).
report()
{
    cat <<END
the ROM is read-only
below 1 MiB there is RAM
after a reset it is as at power-on
QEMU
bytes of memory: $1
END
}

runs_from_the_reset_vector()
{
    run_stepvm --gdb none --bios "$rom"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_equal "stderr" "$(<"$dir/stderr")" ""
    report 0000000008000000 | expect_text "$dir/console"
}

# Of each size that a ROM can have the end counts, with all the memory that there can be around it.
sizes()
{
    local units # of 64 KiB
    for units in 2 3 16 128; do
        rm -f "$dir/large.rom"
        dd if="$rom" of="$dir/large.rom" bs=65536 seek=$((units - 1)) 2>/dev/null
        run_stepvm --gdb none -m 5G --bios "$dir/large.rom" "$GUESTS/demo.img"
        expect_equal "stepvm's exit status with $units units" "$vm_status" 1
        report 0000000140000000 | expect_text "$dir/console"
    done
}

verbose_says_where()
{
    run_stepvm --gdb none -v --bios "$rom"
    expect_text "$dir/stderr" <<'END'
stepvm: firmware of 64 KiB at 0xffff0000, its end below 1 MiB too; the CPU starts at its reset vector, f000:fff0
stepvm: the guest resets the machine
END
}

# Registers after RESET#: SDM vol. 3, table 9-1.
reset_state()
{
    start_vm -S --bios "$rom"
    run_gdb <<'END'
printf "> pc %#lx, ip %#lx, flags %#x\n", $pc, $raw_ip, $eflags
printf "> cs %#x %#lx %#x\n", $cs, $cs_base, $cs_limit
printf "> ss %#x %#lx %#x, ds %#x, es %#x, fs %#x, gs %#x\n", $ss, $ss_base, $ss_limit, $ds, $es, $fs, $gs
printf "> cr0 %#lx, cr3 %#lx, cr4 %#lx, efer %#lx, dr7 %#lx\n", (long)$cr0, $cr3, (long)$cr4, (long)$efer, (long)$dr7
printf "> gdt %#lx %#x, idt %#lx %#x\n", $gdtr_base, $gdtr_limit, $idtr_base, $idtr_limit
printf "> %#x %#x %#x %#x %#x %#x\n", $eax, $ebx, $ecx, $esi, $edi, $esp
x/i $pc
END
    expect_marked <<'END'
> pc 0xfffffff0, ip 0xfff0, flags 0x2
> cs 0xf000 0xffff0000 0xffff
> ss 0 0 0xffff, ds 0, es 0, fs 0, gs 0
> cr0 0x60000010, cr3 0, cr4 0, efer 0, dr7 0x400
> gdt 0 0xffff, idt 0 0xffff
> 0 0 0 0 0 0
END
    expect_line "$dir/gdb.out" '=> 0xfffffff0:	jmp    {{0xffff[0-9a-f]*}}'
}

memory_map()
{
    start_vm -S -m 16M --bios "$rom"
    run_gdb <<'END'
monitor info slots
x/s 0xffff0000
x/s 0xf0000
x/4xb 0xc0000
END
    expect_gdb <<'END'
slot  guest-physical                         kind  what
   0  0x0000000000000000-0x000000000009ffff  RAM   low RAM
   1  0x00000000000a0000-0x00000000000bffff  RAM   VGA memory
   2  0x00000000000c0000-0x00000000000fffff  RAM   shadow RAM
   3  0x0000000000100000-0x0000000000ffffff  RAM   RAM
   4  0x00000000ffff0000-0x00000000ffffffff  ROM   firmware ROM
0xffff0000:	"the firmware's first byte.\306\006\361{{.*}}
0xf0000:	"the firmware's first byte.\306\006\361{{.*}}
0xc0000:	0x00	0x00	0x00	0x00
END
}

# Steps in the ROM and over the far jump into RAM; breakpoints of both kinds in both, one on code
# that has not been copied yet; a watchpoint on the shadow.
steps_and_breakpoints()
{
    local high low mark
    high=$(label rom high) low=$(label rom low) mark=$(label rom mark)
    start_vm -S --bios "$rom"
    run_gdb <<END
stepi
printf "> %#lx\n", \$pc
hbreak *$low
continue
printf "> %#lx %#lx\n", \$pc, \$cs_base
break *$(at rom second)
watch *(char *)$mark
continue
printf "> mark %d\n", *(char *)$mark
delete 3
continue
printf "> %#lx\n", \$pc
continue
printf "> %#lx mark %d\n", \$pc, *(char *)$mark
delete
continue
END
    expect_marked <<END
> $(printf '%#x' $((high + 0xfff00000)))
> $low 0xf0000
> mark 1
> $low
> $(at rom second) mark 0
END
    expect_vm_status 1
}

# What is set in the ROM itself: an address that only the first CPU's first instructions have.
breakpoint_in_the_rom()
{
    local far
    far=$(printf '%#x' $(($(label rom leap) + 0xfff00000)))
    start_vm -S --bios "$rom"
    run_gdb <<END
break *$far
continue
printf "> %#lx\n", \$pc
x/i \$pc
delete
stepi
printf "> %#lx\n", \$pc
END
    expect_line "$dir/gdb.out" "=> $far:	ljmp   \$0xf000,\${{0x[0-9a-f]*}}"
    expect_marked <<END
> $far
> $(label rom low)
END
}

# The debugger's reset is the guest's: shadow RAM is written anew, whatever the guest did to it.
monitor_reset()
{
    start_vm -S --bios "$rom"
    run_gdb <<END
hbreak *$(label rom after_reset)-1
hbreak *$(at rom low)
continue
set var *(int *)$(label rom mark) = 0x12345678
set var *(char *)0xc1234 = 1
monitor reset
maintenance flush register-cache
printf "> %#lx %#lx\n", \$pc, \$cs_base
printf "> mark %d, %d\n", *(char *)$(label rom mark), *(char *)0xc1234
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> 0xfffffff0 0xffff0000
> mark 0, 0
> $(label rom low)
END
}

# The port that the BIOS services trap on belongs to nobody.
no_bios_services()
{
    start_vm -S --bios "$rom"
    run_gdb <<END
hbreak *$(at rom low)
continue
monitor out 0xb8 0x12
x/4xw 0
x/4xw 0x400
printf "> %#lx\n", \$pc
END
    expect_line "$dir/gdb.out" '0x0:	0x00000000	0x00000000	0x00000000	0x00000000'
    expect_line "$dir/gdb.out" '0x400:	0x00000000	0x00000000	0x00000000	0x00000000'
    expect_marked <<<"> $(label rom low)"
}

refused() # what the line has to say; stepvm's arguments
{
    local says=$1
    shift
    run_stepvm --gdb none "$@"
    expect_equal "exit status of stepvm $*" "$vm_status" 1
    expect_text "$dir/stderr" <<<"stepvm: $says"
}

bad_files()
{
    refused "opening $dir/none: No such file or directory (check the path)" --bios "$dir/none"
    : >"$dir/empty"
    refused "opening $dir/empty: the file is empty (was it built?)" --bios "$dir/empty"
    head -c 65535 /dev/zero >"$dir/short"
    refused 'loading {{.*}}/short: 65535 bytes are not the size of a firmware ROM, a multiple of 65536 (pad it at its beginning: its last 16 bytes are the reset vector'"'s)" --bios "$dir/short"
    head -c $((8 * 1024 * 1024 + 65536)) /dev/zero >"$dir/large"
    refused 'loading {{.*}}/large: 8454144 bytes are too large for a firmware ROM, 8388608 at most (name the ROM with --bios, a disk without it)' --bios "$dir/large"
    refused "loading {{.*}}: its format is elf, and firmware boots disks and CDs (leave --bios out, or force it with --format boot)" --bios "$rom" "$GUESTS/protected.elf"
}

# A ROM that is built anew is picked up by a reset, one of another size is not.
reset_reads_the_file_again()
{
    cp "$rom" "$dir/changing.rom"
    start_vm -S --bios "$dir/changing.rom"
    start_gdb <<END
x/s 0xf0000
shell printf THE | dd of=$dir/changing.rom conv=notrunc 2>/dev/null
monitor reset
x/s 0xf0000
x/s 0xffff0000
shell head -c 65536 /dev/zero >>$dir/changing.rom
monitor reset
END
    finish_gdb
    expect_text "$dir/gdb.out" <<END
0xf0000:	"the {{.*}}
The machine is as at power-on{{.*}}
0xf0000:	"THE {{.*}}
0xffff0000:	"THE {{.*}}
{{.*}}loading {{.*}}: its size has changed from 65536 to 131072 bytes (start again)
END
}

TEST runs_from_the_reset_vector
TEST sizes
TEST verbose_says_where
TEST reset_state
TEST memory_map
TEST steps_and_breakpoints
TEST breakpoint_in_the_rom
TEST monitor_reset
TEST no_bios_services
TEST bad_files
TEST reset_reads_the_file_again
