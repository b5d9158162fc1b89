# Takes the keyboard's interrupt for itself and shows each scan code that comes; Esc going up (81) ends
# the VM.

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movw    $pressed, 9 * 4
        movw    %ax, 9 * 4 + 2
        movw    $text, %si
1:      lodsb
        call    show
        testb   %al, %al
        jnz     1b
        sti
wait:   hlt
        jmp     wait

pressed:
        pushw   %ax
        inb     $0x60, %al
        pushw   %ax
        shrb    $4, %al
        call    digit
        popw    %ax
        pushw   %ax
        andb    $0x0f, %al
        call    digit
        movb    $' ', %al
        call    show
        popw    %ax
        cmpb    $0x81, %al
        je      quit
        movb    $0x20, %al                      # end of interrupt
        outb    %al, $0x20
        popw    %ax
        iret

quit:   movb    $5, %al
        outb    %al, $0xf4
        hlt

digit:  cmpb    $10, %al
        sbbb    $0x69, %al                      # 0 to 9: 96 to 9f; 10 to 15: a1 to a6
        das                                     # 30 to 39, 41 to 46
show:   movb    $0x0e, %ah
        xorw    %bx, %bx
        int     $0x10
        ret

text:   .asciz "scan codes: "
