# Prints a line and resets the machine, again and again; --entry chooses how.

        .text
        .code16
        .globl _start, reset_8042, reset_92
_start:
# The keyboard controller's command fe: pulse the reset line.
reset_8042:
        call    print
        movb    $0xfe, %al
        outb    %al, $0x64
        jmp     stay

# Bit 0 of system control port A.
reset_92:
        call    print
        movb    $0x01, %al
        outb    %al, $0x92

stay:   cli
        hlt
        jmp     stay

print:  xorw    %ax, %ax
        movw    %ax, %ds
        movw    $text, %si
more:   lodsb
        testb   %al, %al
        jz      printed
        movb    $0x0e, %ah
        xorw    %bx, %bx
        int     $0x10
        jmp     more
printed:
        ret

text:   .asciz "booted\r\n"
