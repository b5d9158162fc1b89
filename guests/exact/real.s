# Real mode: the handlers into the interrupt vector table.
.macro VECTORS list:vararg
.irp vector, \list
        movw    $handler_\vector - ORG, \vector * 4
        movw    %cs, \vector * 4 + 2
.endr
.endm
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    $0xd000, %ax
        movw    %ax, %fs
        movw    $((MODE) & REAL1) * 0x100, %ax
        movw    %ax, %ss
        movw    $STACK, %sp
        VECTORS 0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 14, 32, 48
        jmp     set_up

# To protected mode and back: flat 32-bit code, and 16-bit code at our own segment's base.
        .balign 8
switch_gdt:
        .quad   0
        .quad   0x00cf9a000000ffff
        .quad   0x00009a000000ffff | ((MODE) & REAL1) << 31
switch_pointer:
        .word   3 * 8 - 1
        .long   switch_gdt
set_up:
