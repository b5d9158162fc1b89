# For `make bench`: a Multiboot kernel that does what the last character of its command line says, and
# writes a line to port 0xe9 before and after. The time between them is what is measured.
#
#   n  nothing: the time until the first line is that of loading
#   p  reads a port of COM1 PORT_READS times
#   a  reads 2 MiB of the first ATA disk, by `rep insw`

.set PORT_READS, 50000         # tests/bench.sh knows these numbers
.set ATA_COMMANDS, 16           # of 256 sectors

.set BUFFER, 0x9000
.set DEBUGCON, 0xe9
.set DEBUG_EXIT, 0xf4
.set COM1_SCRATCH, 0x3ff
.set ATA, 0x1f0                 # ATA/ATAPI-6, 7: the first channel's registers
.set ATA_COUNT, ATA + 2
.set ATA_LBA_LOW, ATA + 3
.set ATA_DEVICE, ATA + 6
.set ATA_COMMAND, ATA + 7
.set ATA_CONTROL, 0x3f6
.set READ_SECTORS, 0x20
.set STATUS_DATA, 0x08
.set STATUS_BUSY, 0x80
.set HAS_COMMAND_LINE, 1 << 2   # Multiboot 0.6.96, 3.3

        .section .header, "a"
        .balign 4
        .long   0x1badb002, 0, -0x1badb002

        .text
        .code32
        .globl _start
_start: movl    $stack, %esp
        cld
        testl   $HAS_COMMAND_LINE, (%ebx)
        movl    16(%ebx), %esi
        movb    $'n', %bl
        jz      2f
1:      lodsb
        testb   %al, %al
        jz      2f
        movb    %al, %bl
        jmp     1b
2:      call    line
        cmpb    $'p', %bl
        jne     3f
        call    read_port
        jmp     4f
3:      cmpb    $'a', %bl
        jne     4f
        call    read_disk
4:      call    line
        movb    $0, %al
        outb    %al, $DEBUG_EXIT
5:      hlt
        jmp     5b

line:   movb    $'\n', %al
        outb    %al, $DEBUGCON
        ret

read_port:
        movl    $PORT_READS, %ecx
        movw    $COM1_SCRATCH, %dx
1:      inb     %dx, %al
        loop    1b
        ret

read_disk:
        movb    $2, %al                 # no interrupts
        movw    $ATA_CONTROL, %dx
        outb    %al, %dx
        xorl    %ebp, %ebp              # the next block
1:      movb    $0xe0, %al              # the first drive, by block number
        movw    $ATA_DEVICE, %dx
        outb    %al, %dx
        movb    $0, %al                 # 256 sectors
        movw    $ATA_COUNT, %dx
        outb    %al, %dx
        movl    %ebp, %eax
        movw    $ATA_LBA_LOW, %dx
        outb    %al, %dx
        incl    %edx
        shrl    $8, %eax
        outb    %al, %dx
        incl    %edx
        shrl    $8, %eax
        outb    %al, %dx
        movb    $READ_SECTORS, %al
        movw    $ATA_COMMAND, %dx
        outb    %al, %dx
        movl    $256, %esi
2:      movw    $ATA_COMMAND, %dx       # read, it is the status
        inb     %dx, %al
        testb   $STATUS_BUSY, %al
        jnz     2b
        testb   $STATUS_DATA, %al
        jz      2b
        movl    $BUFFER, %edi
        movl    $256, %ecx
        movw    $ATA, %dx
        rep insw
        decl    %esi
        jnz     2b
        addl    $256, %ebp
        cmpl    $256 * ATA_COMMANDS, %ebp
        jb      1b
        ret

        .bss
        .balign 16
        .skip   4096
stack:
