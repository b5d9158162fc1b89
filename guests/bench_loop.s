# For `make bench`: a firmware that puts an endless loop into RAM and goes there, so that stepvm and
# QEMU run the same instructions at the same address right after the start, with no BIOS before.
# tests/bench/vms.inc makes a boot sector of the loop, too.

        .text
        .code16
        .globl  rom, loop, loop_end, START, LAST, COUNTER
# In RAM:
.set START, 0x7c00              # the loop's first instruction
.set COUNTER, 0x9000            # a word that each round writes
.set LAST, START + (last - loop) # its last, the jmp

rom:    .ascii  "make bench"

high:   xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $START, %sp
        movw    $START, %di
        movw    $loop - rom, %si
        movw    $loop_end - loop, %cx
        cld
        rep movsb %cs:(%si), %es:(%di)
        ljmp    $0, $START

loop:   incw    %ax
        addw    %ax, %bx
        movw    %bx, COUNTER
        pushw   %bx
        popw    %dx
last:   jmp     loop
loop_end:

        .section .reset, "ax"
        jmp     high
