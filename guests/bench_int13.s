# For `make bench`: a boot sector that reads the beginning of its disk by INT 13h, 32 KiB a call, and
# writes a line to port 0xe9 before and after. How often it calls is written into `calls`.

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7c00, %sp
        sti
        movb    %dl, drive
        call    line
        movw    calls, %bp
1:      movb    $0x42, %ah
        movb    drive, %dl
        movw    $packet, %si
        int     $0x13
        jc      failed
        addl    $64, packet_block
        decw    %bp
        jnz     1b
        call    line
        movb    $0, %al
quit:   outb    %al, $0xf4
stay:   hlt
        jmp     stay

failed: movb    $1, %al
        jmp     quit

line:   movb    $'\n', %al
        outb    %al, $0xe9
        ret

drive:  .byte   0
calls:  .word   64
        .balign 4
packet: .byte   16, 0
        .word   64
        .word   0, 0x1000               # to 0x10000
packet_block:
        .quad   0
