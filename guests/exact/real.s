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
