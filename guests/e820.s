# Prints the memory map that INT 15h E820 gives: base, length and type of each range, in hex; then
# ends the VM by the debug-exit port.

.set ENTRY, 0x9000

        .text
        .code16
        .globl _start
_start:
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        xorl    %ebx, %ebx
next:   movl    $0xe820, %eax
        movl    $0x534d4150, %edx       # "SMAP"
        movl    $20, %ecx
        movw    $ENTRY, %di
        int     $0x15
after_int:
        jc      done
        cmpl    $0x534d4150, %eax
        jne     done
        movw    $ENTRY + 8, %si
        call    hex64
        movw    $ENTRY + 16, %si
        call    hex64
        movw    $ENTRY + 20, %si
        call    hex32
        movb    $'\r', %al
        call    show
        movb    $'\n', %al
        call    show
        testl   %ebx, %ebx
        jnz     next
done:   movb    $0, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

# Prints the number that ends just before SI, and a space.
hex64:  movw    $8, %cx
        jmp     hex
hex32:  movw    $4, %cx
hex:    decw    %si
        movb    (%si), %al
        shrb    $4, %al
        call    digit
        movb    (%si), %al
        andb    $15, %al
        call    digit
        loop    hex
        movb    $' ', %al
        jmp     show

digit:  cmpb    $10, %al
        jb      decimal
        addb    $'a' - 10 - '0', %al
decimal:
        addb    $'0', %al
show:   pushl   %ebx
        movb    $0x0e, %ah
        xorw    %bx, %bx
        int     $0x10
        popl    %ebx
        ret
