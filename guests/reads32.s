# guests/reads.inc in protected mode.
        .text
        .code32
        .globl _start
.set AX, %eax
.set BX, %ebx
.set CX, %ecx
.set SI, %esi
.set DI, %edi
.set BP, %ebp
.set SP, %esp
.set WORD, 4
.set BESIDE, 4
.macro PUSH what
        pushl   \what
.endm
_start:
        mov     $0x7c00, SP
        .include "guests/reads.inc"
