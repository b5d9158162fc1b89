# Each CPU works: it counts in counters[CPU], and does what orders[CPU] says, which a debugger sets.
# The first CPU starts the others by INIT and SIPI; all are in protected mode, with flat segments,
# and share the code. Before each meeting all that were ordered to it wait for each other.

.set SIPI_PAGE,  8      # the others begin at address 0x8000
.set CPUS,       16
.set STACK,      0x200000 # the first CPU's; each has 4 KiB
.set APIC,       0xfee00000
.set APIC_ID,    0x020  # in bits 24 to 31 (SDM vol. 3, 10.4.6)
.set APIC_SVR,   0x0f0
.set APIC_ICR,   0x300
.set ICR_INIT,   0x000c4500 # to all but ourselves
.set ICR_SIPI,   0x000c4600

.set ORDER_WORK, 0
.set ORDER_REST, 1
.set ORDER_MEET, 2
.set ORDER_RESET, 3

        .text
        .code32
        .globl _start
_start:
        cli
        cld
        lgdt    gdt_pointer
        movl    $start_other, %esi
        movl    $SIPI_PAGE << 12, %edi
        movl    $end_other - start_other, %ecx
        rep movsb
        movl    $APIC, %ebx
        movl    $0x1ff, APIC_SVR(%ebx)
wake_others: movl $ICR_INIT, APIC_ICR(%ebx)
        movl    $ICR_SIPI | SIPI_PAGE, APIC_ICR(%ebx)
others_woken: jmp begin

# Runs at SIPI_PAGE << 12, in real mode.
        .code16
start_other:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        lgdtl   (SIPI_PAGE << 12) + gdt_pointer_copy - start_other
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $8, $begin_other
        .balign 8
gdt_pointer_copy:
        .word   gdt_end - gdt - 1
        .long   gdt
end_other:

        .code32
begin_other:
        movw    $0x10, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        xorl    %eax, %eax
        movw    %ax, %fs
        movw    %ax, %gs
begin:  movl    APIC + APIC_ID, %esi
        shrl    $24, %esi       # this CPU's number
        lock incl started
        movl    %esi, %eax
        shll    $12, %eax
        leal    STACK(%eax), %esp
        xorl    %ebp, %ebp
        xorl    %edi, %edi
forever:
        call    work
        jmp     forever

        .type   work, @function
work:   pushl   %ebp
        movl    %esp, %ebp
count:  incl    counters(, %esi, 4)
counted:
        nop
counted_2:
        movl    orders(, %esi, 4), %eax
        testl   %eax, %eax
        jz      worked
        cmpl    $ORDER_REST, %eax
        je      rest
        cmpl    $ORDER_MEET, %eax
        je      meet_others
        cmpl    $ORDER_RESET, %eax
        je      reset
worked: popl    %ebp
        ret
        .size   work, . - work

# Until it is woken: by an order of another CPU's, which sends an NMI or INIT.
rest:   hlt
rested: jmp     rest

reset:  movb    $0x06, %al
        movw    $0xcf9, %dx
        outb    %al, %dx
        jmp     reset

# EDI: how often it has met the others.
meet_others:
        incl    %edi
        movl    %edi, %edx
        imull   party, %edx
        lock incl arrived
wait:   cmpl    %edx, arrived
        jb      wait
meet:   nop
met:    incl    meetings(, %esi, 4)
        jmp     worked

        .balign 8
gdt:    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt

        .balign 64
        .globl  counters, orders, meetings, started, arrived, party
        .type   counters, @object
        .type   orders, @object
        .type   meetings, @object
        .type   started, @object
        .type   arrived, @object
        .type   party, @object
counters: .fill CPUS, 4
        .size   counters, . - counters
orders: .fill   CPUS, 4
        .size   orders, . - orders
meetings: .fill CPUS, 4
        .size   meetings, . - meetings
started: .long  0
        .size   started, 4
arrived: .long  0
        .size   arrived, 4
party:  .long   2  # how many meet
        .size   party, 4
