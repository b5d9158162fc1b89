# Long mode: entered at CPL 0 on the loader's page tables; its own ones, GDT, IDT, TSS, and CPL 3.
        .include "guests/exact/tables.s"

        lgdt    gdt_pointer
        movl    $TABLES, %edi
        xorl    %eax, %eax
        movl    $0x4000 / 8, %ecx
        rep stosq

# PML4, PDPT, and two page directories of 2 MiB pages for 0 to 1 GiB and 3 to 4 GiB; at 1 GiB the
# first again, at 2 GiB (UNMAPPED) nothing. All for the user too.
        movq    $TABLES + 0x1007, TABLES
        movq    $TABLES + 0x2007, TABLES + 0x1000
        movq    $TABLES + 0x2007, TABLES + 0x1008
        movq    $TABLES + 0x3007, TABLES + 0x1018
        movl    $TABLES + 0x2000, %edi
        movl    $0x87, %eax
        movl    $0xc0000000, %edx
        movl    $512, %ecx
fill:   movq    %rax, (%rdi)
        leaq    (%rax, %rdx), %rbx
        movq    %rbx, 0x1000(%rdi)
        addq    $8, %rdi
        addq    $0x200000, %rax
        loop    fill
        movl    $TABLES, %eax
        movq    %rax, %cr3

        movl    $0x10, %eax
        movl    %eax, %ss
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %fs
        movl    %eax, %gs
        movl    $STACK, %esp
        pushq   $0x08
        pushq   $own_code
        lretq
own_code:
        movl    $KSTACK, TSS + 4
        movw    $104, TSS + 102
        movw    $0x30, %ax
        ltr     %ax
        VECTORS 0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 14, 32, 48
        lidt    idt_pointer

        movl    $0xc0000080, %ecx       # EFER.SCE
        rdmsr
        orl     $1, %eax
        wrmsr
        movl    $0xc0000081, %ecx       # STAR: sysret's selectors from 0x18 on, syscall's from 8 on
        xorl    %eax, %eax
        movl    $0x001b0008, %edx
        wrmsr
        movl    $0xc0000082, %ecx       # LSTAR
        movl    $syscall_entry, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $0xc0000084, %ecx       # FMASK: IF, DF, TF
        movl    $0x700, %eax
        wrmsr

.if (MODE) & USER
        movl    $0x23, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %fs
        movl    %eax, %gs
        pushq   $0x23
        pushq   $STACK
        pushq   $FLAGS
        pushq   $0x2b
        pushq   $ready
        iretq
.else
        jmp     ready
.endif

syscall_entry:
.if (MODE) & USER
        sysretq
.else
        jmp     *%rcx
.endif
