# guests/calls.inc in real mode: a boot sector.
        .text
        .code16
        .globl _start
.set BP, %bp
.set SP, %sp
_start: cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7c00, %sp
        mov     SP, BP
        call    main
        .include "guests/calls.inc"
