# COM1: prints a line, then sends back each byte that arrives, by interrupt; `q` ends the VM.

.set PORT, 0x3f8
.set DATA, PORT
.set IER,  PORT + 1
.set FCR,  PORT + 2
.set LCR,  PORT + 3
.set MCR,  PORT + 4
.set LSR,  PORT + 5

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7c00, %sp
        movw    $received, 0x24 * 4
        movw    %ax, 0x24 * 4 + 2

        movb    $0x11, %al              # the PICs, as in timer.s; IRQ 4 only
        outb    %al, $0x20
        outb    %al, $0xa0
        movb    $0x20, %al
        outb    %al, $0x21
        movb    $0x28, %al
        outb    %al, $0xa1
        movb    $0x04, %al
        outb    %al, $0x21
        movb    $0x02, %al
        outb    %al, $0xa1
        movb    $0x01, %al
        outb    %al, $0x21
        outb    %al, $0xa1
        movb    $0xef, %al
        outb    %al, $0x21
        movb    $0xff, %al
        outb    %al, $0xa1

        movw    $LCR, %dx               # 115200 baud: divisor 1; 8 bits, no parity, 1 stop bit
        movb    $0x80, %al
        outb    %al, %dx
        movw    $DATA, %dx
        movb    $1, %al
        outb    %al, %dx
        movw    $IER, %dx
        movb    $0, %al
        outb    %al, %dx
        movw    $LCR, %dx
        movb    $0x03, %al
        outb    %al, %dx
        movw    $FCR, %dx
        movb    $0x07, %al              # FIFOs on and empty
        outb    %al, %dx
        movw    $MCR, %dx
        movb    $0x0b, %al              # DTR, RTS, and OUT2, which lets the interrupt through
        outb    %al, %dx

        movw    $text, %si
print:  lodsb
        testb   %al, %al
        jz      printed
        call    send
        jmp     print
printed:
        movw    $IER, %dx
        movb    $1, %al                 # interrupt when a byte has arrived
        outb    %al, %dx
        sti
wait:   hlt
        jmp     wait

received:
        movw    $DATA, %dx
        inb     %dx, %al
        cmpb    $'q', %al
        je      quit
        call    send
        movw    $LSR, %dx
        inb     %dx, %al
        testb   $1, %al                 # another byte?
        jnz     received
        movb    $0x20, %al
        outb    %al, $0x20
        iretw

quit:   movb    $0, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

# Sends AL, once there is room.
send:   movb    %al, %ah
        movw    $LSR, %dx
send_wait:
        inb     %dx, %al
        testb   $0x20, %al
        jz      send_wait
        movb    %ah, %al
        movw    $DATA, %dx
        outb    %al, %dx
        ret

text:   .asciz "serial ready\r\n"
