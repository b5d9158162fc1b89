# A PVH kernel that checks and prints what it is given (Xen, public/arch-x86/hvm/start_info.h).

.set MAGIC, 0x336ec578
.set NOTE_PHYS32_ENTRY, 18      # XEN_ELFNOTE_PHYS32_ENTRY

# Offsets in the start information, a module's entry and an entry of the memory map.
.set VERSION, 4
.set FLAGS, 8
.set MODULE_COUNT, 12
.set MODULES, 16
.set CMDLINE, 24
.set RSDP, 32
.set MAP, 40
.set MAP_COUNT, 48
.set MODULE_SIZE, 32
.set MAP_SIZE, 24

        .section .pvh, "a", @note
        .balign 4
        .long   1f - 0f, 3f - 2f, NOTE_PHYS32_ENTRY
0:      .asciz  "Xen"
1:      .balign 4
2:      .long   pvh_start
3:      .balign 4

        .text
        .code32
        .include "guests/print32.inc"
        .include "guests/kernel32.inc"

# By ELF alone, which says nothing to a kernel.
        .globl _start
_start: movl    $stack, %esp
        print   "entered by its ELF header\n"
        movb    $1, %al
        jmp     end

        .globl pvh_start
pvh_start:
        movl    $stack, %esp
        movl    %ebx, %ebp      # the start information
        movl    (%ebp), %eax
        movl    $MAGIC, %ebx
        call    check_state
        print   "version "
        print_hex VERSION(%ebp)
        print   " flags "
        print_hex FLAGS(%ebp)
        print   "\ncommand line: "
        movl    CMDLINE(%ebp), %esi
        call    put_string
        print   "\n"
        call    show_modules
        call    show_map
        call    show_rsdp
        jmp     finish

show_modules:
        movl    MODULE_COUNT(%ebp), %ecx
        movl    MODULES(%ebp), %ebx
        jecxz   2f
1:      movl    (%ebx), %esi
        movl    8(%ebx), %edi
        addl    %esi, %edi
        call    show_module
        print   "\n"
        addl    $MODULE_SIZE, %ebx
        loop    1b
2:      ret

show_map:
        movl    MAP_COUNT(%ebp), %ecx
        movl    MAP(%ebp), %ebx
1:      print   "map "
        print_hex 4(%ebx)
        print_hex (%ebx)
        print   " "
        print_hex 12(%ebx)
        print_hex 8(%ebx)
        print   " "
        print_hex 16(%ebx)
        print   "\n"
        addl    $MAP_SIZE, %ebx
        loop    1b
        ret

# The first bytes of ACPI's root pointer: "RSD ".
show_rsdp:
        movl    RSDP(%ebp), %ebx
        print   "rsdp "
        print_hex (%ebx)
        print   "\n"
        ret
