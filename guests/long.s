# Long mode for tests, with page tables of its own:
#
#     0 to 1 GiB                     the same physical addresses, in 2 MiB pages
#     0xffffffff80000000 + 1 GiB     the same once more: section .high is linked there
#     0xffff800000000000 + 4 KiB     physical 0x120000, a 4 KiB page
#     0xffff800000001000 + 4 KiB     physical 0x122000, and nothing behind it

.set PML4,      0x110000
.set PDPT_LOW,  0x111000
.set PD,        0x112000
.set PDPT_HIGH, 0x113000
.set PDPT_MID,  0x114000
.set PD_MID,    0x115000
.set PT_MID,    0x116000
.set TABLES,    7
.set COUNTER,   0x9000

        .text
        .code64
        .globl _start
_start:
        movl    $PML4, %edi
        xorl    %eax, %eax
        movl    $TABLES * 4096 / 8, %ecx
        rep stosq
        movq    $PDPT_LOW + 3, PML4
        movq    $PDPT_MID + 3, PML4 + 256 * 8
        movq    $PDPT_HIGH + 3, PML4 + 511 * 8
        movq    $PD + 3, PDPT_LOW
        movq    $PD + 3, PDPT_HIGH + 510 * 8
        movq    $PD_MID + 3, PDPT_MID
        movq    $PT_MID + 3, PD_MID
        movq    $0x120003, PT_MID
        movq    $0x122003, PT_MID + 8
        movl    $PD, %edi
        movl    $0x83, %eax
        movl    $512, %ecx
fill:   movq    %rax, (%rdi)
        addq    $8, %rdi
        addq    $0x200000, %rax
        loop    fill
        movl    $PML4, %eax
        movq    %rax, %cr3
tables_ready:
        movabs  $0x1122334455667788, %rax
        movq    %rax, 0x120000 + 0xff8
        notq    %rax
        movq    %rax, 0x122000
        movabs  $high_start, %rax
before_high:
        jmp     *%rax

        .balign 16
idt:    .fill   0x31 * 16

# SSE and x87 are off until CR4.OSFXSR is set and CR0.EM and CR0.TS are clear.
        .section .high, "ax"
high_start:
        movq    %cr4, %rax
        orl     $0x600, %eax
        movq    %rax, %cr4
        movq    %cr0, %rax
        andl    $~0x0c, %eax
        orl     $0x02, %eax
        movq    %rax, %cr0
        fninit
        movups  vector(%rip), %xmm0
        movups  %xmm0, %xmm15
        movabs  $0x0123456789abcdef, %rax
        leaq    1(%rax), %rbx
        leaq    8(%rax), %r8
        leaq    9(%rax), %r9
        leaq    10(%rax), %r10
        leaq    11(%rax), %r11
        leaq    12(%rax), %r12
        leaq    13(%rax), %r13
        leaq    14(%rax), %r14
        leaq    15(%rax), %r15
registers_set:
        nop

        pushq   $0x2468ace
after_push:
        popq    %rdx
before_pushf:
        pushfq
after_pushf:
        popq    %rdx
before_out:
        outb    %al, $0xe9
after_out:
        inb     $0x92, %al
after_in:
        movl    $0x9010, %edi
        movl    $4, %ecx
        movb    $0x5a, %al
the_rep:
        rep stosb
after_rep:
        movl    $0, COUNTER
work:   incl    COUNTER
work_b: nop
work_c: jmp     work

# An interrupt through a gate of our own. After the loop, because a KVM that interprets kernel-mode
# code may not know it; a test goes here by setting $pc.
interrupt:
        leaq    handler(%rip), %rax
        movw    %ax, idt + 0x30 * 16
        movw    %cs, idt + 0x30 * 16 + 2
        movw    $0x8e00, idt + 0x30 * 16 + 4    # present, interrupt gate, no IST
        shrq    $16, %rax
        movw    %ax, idt + 0x30 * 16 + 6
        shrq    $16, %rax
        movl    %eax, idt + 0x30 * 16 + 8
        lidt    idt_pointer(%rip)
the_int:
        int     $0x30
after_int:
        jmp     work

handler:
        movl    $0xcafe, %ecx
in_handler:
        iretq

# For a test that has set $pc and written registers: the CPU shows what it has in them.
.set VECTORS,   0x9100
units_out:
        vmovdqu %ymm0, VECTORS
ymm0_out:
        vmovdqu %ymm15, VECTORS + 0x40
ymm15_out:
        vpaddq  %ymm0, %ymm0, %ymm1
ymm1_made:
        vmovdqu64 %zmm17, VECTORS
zmm17_out:
        kmovw   %k1, %eax
k1_out:
        vmovdqu64 %zmm17, %zmm31
zmm31_made:
        jmp     work
msr_out:
        movl    $0xc0000082, %ecx       # LSTAR
        rdmsr
after_rdmsr:
        jmp     work

        .balign 16
vector: .quad   0x0706050403020100, 0x0f0e0d0c0b0a0908
idt_pointer:
        .word   0x31 * 16 - 1
        .quad   idt
