# guests/reads.inc in long mode.
        .text
        .code64
        .globl _start
.set AX, %rax
.set BX, %rbx
.set CX, %rcx
.set SI, %rsi
.set DI, %rdi
.set BP, %rbp
.set SP, %rsp
.set WORD, 8
.set BESIDE, 8
.macro PUSH what
        pushq   \what
.endm
_start:
        mov     $0x7c00, SP
        .include "guests/reads.inc"
