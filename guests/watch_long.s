# What watchpoints are set on, in long mode, on a page that every kind of instruction uses; and one
# routine at two linear addresses. Page tables as in long.s, without the odd pages:
#
#     0 to 1 GiB                     the same physical addresses, in 2 MiB pages
#     0xffffffff80000000 + 1 GiB     the same once more

.set PML4,      0x110000
.set PDPT_LOW,  0x111000
.set PD,        0x112000
.set PDPT_HIGH, 0x113000
.set TABLES,    4
.set PAGE_AT,   0x9000
.set HIGH,      0xffffffff80000000

        .text
        .code64
        .globl _start
_start:
        movl    $PML4, %edi
        xorl    %eax, %eax
        movl    $TABLES * 4096 / 8, %ecx
        rep stosq
        movq    $PDPT_LOW + 3, PML4
        movq    $PDPT_HIGH + 3, PML4 + 511 * 8
        movq    $PD + 3, PDPT_LOW
        movq    $PD + 3, PDPT_HIGH + 510 * 8
        movl    $PD, %edi
        movl    $0x83, %eax
        movl    $512, %ecx
fill:   movq    %rax, (%rdi)
        addq    $8, %rdi
        addq    $0x200000, %rax
        loop    fill
        movl    $PML4, %eax
        movq    %rax, %cr3
        movq    %cr4, %rax              # SSE on
        orl     $0x600, %eax
        movq    %rax, %cr4
        movq    %cr0, %rax
        andl    $~0x0c, %eax
        orl     $0x02, %eax
        movq    %rax, %cr0
        movups  ones(%rip), %xmm0
        movq    $-1, %rax
        movl    $5, %ecx
        movl    $PAGE_AT, %edi
        movq    $HIGH + PAGE_AT, %rsi
ready:
        movb    $1, 0x10(%rdi)
after_byte:
        movq    %rax, 0x20(%rdi)
after_quad:
        movq    %rdi, 0x30(%rsi)        # the same page by its other address
after_alias:
        movq    %rax, 0xffc(%rdi)       # and four bytes of the next page
after_crossing:
        lock incl 0x40(%rdi)
after_lock:
        xaddl   %ecx, 0x44(%rdi)
after_xadd:
        movups  %xmm0, 0x50(%rdi)
after_movups:
        pushq   $7
        popq    0x60(%rdi)
after_popq:
        movl    0x70(%rdi), %edx
after_load:
        cmpl    $0, 0x74(%rdi)
after_compare:
        leaq    0x80(%rdi), %rdi
        movl    $3, %ecx
        xorl    %eax, %eax
the_string:
        rep stosl
after_string:
        movl    $PAGE_AT, %edi
before_calls:
        call    routine
        leaq    routine(%rip), %rax
        movq    $HIGH, %rcx
        addq    %rcx, %rax
        call    *%rax
after_high:
        call    routine
work:   incq    0x100(%rdi)
after_count:
        jmp     work

routine:
        nop
routine_1:
        nop
routine_2:
        nop
routine_3:
        nop
routine_4:
        nop
routine_5:
        ret

# The stack moves into the watched page and out again; a test goes here by setting $pc.
stack_moves:
        movl    $PAGE_AT, %edi
        movq    %rsp, %rbx
        movl    $PAGE_AT + 0x800, %esp
        pushq   $0x1234
        popq    %rdx
        movb    $9, 0x10(%rdi)
after_stack:
        movq    %rbx, %rsp
        jmp     work

# What KVM's emulator may not know. After the loop, because a KVM that interprets kernel-mode code
# may not know it at all; a test goes here by setting $pc.
unknown:
        movl    $PAGE_AT, %edi
        movq    %rax, %xmm1
        movq    %xmm1, 0x90(%rdi)
after_movq:
        fxsave  0x200(%rdi)
after_fxsave:
        paddq   0x300(%rdi), %xmm1
after_paddq:
        paddq   0x310(%rdi), %xmm1
        psadbw  0x320(%rdi), %xmm1
after_psadbw:
        jmp     work

        .balign 16
ones:   .quad   -1, -1
