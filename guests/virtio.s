# A virtio disk on PCI: writes a sector of the guest's own code, reads that back elsewhere and calls
# it, then errors, the interrupt, and a broken queue. What it sees goes to port 0xe9.

.set DATA, 0x204000             # what is read comes here
.set COPY, 0x206000             # the routine, from the disk

        .include "guests/virtio_driver.inc"

        .text
begin:  call    find
        call    find_structures
        call    set_up
set_up_done:
        say     "set up\n"

# Sector 1 becomes the routine; the rest of the disk is as the test made it.
        movl    $TYPE_OUT, %eax
        movl    $1, %ecx
        movl    $routine, %edi
        movl    $512, %ebp
        call    request
written:
        say     "write "
        call    print_status
        movl    $TYPE_FLUSH, %eax
        xorl    %ebp, %ebp
        call    request
        say     "flush "
        call    print_status

        movl    $TYPE_IN, %eax
        movl    $1, %ecx
        movl    $COPY, %edi
        movl    $512, %ebp
        call    request
read:   say     "read "
        call    print_status
        movl    $COPY, %eax
call_copy:
        call    *%eax

        movl    $TYPE_IN, %eax
        movl    $0, %ecx
        movl    $DATA, %edi
        movl    $1024, %ebp
        call    request
        say     "read two "
        call    print_status
        movl    $DATA, %esi             # the test has put text at the start of sector 0
        call    print
        movl    $DATA + 512, %esi
        movl    $routine, %edi
        movl    $512, %ecx
        repe cmpsb
        jne     different
        say     "the same\n"
different:

        movl    $TYPE_GET_ID, %eax
        movl    $DATA, %edi
        movl    $20, %ebp
        call    request
        say     "id "
        call    print_status
        movl    $DATA, %esi
        call    print
        say     "\n"

# Past the end: capacity sectors from 0 on.
        movl    device_config, %ebx
        movl    (%ebx), %ecx
        movl    $TYPE_IN, %eax
        movl    $512, %ebp
        call    request
        say     "past the end "
        call    print_status

# The interrupt: raised by a request, lowered by reading the ISR status.
        call    read_isr
        movl    $1, %ecx
        call    print_irr
        movl    $TYPE_FLUSH, %eax
        xorl    %ebp, %ebp
        call    request
        movl    $TRIES, %ecx
        call    print_irr
        call    read_isr
        movl    $1, %ecx
        call    print_irr

# A chain without an end breaks the queue; a reset mends it.
        movw    $0, DESC + 2 * 16 + 14
        movw    $1, DESC + 2 * 16 + 12          # VIRTQ_DESC_F_NEXT, to 0
        call    offer
        movl    common, %ebx
        movl    $TRIES, %ecx
1:      testb   $NEEDS_RESET, DEVICE_STATUS(%ebx)
        loopz   1b
        jz      2f
        say     "needs a reset\n"
2:      call    set_up
        movl    $TYPE_FLUSH, %eax
        xorl    %ebp, %ebp
        call    request
        say     "flush "
        call    print_status
        movb    $0, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

# Whether IRQ 10 or 11 is requested of the slave PIC, by the %ecxth look at the latest.
print_irr:
        movb    $0x0a, %al              # OCW3: read IRR
        outb    %al, $0xa0
2:      inb     $0xa0, %al
        testb   $0x0c, %al
        loopz   2b
        jz      1f
        say     "interrupt\n"
        ret
1:      say     "no interrupt\n"
        ret

# What goes to the disk: it runs anywhere.
        .balign 512
routine:
        movb    $'o', %al
        outb    %al, $0xe9
        movb    $'k', %al
        outb    %al, $0xe9
        movb    $'\n', %al
        outb    %al, $0xe9
routine_ret:
        ret
        .balign 512
