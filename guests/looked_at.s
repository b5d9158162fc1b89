# Real mode for tests/tools/looks.c: plain instructions, and between them all that changes x87, vector
# and debug registers: by themselves, in handlers of exceptions and interrupts, from memory. Entered
# at _start, without the x87 and vector instructions that a KVM which interprets this code does not
# know; at all_units, with them; at try_units, it ends by port 0xf4 if they are executed.

.set COUNTER, 0x9000
.set WORDS,   0x9010                    # of FPU control
.set ALL,     0x9020                    # a byte: all units
.set AREA,    0x9100                    # for fxsave
.set VECTOR,  0x60                      # an interrupt of our own

        .text
        .code16
        .globl _start, all_units, try_units
_start: call    begin
        jmp     round
all_units:
        call    begin
        movb    $1, ALL
        jmp     round
try_units:
        call    begin
        call    more
        xorb    %al, %al
        outb    %al, $0xf4

begin:  cli
        popw    %si
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movb    %al, ALL
        movl    $divided, 4 * 0
        movl    $trapped, 4 * 1
        movl    $ticked, 4 * 8
        movl    $called, 4 * VECTOR
        movl    %cr4, %ecx
        orl     $0x600, %ecx            # OSFXSR, OSXMMEXCPT
        movl    %ecx, %cr4
        movl    %cr0, %ecx
        andl    $~0xc, %ecx             # TS, EM
        movl    %ecx, %cr0
        fninit
        jmp     *%si

round:  incw    %ax
        addw    %ax, %bx
        movw    %bx, COUNTER
        cmpb    $0, ALL
        je      1f
        call    more
1:      fnstcw  WORDS
        xorw    %cx, %cx
        leal    3(%ebx), %ecx
        movups  COUNTER, %xmm2
        negw    %cx
        movdqu  COUNTER, %xmm1
        notw    %cx
        fxsave  AREA
        incw    AREA + 160
        incw    AREA + 32
        xorw    $0x8000, AREA + 24      # MXCSR
        fxrstor AREA
        incw    %ax
        fninit
        incw    %ax
        movl    %eax, %dr0
        incw    %ax
        movl    %eax, %dr3
        movl    $0xffff0ff0, %ecx
        movl    %ecx, %dr6
        incw    %ax
        movl    %dr6, %ecx
        int     $VECTOR
        incw    %ax
        pushw   $0x102                  # our own single step
        popfw
        incw    %ax
        xorw    %dx, %dx
        movl    $COUNTER, %ecx          # our own watchpoint: a debugger's step does not see it
        movl    %ecx, %dr1
        movl    $0x00500408, %ecx       # G1, two bytes that are written
        movl    %ecx, %dr7
        movw    %dx, COUNTER
        movl    $0x400, %ecx
        movl    %ecx, %dr7
        divw    %dx
divided_by_0:
        movw    $3, %cx
        movw    $WORDS, %di
        rep stosb
        call    below
        inb     $0x92, %al
        outb    %al, $0x80
        sti
        incw    %ax
        movw    %ax, COUNTER
        incw    %ax
        incw    %ax
        cli
        jmp     round

more:   fld1
        pushw   %bx
        fldpi
        popw    %dx
        faddp
        xorw    %cx, %cx
        fstps   WORDS
        incw    %ax
        movd    %eax, %xmm0
        incw    %ax
        paddw   %xmm0, %xmm1
        addw    %ax, %cx
        stmxcsr WORDS
        xorw    $0x8000, WORDS
        ldmxcsr WORDS
        incw    %ax
        movd    %ecx, %mm1
        emms
        ret

below:  xchgw   %ax, %bx
        ret

called: movups  COUNTER, %xmm3
        iret

trapped:
        pushw   %bp
        movw    %sp, %bp
        andw    $~0x100, 6(%bp)
        movups  COUNTER, %xmm4
        popw    %bp
        iret

divided:
        popw    %dx
        pushw   $divided_by_0
        movups  COUNTER, %xmm5
        movl    %ebx, %dr2
        iret

ticked: pushw   %ax
        movups  COUNTER, %xmm6
        movl    %ebx, %dr2
        movb    $0x20, %al
        outb    %al, $0x20
        popw    %ax
        iret
