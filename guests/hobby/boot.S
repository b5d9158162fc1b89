/* The first instructions: from what a multiboot loader leaves to a C function on a stack.
 *
 * Multiboot Specification 0.6.96, 3.1 (header) and 3.2 (machine state): 32-bit protected mode,
 * flat segments, no paging, interrupts off, EAX the loader's magic number, EBX the address of the
 * information. ESP is anybody's. */

        .set MAGIC, 0x1badb002
        .set FLAGS, 0x00000003          /* modules on page boundaries, tell how much memory there is */

        .section .multiboot, "a"
        .balign 4
        .long   MAGIC, FLAGS, -(MAGIC + FLAGS)

        .cfi_sections .debug_frame
        .text
        .globl  _start
        .type   _start, @function
_start:
        .cfi_startproc
        .cfi_undefined eip              /* backtraces end here: nobody has called */
        cld
        movl    $boot_stack_top, %esp
        pushl   %ebx
        pushl   %eax
        call    kernel_main             /* does not return */
        .cfi_endproc
        .size   _start, . - _start

        .bss
        .balign 16
        .skip   4096
boot_stack_top:
