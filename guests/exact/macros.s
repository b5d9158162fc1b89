# A row of the table, for the modes whose bits are in MODES.
#
#     ROW modes, name, set-up, instruction, expected, what brings the state in order afterwards
#
# It becomes NAME_row (set-up) NAME (the instruction) NAME_next. How EXPECTED is written is told in
# tests/tools/exact_expect.h.
.set row, 0
.macro ROW modes, name, setup, insn, expect, after
.if (\modes) & (MODE)
\name\()_row:
        cmpb    $0, SKIP + row
        jne     \name\()_end
        mov     $\name\()_next - ORG, A
        mov     A, RESUME
        mov     $STACK, SP
        push    $FLAGS
        popf
        mov     $0x1a1a, A
        mov     $0x1b1b, B
        mov     $0x1c1c, C
        mov     $0x1d1d, D
        mov     $0x7b7b, BP
        mov     $DATA, SI
        mov     $DATA + 0x80, DI
        \setup
\name:
        \insn
\name\()_next:
        \after
        mov     $STACK, SP
        pushf
        pop     A
        mov     LOGP, B
        movw    $0x8000 + row, (B)
        movw    %ax, 2(B)
        movw    %cx, 4(B)
        movw    $0, 6(B)
        add     $8, B
        mov     B, LOGP
\name\()_end:
        .pushsection .rows
        .ascii  "\name \expect\n"
        .popsection
        .set row, row + 1
.endif
.endm

# What has another name in each mode.
.if (MODE) & LONG
.macro INT_RETURN
        iretq
.endm
.macro FAR_RETURN
        lretq
.endm
.macro JUMP_IF_C_0 target
        jrcxz   \target
.endm
.else
.macro INT_RETURN
        iret
.endm
.macro FAR_RETURN
        lret
.endm
.macro JUMP_IF_C_0 target
.if (MODE) & REAL
        jcxz    \target
.else
        jecxz   \target
.endif
.endm
.endif

# Pushes what iret takes, with the flags as they are: to go to TARGET in the same segment.
.macro IRET_FRAME target
.if (MODE) & LONG
        mov     SP, B
        mov     %ss, A
        push    A
        push    B
        pushf
        mov     %cs, A
        push    A
.else
        pushf
        push    %cs
.endif
        push    $\target - ORG
.endm

# Pushes the flags with the bits SET in them.
.macro PUSH_FLAGS set
        push    $FLAGS | \set
.endm

# The timer's interrupt 0x20, 1000 a second; interrupts are off.
.macro IRQ_ON
        movw    $0, TICKS
        OUT_BYTE 0x20, 0x11
        OUT_BYTE 0x21, 0x20
        OUT_BYTE 0x21, 0x04
        OUT_BYTE 0x21, 0x01
        OUT_BYTE 0x21, 0xfe
        OUT_BYTE 0x43, 0x34
        OUT_BYTE 0x40, 1193 & 0xff
        OUT_BYTE 0x40, 1193 >> 8
.endm
.macro OUT_BYTE port, value
        movb    $\value, %al
        outb    %al, $\port
.endm

# As IRQ_ON, and then waits until one is pending.
.macro IRQ_PENDING
        IRQ_ON
        OUT_BYTE 0x20, 0x0a              # reads of port 0x20 give the request register
irq_pending_\@:
        inb     $0x20, %al
        testb   $1, %al
        jz      irq_pending_\@
.endm

# With interrupts on: waits until one was taken, then ends them.
.macro IRQ_OFF
irq_off_\@:
        cmpw    $0, TICKS
        je      irq_off_\@
        cli
        OUT_BYTE 0x21, 0xff
        cmpb    %al, %al                # no flag tells how many there were
.endm
