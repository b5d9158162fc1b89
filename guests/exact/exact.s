# The guest of the stepping table: rows.s holds the table, a line a row; this file is assembled once
# a mode, with MODE as one of the bits below. The guest sets itself up in that mode, runs each row
# between a prologue that makes the state known and an epilogue that notes what came of it, and ends
# at `end`. What the debugger has to show is in section .rows, which is not loaded: see
# tests/tools/exact.c.
#
# Nothing here depends on a debugger: run freely or stepped, the log at LOG comes out the same.

.set REAL0,     0x01                    # real mode, CS = 0
.set REAL1,     0x02                    # real mode, CS = 0x1000, SS = 0x200
.set PROT0,     0x04                    # protected mode without paging, CPL 0
.set PROT3,     0x08                    # the same, CPL 3, IOPL 3
.set PAGED0,    0x10                    # protected mode with paging, CPL 0
.set PAGED3,    0x20
.set LONG0,     0x40
.set LONG3,     0x80

.set REAL,      REAL0 | REAL1
.set PAGED,     PAGED0 | PAGED3
.set PROT,      PROT0 | PROT3 | PAGED
.set LONG,      LONG0 | LONG3
.set BELOW64,   REAL | PROT
.set ALL,       BELOW64 | LONG
.set USER,      PROT3 | PAGED3 | LONG3
.set KERNEL,    REAL | PROT0 | PAGED0 | LONG0

# Physical memory, apart from the image. All of it is below 64 KiB, for real mode.
.set ROW_DATA,  0x2000                  # the rows' data, then their stacks: what a step may change
.set RESUME,    0x2e00                  # where a fault's handler returns to
.set LOGP,      0x2e08                  # the end of the log
.set TICKS,     0x2e10                  # timer interrupts taken
.set SKIP,      0x2f00                  # a byte a row, set from outside: leave this row out
.set LOG,       0x3000                  # 8 bytes an entry: what, flags, and two more words
.set TSS,       0x5000
.set IDT,       0x6000
.set TABLES,    0x8000                  # page tables

# Where the rows' data is seen: with paging at another linear address than its physical one.
.if (MODE) & (PAGED | LONG)
.set DATA,      ROW_DATA + 0x40000000
.else
.set DATA,      ROW_DATA
.endif
.set DATA_SIZE, 0x800
.set KSTACK,    DATA + 0x800            # of the kernel, where the rows run in user mode
.set UNMAPPED,  0x80001000              # paged modes: no page is there

.if (MODE) & USER
.set FLAGS,     0x3002                  # IOPL 3: cli, sti, in and out are allowed
.set PFU,       4                       # the user bit of a page fault's error code
.else
.set FLAGS,     0x0002
.set PFU,       0
.endif

# The registers of the mode's own width.
.if (MODE) & REAL
        .set W, 2
        .set A, %ax ; .set B, %bx ; .set C, %cx ; .set D, %dx
        .set SI, %si ; .set DI, %di ; .set BP, %bp ; .set SP, %sp
        .set CR, %eax
        .code16
.elseif (MODE) & PROT
        .set W, 4
        .set A, %eax ; .set B, %ebx ; .set C, %ecx ; .set D, %edx
        .set SI, %esi ; .set DI, %edi ; .set BP, %ebp ; .set SP, %esp
        .set CR, %eax
        .code32
.else
        .set W, 8
        .set A, %rax ; .set B, %rbx ; .set C, %rcx ; .set D, %rdx
        .set SI, %rsi ; .set DI, %rdi ; .set BP, %rbp ; .set SP, %rsp
        .set CR, %rax
        .code64
.endif

# ORG is what a label's offset in its code segment begins at; MMIO is where, from FS on, no memory
# is. PORT is one that no device has: it reads as all ones.
.if (MODE) & REAL
        .set STACK, 0x500 + ((MODE) & REAL0) * ROW_DATA
        .set CS_SEL, ((MODE) & REAL1) * 0x800
        .set MMIO, 0                    # FS = 0xd000
.else
        .set ORG, 0
        .set STACK, DATA + 0x500
        .set MMIO, 0xd0000000
        .if (MODE) & LONG3
                .set CS_SEL, 0x2b
        .elseif (MODE) & USER
                .set CS_SEL, 0x1b
        .else
                .set CS_SEL, 0x08
        .endif
.endif
.if (MODE) & USER
.set SS_SEL,    0x23
.else
.set SS_SEL,    0x10
.endif
.set PORT,      0x2f0
.set FREE_PORT, 0x80                    # kvm_amd lets this one through to the host

        .include "guests/exact/macros.s"

        .text
        .globl _start
.if (MODE) & REAL0
        .set ORG, 0
.endif
_start:
.if (MODE) & REAL1
        .set ORG, _start
.endif
        cli
        movb    $0xff, %al              # no interrupt but those that a row asks for
        outb    %al, $0x21
        outb    %al, $0xa1
.if (MODE) & REAL
        .include "guests/exact/real.s"
.elseif (MODE) & PROT
        .include "guests/exact/protected.s"
.else
        .include "guests/exact/long.s"
.endif

ready:  mov     $LOG, A
        mov     A, LOGP
        .include "guests/exact/rows.s"
end:    jmp     end

        .include "guests/exact/handlers.s"
