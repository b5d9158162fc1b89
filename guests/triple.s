# A triple fault in each mode: an exception whose handler can't be found, because the interrupt
# table has no entries, and no handler for that either. Its base is where no memory is, because not
# every KVM heeds the limit in real mode. --entry and --mode choose.

        .text
        .globl _start, triple_real, triple_protected, triple_long
_start:
        .code16
triple_real:
        cli
        movl    $0x11112222, %ebx
        lidtl   nothing
real_fault:
        ud2

        .code32
triple_protected:
        movl    $0x33334444, %ebx
        lidtl   nothing
protected_fault:
        ud2

        .code64
triple_long:
        movl    $0x55556666, %ebx
        lidt    nothing(%rip)
long_fault:
        ud2

nothing:
        .word   0
        .quad   0xd0000000
