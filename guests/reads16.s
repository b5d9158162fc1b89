# guests/reads.inc in real mode: a boot sector.
        .text
        .code16
        .globl _start
.set AX, %ax
.set BX, %bx
.set CX, %cx
.set SI, %si
.set DI, %di
.set BP, %bp
.set SP, %sp
.set WORD, 2
.set BESIDE, 4
.macro PUSH what
        pushw   \what
.endm
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        mov     $0x7c00, SP
        .include "guests/reads.inc"
