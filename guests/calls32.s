# guests/calls.inc in protected mode.
        .text
        .code32
        .globl _start
.set BP, %ebp
.set SP, %esp
_start: movl    $0x7c00, %esp
        mov     SP, BP
        call    main
        .include "guests/calls.inc"
