/* Where every program begins: the kernel gives its function in EBX. */
        .cfi_sections .debug_frame
        .text
        .globl  program_start
        .type   program_start, @function
program_start:
        .cfi_startproc
        .cfi_undefined eip              /* backtraces end here: nobody has called */
        call    *%ebx
        call    exit
        .cfi_endproc
        .size   program_start, . - program_start
