# Real mode for tests: one of each thing that a debugger steps over, each between two labels.
# A boot sector that does not need the BIOS. It ends in an endless loop, work.

.set COUNTER, 0x9000                    # a word that work counts up
.set BUFFER,  0x9010                    # where rep stosb writes
.set VECTOR,  0x60                      # an interrupt of our own

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movw    %ax, COUNTER
        cld

before_mov:
        movw    $0x1234, %ax
after_mov:
        incw    %ax
before_push:
        pushw   %ax
after_push:
        popw    %bx
before_call:
        call    subroutine
after_call:
        movb    $'A', %al
before_out:
        outb    %al, $0xe9
after_out:
        inb     $0x92, %al
after_in:
        movb    $'B', %al
        outb    %al, $0xe9
second_out:
        outb    %al, $0x80
after_outs:
        nop

before_rep:
        movw    $BUFFER, %di
        movw    $4, %cx
        movb    $0x5a, %al
the_rep:
        rep stosb
after_rep:
        nop

before_flags:
        pushfw
after_pushf:
        popw    %dx                     # the flags as the guest sees them
        pushw   $0x0002
before_popf:
        popfw
after_popf:
        movw    %ss, %ax
before_mov_ss:
        movw    %ax, %ss
after_mov_ss:
        nop

before_int:
        movw    $handler, VECTOR * 4
        movw    $0, VECTOR * 4 + 2
the_int:
        int     $VECTOR
after_int:
        nop

# Interrupts allowed and forbidden again, with none pending.
before_sti:
        sti
        nop
        cli
after_cli:
        xorw    %dx, %dx
        movw    $10, %cx
loop_a: incw    %dx
loop_b: incw    %dx
loop_c: incw    %dx
loop_d: incw    %dx
loop_e: incw    %dx
loop_f: loop    loop_a
after_loop:
        nop

# The same code with another segment: the far part, copied to 0x1000:0.
before_copy:
        movw    $0x1000, %ax
        movw    %ax, %es
        xorw    %di, %di
        movw    $0x7dc0, %si
        movw    $62, %cx
        rep movsb
before_far:
        ljmp    $0x1000, $0
back:
        xorw    %ax, %ax
        movw    %ax, %ss
        movw    $0x7c00, %sp

work:   incw    COUNTER
work_b: nop
work_c: jmp     work

subroutine:
        nop
        ret

handler:
        movb    $'I', %al
in_handler:
        iretw

# Runs with CS = 0x1000 and SS = 0x2000: linear addresses are not offsets here.
        .section .far, "ax"
far_start:
        movw    $0x2000, %ax
        movw    %ax, %ss
        movw    $0x0100, %sp
far_push:
        pushw   $0x7bcd
far_pushed:
        popw    %bx
        movw    $3, %cx
far_loop:
        nop
far_loop_end:
        loop    far_loop
far_out:
        outb    %al, $0x80
after_far_out:
        ljmp    $0, $back
