# Real mode: instructions that raise faults, each with a handler that skips it. A boot sector.

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movw    $divide, 0 * 4
        movw    %ax, 0 * 4 + 2
        movw    $undefined, 6 * 4
        movw    %ax, 6 * 4 + 2
        movw    $protection, 13 * 4
        movw    %ax, 13 * 4 + 2

before_ud:
        ud2
after_ud:
        xorb    %cl, %cl
before_de:
        divb    %cl
after_de:
        nop
before_gp:
        movw    0xffff, %bx             # a word across the segment's limit
after_gp:
        nop
end:    hlt
        jmp     end

# Each skips its instruction: 2, 2 and 4 bytes.
undefined:
        pushw   %bp
        movw    %sp, %bp
        addw    $2, 2(%bp)
        popw    %bp
        iretw
divide:
        pushw   %bp
        movw    %sp, %bp
        addw    $2, 2(%bp)
        popw    %bp
        iretw
protection:
        pushw   %bp
        movw    %sp, %bp
        addw    $4, 2(%bp)
        popw    %bp
        iretw
