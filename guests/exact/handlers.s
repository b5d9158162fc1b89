# A handler notes its vector, the flags and the CS in its frame, and the error code. A fault's goes
# on at RESUME, behind the row's instruction; that of the debug exception ends the guest's own
# single-stepping.
.macro HANDLER vector, error=0, fault=0
handler_\vector:
        push    BP
        mov     SP, BP
        push    B
        push    A
        mov     LOGP, B
        movw    $\vector, (B)
        mov     W * (3 + \error)(BP), A
        movw    %ax, 2(B)
        mov     W * (2 + \error)(BP), A
        movw    %ax, 4(B)
        movw    $0, 6(B)
.if \error
        mov     W(BP), A
        movw    %ax, 6(B)
.endif
        add     $8, B
        mov     B, LOGP
.if \fault
        mov     RESUME, A
        mov     A, W * (1 + \error)(BP)
.endif
.if \vector == 1
        andw    $~0x100, W * 3(BP)
        mov     $0xffff0ff0, CR_LOW
        mov     CR, %dr6
.endif
        pop     A
        pop     B
        pop     BP
.if \error
        lea     W(SP), SP
.endif
iret_\vector:
        INT_RETURN
.endm

.set CR_LOW, %eax
.if (MODE) & REAL
.set HAS_CODE, 0
.else
.set HAS_CODE, 1
.endif

        HANDLER 0, 0, 1
        HANDLER 1
        HANDLER 3
        HANDLER 4
        HANDLER 5, 0, 1
        HANDLER 6, 0, 1
        HANDLER 7, 0, 1
        HANDLER 11, HAS_CODE, 1
        HANDLER 12, HAS_CODE, 1
        HANDLER 13, HAS_CODE, 1
        HANDLER 14, HAS_CODE, 1
        HANDLER 48

# The timer's: how often it comes depends on the clock, so it is not in the log.
handler_32:
        push    A
        incw    TICKS
        OUT_BYTE 0x20, 0x20              # end of interrupt
        pop     A
        INT_RETURN

# What rows call.
near_target:
        ret
far_target:
        FAR_RETURN
