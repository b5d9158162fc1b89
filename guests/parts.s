# Each part of a processor's state, changed by the instructions that can, one row for each: x87, MMX,
# SSE and AVX, control and debug registers, MSRs, the tables' registers, both APICs, PIC and PIT.
# CPL 0, for kvm_pvm stops nothing in long mode's CPL 3. Nothing here depends on time: run or
# stepped, the states are the same.
#
# A row says its number, 0 being "!", on port 0xe9. One that faults says "~", and the next one
# follows. What KVM can't execute ends the guest: a row whose byte at `skip` is set is left out, and
# `try` finds out which: it ends the machine (status 1) after the last one.
#
#     _start   the rows, then hlt for ever

.set GDT,       0x110000
.set IDT,       0x111000
.set AREA,      0x112000        # fxsave's and xsave's
.set STORED,    0x113000
.set STACK,     0x120000
.set CODE,      0x08
.set DATA,      0x10
.set TASK,      0x18
.set LOCAL,     0x28
.set LAPIC,     0xfee00000
.set IOAPIC,    0xfec00000

.macro ROW name, body
\name:
        cmpb    $0, skip + number
        jne     next\@
        movl    $next\@, %r15d
        movb    $number + 0x21, %al
        outb    %al, $0xe9
        \body
next\@:
        .set    number, number + 1
.endm

.macro SETMSR msr, low, high
        ROW wrmsr_\msr, "movl $\msr, %ecx; movl $\low, %eax; movl $\high, %edx; wrmsr"
.endm

.macro GATE vector, handler
        movl    $\handler, %eax
        movw    %ax, IDT + \vector * 16
        movl    $0x8e000000 + CODE, IDT + \vector * 16 + 2      # present, interrupt gate
        movw    $0x8e00, IDT + \vector * 16 + 4
        shrl    $16, %eax
        movw    %ax, IDT + \vector * 16 + 6
.endm

        .text
        .code64
        .globl _start
_start: xorl    %r14d, %r14d
        jmp     set_up
        .globl try
try:    movl    $1, %r14d

set_up: movl    $STACK, %esp
        movl    $gdt, %esi
        movl    $GDT, %edi
        movl    $(gdt_end - gdt) / 8, %ecx
        rep movsq
        lgdt    gdt_pointer
        pushq   $CODE
        pushq   $own_code
        lretq
own_code:
        GATE    1, fault
        GATE    6, fault
        GATE    7, fault
        GATE    13, fault_with_code
        GATE    16, fault
        GATE    19, fault
        GATE    0x31, interrupt
        lidt    idt_pointer
        movb    $0xff, %al              # the timer's interrupts come when they like
        outb    %al, $0x21
        .set    number, 0

# Control registers and the tables'.
        ROW cr4_sse, "movq %cr4, %rbx; orl $0x600, %ebx; movq %rbx, %cr4"
        ROW cr4_xsave, "movq %cr4, %rbx; orl $0x40000, %ebx; movq %rbx, %cr4"
        ROW cr4_fsgsbase, "movq %cr4, %rbx; orl $0x10000, %ebx; movq %rbx, %cr4"
        ROW cr0, "movq %cr0, %rbx; orl $0x2a, %ebx; movq %rbx, %cr0"
        ROW clts_, "clts"
        ROW lmsw_, "smsw %bx; xorl $2, %ebx; lmsw %bx; xorl $2, %ebx; lmsw %bx"
        ROW cr2, "movabs $0x123456789abc, %rbx; movq %rbx, %cr2"
        ROW cr3, "movq %cr3, %rbx; orl $0x18, %ebx; movq %rbx, %cr3"
        .globl  cr8_row
        .set    cr8_row, number
        ROW cr8, "movl $5, %ebx; movq %rbx, %cr8"
        ROW lldt_, "movl $LOCAL, %ebx; lldt %bx; sldt %ebx"
        ROW ltr_, "movl $TASK, %ebx; ltr %bx; str %ebx"
        ROW store_tables, "sgdt STORED; sidt STORED + 16"
        ROW xcr0, "xorl %ecx, %ecx; xgetbv; orl $7, %eax; xsetbv"

# x87 and MMX.
        ROW x87_control, "fninit; fnstcw STORED; fnstsw STORED + 2"
        ROW x87, "fldpi; fld1; faddp; fldl2e; fxch; fstpl STORED; fldcw word; ffree %st; wait"
        ROW x87_environment, "fnstenv AREA; fldenv AREA; fnsave AREA; frstor AREA"
        ROW mmx_move, "movq bytes, %mm2; movq %mm2, STORED"
        ROW mmx, "movd %esp, %mm0; paddb %mm0, %mm1; movq %mm0, %mm7; movq %mm7, STORED; emms"

# SSE, by the opcode's row.
        ROW sse_move, "movups bytes, %xmm0; movaps bytes, %xmm2; movdqa bytes, %xmm6; movdqa %xmm6, STORED"
        ROW sse_10, "movlps bytes, %xmm1; movhps bytes, %xmm1"
        ROW sse_28, "cvtsi2ss %esp, %xmm3; comiss %xmm3, %xmm0"
        ROW sse_50, "sqrtps %xmm3, %xmm4; mulps %xmm4, %xmm3; xorps %xmm4, %xmm4"
        ROW sse_60, "punpcklbw %xmm0, %xmm4; movd %esp, %xmm5"
        ROW sse_70, "pshufd $0x1b, %xmm0, %xmm7; pslldq $3, %xmm7; pcmpeqb %xmm8, %xmm8"
        ROW sse_7c, "haddps %xmm7, %xmm8; movq bytes, %xmm9"
        ROW sse_c2, "cmpeqps %xmm9, %xmm10"
        ROW sse_c4, "pinsrw $3, %esp, %xmm10; shufps $0x4e, %xmm0, %xmm10"
        ROW sse_d0, "paddq %xmm10, %xmm11; pavgb %xmm0, %xmm11; lddqu bytes, %xmm12"
        ROW sse_38, "pshufb %xmm0, %xmm12; pabsb %xmm12, %xmm13"
        ROW sse_3a, "palignr $5, %xmm0, %xmm13; pinsrd $1, %esp, %xmm14"
        ROW mxcsr, "ldmxcsr control; stmxcsr STORED"
        ROW fxsave_, "fxsave AREA"
        ROW fxrstor_, "notl AREA + 160; xorw $0x400, AREA; fxrstor AREA"

# AVX, and the rest that xsave has.
        ROW vex_c5, "vmovaps %ymm0, %ymm1; vpcmpeqd %xmm2, %xmm2, %xmm2; vaddps %ymm1, %ymm0, %ymm3"
        ROW vex_c4, "vbroadcastss bytes, %ymm4; vpermq $0x1b, %ymm4, %ymm5; vzeroupper"
        ROW evex, "vpternlogd $0xff, %zmm6, %zmm6, %zmm6"
        ROW xop, "vphaddbd %xmm0, %xmm7"
        ROW three_d_now, "pfadd %mm0, %mm1"
        ROW xsave_, "movl $7, %eax; xorl %edx, %edx; xsave64 AREA"
        ROW xrstor_, "notl AREA + 176; notl AREA + 576; orb $7, AREA + 512; xrstor64 AREA"
        ROW pkru, "xorl %ecx, %ecx; xorl %edx, %edx; movl $4, %eax; wrpkru"

# Debug registers.
        ROW dr0, "movl $0x1234, %ebx; movq %rbx, %dr0"
        ROW dr1, "movl $0x2345, %ebx; movq %rbx, %dr1"
        ROW dr2, "movl $0x3456, %ebx; movq %rbx, %dr2"
        ROW dr3, "movl $0x4567, %ebx; movq %rbx, %dr3"
        ROW dr6, "movl $0xffff4ff2, %ebx; movq %rbx, %dr6; movq %dr6, %rax"
        ROW dr7, "movl $0x00010402, %ebx; movq %rbx, %dr7; movl $0x400, %ebx; movq %rbx, %dr7"

# MSRs, and what uses them.
        SETMSR 0xc0000080, 0x501, 0              # EFER
        SETMSR 0xc0000081, 0, CODE               # STAR
        SETMSR 0xc0000082, on_syscall, 0         # LSTAR
        SETMSR 0xc0000083, 0x5678, 1             # CSTAR
        SETMSR 0xc0000084, 0x700, 0              # FMASK
        SETMSR 0xc0000100, 0x6789, 2             # FS_BASE
        SETMSR 0xc0000101, 0x789a, 3             # GS_BASE
        SETMSR 0xc0000102, 0x89ab, 4             # KERNEL_GS_BASE
        SETMSR 0xc0000103, 0x9abc, 0             # TSC_AUX
        SETMSR 0x174, CODE, 0                    # SYSENTER_CS
        SETMSR 0x175, STACK, 0                   # SYSENTER_ESP
        SETMSR 0x176, on_sysenter, 0             # SYSENTER_EIP
        SETMSR 0x277, 0x00070405, 0x00070406     # PAT
        SETMSR 0x2ff, 0xc06, 0                   # MTRR_DEF_TYPE
        SETMSR 0x200, 0x80000006, 0              # MTRR_PHYSBASE0
        SETMSR 0x250, 0x06060606, 0x06060606     # MTRR_FIX64K_00000
        SETMSR 0x1a0, 1, 0                       # MISC_ENABLE
        SETMSR 0x48, 1, 0                        # SPEC_CTRL
        ROW swapgs_, "swapgs; swapgs; swapgs"
        ROW bases, "wrfsbase %rsp; wrgsbase %r15; rdfsbase %rax; rdgsbase %rbx"
        ROW syscall_, "syscall"
        ROW sysenter_, "sysenter"

# Interrupt controllers and the timer; vector 0x31 is delivered, 0x32 waits.
        .globl  clear_cr8_row
        .set    clear_cr8_row, number
        ROW clear_cr8, "xorl %ebx, %ebx; movq %rbx, %cr8"
        ROW lapic_write, "movl $LAPIC, %edi; movl $0x1ff, 0xf0(%rdi); movl $0x10, 0x80(%rdi)"
        ROW lapic_push, "movl $LAPIC + 0x90, %ebx; xchgl %ebx, -0x10(%rbx)"
        ROW lapic_self, "movl $LAPIC, %edi; movl $0x40031, 0x300(%rdi); sti; nop; nop; cli"
        ROW ioapic_write, "movl $IOAPIC, %edi; movl $0x1e, (%rdi); movl $0x10035, 0x10(%rdi)"
        ROW pic_out, "inb $0xa1, %al; xorb $0x40, %al; outb %al, $0xa1"
        ROW pic_outs, "movl $0xa1, %edx; movl $word, %esi; outsb"
        ROW pit, "movb $0xb6, %al; outb %al, $0x43; outb %al, $0x42; outb %al, $0x42"
        ROW uart, "movl $0x3ff, %edx; movb $0x5a, %al; outb %al, %dx; movl $STORED, %edi; insb"
        SETMSR 0x1b, 0xfee00d00, 0               # APIC_BASE: x2APIC
        SETMSR 0x808, 0x20, 0                    # TPR
        SETMSR 0x83f, 0x32, 0                    # SELF_IPI

        testl   %r14d, %r14d
        jnz     end
for_ever:
        hlt
end:    movb    $0, %al
        outb    %al, $0xf4
        hlt

on_syscall:
        jmp     *%rcx
on_sysenter:
        jmp     *%r15

fault_with_code:
        addq    $8, %rsp
fault:  movb    $0x7e, %al
        outb    %al, $0xe9
        movq    %r15, (%rsp)
        andl    $~0x10000, 16(%rsp)     # RF, which a step does not show, and an interrupted run does
        iretq

interrupt:
        movl    $LAPIC + 0xb0, %ebx     # EOI
        movl    $0, (%rbx)
        iretq

        .balign 16
bytes:  .byte   1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
        .byte   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32
control:
        .long   0x9fa0
word:   .word   0x27f
        .balign 8
gdt:    .quad   0
        .quad   0x00af9a000000ffff      # CODE
        .quad   0x00cf92000000ffff      # DATA
        .quad   0x0000891130000067, 0   # TASK
        .quad   0x0000821140000067, 0   # LOCAL
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .quad   GDT
idt_pointer:
        .word   0x32 * 16 - 1
        .quad   IDT
        .globl skip
skip:   .fill   number
