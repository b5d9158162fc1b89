# The descriptor tables of protected and long mode.
.macro VECTORS list:vararg
.irp vector, \list
        movl    $handler_\vector, %eax
        movw    %ax, IDT + \vector * 2 * W
        movw    $0x08, IDT + \vector * 2 * W + 2
        movw    $0xee00, IDT + \vector * 2 * W + 4      # present, DPL 3, interrupt gate
        shrl    $16, %eax
        movw    %ax, IDT + \vector * 2 * W + 6
.endr
.endm

        jmp     tables_end
        .balign 8
gdt:    .quad   0
.if (MODE) & LONG
        .quad   0x00af9a000000ffff      # 0x08: kernel code
.else
        .quad   0x00cf9a000000ffff
.endif
        .quad   0x00cf92000000ffff      # 0x10: kernel data
        .quad   0x00cffa000000ffff      # 0x18: user code, 32-bit
        .quad   0x00cff2000000ffff      # 0x20: user data
        .quad   0x00affa000000ffff      # 0x28: user code, 64-bit
        .quad   0x0000890000000067 | TSS << 16          # 0x30: TSS
        .quad   0                       #       its second half, in long mode
        .quad   0x00cf9a000000ffff      # 0x40: kernel code, 32-bit
        .quad   0x00cf72000000ffff      # 0x48: a user data segment that is not present
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
.if (MODE) & LONG
        .quad   gdt
.else
        .long   gdt
.endif
idt_pointer:
        .word   49 * 2 * W - 1
.if (MODE) & LONG
        .quad   IDT
.else
        .long   IDT
.endif
tables_end:
