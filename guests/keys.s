# Shows each key that INT 16h gives, by INT 10h; `q` ends the VM.

        .text
        .code16
        .globl _start
_start:
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    $text, %si
print:  lodsb
        testb   %al, %al
        jz      next_key
        call    show
        jmp     print

next_key:
        movb    $0, %ah
        int     $0x16
got_key:
        cmpb    $'q', %al
        je      quit
        call    show
        jmp     next_key

quit:   movb    $0, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

show:   movb    $0x0e, %ah
        xorw    %bx, %bx
        int     $0x10
        ret

text:   .asciz "keys ready\r\n"
