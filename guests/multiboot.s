# A Multiboot 1 kernel that checks and prints what it is given (Multiboot Specification 0.6.96, 3.3).

.set HEADER_MAGIC, 0x1badb002
.set LOADER_MAGIC, 0x2badb002
.set HEADER_FLAGS, 7            # modules on pages, memory information, a video mode
.set TEXT_MODE, 1

# Offsets in the information, and the flags that say that they are there.
.set FLAGS, 0
.set MEMORY, 4
.set BOOT_DEVICE, 12
.set CMDLINE, 16
.set MODULES, 20
.set SECTIONS, 28
.set MMAP, 44
.set LOADER_NAME, 64
.set FRAMEBUFFER, 88

        .text
        .code32
        .include "guests/print32.inc"
        .include "guests/kernel32.inc"

        .section .header, "a"
        .balign 4
header: .long   HEADER_MAGIC
        .long   HEADER_FLAGS
        .long   -(HEADER_MAGIC + HEADER_FLAGS)
        .long   0, 0, 0, 0, 0   # addresses: in the ELF headers
        .long   TEXT_MODE, 80, 25, 0

        .text
        .globl _start
_start:
        movl    $stack, %esp
stack_set:
        movl    %ebx, %ebp      # the information
        movl    $LOADER_MAGIC, %ebx
        call    check_state
        print   "flags "
        print_hex FLAGS(%ebp)
        print   "\n"

# Each thing that there may be, if its flag says that it is there.
.macro if_given bit, show
        testl   $1 << \bit, FLAGS(%ebp)
        jz      1f
        call    \show
1:
.endm
        if_given 0, show_memory
        if_given 1, show_boot_device
        if_given 2, show_cmdline
        if_given 3, show_modules
        if_given 5, show_sections
        if_given 6, show_mmap
        if_given 9, show_loader_name
        if_given 12, show_framebuffer
shown:  jmp     finish

show_memory:
        print   "memory "
        print_hex MEMORY(%ebp)
        print   " "
        print_hex MEMORY+4(%ebp)
        print   "\n"
        ret

show_boot_device:
        print   "boot device "
        print_hex BOOT_DEVICE(%ebp)
        print   "\n"
        ret

show_cmdline:
        print   "command line: "
        movl    CMDLINE(%ebp), %esi
        jmp     show_string

show_loader_name:
        print   "loader: "
        movl    LOADER_NAME(%ebp), %esi
show_string:
        call    put_string
        print   "\n"
        ret

show_modules:
        movl    MODULES(%ebp), %ecx
        movl    MODULES+4(%ebp), %ebx
        jecxz   2f
1:      movl    (%ebx), %esi
        movl    4(%ebx), %edi
        call    show_module
        movl    8(%ebx), %esi
        call    show_string
        addl    $16, %ebx
        loop    1b
2:      ret

show_sections:
        movl    SECTIONS(%ebp), %ecx
        movl    SECTIONS+4(%ebp), %edx
        movl    SECTIONS+8(%ebp), %esi
        jmp     show_symbol

# An entry's first field says how many bytes follow it.
show_mmap:
        movl    MMAP+4(%ebp), %esi
        movl    MMAP(%ebp), %edi
        addl    %esi, %edi
1:      cmpl    %edi, %esi
        jae     2f
        print   "map "
        print_hex 8(%esi)
        print_hex 4(%esi)
        print   " "
        print_hex 16(%esi)
        print_hex 12(%esi)
        print   " "
        print_hex 20(%esi)
        print   "\n"
        addl    (%esi), %esi
        addl    $4, %esi
        jmp     1b
2:      ret

show_framebuffer:
        print   "framebuffer "
        print_hex FRAMEBUFFER(%ebp)
        print   " "
        print_hex FRAMEBUFFER+8(%ebp)
        print   " "
        print_hex FRAMEBUFFER+12(%ebp)
        print   " "
        print_hex FRAMEBUFFER+16(%ebp)
        print   " "
        movzwl  FRAMEBUFFER+20(%ebp), %eax      # bits, type
        print_hex %eax
        print   "\n"
        ret
