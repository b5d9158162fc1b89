# Places to be interrupted in: an endless loop, and two ways to be halted. A test chooses one by
# --entry or by setting $pc.

.set COUNTER, 0x9000

        .text
        .code16
        .globl _start, spin, halt_cli, halt_sti
_start:
spin:   incl    COUNTER
spin_b: jmp     spin

# Nothing but a debugger gets the CPU out of this.
halt_cli:
        cli
        hlt
after_hlt:
        jmp     halt_cli

# The BIOS's timer wakes this one now and then.
halt_sti:
        sti
        hlt
awake:  incl    COUNTER
        jmp     halt_sti
