# Through all modes and back, for ever: 16 -> 32 -> 64 -> 32 -> 16. Each switch is a subroutine, which
# is called in one mode and returns in the next:
#
#     main16    call to_protected     in32      call to_long        in64
#     in64      call to_compatible    back32    call to_real        back16, main16 again
#
# A far jump, far return or iret changes the mode; its label is jump_N, that of the first instruction
# behind it first_N, where N is the mode that it leads to.

.set PML4, 0x1000
.set PDPT, 0x2000
.set PAGE_DIRECTORY, 0x3000
.set ROUNDS, 0x600              # how often all this was done

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7c00, %sp
        cld
        movl    $0, ROUNDS
        movl    $PML4, %edi             # the page tables: 2 MiB at the same addresses
        xorl    %eax, %eax
        movl    $3 * 4096 / 4, %ecx
        addr32 rep stosl
        movl    $PDPT + 3, PML4
        movl    $PAGE_DIRECTORY + 3, PDPT
        movl    $0x83, PAGE_DIRECTORY

main16: incl    ROUNDS
        movzwl  %sp, %ebp
call_32:
        call    to_protected
        .code32
in32:   nop
        incl    %ebx
call_64:
        call    to_long
        .code64
in64:   nop
        incl    %ebx
call_back32:
        call    to_compatible
        .code32
back32: nop
        incl    %ebx
call_back16:
        call    to_real
        .code16
back16: nop
        incl    %ebx
next_round:
        jmp     main16

to_protected:
        lgdt    gdt_pointer
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
jump_32:
        ljmp    $CODE32, $first_32
        .code32
first_32:
        movw    $DATA, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movzwl  (%esp), %eax            # the caller was 16-bit: so is its address
        addl    $2, %esp
        movzwl  %sp, %esp
ret_32: jmp     *%eax

to_long:
        pushl   %ebp
        movl    %esp, %ebp
        movl    %cr4, %eax
        orl     $0x20, %eax             # PAE
        movl    %eax, %cr4
        movl    $PML4, %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx       # EFER
        rdmsr
        orl     $0x100, %eax            # LME
        wrmsr
        movl    %cr0, %eax
        orl     $0x80000000, %eax       # PG
        movl    %eax, %cr0
jump_64:
        ljmp    $CODE64, $first_64
        .code64
first_64:
        movl    (%rsp), %ebp
        movl    4(%rsp), %eax
        addq    $8, %rsp
ret_64: jmp     *%rax

to_compatible:
        pushq   $CODE32
        movl    $first_back32, %eax
        pushq   %rax
jump_back32:
        lretq
        .code32
first_back32:
        movw    $DATA, %ax
        movw    %ax, %ss
        movl    %cr0, %eax
        andl    $0x7fffffff, %eax       # not PG
        movl    %eax, %cr0
        movl    $0xc0000080, %ecx
        rdmsr
        andl    $~0x100, %eax           # not LME
        wrmsr
        popl    %eax
        addl    $4, %esp
ret_back32:
        jmp     *%eax

to_real:
jump_16:
        ljmp    $CODE16, $first_16
        .code16
first_16:
        movw    $DATA16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    %cr0, %eax
        andl    $0xfffffffe, %eax       # not PE
        movl    %eax, %cr0
        ljmp    $0, $in_real
in_real:
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        popl    %eax
ret_16: jmp     *%ax

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9a000000ffff      # 32-bit code, base 0, limit 4 GiB
        .quad   0x00cf92000000ffff      # data, the same
        .quad   0x00af9a000000ffff      # 64-bit code
        .quad   0x00009a000000ffff      # 16-bit code, base 0, limit 64 KiB
        .quad   0x000092000000ffff      # data, the same
.set CODE32, 0x08
.set DATA,   0x10
.set CODE64, 0x18
.set CODE16, 0x20
.set DATA16, 0x28
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt
