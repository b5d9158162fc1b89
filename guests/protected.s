# Protected mode for tests: flat segments as stepvm sets them up, no paging.

.set COUNTER, 0x9000

        .text
        .code32
        .globl _start
_start:
        movl    $0x11111111, %eax
        movl    $0x22222222, %ebx
        movl    $0x33333333, %ecx
        movl    $0x44444444, %edx
        movl    $0x55555555, %esi
        movl    $0x66666666, %edi
        movl    $0x77777777, %ebp
registers_set:
        nop

# SSE and x87, which are off until CR4.OSFXSR is set and CR0.EM and CR0.TS are clear. Only what KVM
# can interpret: on some hosts kernel-mode code is not executed by the CPU itself. What it may not
# know comes after the endless loop; a test goes there by setting $pc.
        movl    %cr4, %eax
        orl     $0x600, %eax
        movl    %eax, %cr4
        movl    %cr0, %eax
        andl    $~0x0c, %eax
        orl     $0x02, %eax
        movl    %eax, %cr0
        fninit
        movups  vector, %xmm0
        movups  %xmm0, %xmm7
units_set:
        nop

        pushl   $0x2468ace0
after_push:
        popl    %edx
before_pushf:
        pushfl
after_pushf:
        popl    %edx
before_out:
        outb    %al, $0xe9
after_out:
        inb     $0x92, %al
after_in:
        movl    $buffer, %edi
        movl    $4, %ecx
        movb    $0x5a, %al
the_rep:
        rep stosb
after_rep:
        movl    $0, COUNTER
work:   incl    COUNTER
work_b: nop
work_c: jmp     work

# Two numbers on the x87's stack.
x87:    fld1
        fldpi
x87_done:
        jmp     work

# An interrupt through a gate of our own.
interrupt:
        movl    $handler, %eax
        movw    %ax, idt + 0x30 * 8
        movw    %cs, idt + 0x30 * 8 + 2
        movw    $0x8e00, idt + 0x30 * 8 + 4     # present, 32-bit interrupt gate
        shrl    $16, %eax
        movw    %ax, idt + 0x30 * 8 + 6
        lidt    idt_pointer
the_int:
        int     $0x30
after_int:
        jmp     work

handler:
        movl    $0xcafe, %ecx
in_handler:
        iretl

        .balign 16
vector: .quad   0x0706050403020100, 0x0f0e0d0c0b0a0908
buffer: .long   0
idt_pointer:
        .word   0x31 * 8 - 1
        .long   idt
        .balign 8
idt:    .fill   0x31 * 8
