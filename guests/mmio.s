# Touches an address where nothing is: a read gives all ones, a write is lost.

.set NOWHERE, 0xd0000000

        .text
        .code32
        .globl _start
_start:
        movl    $NOWHERE, %ebx
before_read:
        movl    (%ebx), %eax
after_read:
        movl    $0x12345678, %ecx
before_write:
        movl    %ecx, (%ebx)
after_write:
        nop
second_read:
        movzbl  1(%ebx), %edx
after_second_read:
        nop
stay:   hlt
        jmp     stay
