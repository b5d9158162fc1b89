# A driver for ATA disks by PIO and interrupts, as small as one can be. It works on the second disk
# (device 1 of the first channel, drive 0x81 of the BIOS): says what that is, writes and reads it by
# each kind of address, and by INT 13h, and compares. Each line ends with the drive's status and
# error registers. Then it ends the VM by the debug-exit port.

.set DATA, 0x1f0                        # the first channel's ports
.set ERROR, 0x1f1
.set COUNT, 0x1f2
.set LOW, 0x1f3
.set MID, 0x1f4
.set HIGH, 0x1f5
.set DEVICE, 0x1f6
.set COMMAND, 0x1f7                     # reads: status
.set CONTROL, 0x3f6                     # reads: alternate status
.set BSY, 0x80
.set DRQ, 0x08
.set ERR, 0x01

.set DISK, 0x81                         # as the BIOS calls it
.set SECTOR, 512
.set PATTERN, 0x9000                    # what is written
.set BUFFER, 0xa000                     # what is read: up to 8 sectors
.set INTERRUPTS, 0x8f00                 # how many there were
.set STATUS, 0x8f02                     # as the handler read it

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7c00, %sp
        cld
        sti
        movw    $0x0200 + (stages_end - stages + SECTOR - 1) / SECTOR, %ax
        movw    $2, %cx                 # cylinder 0, sector 2
        movw    $0x80, %dx
        movw    $0x7e00, %bx
        int     $0x13
        jnc     stages
        movb    $1, %al
        outb    %al, $0xf4

        .section .stages, "ax"
stages:
        movw    $0, INTERRUPTS
        movw    $irq, 0x76 * 4          # IRQ 14
        movw    $0, 0x76 * 4 + 2
        inb     $0xa1, %al
        andb    $~0x40, %al
        outb    %al, $0xa1

identify:
        movb    $0xb0, %al              # device 1
        call    select
        movb    $0xec, %al
        call    command
        call    await
        call    take_sector
        movw    $model, %si
        call    print
        movw    $BUFFER + 27 * 2, %si   # the first character of each pair is the second byte
        movw    $6, %cx
1:      lodsw
        xchgb   %al, %ah
        outb    %al, $0xe9
        movb    %ah, %al
        outb    %al, $0xe9
        loop    1b
        movw    BUFFER + 61 * 2, %ax
        call    print_word
        movw    BUFFER + 60 * 2, %ax
        call    print_word
        call    print_end

# 28 bits: sector 5.
write_28:
        movb    $0x11, %al
        call    make_pattern
        movb    $0xf0, %al
        call    select
        movw    $5, %bx
        call    address
        movb    $0x30, %al
        movw    $lba28_write, %si
        call    write_sector

# 48 bits: the upper bytes go first; they are all 0.
read_48:
        call    select_lba
        xorw    %bx, %bx
        call    address_count_0
        movw    $5, %bx
        call    address
        movb    $0x24, %al
        movw    $lba48_read, %si
        call    read_sector

# Cylinder 0, head 0, sector 6 is the same one.
read_chs:
        movb    $0xb0, %al
        call    select
        movw    $6, %bx
        call    address
        movb    $0x20, %al
        movw    $chs_read, %si
        call    read_sector

# So it is for the BIOS.
read_bios:
        movb    $0x42, %ah
        movw    $5, packet_sector
        movw    $BUFFER, packet_buffer
        movw    $bios_read, %si
        call    bios
        call    compare
        call    print_end

# Sector 6 is written by the BIOS, and read by READ MULTIPLE, 8 sectors from 0 on at once.
write_bios:
        movb    $0x77, %al
        call    make_pattern
        movw    $0x4300, %ax
        movw    $6, packet_sector
        movw    $PATTERN, packet_buffer
        movw    $bios_write, %si
        call    bios
        call    print_end
read_multiple:
        movb    $8, %al
        movw    $COUNT, %dx
        outb    %al, %dx
        movb    $0xc6, %al              # SET MULTIPLE MODE
        call    command
        call    await
        call    select_lba
        xorw    %bx, %bx
        call    address
        movb    $8, %al
        movw    $COUNT, %dx
        outb    %al, %dx
        movb    $0xc4, %al
        call    command
        call    await
        movw    $BUFFER, %di
        movw    $8 * SECTOR / 4, %cx
        movw    $DATA, %dx
        rep insl
        movw    $multiple_read, %si
        call    print
        movw    $BUFFER + 6 * SECTOR, %si
        call    compare_at
        call    print_status

flush:
        movb    $0xe7, %al
        call    command
        call    await
        movw    $flushed, %si
        call    print
        call    print_status

# Far from the beginning, where a full host disk may have no room.
write_far:
        call    select_lba
        movw    $200, %bx
        call    address
        movb    $0x30, %al
        movw    $far_write, %si
        call    write_sector

past_the_end:
        movb    $0xff, %al              # sector 0x0f000005
        call    select
        movw    $5, %bx
        call    address
        movb    $0x20, %al
        call    command
        call    await
        movw    $past_end, %si
        call    print
        call    print_status

# Nothing is on the other channel, or what the test put there.
other_channel:
        movw    $0x177, %dx
        inb     %dx, %al
        movw    $other, %si
        call    print
        call    print_byte
        call    print_end

        movw    $interrupts, %si
        call    print
        movb    INTERRUPTS, %al
        call    print_byte
        call    print_end
        movb    $0x10, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

# ---- The drive

irq:    pushw   %ax
        pushw   %dx
        movw    $COMMAND, %dx
        inb     %dx, %al                # which lowers the line
        movb    %al, STATUS
        incw    INTERRUPTS
        movb    $0x20, %al              # end of interrupt, at both controllers
        outb    %al, $0xa0
        outb    %al, $0x20
        popw    %dx
        popw    %ax
        iretw

# AL: the device register.
select_lba:
        movb    $0xf0, %al
select: movw    $DEVICE, %dx
        outb    %al, %dx
        ret

# BX: bits 15:0 of the address; one sector, or (address_count_0) the count's upper byte.
address:
        movb    $1, %al
        jmp     1f
address_count_0:
        movb    $0, %al
1:      movw    $COUNT, %dx
        outb    %al, %dx
        incw    %dx
        movb    %bl, %al
        outb    %al, %dx
        incw    %dx
        movb    %bh, %al
        outb    %al, %dx
        incw    %dx
        movb    $0, %al
        outb    %al, %dx
        ret

# AL: the command. Keeps the count of interrupts in BP.
command:
        movw    INTERRUPTS, %bp
        movw    $COMMAND, %dx
        outb    %al, %dx
        ret

# Until the interrupt has come.
await:  cli
        cmpw    %bp, INTERRUPTS
        jne     1f
        sti
        hlt
        jmp     await
1:      sti
        ret

take_sector:
        movw    $BUFFER, %di
        movw    $SECTOR / 2, %cx
        movw    $DATA, %dx
taking_sector:
        rep insw
        ret

# AL: the command, SI: what it is called.
read_sector:
        call    command
        call    await
        testb   $DRQ, STATUS
        jz      1f
        call    take_sector
1:      call    print
        call    compare
        jmp     print_status

write_sector:
        call    command
        movw    $CONTROL, %dx
1:      inb     %dx, %al                # no interrupt says that the first block is awaited
        testb   $BSY, %al
        jnz     1b
        testb   $ERR, %al
        jnz     2f
        pushw   %si
        movw    $PATTERN, %si
        movw    $SECTOR / 2, %cx
        movw    $DATA, %dx
        rep outsw
        popw    %si
2:      call    await
        call    print
        jmp     print_status

# AX: the function, SI: what it is called. Prints carry and AH.
bios:   call    print
        movw    $packet, %si
        movw    $DISK, %dx
        int     $0x13
        pushf
        popw    %bx
        andb    $1, %bl
        movb    %bl, %al
        pushw   %ax
        call    print_byte
        popw    %ax
        movb    %ah, %al
        jmp     print_byte

# AL: the first byte of 512 that differ from their neighbours.
make_pattern:
        movw    $PATTERN, %di
        movw    $SECTOR, %cx
1:      stosb
        addb    $7, %al
        loop    1b
        ret

compare:
        movw    $BUFFER, %si
compare_at:
        movw    $PATTERN, %di
        movw    $SECTOR / 2, %cx
        repe cmpsw
        movw    $same, %si
        je      print
        movw    $differs, %si
        jmp     print

# ---- Text

print_status:
        movw    $COMMAND, %dx
        inb     %dx, %al
        call    print_byte
        movw    $ERROR, %dx
        inb     %dx, %al
        call    print_byte
print_end:
        movw    $end, %si
print:  pushw   %ax
1:      lodsb
        testb   %al, %al
        jz      2f
        outb    %al, $0xe9
        jmp     1b
2:      popw    %ax
        ret

print_word:
        pushw   %ax
        movb    %ah, %al
        call    digits
        popw    %ax
        jmp     digits

print_byte:
        pushw   %ax
        movb    $' ', %al
        outb    %al, $0xe9
        popw    %ax
digits: pushw   %ax
        shrb    $4, %al
        call    digit
        popw    %ax
        andb    $15, %al
digit:  cmpb    $10, %al
        jb      1f
        addb    $'a' - 10 - '0', %al
1:      addb    $'0', %al
        outb    %al, $0xe9
        ret

packet: .byte   16, 0
        .word   1
packet_buffer:
        .word   0, 0
packet_sector:
        .quad   0

model:  .asciz  "device 1: "
lba28_write: .asciz "28-bit write:"
lba48_read: .asciz "48-bit read:"
chs_read: .asciz "CHS read:"
bios_read: .asciz "INT 13h read:"
bios_write: .asciz "INT 13h write:"
multiple_read: .asciz "READ MULTIPLE:"
flushed: .asciz "FLUSH CACHE:"
far_write: .asciz "write of sector 200:"
past_end: .asciz "read past the end:"
other:  .asciz  "channel 1:"
interrupts: .asciz "interrupts:"
same:   .asciz  " same"
differs: .asciz " differs"
end:    .asciz  "\r\n"
stages_end:
