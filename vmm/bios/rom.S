# The BIOS services' ROM: 64 KiB at 0xf0000, segment 0xf000.
#
# A service's entry is an OUT to the trap port, where the VMM does the work in C (bios.h), and an
# IRET. Hardware interrupts are served here in full. rom.c reads the tables at the start.
#
# The unwind information lets gdb leave a handler: `bt`, `finish` and `nexti` over `int $0x13`. It is
# told linear addresses (eip = CS.base + IP, esp = SS.base + SP), so the return address is
# CS * 16 + IP, made from the words that INT pushed: IP at CFA-6, CS at CFA-4, FLAGS at CFA-2.

        .set    TRAP_PORT, 0xb8                 # BIOS_TRAP_PORT
        .set    PIC1, 0x20                      # command ports; data is the next one
        .set    PIC2, 0xa0
        .set    EOI, 0x20                       # OCW2, non-specific
        .set    READ_ISR, 0x0b                  # OCW3
        .set    BDA_SEGMENT, 0x40
        .set    BDA_TICKS, 0x6c
        .set    BDA_MIDNIGHT, 0x70
        .set    TICKS_A_DAY, 0x1800b0

        # Numbers of services that are not an interrupt's own: rom.h has them too.
        .set    SERVICE_FAULT, 0x100            # + vector: an exception that nobody handles
        .set    SERVICE_OTHER, 0x200            # an interrupt that nobody handles
        .set    SERVICE_BOOT, 0x201

        # DWARF's numbers of registers (i386 psABI) and operations.
        .set    REG_AX, 0
        .set    REG_DX, 2
        .set    REG_EIP, 8
        .set    REG_FLAGS, 9
        .set    REG_CS, 41
        .set    REG_DS, 43
        .set    OP_CONST4U, 0x0c
        .set    OP_DUP, 0x12
        .set    OP_SWAP, 0x16
        .set    OP_AND, 0x1a
        .set    OP_MINUS, 0x1c
        .set    OP_OR, 0x21
        .set    OP_PLUS, 0x22
        .set    OP_SHL, 0x24
        .set    OP_LIT0, 0x30
        .set    OP_BREG0, 0x70
        .set    OP_DEREF_SIZE, 0x94
        .set    CFA_VAL_EXPRESSION, 0x16

# The interrupted code's selector is the word at CFA-OFFSET.
.macro cfi_selector reg, offset
        .cfi_escape CFA_VAL_EXPRESSION, \reg, 4, OP_LIT0 + \offset, OP_MINUS, OP_DEREF_SIZE, 2
.endm

# Its register's low half is the word at CFA-OFFSET; the high half is as it is now.
.macro cfi_low_half reg, offset
        .cfi_escape CFA_VAL_EXPRESSION, \reg, 13, OP_LIT0 + \offset, OP_MINUS, OP_DEREF_SIZE, 2
        .cfi_escape OP_BREG0 + \reg, 0, OP_CONST4U, 0, 0, 0xff, 0xff, OP_AND, OP_OR
.endm

# Begins the handler NAME, entered by INT or an interrupt.
.macro handler name
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc simple
        .cfi_def_cfa esp, 6
        .cfi_escape CFA_VAL_EXPRESSION, REG_EIP, 13, OP_DUP
        .cfi_escape OP_LIT0 + 4, OP_MINUS, OP_DEREF_SIZE, 2, OP_LIT0 + 4, OP_SHL, OP_SWAP
        .cfi_escape OP_LIT0 + 6, OP_MINUS, OP_DEREF_SIZE, 2, OP_PLUS
        cfi_selector REG_CS, 4
        cfi_low_half REG_FLAGS, 2
.endm

.macro end name
        .cfi_endproc
        .size   \name, . - \name
.endm

.macro save reg, dwarf, offset
        pushw   %\reg
        .cfi_adjust_cfa_offset 2
        cfi_low_half \dwarf, \offset
.endm

.macro restore reg, dwarf
        popw    %\reg
        .cfi_adjust_cfa_offset -2
        .cfi_same_value \dwarf
.endm

.macro trap
        outb    %al, $TRAP_PORT
.endm

# The VMM has said why on the console: nothing goes on here.
.macro halt
7:      hlt
        jmp     7b
.endm

        .cfi_sections .debug_frame
        .code16
        .text
rom_start:

# ---- Tables for rom.c, in the order of struct rom_header (offsets in the segment).

        .ascii  "stepvm\0\0"
        .word   rom_traps - rom_start, (rom_traps_end - rom_traps) / 4
        .word   rom_vectors - rom_start, (rom_vectors_end - rom_vectors) / 4
        .word   bios_int16_wait - rom_start
        .word   config_table - rom_start
        .word   blank_font - rom_start

.macro entry name, number
        .word   \name - rom_start, \number
.endm

# Where the VMM is called, and for which service.
rom_traps:
        .irp    v, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 1a
        entry   bios_int\v, 0x\v
        .endr
        entry   bios_int16_again, 0x16
        .irp    v, 00, 06, 07
        entry   bios_int\v, SERVICE_FAULT + 0x\v
        .endr
        .irp    v, 0b, 0c, 0d
        entry   bios_fault\v, SERVICE_FAULT + 0x\v
        .endr
        entry   bios_int_other, SERVICE_OTHER
        entry   bios_boot_trap, SERVICE_BOOT
        entry   bios_int09_code, 0x09
rom_traps_end:
# The interrupt vectors; those that are not here get bios_int_other.
rom_vectors:
        .irp    v, 00, 06, 07, 08, 09, 0b, 0c, 0d, 0f
        entry   bios_int\v, 0x\v
        .endr
        .irp    v, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 1a, 70, 77
        entry   bios_int\v, 0x\v
        .endr
        .irp    v, 01, 02, 03, 04, 05, 1b, 1c, 4a
        entry   bios_iret, 0x\v
        .endr
        .irp    v, 0a, 0e
        entry   bios_irq_master, 0x\v
        .endr
        .irp    v, 71, 72, 73, 74, 75, 76
        entry   bios_irq_slave, 0x\v
        .endr
        entry   diskette_table, 0x1e
        entry   blank_font, 0x1f
        entry   blank_font, 0x43
rom_vectors_end:

# INT 15h AH=C0h (Ralf Brown's list, table 00509): a PC/AT, with a second PIC and an RTC.
config_table:
        .word   8
        .byte   0xfc, 0, 0                      # model, submodel, revision
        .byte   0x70, 0, 0, 0, 0                # two PICs, RTC, INT 15h AH=4Fh; nothing else

# There is no font to be had: 256 empty characters of 16 lines for who asks.
        .org    0x1000
blank_font:
        .skip   4096

# ---- Services that the VMM does

        .org    0xe000
        .irp    v, 10, 11, 12, 13, 14, 15, 17, 1a
        handler bios_int\v
        trap
        iret
        end     bios_int\v
        .endr

# A read with no key there: the VMM sends the CPU to bios_int16_wait. STI holds interrupts off until
# HLT has begun, so the one that brings the key always ends it.
        handler bios_int16
        trap
        iret
bios_int16_wait:
        sti
        hlt
bios_int16_again:
        trap
        iret
        end     bios_int16

# These do not return, and if there is nothing to boot they end here.
        .irp    v, 18, 19
        handler bios_int\v
        trap
        halt
        end     bios_int\v
        .endr

# ---- Interrupts and exceptions that nobody handles

        handler bios_int_other
        trap
        iret
        end     bios_int_other

        handler bios_iret
        iret
        end     bios_iret

        .irp    v, 00, 06, 07
        handler bios_int\v
        trap
        halt
        end     bios_int\v
        .endr

# ---- Hardware interrupts, on the PC's classic vectors: 08h and 70h

# The tick, 18.2 times a second: the time of day in the BIOS data area, then INT 1Ch for the user.
        handler bios_int08
        save    ax, REG_AX, 8
        save    dx, REG_DX, 10
        pushw   %ds
        .cfi_adjust_cfa_offset 2
        cfi_selector REG_DS, 12
        movw    $BDA_SEGMENT, %ax
        movw    %ax, %ds
        incl    BDA_TICKS
        cmpl    $TICKS_A_DAY, BDA_TICKS
        jb      1f
        movl    $0, BDA_TICKS
        incb    BDA_MIDNIGHT
1:      int     $0x1c
        movb    $EOI, %al
        outb    %al, $PIC1
        popw    %ds
        .cfi_adjust_cfa_offset -2
        .cfi_same_value REG_DS
        restore dx, REG_DX
        restore ax, REG_AX
        iret
        end     bios_int08

# The keyboard. INT 15h may take the scan code away or change it; carry says that it is there.
        handler bios_int09
        save    ax, REG_AX, 8
        inb     $0x64, %al
        testb   $0x01, %al                      # INT 16h may have been faster
        jz      1f
        inb     $0x60, %al
        movb    $0x4f, %ah
        stc
        int     $0x15
        jnc     1f
bios_int09_code:
        trap
1:      movb    $EOI, %al
        outb    %al, $PIC1
        restore ax, REG_AX
        iret
        end     bios_int09

        handler bios_irq_master
        save    ax, REG_AX, 8
        movb    $EOI, %al
        outb    %al, $PIC1
        restore ax, REG_AX
        iret
        end     bios_irq_master

# These vectors are exceptions' too (#NP, #SS, #GP): it is an IRQ if the PIC has it in service.
.macro irq_or_fault vector, line
        handler bios_int\vector
        save    ax, REG_AX, 8
        movb    $READ_ISR, %al
        outb    %al, $PIC1
        inb     $PIC1, %al
        testb   $1 << \line, %al
        movb    $EOI, %al
        jz      1f
        outb    %al, $PIC1
        .cfi_remember_state
        restore ax, REG_AX
        iret
        .cfi_restore_state
1:      restore ax, REG_AX
bios_fault\vector:
        trap
        halt
        end     bios_int\vector
.endm

        irq_or_fault 0b, 3
        irq_or_fault 0c, 4
        irq_or_fault 0d, 5

# A spurious interrupt comes as line 7 of its PIC, is not in service there, and must not be
# acknowledged there (8259A data sheet, "Default IR7").
        handler bios_int0f
        save    ax, REG_AX, 8
        movb    $READ_ISR, %al
        outb    %al, $PIC1
        inb     $PIC1, %al
        testb   $0x80, %al
        jz      1f
        movb    $EOI, %al
        outb    %al, $PIC1
1:      restore ax, REG_AX
        iret
        end     bios_int0f

        handler bios_int77
        save    ax, REG_AX, 8
        movb    $READ_ISR, %al
        outb    %al, $PIC2
        inb     $PIC2, %al
        testb   $0x80, %al
        movb    $EOI, %al
        jz      1f
        outb    %al, $PIC2
1:      outb    %al, $PIC1
        restore ax, REG_AX
        iret
        end     bios_int77

# The RTC holds its line until register C has been read.
        handler bios_int70
        save    ax, REG_AX, 8
        movb    $0x0c, %al
        outb    %al, $0x70
        inb     $0x71, %al
        movb    $EOI, %al
        outb    %al, $PIC2
        outb    %al, $PIC1
        restore ax, REG_AX
        iret
        end     bios_int70

        handler bios_irq_slave
        save    ax, REG_AX, 8
        movb    $EOI, %al
        outb    %al, $PIC2
        outb    %al, $PIC1
        restore ax, REG_AX
        iret
        end     bios_irq_slave

# ---- Start, also for who jumps to ffff:0000

# The interrupt controllers and the timer as at power-on; the VMM does the rest, and boots.
        .globl  bios_boot
        .type   bios_boot, @function
bios_boot:
        .cfi_startproc simple
        .cfi_def_cfa esp, 0
        .cfi_undefined eip
        cli
        cld
        movb    $0x11, %al                      # ICW1: ICW4 follows
        outb    %al, $PIC1
        outb    %al, $PIC2
        movb    $0x08, %al                      # ICW2: vectors
        outb    %al, $PIC1 + 1
        movb    $0x70, %al
        outb    %al, $PIC2 + 1
        movb    $0x04, %al                      # ICW3: the slave is on line 2
        outb    %al, $PIC1 + 1
        movb    $0x02, %al
        outb    %al, $PIC2 + 1
        movb    $0x01, %al                      # ICW4: 8086 mode
        outb    %al, $PIC1 + 1
        outb    %al, $PIC2 + 1
        movb    $0xf8, %al                      # open: timer, keyboard, slave
        outb    %al, $PIC1 + 1
        movb    $0xff, %al
        outb    %al, $PIC2 + 1
        movb    $0x36, %al                      # PIT counter 0, mode 3, 65536
        outb    %al, $0x43
        xorb    %al, %al
        outb    %al, $0x40
        outb    %al, $0x40
        xorw    %ax, %ax
        movw    %ax, %ss
        movw    $0x7c00, %sp
bios_boot_trap:
        trap
        halt
        end     bios_boot

# ---- Fixed places

# INT 1Eh points here, which boot sectors of diskettes copy: 1.44 MB (Ralf Brown, table 01264).
        .org    0xefc7
diskette_table:
        .byte   0xdf, 0x02, 0x25, 2, 18, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 0x08

        .org    0xfff0
        ljmp    $0xf000, $bios_boot - rom_start
        .org    0xfff5
        .ascii  "01/01/26"
        .org    0xfffe
        .byte   0xfc, 0                         # model: PC/AT

        .section .note.GNU-stack, "", @progbits
