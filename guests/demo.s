# The demo disk: from the first byte of the boot sector through protected mode to long mode.
#
#     stepvm -S build/guests/demo.img
#     gdb -ex 'target remote :1234' -ex 'add-symbol-file build/guests/demo.elf'
#
# The BIOS loads a disk's first sector, 512 bytes, to address 0x7c00 and jumps there in real mode:
# 16-bit code, addresses made as segment * 16 + offset, interrupts served by the BIOS. This sector
# prints a line, reads the sectors after it, and goes the way that every PC's loader goes:
#
#     stage_real       16-bit   at 0x7c00, the boot sector; the BIOS prints and reads
#     stage_protected  32-bit   flat segments from a GDT; prints into the screen's memory
#     stage_long       64-bit   paging on; prints there too, then rests at the_end
#
# Good places for a breakpoint are the labels that start a line.

.set PML4, 0x1000                       # page tables: three pages that nobody uses yet
.set PDPT, 0x2000
.set PAGE_DIRECTORY, 0x3000
.set SCREEN, 0xb8000                    # text memory: a character and a color byte a place
.set SECTORS, 4                         # how many follow the first; see the end of this file

# ---- Stage 1: real mode ---------------------------------------------------------------------

        .text
        .code16
        .globl _start, stage_real, stage_protected, stage_long, the_end
_start:
stage_real:
        cli                             # no interrupts while the stack is nowhere
        xorw    %ax, %ax                # all segments start at address 0 ...
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7c00, %sp            # ... and the stack grows down from below this code
        sti
        cld
        movb    %dl, boot_drive         # the BIOS says in DL which drive this sector is from

before_print:
        movw    $real_text, %si
        call    print

# Ask for the sectors by their number (LBA), as the extended INT 13h of today's BIOSes takes it.
before_read:
        movb    $0x42, %ah
        movb    boot_drive, %dl
        movw    $packet, %si
        int     $0x13
after_int:
        jnc     sectors_read

# An old BIOS: by cylinder 0, head 0, sector 2 (they count from 1).
        movw    $0x0200 + SECTORS, %ax
        movw    $0x0002, %cx
        movb    $0, %dh
        movb    boot_drive, %dl
        movw    $stages, %bx
        int     $0x13
        jc      read_failed

sectors_read:
        movw    $read_text, %si
        call    print

# Address line 20: off on the first PCs, so that 1 MiB wrapped to 0. Port 0x92 switches it on.
        inb     $0x92, %al
        orb     $2, %al
        andb    $0xfe, %al              # bit 0 would reset the machine
        outb    %al, $0x92

# Into protected mode: a table of segments, one bit in CR0, and a far jump that loads CS.
before_switch:
        cli                             # the BIOS's interrupt table means nothing from here on
        lgdt    gdt_pointer
        movl    %cr0, %eax
        orl     $1, %eax                # PE
        movl    %eax, %cr0
        ljmp    $CODE32, $stage_protected

read_failed:
        movw    $failed_text, %si
        call    print
stuck:  hlt
        jmp     stuck

# Prints the zero-terminated text at SI by the BIOS: INT 10h, AH = 0Eh, one character a call.
print:
        lodsb
        testb   %al, %al
        jz      printed
        movb    $0x0e, %ah
        movw    $0x0007, %bx
        int     $0x10
        jmp     print
printed:
        ret

boot_drive:     .byte 0
real_text:      .asciz "stage_real: 16-bit code, the BIOS prints this\r\n"
read_text:      .asciz "stage_real: read the other stages from the disk\r\n"
failed_text:    .asciz "stage_real: the disk could not be read\r\n"

        .balign 4
packet:                                 # what INT 13h AH = 42h is to do
        .byte   16, 0                   # this packet's size
        .word   SECTORS                 # how many sectors
        .word   stages, 0               # to where: offset, segment
        .quad   1                       # from which one on

        .balign 8
gdt:    .quad   0                       # the first descriptor is never used
        .quad   0x00cf9a000000ffff      # 32-bit code, base 0, limit 4 GiB
        .quad   0x00cf92000000ffff      # data, the same
        .quad   0x00af9a000000ffff      # 64-bit code
.set CODE32, 0x08
.set DATA,   0x10
.set CODE64, 0x18
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt

# ---- Stage 2: protected mode ----------------------------------------------------------------

        .section .stages, "ax"
        .code32
stages:
stage_protected:
        movw    $DATA, %ax              # from here on a segment register holds a place in the GDT
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $0x7c00, %esp

        movl    $protected_text, %esi
        movl    $SCREEN + 10 * 160, %edi        # the eleventh line
        call    print32

# Page tables: the first 4 MiB at the same addresses, in two pages of 2 MiB.
build_tables:
        movl    $PML4, %edi
        xorl    %eax, %eax
        movl    $3 * 4096 / 4, %ecx
        rep stosl
        movl    $PDPT + 3, PML4                 # 3: present, writable
        movl    $PAGE_DIRECTORY + 3, PDPT
        movl    $0x000083, PAGE_DIRECTORY       # 0x80: this maps 2 MiB by itself
        movl    $0x200083, PAGE_DIRECTORY + 8

# Into long mode: PAE, the tables, a bit in EFER, then paging; again a far jump loads CS.
before_long:
        movl    %cr4, %eax
        orl     $0x20, %eax             # PAE
        movl    %eax, %cr4
        movl    $PML4, %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx       # EFER
        rdmsr
        orl     $0x100, %eax            # LME
        wrmsr
        movl    %cr0, %eax
        orl     $0x80000000, %eax       # PG
        movl    %eax, %cr0
        ljmp    $CODE64, $stage_long

# Prints the text at ESI to the screen's memory at EDI, and to port 0xe9, where emulators listen.
print32:
        lodsb
        testb   %al, %al
        jz      printed32
        outb    %al, $0xe9
        movb    $0x07, %ah              # light gray on black
        cmpb    $' ', %al
        jb      print32                 # the screen's memory has no line ends
        stosw
        jmp     print32
printed32:
        ret

# ---- Stage 3: long mode ---------------------------------------------------------------------

        .code64
stage_long:
        movl    $DATA, %eax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $0x7c00, %esp

        movl    $long_text, %esi
        movl    $SCREEN + 11 * 160, %edi
        call    print64

        movabs  $0x0123456789abcdef, %rax       # something that only fits here
        movq    %rax, %r8
        notq    %r8
before_end:
        cli
the_end:
        hlt                             # nothing wakes the CPU: interrupts are off
        jmp     the_end

print64:
        lodsb
        testb   %al, %al
        jz      printed64
        outb    %al, $0xe9
        movb    $0x07, %ah
        cmpb    $' ', %al
        jb      print64
        stosw
        jmp     print64
printed64:
        ret

protected_text: .asciz "stage_protected: 32-bit code, straight into the screen's memory\r\n"
long_text:      .asciz "stage_long: 64-bit code, and the end of the demo\r\n"

        .org    SECTORS * 512           # as many sectors as the boot sector reads
