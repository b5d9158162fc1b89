# A Multiboot 2 kernel that checks and prints what it is given (Multiboot2 Specification 2.0, 3.6). As
# ELF32, and as ELF64 by multiboot2_64.s, which defines BITS64: it is entered in 32-bit code all the same.

.set HEADER_MAGIC, 0xe85250d6
.set LOADER_MAGIC, 0x36d76289

        .text
        .code32
        .include "guests/print32.inc"
        .include "guests/kernel32.inc"

        .section .header, "a"
        .balign 8
header: .long   HEADER_MAGIC
        .long   0               # i386
        .long   header_end - header
        .long   -(HEADER_MAGIC + header_end - header)
# Information that is required, a text screen, modules on pages, and something optional that no one
# knows.
        .balign 8
        .word   1, 0
        .long   8 + 4 * 4, 3, 4, 6, 9
        .balign 8
        .word   4, 0
        .long   12, 3
        .balign 8
        .word   6, 0
        .long   8
        .balign 8
        .word   0x7777, 1
        .long   9
        .byte   0
        .balign 8
        .word   0, 0
        .long   8
header_end:

        .text
        .globl _start
_start:
        movl    $stack, %esp
stack_set:
        movl    %ebx, %ebp      # the information
        movl    $LOADER_MAGIC, %ebx
        call    check_state
        testl   $7, %ebp
        jz      1f
        bad     "information's alignment"
1:      movl    (%ebp), %edi
        addl    %ebp, %edi      # its end
        leal    8(%ebp), %ebp

# EBP: a tag.
next:   cmpl    %edi, %ebp
        jb      1f
        bad     "information: no end tag"
        jmp     shown
1:      movl    (%ebp), %eax
        testl   %eax, %eax
        jz      last
        cmpl    $(shows_end - shows) / 4, %eax
        jae     1f
        movl    shows(, %eax, 4), %ecx
        jecxz   1f
        pushl   %edi
        call    *%ecx
        popl    %edi
        jmp     2f
1:      print   "tag "
        print_hex %eax
        print   "\n"
2:      movl    4(%ebp), %eax
        leal    7(%ebp, %eax), %ebp
        andl    $~7, %ebp
        jmp     next
last:   leal    8(%ebp), %eax
        cmpl    %edi, %eax
        je      shown
        bad     "information's size"
shown:  jmp     finish

show_cmdline:
        print   "command line: "
        leal    8(%ebp), %esi
        jmp     show_string

show_loader_name:
        print   "loader: "
        leal    8(%ebp), %esi
show_string:
        call    put_string
        print   "\n"
        ret

show_a_module:
        movl    8(%ebp), %esi
        movl    12(%ebp), %edi
        call    show_module
        leal    16(%ebp), %esi
        jmp     show_string

show_memory:
        print   "memory "
        jmp     show_two

show_boot_device:
        print   "boot device "
show_two:
        print_hex 8(%ebp)
        print   " "
        print_hex 12(%ebp)
        print   "\n"
        ret

show_mmap:
        movl    4(%ebp), %edi
        addl    %ebp, %edi
        leal    16(%ebp), %esi
1:      cmpl    %edi, %esi
        jae     2f
        print   "map "
        print_hex 4(%esi)
        print_hex (%esi)
        print   " "
        print_hex 12(%esi)
        print_hex 8(%esi)
        print   " "
        print_hex 16(%esi)
        print   "\n"
        addl    8(%ebp), %esi
        jmp     1b
2:      ret

show_framebuffer:
        print   "framebuffer "
        print_hex 8(%ebp)
        print   " "
        print_hex 16(%ebp)
        print   " "
        print_hex 20(%ebp)
        print   " "
        print_hex 24(%ebp)
        print   " "
        movzwl  28(%ebp), %eax  # bits, type
        print_hex %eax
        print   "\n"
        ret

show_sections:
        movl    8(%ebp), %ecx
        movl    12(%ebp), %edx
        leal    20(%ebp), %esi
        jmp     show_symbol

# ACPI's root pointer, of 20 or 36 bytes, the sum of which is 0.
show_rsdp:
        print   "rsdp of "
        movl    4(%ebp), %ecx
        subl    $8, %ecx
        print_hex %ecx
        print   "\n"
        cmpl    $0x20445352, 8(%ebp)    # "RSD "
        je      1f
        bad     "rsdp: signature"
1:      leal    8(%ebp), %esi
        xorl    %edx, %edx
1:      lodsb
        addb    %al, %dl
        loop    1b
        testb   %dl, %dl
        jz      1f
        bad     "rsdp: checksum"
1:      ret

# By the tag's type.
        .balign 4
shows:  .long   0
        .long   show_cmdline
        .long   show_loader_name
        .long   show_a_module
        .long   show_memory
        .long   show_boot_device
        .long   show_mmap
        .long   0
        .long   show_framebuffer
        .long   show_sections
        .long   0, 0, 0, 0      # APM, EFI, SMBIOS
        .long   show_rsdp
        .long   show_rsdp
shows_end:
