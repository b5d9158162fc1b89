# What a CD is booted as: the drive number in DL and what INT 13h says of it, the CD's own blocks by
# INT 13h, and the same ones by an ATAPI drive on the second channel. tests/boot/cd.sh puts it onto a
# CD, with all its sectors loaded; each line is printed to port 0xe9.

.set COUNT, 0x172                       # the second channel's ports
.set MID, 0x174
.set HIGH, 0x175
.set DEVICE, 0x176
.set COMMAND, 0x177
.set BSY, 0x80
.set DRQ, 0x08
.set BLOCK, 2048
.set BUFFER, 0xa000
.set AGAIN, 0xb000
.set ANSWER, 0x9000                     # of INT 13h

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
        movb    %dl, drive
        jmp     stages

        .section .stages, "ax"
stages: movw    $booted, %si
        call    print
        movb    drive, %al
        call    print_byte
        call    print_end

# The specification packet: media type, drive, the block, load segment, sectors.
status: movw    $emulation, %si
        call    print
        movw    $0x4b01, %ax
        movw    $ANSWER, %si
        call    disk_call
        movb    ANSWER + 1, %al
        call    print_byte
        movb    ANSWER + 2, %al
        call    print_byte
        movb    ANSWER + 4, %al
        call    print_byte
        movb    ANSWER + 13, %al
        call    print_byte
        movb    ANSWER + 14, %al
        call    print_byte
        call    print_end

size:   movw    $parameters, %si
        call    print
        movw    $30, ANSWER
        movw    $0x4800, %ax
        movw    $ANSWER, %si
        call    disk_call
        movb    ANSWER + 25, %al        # bytes in a sector
        call    print_byte
        movb    ANSWER + 16, %al        # sectors
        call    print_byte
        call    print_end

# Block 17 says what it is from its eighth byte on.
read:   movw    $by_bios, %si
        call    print
        movw    $0x4200, %ax
        movw    $packet, %si
        call    disk_call
        call    print_end
        movb    $0, BUFFER + 7 + 9
        movw    $BUFFER + 7, %si
        call    print
        movb    $' ', BUFFER + 7 + 9
        call    print_end

write:  movw    $write_bios, %si
        call    print
        movw    $0x4300, %ax
        movw    $packet, %si
        call    disk_call
        call    print_end

# Device 0 of the second channel: the signature, the model, the capacity, block 17.
        movw    $signature, %si
        call    print
        movw    $DEVICE, %dx
        movb    $0xa0, %al
        outb    %al, %dx
        movw    $MID, %dx
        inb     %dx, %al
        call    print_byte
        movw    $HIGH, %dx
        inb     %dx, %al
        call    print_byte
        call    print_end

identify:
        movw    $COMMAND, %dx
        movb    $0xa1, %al
        outb    %al, %dx
        movw    $512, %cx
        call    take
        movw    $AGAIN + 27 * 2, %si    # the first character of each pair is the second byte
        movw    $7, %cx
1:      lodsw
        xchgb   %al, %ah
        outb    %al, $0xe9
        movb    %ah, %al
        outb    %al, $0xe9
        loop    1b
        call    print_end

capacity:
        movw    $capacity_is, %si
        call    print
        movw    $read_capacity, %si
        movw    $8, %cx
        call    send
        movb    AGAIN + 3, %al          # the last block
        call    print_byte
        movb    AGAIN + 6, %al          # bytes in a block, of which this is bits 15:8
        call    print_byte
        call    print_end

read_packet:
        movw    $by_atapi, %si
        call    print
        movw    $read_10, %si
        movw    $BLOCK, %cx
        call    send
        movw    $BUFFER, %si
        movw    $AGAIN, %di
        movb    $0, (BUFFER + 7 + 9)
        movb    $0, (AGAIN + 7 + 9)
        movw    $BLOCK / 2, %cx
        repe cmpsw
        movw    $same, %si
        je      1f
        movw    $differs, %si
1:      call    print
        movw    $COMMAND, %dx
        inb     %dx, %al
        call    print_byte
        call    print_end

        movb    $0x10, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

# AX: the function, DS:SI its packet. Prints carry and AH.
disk_call:
        movb    drive, %dl
        testb   %dl, %dl
        jnz     1f
        movb    $0xe0, %dl              # booted as a diskette: the CD is there all the same
1:      int     $0x13
        pushf
        popw    %bx
        pushw   %ax
        movb    %bl, %al
        andb    $1, %al
        call    print_byte
        popw    %ax
        movb    %ah, %al
        jmp     print_byte

# Sends the packet at SI and takes CX bytes.
send:   pushw   %cx
        movb    %cl, %al
        movw    $MID, %dx
        outb    %al, %dx
        incw    %dx
        movb    %ch, %al
        outb    %al, %dx
        movw    $COMMAND, %dx
        movb    $0xa0, %al
        outb    %al, %dx
        call    ready
        movw    $6, %cx
        movw    $0x170, %dx
        rep outsw
        popw    %cx
take:   call    ready
        movw    $AGAIN, %di
        shrw    $1, %cx
        movw    $0x170, %dx
        rep insw
        ret

# Until the drive asks for data.
ready:  movw    $COMMAND, %dx
1:      inb     %dx, %al
        testb   $BSY, %al
        jnz     1b
        testb   $DRQ, %al
        jz      1b
        ret

print_end:
        movw    $end, %si
print:  lodsb
        testb   %al, %al
        jz      1f
        outb    %al, $0xe9
        jmp     print
1:      ret

print_byte:
        pushw   %ax
        movb    $' ', %al
        outb    %al, $0xe9
        popw    %ax
        pushw   %ax
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
        .word   1, BUFFER, 0
        .quad   17
read_capacity: .byte 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
read_10: .byte  0x28, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0
drive:  .byte   0
booted: .asciz  "drive:"
emulation: .asciz "INT 13h AH=4Bh:"
parameters: .asciz "INT 13h AH=48h:"
by_bios: .asciz "INT 13h read:"
write_bios: .asciz "INT 13h write:"
signature: .asciz "signature:"
capacity_is: .asciz "capacity:"
by_atapi: .asciz "ATAPI read:"
same:   .asciz  " same"
differs: .asciz " differs"
end:    .asciz  "\r\n"
