# guests/calls.inc in long mode.
        .text
        .code64
        .globl _start
.set BP, %rbp
.set SP, %rsp
_start: movl    $0x7c00, %esp
        mov     SP, BP
        call    main
        .include "guests/calls.inc"
