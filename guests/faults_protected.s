# Protected mode: faults without and with an error code, each with a handler that skips its
# instruction. A flat image.

.macro GATE vector, handler
        movl    $\handler, %eax
        movw    %ax, idt + \vector * 8
        movw    %cs, idt + \vector * 8 + 2
        movw    $0x8e00, idt + \vector * 8 + 4  # present, 32-bit interrupt gate
        shrl    $16, %eax
        movw    %ax, idt + \vector * 8 + 6
.endm

        .text
        .globl _start
_start:
        GATE    6, undefined
        GATE    13, protection
        lidt    idt_pointer

before_ud:
        ud2
after_ud:
        movl    $0xfff8, %eax
before_gp:
        movl    %eax, %fs               # a selector past the GDT: the error code is 0xfff8
after_gp:
        nop
end:    hlt
        jmp     end

undefined:
        addl    $2, (%esp)
        iretl
protection:
        addl    $2, 4(%esp)
        addl    $4, %esp
        iretl

        .balign 8
idt_pointer:
        .word   16 * 8 - 1
        .long   idt
        .balign 8
idt:    .fill   16 * 8
