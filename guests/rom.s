# A firmware: what is where after the reset, what can be written, and that a second reset makes it
# anew; then what the machine tells of itself by fw_cfg. Each line that it prints has been found to
# be so; where one is not, the VM ends with status 3 and the lines before it.

.set CMOS_SHUTDOWN, 0x0f
.set DEBUG_CONSOLE, 0xe9
.set EXIT, 0xf4
.set RESET, 0xcf9
.set FW_CFG, 0x510
.set FW_CFG_DATA, 0x511
.set RAM_SIZE, 3

        .text
        .code16
        .globl rom, high, leap, low, second, after_reset, mark

# The ROM's first byte; this is for a debugger to look at.
rom:    .ascii  "the firmware's first byte"

# Still in the ROM below 4 GiB: CS.base is 0xffff0000 until the first far jump.
high:   movb    $1, %cs:mark - rom
        cmpb    $0, %cs:mark - rom
        jne     failed_high
leap:   ljmp    $0xf000, $low - rom
failed_high:
        ljmp    $0xf000, $failed - rom

# In the copy below 1 MiB, which is RAM.
low:    movw    %cs, %ax
        movw    %ax, %ds
        xorw    %ax, %ax
        movw    %ax, %ss
        movw    $0x7c00, %sp
        cmpb    $0, mark - rom
        jne     failed
        movb    $CMOS_SHUTDOWN, %al
        outb    %al, $0x70
        inb     $0x71, %al
        testb   %al, %al
        jnz     second

        movw    $kept - rom, %si
        call    print
        movb    $1, mark - rom
        cmpb    $1, mark - rom
        jne     failed
        movw    $taken - rom, %si
        call    print
        movb    $CMOS_SHUTDOWN, %al
        outb    %al, $0x70
        movb    $0xa5, %al
        outb    %al, $0x71
        movw    $RESET, %dx
        movb    $6, %al
        outb    %al, %dx
after_reset:
        hlt
        jmp     after_reset

second: cmpb    $0xa5, %al
        jne     failed
        movw    $anew - rom, %si
        call    print
        xorw    %ax, %ax
        movw    $4, %cx
        call    fw_cfg_text
        movw    $memory - rom, %si
        call    print
        movw    $FW_CFG, %dx
        movw    $RAM_SIZE, %ax
        outw    %ax, %dx
        pushw   %ss
        popw    %es
        movw    $0x8000, %di
        movw    $8, %cx
        movw    $FW_CFG_DATA, %dx
        cld
        rep insb
        movw    $8, %cx
hex:    decw    %di
        movb    %es:(%di), %al
        call    print_hex
        loop    hex
        movw    $newline - rom, %si
        call    print
        movb    $0, %al
        jmp     end

failed: movb    $1, %al
end:    outb    %al, $EXIT
stay:   hlt
        jmp     stay

# Prints CX bytes of item AX and a new line.
fw_cfg_text:
        movw    $FW_CFG, %dx
        outw    %ax, %dx
        movw    $FW_CFG_DATA, %dx
next:   inb     %dx, %al
        outb    %al, $DEBUG_CONSOLE
        loop    next
        movb    $'\n', %al
        outb    %al, $DEBUG_CONSOLE
        ret

print_hex:
        pushw   %ax
        shrb    $4, %al
        call    print_digit
        popw    %ax
        andb    $15, %al
print_digit:
        cmpb    $10, %al
        jb      decimal
        addb    $'a' - 10 - '0', %al
decimal:
        addb    $'0', %al
        outb    %al, $DEBUG_CONSOLE
        ret

# The text at SI, which ends with a 0.
print:  cld
        lodsb
        testb   %al, %al
        jz      printed
        outb    %al, $DEBUG_CONSOLE
        jmp     print
printed:
        ret

mark:   .byte   0
kept:   .asciz  "the ROM is read-only\n"
taken:  .asciz  "below 1 MiB there is RAM\n"
anew:   .asciz  "after a reset it is as at power-on\n"
memory: .asciz  "bytes of memory: "
newline:
        .asciz  "\n"

        .section .reset, "ax"
        .globl  vector
vector: jmp     high
