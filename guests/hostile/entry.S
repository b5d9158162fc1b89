# The way in, by Multiboot; and the way back from whatever `attempt` (recover.c) has tried.
#include "guests/hostile/hostile.h"

        .section .header, "a"
        .balign 4
        .long   0x1badb002, 0, -0x1badb002

        .macro  load_segments           # EAX is lost
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %fs
        movl    %eax, %gs
        movl    %eax, %ss
        .endm

        .text
        .globl _start, trap_stubs, own_gdt_register, back
_start: cld
        lgdt    own_gdt_register
        ljmp    $0x08, $1f
1:      load_segments
        movl    $stack_end, %esp
        pushl   %ebx                    # the information
        call    main
halt:   hlt
        jmp     halt

# int attempt(void (*act)(void))
        .globl attempt
attempt:
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        movl    20(%esp), %eax
        movl    %esp, attempt_esp
        movl    attempt_limit, %ecx
        movl    %ecx, attempt_ticks
        lidt    own_idt_register
        sti
        call    *%eax
        movl    $-1, %eax
        # From anywhere, in 32-bit code, with EAX: the stack and the CPU are as before.
back:   cli
        lgdt    own_gdt_register
        ljmp    $0x08, $1f
1:      movl    %eax, %edi
        load_segments
        movl    %cr0, %eax
        andl    $0x7fffffff, %eax       # paging off: we are where we are mapped to ourselves
        movl    %eax, %cr0
        movl    $0x11, %eax
        movl    %eax, %cr0
        xorl    %eax, %eax
        movl    %eax, %cr4
        movl    $0xc0000080, %ecx       # EFER
        xorl    %edx, %edx
        wrmsr
        movl    %edi, %eax
        movl    attempt_esp, %esp
        cld
        pushl   $2
        popfl
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        ret

# A vector each: 8 bytes.
        .balign 8
trap_stubs:
        vector = 0
        .rept   256
        .balign 8
        pushl   $vector
        jmp     trap
        vector = vector + 1
        .endr

trap:   cmpl    $0x20, %ss:(%esp)
        jne     1f
        pushl   %eax
        movb    $0x20, %al
        outb    %al, $0x20
        popl    %eax
        decl    %ss:attempt_ticks
        js      1f
        addl    $4, %esp
        pushl   8(%esp)                 # no iret, which a KVM that interprets this does not know
        popfl
        ret     $8
1:      movl    %ss:(%esp), %eax
        jmp     back

        .data
        .balign 8
own_gdt:
        .quad   0
        .quad   0x00cf9b000000ffff      # 08: code
        .quad   0x00cf93000000ffff      # 10: data
        .quad   0x00009b000000ffff      # 18: 16-bit code
        .quad   0x000093000000ffff      # 20: 16-bit data
        .quad   0x00af9b000000ffff      # 28: 64-bit code
        .globl  own_tss_descriptor
own_tss_descriptor:
        .quad   0                       # 30
own_gdt_end:
own_gdt_register:
        .word   own_gdt_end - own_gdt - 1
        .long   own_gdt
        .globl  own_idt_register
own_idt_register:
        .word   256 * 8 - 1
        .long   own_idt
        .globl  attempt_esp, attempt_ticks
attempt_esp:
        .long   0
attempt_ticks:
        .long   0
        .globl  attempt_limit
attempt_limit:
        .long   0

        .bss
        .balign 16
        .globl  own_idt
own_idt:
        .skip   256 * 8
        .skip   16384
stack_end:
