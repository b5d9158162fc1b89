# Ways to end the VM, one a label; --entry chooses.

        .text
        .code16
        .globl _start, debug_exit, apm_off, acpi_off
_start:
# The debug-exit port: the exit status is (0x21 << 1) | 1.
debug_exit:
        movb    $0x21, %al
        outb    %al, $0xf4
        jmp     stay

# Advanced power management: connect, say version 1.2, switch all devices off.
apm_off:
        movw    $0x5301, %ax
        xorw    %bx, %bx
        int     $0x15
        movw    $0x530e, %ax
        xorw    %bx, %bx
        movw    $0x0102, %cx
        int     $0x15
        movw    $0x5307, %ax
        movw    $0x0001, %bx
        movw    $0x0003, %cx
        int     $0x15
        jmp     stay

# The port where ACPI's sleep register is on a PC of QEMU's kind: SLP_EN, type 0 (soft off).
acpi_off:
        movw    $0x604, %dx
        movw    $0x2000, %ax
        outw    %ax, %dx
        jmp     stay

stay:   cli
        hlt
        jmp     stay
