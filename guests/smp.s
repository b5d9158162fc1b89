# Each CPU counts in a loop: the first, in protected mode, starts the others by INIT and SIPI through
# its local APIC, and those count in real mode, and call two handlers each time, one of them by an
# int3 of their own. CPU n counts in the long word at COUNTERS + 4 * n.

.set COUNTERS,   0x9000
.set NEXT,       0x9080 # where the next CPU that starts counts, as an offset into COUNTERS
.set STACKS,     0xb000 # those of the others, 64 bytes each, CPU n's below STACKS + 64 * n
.set VECTOR,     0x40
.set VECTOR_BP,  3
.set SIPI_PAGE,  8      # the others begin at address 0x8000
.set APIC,       0xfee00000
.set APIC_SVR,   0x0f0  # spurious vector; bit 8 enables (SDM vol. 3, 10.9)
.set APIC_ICR,   0x300  # SDM vol. 3, 10.6.1
.set ICR_INIT,   0x000c4500 # to all but ourselves, level assert
.set ICR_SIPI,   0x000c4600

        .text
        .code32
        .globl _start
_start:
        cli
        cld
        movl    $4, NEXT
        movl    $start_others, %esi
        movl    $SIPI_PAGE << 12, %edi
        movl    $end_others - start_others, %ecx
        rep movsb
        movl    $APIC, %ebx
        movl    $0x1ff, APIC_SVR(%ebx)
        movl    $ICR_INIT, APIC_ICR(%ebx)
        movl    $ICR_SIPI | SIPI_PAGE, APIC_ICR(%ebx)
count:  incl    COUNTERS
count_2:
        nop
count_3:
        incl    %edx
count_4:
        jmp     count
count_end:

# Runs at SIPI_PAGE << 12, in real mode.
        .code16
start_others:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $other_4, VECTOR * 4
        movw    %ax, VECTOR * 4 + 2
        movw    $other_6, VECTOR_BP * 4
        movw    %ax, VECTOR_BP * 4 + 2
        movl    $4, %ebx
        lock xaddl %ebx, NEXT
        movw    %bx, %sp
        shlw    $4, %sp
        addw    $STACKS, %sp
others_count:
        incl    COUNTERS(%bx)
others_count_2:
        nop
others_count_3:
        int     $VECTOR
others_count_5:
        int3
others_count_7:
        jmp     others_count
others_count_4:                 # the handlers
        iret
others_count_6:
        iret
end_others:

# Where the copies are.
        .globl  other, other_2, other_3, other_4, other_5, other_6, other_7, other_end
        .set    other,     (SIPI_PAGE << 12) + others_count - start_others
        .set    other_2,   (SIPI_PAGE << 12) + others_count_2 - start_others
        .set    other_3,   (SIPI_PAGE << 12) + others_count_3 - start_others
        .set    other_4,   (SIPI_PAGE << 12) + others_count_4 - start_others
        .set    other_5,   (SIPI_PAGE << 12) + others_count_5 - start_others
        .set    other_6,   (SIPI_PAGE << 12) + others_count_6 - start_others
        .set    other_7,   (SIPI_PAGE << 12) + others_count_7 - start_others
        .set    other_end, (SIPI_PAGE << 12) + end_others - start_others
