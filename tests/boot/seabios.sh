#!/bin/bash
# Debian's SeaBIOS (--bios) boots disks; its screen and keyboard are on COM1.
. "$(dirname "$0")/../lib.sh"

need_rom() # seabios (256 KiB) or seabios128
{
    reason=$(tests/boot/prepare "$1" 2>&1) || skip "$reason"
    rom=$BUILD/boot-images/$1.img
    patience=$((patience * 5))
}

# What the guest says by INT 10h, and what is typed for INT 16h.
boots_a_disk()
{
    need_rom seabios
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none --bios "$rom" "$GUESTS/keys.img"
    await_text "$dir/console" 'keys ready'
    printf 'Hi' >&7
    await_text "$dir/console" 'Hi'
    printf 'q' >&7
    expect_vm_status 1
    expect_equal "stderr" "$(<"$dir/stderr")" ""
    expect_text "$dir/console" <<'END'
{{.*}}SeaBIOS (version {{.*}}
Booting from Hard Disk...
keys ready
Hi
END
}

# The smaller image, which is below 1 MiB as a whole. The guest reads its other sectors by INT 13h.
# SeaBIOS sends the last character with the next timer interrupt, which the guest may not let come.
boots_a_disk_of_several_sectors()
{
    need_rom seabios128
    start_stepvm --gdb none --bios "$rom" "$GUESTS/demo.img"
    await_text "$dir/console" 'end of the demo'
    expect_text "$dir/console" <<'END'
...
Booting from Hard Disk...
stage_real: 16-bit code, the BIOS prints this
stage_real: read the other stages from the dis{{.*}}
...
stage_long: 64-bit code, and the end of the demo
END
}

# What it has found out of the machine by fw_cfg, CMOS, PCI and SIPI. It says so with --verbose.
finds_the_machine()
{
    need_rom seabios
    start_stepvm --gdb none -v -m 5G -c 2 --bios "$rom" --disk "$GUESTS/demo.img,ro" \
        --disk "$GUESTS/keys.img,ro"
    await_text "$dir/console" 'Booting from Hard Disk'
    expect_line "$dir/console" 'Running on QEMU (i440fx)'
    expect_line "$dir/console" 'Found QEMU fw_cfg'
    expect_line "$dir/console" 'qemu/e820: addr 0x0000000000000000 len 0x00000000c0000000 [RAM]'
    expect_line "$dir/console" 'qemu/e820: addr 0x0000000100000000 len 0x0000000080000000 [RAM]'
    expect_line "$dir/console" 'Found 2 cpu(s) max supported 2 cpu(s)'
    expect_line "$dir/console" 'ata0-0: STEPVM DISK ATA-6 Hard-Disk (0 MiBytes)'
    expect_line "$dir/console" 'ata0-1: STEPVM DISK ATA-6 Hard-Disk (0 MiBytes)'
    expect_line "$dir/console" 'PCI: init bdf=00:01.1 id=8086:7010'
    expect_line "$dir/console" 'table(50434146)=0x{{[0-9a-f]+}} (via xsdt)' # "FACP"
    expect_line "$dir/console" 'ACPI: parse DSDT at {{.*}}'
}

# The map that it gives the guest by INT 15h AX=E820h.
memory_map()
{
    need_rom seabios
    start_stepvm --gdb none -m 16M --bios "$rom" "$GUESTS/e820.img"
    expect_vm_status 1
    expect_text "$dir/console" <<'END'
...
Booting from Hard Disk...
0000000000000000 000000000009fc00 00000001 
000000000009fc00 0000000000000400 00000002 
00000000000f0000 0000000000010000 00000002 
0000000000100000 0000000000eff000 00000001 
0000000000fff000 0000000000001000 00000002 
00000000feffc000 0000000000004000 00000002 
00000000fffc0000 0000000000040000 {{00000002 ?}}
END
}

# From the first instruction to the boot sector's, and after a reset once more: it has changed its
# shadow by then, which is to be as at power-on.
debugged_from_the_reset_vector()
{
    need_rom seabios
    start_vm -S --bios "$rom" "$GUESTS/keys.img"
    run_gdb <<END
x/i \$pc
stepi
printf "> %#lx %#lx\n", \$pc, \$cs_base
hbreak *0x7c00
continue
printf "> %#lx dl %#x sector %#x\n", \$pc, \$edx & 0xff, *(unsigned short *)0x7dfe
dump binary memory $dir/used 0xe0000 0x100000
monitor reset
maintenance flush register-cache
printf "> %#lx %#lx\n", \$pc, \$cs_base
dump binary memory $dir/reset 0xe0000 0x100000
continue
printf "> %#lx dl %#x\n", \$pc, \$edx & 0xff
END
    expect_line "$dir/gdb.out" '=> 0xfffffff0:	ljmp   $0xf000,$0xe05b'
    expect_marked <<'END'
> 0xfe05b 0xf0000
> 0x7c00 dl 0x80 sector 0xaa55
> 0xfffffff0 0xffff0000
> 0x7c00 dl 0x80
END
    tail -c 131072 "$rom" >"$dir/rom"
    cmp "$dir/rom" "$dir/reset" || fail "the shadow is not the ROM's copy after the reset"
    ! cmp -s "$dir/rom" "$dir/used" || fail "SeaBIOS has not changed its shadow: nothing was tested"
}

TEST boots_a_disk
TEST boots_a_disk_of_several_sectors
TEST finds_the_machine
TEST memory_map
TEST debugged_from_the_reset_vector
