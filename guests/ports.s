# Says its name on each serial port that the BIOS data area lists; then sends what it hears on any of
# them back there, by polling, until a `q` ends the VM.

        .set    LCR, 3
        .set    LSR, 5
        .set    READY, 0x01
        .set    EMPTY, 0x20

        .text
        .code16
        .globl _start
_start:
        movw    $0x40, %ax                      # the data area: four words, 0 for none
        movw    %ax, %ds
        xorw    %si, %si
        movb    $'1', %bl
name:   movw    (%si), %dx
        testw   %dx, %dx
        jz      named
        addw    $LCR, %dx                       # a driver begins so: what is typed on COM1 is for it
        movb    $3, %al
        outb    %al, %dx
        subw    $LCR, %dx
        movb    $'#', %al
        call    send
        movb    %bl, %al
        call    send
        movb    $'\n', %al
        call    send
named:  addw    $2, %si
        incb    %bl
        cmpw    $8, %si
        jb      name

listen: xorw    %si, %si
next:   movw    (%si), %dx
        testw   %dx, %dx
        jz      heard
        addw    $LSR, %dx
        inb     %dx, %al
        subw    $LSR, %dx
        testb   $READY, %al
        jz      heard
        inb     %dx, %al
        call    send
        cmpb    $'q', %al
        je      quit
heard:  addw    $2, %si
        cmpw    $8, %si
        jb      next
        jmp     listen

quit:   movb    $3, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

# AL to the port at DX.
send:   pushw   %ax
        addw    $LSR, %dx
1:      inb     %dx, %al
        testb   $EMPTY, %al
        jz      1b
        subw    $LSR, %dx
        popw    %ax
        outb    %al, %dx
        ret
