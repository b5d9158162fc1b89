# Two CPUs: the first, in protected mode with interrupts on, does nothing in a loop; the second, in
# real mode, enters the handler of int $0x40 again and again, and counts there. The first one's gate
# 0x40 leads to the same handler, so that a debugger that steps the first one has an eye on it.

.set COUNTER,    0x9000 # how often the handler was entered
.set TRAPS,      0x9004 # debugger's int3 bytes that the second CPU saw: none
.set SIPI_PAGE,  8
.set APIC,       0xfee00000
.set APIC_SVR,   0x0f0
.set APIC_ICR,   0x300
.set ICR_INIT,   0x000c4500
.set ICR_SIPI,   0x000c4600
.set HANDLER,    (SIPI_PAGE << 12) + other_handler - start_other

        .text
        .code32
        .globl _start
_start:
        cli
        cld
        movb    $0xff, %al
        outb    %al, $0x21
        outb    %al, $0xa1
        movl    $start_other, %esi
        movl    $SIPI_PAGE << 12, %edi
        movl    $end_other - start_other, %ecx
        rep movsb
        movw    $HANDLER, idt + 0x40 * 8
        movw    %cs, idt + 0x40 * 8 + 2
        movl    $0x8e00, idt + 0x40 * 8 + 4
        lidt    idt_pointer
        movl    $APIC, %ebx
        movl    $0x1ff, APIC_SVR(%ebx)
        movl    $ICR_INIT, APIC_ICR(%ebx)
        movl    $ICR_SIPI | SIPI_PAGE, APIC_ICR(%ebx)
        sti
work:   nop
        nop
        jmp     work

        .code16
start_other:
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7000, %sp
        movw    $HANDLER, 0x40 * 4
        movw    %ax, 0x40 * 4 + 2
        movw    $(SIPI_PAGE << 12) + other_int3 - start_other, 3 * 4
        movw    %ax, 3 * 4 + 2
other_loop:
        int     $0x40
        jmp     other_loop
other_handler:
        incl    COUNTER
        iretw
other_int3:
        incl    TRAPS
        iretw
end_other:

        .balign 8
idt_pointer:
        .word   0x41 * 8 - 1
        .long   idt
        .balign 8
idt:    .fill   0x41 * 8
