#!/bin/bash
# A CD of our own is booted, with a guest that looks at it.
. "$(dirname "$0")/../lib.sh"

# The bytes with these hexadecimal values, to file $1 at byte $2.
put()
{
    local file=$1 at=$2 byte
    shift 2
    for byte in "$@"; do
        # shellcheck disable=SC2059 # the escape is the point
        printf "\\x$byte"
    done | dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
}

# MEDIA: makes $cd, of 64 blocks: a boot record in block 17 that leads to the catalog in block 18,
# whose entry boots the guest in block 20 as MEDIA (00: no emulation).
make_cd()
{
    cd=$dir/cd.iso
    head -c 131072 /dev/zero >"$cd"
    put "$cd" 32768 01 43 44 30 30 31 01
    put "$cd" 34816 00 43 44 30 30 31 01
    printf 'EL TORITO SPECIFICATION' | dd of="$cd" bs=1 seek=34823 conv=notrunc 2>/dev/null
    put "$cd" 34887 12
    put "$cd" 36864 01
    put "$cd" 36892 aa 55 55 aa 88 "$1" 00 00 00 00 03 00 14
    dd if="$GUESTS/cd.img" of="$cd" bs=2048 seek=20 conv=notrunc 2>/dev/null
}

# DRIVE MEDIA: what the guest prints.
expect_guest()
{
    expect_equal "exit status" "$vm_status" 33
    expect_text "$dir/console" <<END
drive: $1
INT 13h AH=4Bh: 00 00 $2 $1 14 07 03
INT 13h AH=48h: 00 00 08 40
INT 13h read: 00 00
EL TORITO
INT 13h write: 01 03
signature: 14 eb
STEPVM CD-ROM{{ *}}
capacity: 3f 08
ATAPI read: same 50
END
}

a_cd_is_drive_e0()
{
    make_cd 00
    run_stepvm -v --gdb none "$cd"
    expect_line "$dir/stderr" 'stepvm: a CD of 64 blocks, booted as drive 0xe0; 3 sectors of block 20 at 0x7c00 in real mode'
    expect_guest e0 00
}

# By somebody else's BIOS, which finds the drive as an ATAPI one, and its own services.
seabios_boots_a_cd()
{
    reason=$(tests/boot/prepare seabios 2>&1) || skip "$reason"
    patience=$((patience * 5))
    make_cd 00
    dd if="$GUESTS/demo.img" of="$cd" bs=2048 seek=20 count=1 conv=notrunc 2>/dev/null
    start_stepvm --gdb none --bios "$BUILD/boot-images/seabios.img" "$cd"
    await_text "$dir/console" 'stage_real: 16-bit code, the BIOS prints thi'
    expect_line "$dir/console" '{{Booting from DVD/CD.*}}'
}

a_cd_may_be_booted_as_a_diskette()
{
    make_cd 02
    run_stepvm --gdb none "$cd"
    expect_guest 00 02
}

disks_stand_beside_it()
{
    make_cd 00
    run_stepvm --gdb none --disk "$GUESTS/ata.img,ro" --disk "$GUESTS/ata.img,ro" \
        --disk "$GUESTS/ata.img,ro" "$cd"
    expect_guest e0 00
    start_stepvm --gdb none --format boot "$cd"
    await_text "$dir/stderr" 'no boot signature 55 aa'
}

refusals()
{
    make_cd 04
    run_stepvm --gdb none "$cd"
    expect_equal "exit status" "$vm_status" 1
    expect_text "$dir/stderr" <<<"stepvm: loading $cd: the CD boots as a hard disk, which is not emulated (boot that image by itself, with --format boot)"
    head -c 2048 /dev/zero >"$cd"
    run_stepvm --gdb none --format cd "$cd"
    expect_equal "exit status" "$vm_status" 1
    expect_line "$dir/stderr" "stepvm: loading $cd: the CD has no boot record (no El Torito image, or not ISO 9660)"
}

TEST a_cd_is_drive_e0
TEST seabios_boots_a_cd
TEST a_cd_may_be_booted_as_a_diskette
TEST disks_stand_beside_it
TEST refusals
