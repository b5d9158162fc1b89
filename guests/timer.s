# Counts five interrupts of the timer, says so, and ends the VM by the debug-exit port.
# Programs the PICs and the PIT itself: needs the BIOS for printing only.

.set TICKS, 0x9000

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
        movw    %ax, TICKS
        movw    $tick, 0x20 * 4
        movw    %ax, 0x20 * 4 + 2

# Both PICs: edge-triggered, cascaded, vectors 0x20 and 0x28; only IRQ 0 is let through.
        movb    $0x11, %al
        outb    %al, $0x20
        outb    %al, $0xa0
        movb    $0x20, %al
        outb    %al, $0x21
        movb    $0x28, %al
        outb    %al, $0xa1
        movb    $0x04, %al
        outb    %al, $0x21
        movb    $0x02, %al
        outb    %al, $0xa1
        movb    $0x01, %al
        outb    %al, $0x21
        outb    %al, $0xa1
        movb    $0xfe, %al
        outb    %al, $0x21
        movb    $0xff, %al
        outb    %al, $0xa1

# PIT channel 0, mode 2, 1193182 / 11932 = 100 interrupts a second.
        movb    $0x34, %al
        outb    %al, $0x43
        movw    $11932, %ax
        outb    %al, $0x40
        movb    %ah, %al
        outb    %al, $0x40

        sti
wait:   hlt
woken:
        cmpw    $5, TICKS
        jb      wait
five_ticks:
        cli
        movw    $text, %si
print:  lodsb
        testb   %al, %al
        jz      printed
        movb    $0x0e, %ah
        xorw    %bx, %bx
        int     $0x10
        jmp     print
printed:
        movb    $0x10, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

tick:   pushw   %ax
        incw    TICKS
        movb    $0x20, %al              # end of interrupt
        outb    %al, $0x20
        popw    %ax
tick_end:
        iretw

text:   .asciz "five ticks\r\n"
