# 64-bit code that maps 0x200000 elsewhere, unless r15 says not to, and reads it: what a debugger
# that goes back before that must find is the old page. Flat, long mode; it ends by the debug exit.

.set PML4, 0x10000
.set PDPT, 0x11000
.set PD,   0x12000
.set PAGE, 0x200000
.set OLD,  0x400000
.set NEW,  0x600000

        .text
        .code64
        .globl _start
_start:
        xorl    %r15d, %r15d
        movq    $PDPT + 3, PML4
        movq    $PD + 3, PDPT
        movq    $0x83, PD
        movq    $OLD + 0x83, PD + 8
        movq    $0x22, NEW
        movl    $PML4, %eax
        movq    %rax, %cr3
        movq    $0x11, PAGE
        movq    PAGE, %rbx
before_remap:
        testl   %r15d, %r15d
        jnz     kept
        movq    $NEW + 0x83, PD + 8
        invlpg  PAGE
kept:   movq    PAGE, %rax
after_read:
        movw    $0xf4, %dx
        outb    %al, %dx
stay:   jmp     stay
