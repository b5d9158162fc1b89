# A driver for a virtio disk on PCI: finds it, sets it up by the specification's steps (Virtual I/O
# Device 1.1, 3.1.1), writes a sector of its own code, reads that back elsewhere and calls it. What it
# sees goes to port 0xe9. It polls: a KVM that interprets kernel code has no interrupts through
# gates, so that the interrupt is looked at in the PIC. A Multiboot kernel, so that QEMU boots it, too,
# whose device serves requests after the notification, and not within it.

.set PCI_ADDRESS, 0xcf8
.set PCI_DATA,    0xcfc

# The stack, the queue and the buffers, in RAM.
.set STACK,  0x1ff000
.set SIZE,   8
.set DESC,   0x200000
.set AVAIL,  0x201000
.set USED,   0x202000
.set HEADER, 0x203000
.set STATUS, 0x203010
.set DATA,   0x204000           # what is read comes here
.set COPY,   0x206000           # the routine, from the disk

# struct virtio_pci_common_cfg
.set DRIVER_FEATURE_SELECT, 0x08
.set DRIVER_FEATURE,        0x0c
.set DEVICE_STATUS,         0x14
.set QUEUE_SELECT,          0x16
.set QUEUE_SIZE,            0x18
.set QUEUE_ENABLE,          0x1c
.set QUEUE_DESC,            0x20
.set QUEUE_DRIVER,          0x28
.set QUEUE_DEVICE,          0x30

.set ACKNOWLEDGE, 1
.set DRIVER,      2
.set DRIVER_OK,   4
.set FEATURES_OK, 8
.set NEEDS_RESET, 0x40

# What comes soon must have come then.
.set TRIES, 1000000

.set TYPE_IN,     0
.set TYPE_OUT,    1
.set TYPE_FLUSH,  4
.set TYPE_GET_ID, 8

        .macro  say text
        .section .data
9:      .asciz  "\text"
        .text
        movl    $9b, %esi
        call    print
        .endm

        .text
        .code32
        .globl _start
_start:
        movl    $STACK, %esp
        jmp     begin
        .balign 4
        .long   0x1badb002, 0, -0x1badb002      # Multiboot header
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

# ---- PCI

# %eax: the doubleword at offset %eax of the function at %esi.
config: orl     %esi, %eax
        movw    $PCI_ADDRESS, %dx
        outl    %eax, %dx
        movw    $PCI_DATA, %dx
        inl     %dx, %eax
        ret

# %esi: the address of the first virtio block device on bus 0.
find:   movl    $0x80000000, %esi
1:      xorl    %eax, %eax
        call    config
        cmpl    $0x10421af4, %eax
        je      found
        addl    $1 << 11, %esi
        testl   $1 << 16, %esi
        jz      1b
        say     "no disk\n"
        movb    $1, %al
        outb    %al, $0xf4
        jmp     stay
found:  movl    %esi, function
        say     "found\n"
        ret

# Where the structures are that its capabilities of kind 1 to 4 tell of.
find_structures:
        movl    function, %esi
        movl    $0x34, %eax             # capabilities pointer
        call    config
        movzbl  %al, %ebx
1:      movl    %ebx, %eax
        call    config
        movl    %eax, %ecx              # id, next, length, kind
        cmpb    $9, %cl                 # vendor's
        jne     2f
        shrl    $24, %eax
        cmpl    $4, %eax
        ja      2f
        movl    %eax, %edi
        leal    8(%ebx), %eax
        call    config
        movl    %eax, %ebp              # offset in the BAR
        leal    4(%ebx), %eax
        call    config
        movzbl  %al, %eax               # number of the BAR
        leal    0x10(,%eax,4), %eax
        call    config
        andl    $~0xf, %eax
        addl    %ebp, %eax
        movl    %eax, structures(,%edi,4)
2:      movzbl  %ch, %ebx
        testl   %ebx, %ebx
        jnz     1b
        ret

# ---- Virtio

set_up: movl    common, %ebx
        movb    $0, DEVICE_STATUS(%ebx)
1:      cmpb    $0, DEVICE_STATUS(%ebx)
        jne     1b
        movb    $ACKNOWLEDGE, DEVICE_STATUS(%ebx)
        movb    $ACKNOWLEDGE | DRIVER, DEVICE_STATUS(%ebx)
        movl    $1, DRIVER_FEATURE_SELECT(%ebx)
        movl    $1, DRIVER_FEATURE(%ebx)        # VIRTIO_F_VERSION_1, bit 32
        movb    $ACKNOWLEDGE | DRIVER | FEATURES_OK, DEVICE_STATUS(%ebx)
        testb   $FEATURES_OK, DEVICE_STATUS(%ebx)
        jnz     2f
        say     "features refused\n"
2:      movw    $0, QUEUE_SELECT(%ebx)
        movw    $SIZE, QUEUE_SIZE(%ebx)
        movl    $DESC, QUEUE_DESC(%ebx)
        movl    $0, QUEUE_DESC + 4(%ebx)
        movl    $AVAIL, QUEUE_DRIVER(%ebx)
        movl    $0, QUEUE_DRIVER + 4(%ebx)
        movl    $USED, QUEUE_DEVICE(%ebx)
        movl    $0, QUEUE_DEVICE + 4(%ebx)
        movl    $0, AVAIL               # flags and idx
        movl    $0, USED
        movw    $1, QUEUE_ENABLE(%ebx)
        movb    $ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK, DEVICE_STATUS(%ebx)
        ret

# Request of type %eax at sector %ecx, with %ebp bytes at %edi. The status is at STATUS.
request:
        movl    %eax, HEADER
        movl    $0, HEADER + 4
        movl    %ecx, HEADER + 8
        movl    $0, HEADER + 12
        movb    $0xff, STATUS
        movl    $HEADER, DESC
        movl    $0, DESC + 4
        movl    $16, DESC + 8
        movl    $0x00010001, DESC + 12          # NEXT, 1
        movl    %edi, DESC + 16
        movl    $0, DESC + 20
        movl    %ebp, DESC + 24
        movl    $0x00020003, DESC + 28          # NEXT and WRITE, 2
        cmpl    $TYPE_OUT, %eax
        jne     1f
        movw    $0x0001, DESC + 28
1:      testl   %ebp, %ebp
        jnz     2f
        movw    $2, DESC + 14                   # no data: on to the status
2:      movl    $STATUS, DESC + 32
        movl    $0, DESC + 36
        movl    $1, DESC + 40
        movl    $0x00000002, DESC + 44          # WRITE
        call    offer
3:      movw    AVAIL + 2, %ax
        cmpw    %ax, USED + 2
        jne     3b
        ret

# Makes descriptor 0's chain available and says so.
offer:  movzwl  AVAIL + 2, %eax
        andl    $SIZE - 1, %eax
        movw    $0, AVAIL + 4(,%eax,2)
        incw    AVAIL + 2
        movl    notify, %ebx
doorbell:
        movw    $0, (%ebx)
rung:   ret

read_isr:
        movl    isr, %ebx
        movb    (%ebx), %al
        ret

# ---- Output

print:  lodsb
        testb   %al, %al
        jz      1f
        outb    %al, $0xe9
        jmp     print
1:      ret

print_status:
        movb    STATUS, %al
        addb    $'0', %al
        outb    %al, $0xe9
        movb    $'\n', %al
        outb    %al, $0xe9
        ret

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

        .data
        .balign 4
function:
        .long   0
structures:                             # by kind
        .long   0
common: .long   0
notify: .long   0
isr:    .long   0
device_config:
        .long   0
