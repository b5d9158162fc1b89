/* The kernel's doors: how it is entered by an interrupt and left again, and how it goes from one
 * task to another. */
#include "segment.h"

        .cfi_sections .debug_frame
        .text

/* For debuggers: the registers of whoever was interrupted, which the CPU has pushed right below
 * the CFA (DWARF's name for the frame's fixed point): EIP at -12, CS at -8, EFLAGS at -4. What ESP
 * was depends: from user mode the CPU has pushed it, too, at the CFA; an interrupt in the kernel
 * goes on on the same stack, and ESP was the CFA itself. So this is an expression, which says
 *     ESP = CS & 3 ? *CFA : CFA
 * With it `bt` goes from the kernel through the interrupt into the program. */
.macro interrupted_registers
        .cfi_offset eip, -12
        .cfi_offset 9, -4                       /* EFLAGS, by DWARF's number */
        .cfi_escape 0x16, 4, 13                 /* DW_CFA_val_expression, ESP, 13 bytes: */
        .cfi_escape 0x12, 0x38, 0x1c, 0x06      /*   dup, 8, minus, deref: CS */
        .cfi_escape 0x33, 0x1a                  /*   3, and */
        .cfi_escape 0x28, 3, 0                  /*   if not 0, skip 3 bytes: to the last deref */
        .cfi_escape 0x2f, 1, 0                  /*   skip 1 byte: to the end */
        .cfi_escape 0x06                        /*   deref */
.endm

/* Where vector NUMBER is entered. The CPU gives some exceptions an error code (SDM vol. 3, table
 * 6-1); the others get a 0, so that all frames look alike. */
.macro door number, error=0
        .balign 16
        .type   vector_\number, @function
vector_\number:
        .cfi_startproc simple
        .cfi_signal_frame
        .if \error
        .cfi_def_cfa esp, 16
        interrupted_registers
        .else
        .cfi_def_cfa esp, 12
        interrupted_registers
        pushl   $0
        .cfi_adjust_cfa_offset 4
        .endif
        pushl   $\number
        .cfi_adjust_cfa_offset 4
        jmp     interrupt_entry
        .cfi_endproc
        .size   vector_\number, . - vector_\number

        .pushsection .rodata.vectors, "a"
        .long   \number, vector_\number
        .popsection
.endm

        .pushsection .rodata.vectors, "a"
        .balign 4
        .globl  vectors
vectors:
        .popsection

        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 18, 19, 20, 22, 23, 24, 25, 26, 27, 28, 31
        door    \number
        .endr
        .irp    number, 8, 10, 11, 12, 13, 14, 17, 21, 29, 30
        door    \number, error=1
        .endr
        .irp    number, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 128
        door    \number
        .endr

        .pushsection .rodata.vectors, "a"
vectors_end:
        .globl  vector_count
vector_count:
        .long   (vectors_end - vectors) / 8
        .popsection

/* Completes struct frame (interrupt.h), calls interrupt(), and returns from the interrupt. */
        .balign 16
        .type   interrupt_entry, @function
        .type   interrupt_return, @function
interrupt_entry:
        .cfi_startproc simple
        .cfi_signal_frame
        .cfi_def_cfa esp, 20
        interrupted_registers
        pushal
        .cfi_adjust_cfa_offset 32
        .cfi_offset eax, -24
        .cfi_offset ecx, -28
        .cfi_offset edx, -32
        .cfi_offset ebx, -36
        .cfi_offset ebp, -44
        .cfi_offset esi, -48
        .cfi_offset edi, -52
        pushl   %ds
        .cfi_adjust_cfa_offset 4
        pushl   %es
        .cfi_adjust_cfa_offset 4
        movl    $KERNEL_DATA, %eax      /* a program may have loaded something else */
        movl    %eax, %ds
        movl    %eax, %es
        cld
        pushl   %esp                    /* the argument: struct frame * */
        .cfi_adjust_cfa_offset 4
        call    interrupt
        addl    $4, %esp
        .cfi_adjust_cfa_offset -4
        .globl  interrupt_return
interrupt_return:
        popl    %es
        .cfi_adjust_cfa_offset -4
        popl    %ds
        .cfi_adjust_cfa_offset -4
        popal
        .cfi_adjust_cfa_offset -32
        .cfi_same_value eax
        .cfi_same_value ecx
        .cfi_same_value edx
        .cfi_same_value ebx
        .cfi_same_value ebp
        .cfi_same_value esi
        .cfi_same_value edi
        addl    $8, %esp                /* vector and error code */
        .cfi_adjust_cfa_offset -8
        iretl
        .cfi_endproc
        .size   interrupt_entry, . - interrupt_entry

/* void switch_stacks(uintptr_t *from, uintptr_t to): what a function must keep goes onto the stack
 * of the task that rests, whose place goes to *FROM; then all is as the other task has left it. */
        .balign 16
        .globl  switch_stacks
        .type   switch_stacks, @function
switch_stacks:
        .cfi_startproc
        movl    4(%esp), %eax
        movl    8(%esp), %edx
        pushl   %ebp
        .cfi_adjust_cfa_offset 4
        pushl   %ebx
        .cfi_adjust_cfa_offset 4
        pushl   %esi
        .cfi_adjust_cfa_offset 4
        pushl   %edi
        .cfi_adjust_cfa_offset 4
        movl    %esp, (%eax)
        movl    %edx, %esp
        popl    %edi
        .cfi_adjust_cfa_offset -4
        popl    %esi
        .cfi_adjust_cfa_offset -4
        popl    %ebx
        .cfi_adjust_cfa_offset -4
        popl    %ebp
        .cfi_adjust_cfa_offset -4
        ret
        .cfi_endproc
        .size   switch_stacks, . - switch_stacks
