# What watchpoints are set on, in real mode: each kind of access between two labels. A boot sector.
# It ends in an endless loop, work.

.set WORD,   0x9000                     # written
.set BYTE,   0x9011                     # read
.set RMW,    0x9020                     # read and written by one instruction
.set STRING, 0x9031                     # six bytes, one at a time
.set SECTOR, 0x9400                     # where the BIOS reads a sector to
.set COUNT,  0x9a00                     # counted up by work
.set COPY,   0xa000                     # where a routine is copied to
.set STACK,  0x6ffe                     # the first word pushed

        .text
        .code16
        .globl _start
_start:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $STACK + 2, %sp
        cld

before_write:
        movw    $0x1122, WORD
after_write:
        movw    $0x1122, WORD           # the same value once more
after_same:
        movb    BYTE - 1, %al           # a neighbour
        movb    BYTE, %al
after_read:
        movb    $7, BYTE
after_byte_write:
        incw    RMW
after_rmw:
        movw    $STRING, %di
        movw    $6, %cx
        movb    $0x5a, %al
the_string:
        rep stosb
after_string:
        pushw   $0x3344
after_push:
        popw    %bx
after_pop:

# The first sector of the disk, which is this one.
        movw    $0x0201, %ax
        movw    $SECTOR, %bx
        movw    $0x0001, %cx
        movw    $0x0080, %dx
        int     $0x13
after_disk:

# The routine, to where breakpoints may be waiting for it; and again, over them.
        movw    $2, %dx
copy:   movw    $routine, %si
        movw    $COPY, %di
        movw    $routine_end - routine, %cx
        rep movsb
        movw    $COPY, %ax
        call    *%ax
after_call:
        decw    %dx
        jnz     copy

work:   incw    COUNT
after_count:
        movw    COUNT, %ax
after_load:
        jmp     work

routine:
        nop
routine_1:
        nop
routine_2:
        nop
routine_3:
        nop
routine_4:
        nop
routine_5:
        nop
routine_6:
        ret
routine_end:
