/* Where CPUs begin: the first one in 32-bit protected mode with flat segments 8 and 0x10; the others
 * in real mode, at the copy of start_other that cpus.c has made. */

        .set STACK_SIZE, 4096
        .set APIC_ID, 0xfee00020

        .text
        .code32
        .globl _start
        .type  _start, @function
_start:
        cli
        cld
        lgdt    gdt_pointer
        movl    $stacks + STACK_SIZE, %esp
        xorl    %ebp, %ebp
        call    boot_main
stop:   hlt
        jmp     stop
        .size   _start, . - _start

        .code16
        .globl  start_other, start_other_end
start_other:
        cli
        lgdtl   %cs:gdt_pointer_copy - start_other
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $8, $start_other_32
        .balign 8
gdt_pointer_copy:
        .word   gdt_end - gdt - 1
        .long   gdt
start_other_end:

        .code32
        .type   start_other_32, @function
start_other_32:
        movw    $0x10, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        cld
        movl    APIC_ID, %esp           /* its stack is that of its APIC id */
        shrl    $24, %esp
        incl    %esp
        shll    $12, %esp
        addl    $stacks, %esp
        xorl    %ebp, %ebp
        call    cpu_main
        jmp     stop
        .size   start_other_32, . - start_other_32

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* 0x08: code */
        .quad   0x00cf93000000ffff      /* 0x10: data */
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt

        .bss
        .balign 4096
stacks: .skip   16 * STACK_SIZE
