# Code run in real mode and in long mode, and the way back from there.
#include "guests/hostile/hostile.h"

#define at(label) ((label) - stub + STUB)

        .text
        .code32

# ---- Real mode: the stub, which is copied to STUB. At its end are the registers to begin with.
        .globl  stub, stub_end, stub_call, stub_trap_at, stub_timer_at, run_real_stub
        .set    stub_trap_at, at(stub_trap)
        .set    stub_timer_at, at(stub_timer)

# void run_real_stub(void): by attempt; everything is in its place.
run_real_stub:
        cli
        lidt    real_idt
        ljmp    $0x18, $at(stub)

        .code16
        .balign 16
stub:   movw    $0x20, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    %cr0, %eax
        andb    $0xfe, %al
        movl    %eax, %cr0
        ljmp    $0, $at(1f)
1:      xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $at(stub_call), %sp
        popl    %eax
        popl    %ebx
        popl    %ecx
        popl    %edx
        popl    %esi
        popl    %edi
        popl    %ebp
        popw    %ds
        popw    %es
        movw    %cs:at(stub_sp), %sp
        movw    %cs:at(stub_ss), %ss
        sti
        lcall   *%cs:at(stub_call) + 32
stub_back:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movl    %cr0, %eax
        andl    $0x7fffffff, %eax
        orb     $1, %al
        lgdtl   at(stub_gdt)
        movl    %eax, %cr0
        ljmpl   $0x08, $real_back
stub_timer:
        pushw   %ax
        movb    $0x20, %al
        outb    %al, $0x20
        popw    %ax
        decl    %cs:at(stub_ticks)
        js      stub_back
        iretw
stub_trap:
        jmp     stub_back
        .balign 4
stub_ticks:
        .long   ATTEMPT_TICKS
stub_gdt:
        .word   7 * 8 - 1
        .long   0                       # filled in: the GDT's address
        .balign 4
stub_call:
        .skip   28                      # struct real_call: registers,
        .word   0, 0                    # ds, es
        .word   0, 0                    # ip, cs
stub_sp:
        .word   0
stub_ss:
        .word   0
stub_end:

        .code32
real_back:
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    $-1, %eax
        jmp     back

        .data
        .balign 4
real_idt:
        .word   0x3ff
        .long   0
        .globl  stub_gdt_at
stub_gdt_at:
        .long   at(stub_gdt) + 2

# ---- Long mode

        .text
        .globl  run_long_code, long_registers, long_code, long_stubs
# void run_long_code(void): by attempt. LONG_REGISTERS are RAX to R15 as encoded, but for RSP.
run_long_code:
        cli
        movl    $0x620, %eax            # PAE, OSFXSR, OSXMMEXCPT
        movl    %eax, %cr4
        movl    $long_pml4, %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx
        movl    $0x901, %eax            # LME, NXE, SCE
        xorl    %edx, %edx
        wrmsr
        lidt    long_idt_register
        movl    %cr0, %eax
        orl     $0x80000000, %eax
        movl    %eax, %cr0
        ljmp    $0x28, $1f
        .code64
1:      movl    $long_registers, %edi
        movq    0(%rdi), %rax
        movq    8(%rdi), %rcx
        movq    16(%rdi), %rdx
        movq    24(%rdi), %rbx
        movq    40(%rdi), %rbp
        movq    48(%rdi), %rsi
        movq    64(%rdi), %r8
        movq    72(%rdi), %r9
        movq    80(%rdi), %r10
        movq    88(%rdi), %r11
        movq    96(%rdi), %r12
        movq    104(%rdi), %r13
        movq    112(%rdi), %r14
        movq    120(%rdi), %r15
        movq    56(%rdi), %rdi
        sti
        movl    $attempt_stack, %esp
        leaq    long_over(%rip), %rax
        pushq   %rax
        movl    long_code(%rip), %eax
        jmp     *%rax
long_over:
        movl    $0xff, %eax
        jmp     long_back

        .balign 8
long_stubs:
        vector = 0
        .rept   256
        .balign 8
        pushq   $vector
        jmp     long_trap
        vector = vector + 1
        .endr

long_trap:
        cmpl    $0x20, (%rsp)
        jne     1f
        pushq   %rax
        movb    $0x20, %al
        outb    %al, $0x20
        popq    %rax
        decl    attempt_ticks(%rip)
        js      1f
        addq    $8, %rsp
        iretq
1:      movl    (%rsp), %eax
long_back:
        cli
        movl    $0x10, %ecx
        movl    %ecx, %ss
        movl    $attempt_stack, %esp
        pushq   $0x08
        leaq    2f(%rip), %rax
        pushq   %rax
        lretq
        .code32
2:      movl    %ebx, %eax
        movl    %ecx, %ds
        jmp     back

        .data
        .balign 8
        .globl  long_idt_register
long_idt_register:
        .word   256 * 16 - 1
        .long   long_idt
long_code:
        .long   0, 0
long_registers:
        .skip   128

        .bss
        .balign 16
        .skip   4096
attempt_stack:
        .skip   16
        .globl  long_idt
long_idt:
        .skip   256 * 16

        .section .bss.page, "aw", @nobits
        .balign 4096
        .globl  long_pml4
long_pml4:
        .skip   6 * 4096
