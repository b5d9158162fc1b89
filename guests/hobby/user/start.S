/* Where every program begins, and where it enters the kernel. */
#include "system_call.h"

        .cfi_sections .debug_frame
        .text

/* The kernel gives the program's function in EBX. */
        .globl  program_start
        .type   program_start, @function
program_start:
        .cfi_startproc
        .cfi_undefined eip              /* backtraces end here: nobody has called */
        call    *%ebx
        call    exit
        .cfi_endproc
        .size   program_start, . - program_start

/* int enter_kernel(enum system_call number, uint32_t first, uint32_t second) */
        .balign 16
        .globl  enter_kernel
        .type   enter_kernel, @function
enter_kernel:
        .cfi_startproc
        pushl   %ebx
        .cfi_adjust_cfa_offset 4
        .cfi_offset ebx, -8
        movl    8(%esp), %eax
        movl    12(%esp), %ebx
        movl    16(%esp), %ecx
        int     $SYSTEM_CALL_VECTOR
        popl    %ebx
        .cfi_adjust_cfa_offset -4
        .cfi_same_value ebx
        ret
        .cfi_endproc
        .size   enter_kernel, . - enter_kernel
