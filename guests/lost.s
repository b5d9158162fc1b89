# A boot sector that gets lost: it goes to protected mode, clears a buffer of 1 KiB, and dies at the
# end of that. docs/DEBUGGING.md finds out why, going back.

.set BUFFER, 0x6c00
.set SIZE, 1024                         # bytes
.set STACK, 0x7c00                      # right below the code

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        lgdt    gdt_pointer
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmp    $8, $protected

        .code32
protected:
        movw    $16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $STACK, %esp
        cld
        call    clear
        call    fill
idle:   jmp     idle

clear:  pushl   %es
        movl    $0x20202020, %eax       # blanks
        movl    $BUFFER, %edi
        movl    $SIZE, %ecx
        rep stosl
cleared:
        popl    %es
        ret
        .type   clear, @function
        .size   clear, . - clear

fill:
        movl    $BUFFER, %edi
        movb    $'*', (%edi)
        ret

        .balign 8
gdt:    .quad   0
        .quad   0x00cf9a000000ffff      # code, to 4 GiB
        .quad   0x00cf92000000ffff      # data, the same
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt
