# Talks nonsense to the machine: pseudo-random reads and writes of random widths, string I/O too, at
# ports and at addresses where devices are, may be, or nobody is. A VMM must survive it.
#
# Everything follows from `seed` and `count`, which a test writes into the image. A write may reset
# the machine: then it goes on where it was, by what it keeps at STATE. Left out are the ports that
# end the run (debug exit, ACPI power-off), and writes to the APICs, which are in the kernel and can
# stop the CPU for good.
#
# Says `fuzz: seed 0x........` and `fuzz: done` on port 0xe9, among what the nonsense prints, and
# ends by the debug-exit port with 0x10. Entered in protected mode.

.set STATE, 0x9000              # survives a reset:
.set MAGIC, 0x9000              #   MAGIC_VALUE once the rest is there
.set RANDOM, 0x9004             #   the generator's state
.set LEFT, 0x9008               #   accesses to go
.set MAGIC_VALUE, 0x7a7a0001
.set BUFFER, 0x10000            # for string I/O, 64 KiB
.set STACK, 0x9000

        .text
        .code32
        .globl _start
_start: jmp     start
        .balign 4
seed:   .long   1
count:  .long   20000

start:  movl    $STACK, %esp
        cld
        cmpl    $MAGIC_VALUE, MAGIC
        je      next
        movl    seed, %eax
        movl    %eax, RANDOM
        movl    count, %eax
        movl    %eax, LEFT
        movl    $MAGIC_VALUE, MAGIC
        movl    $text_seed, %esi
        call    print
        movl    seed, %eax
        call    print_hex
        movl    $text_end, %esi
        call    print

next:   decl    LEFT
        js      done
        call    random
        movl    %eax, %ecx
        shrl    $28, %ecx
        call    *acts(, %ecx, 4)
        jmp     next

done:   movl    $0, MAGIC
        movl    $text_done, %esi
        call    print
        movb    $0x10, %al
        outb    %al, $0xf4
stay:   hlt
        jmp     stay

# One of these at a time, by 4 random bits.
acts:   .long   in_8, in_16, in_32, in_32
        .long   out_8, out_8, out_16, out_32
        .long   string_in, string_out
        .long   read_memory, read_memory, write_memory, write_memory
        .long   config, config

# ---- Ports

in_8:   call    port
        inb     %dx, %al
        ret
in_16:  call    port
        inw     %dx, %ax
        ret
in_32:  call    port
        inl     %dx, %eax
        ret
out_8:  call    port
        call    random
        outb    %al, %dx
        ret
out_16: call    port
        call    random
        outw    %ax, %dx
        ret
out_32: call    port
        call    random
        outl    %eax, %dx
        ret

# Up to 255 elements of 1, 2 or 4 bytes, from or to the buffer; now and then backwards, and now and
# then not memory.
string_in:
        call    string
        jc      1f
        cmpb    $1, %bl
        ja      3f
        je      2f
        rep insb
        jmp     4f
2:      rep insw
        jmp     4f
3:      rep insl
        jmp     4f
1:      call    strange_place           # one element, to where a device may be
        movl    %eax, %edi
        insb
4:      cld
        ret

string_out:
        call    string
        jc      1f
        movl    %edi, %esi
        cmpb    $1, %bl
        ja      3f
        je      2f
        rep outsb
        jmp     4f
2:      rep outsw
        jmp     4f
3:      rep outsl
        jmp     4f
1:      call    strange_place
        movl    %eax, %esi
        outsb
4:      cld
        ret

# DX a port, ECX how many, EDI where in the buffer, BL the width (0, 1, above), DF the direction;
# CF set one time in eight.
string: call    port
        call    random
        movzbl  %al, %ecx
        movb    %ah, %bl
        andb    $3, %bl
        shrl    $16, %eax
        leal    BUFFER(%eax), %edi
        call    random
        testb   $0x07, %al
        jz      1f
        testb   $0x18, %al
        jnz     2f
        std
2:      clc
        ret
1:      stc
        ret

# DX: in three of four cases near a port where something is.
port:   call    random
        testl   $0xc0000000, %eax
        jz      1f
        movl    %eax, %ecx
        andl    $0x1f, %ecx
        movl    %eax, %edx
        movzwl  ports(, %ecx, 2), %eax
        shrl    $8, %edx
        andl    $7, %edx
        addl    %edx, %eax
1:      movzwl  %ax, %edx
        cmpl    $0xf1, %edx             # a dword access reaches three further
        jb      2f
        cmpl    $0xf7, %edx
        jbe     port
2:      cmpl    $0x5fd, %edx
        jb      3f
        cmpl    $0x607, %edx
        jbe     port
3:      ret

# 32 of them; repeated are those that do most.
ports:  .word   0x000, 0x020, 0x040, 0x060, 0x060, 0x070, 0x080, 0x092
        .word   0x0a0, 0x0b0, 0x0b8, 0x0c0, 0x0e9, 0x170, 0x170, 0x1f0
        .word   0x1f0, 0x1f0, 0x1ce, 0x2e8, 0x2f8, 0x370, 0x3b0, 0x3c0
        .word   0x3c8, 0x3d0, 0x3f0, 0x3f8, 0x402, 0x4d0, 0x510, 0xcf8

# ---- PCI configuration: an address that may be a register of a device, then its data.
config: call    random
        andl    $0x80003ffc, %eax
        orl     $0x80000000, %eax
        movw    $0xcf8, %dx
        outl    %eax, %dx
        call    random
        movl    %eax, %ecx
        call    random
        movw    $0xcfc, %dx
        testl   $1, %ecx
        jz      1f
        outl    %eax, %dx
        ret
1:      inl     %dx, %eax
        ret

# ---- Memory

read_memory:
        call    place
        testl   $1, %ecx
        jz      1f
        movl    (%eax), %ebx
        ret
1:      testl   $2, %ecx
        jz      2f
        movw    (%eax), %bx
        ret
2:      movb    (%eax), %bl
        ret

write_memory:
        call    place
        cmpl    $0xfec00000, %eax       # the APICs
        jb      1f
        cmpl    $0xfef00000, %eax
        jb      write_memory
1:      movl    %eax, %edi
        call    random
        testl   $1, %ecx
        jz      2f
        movl    %eax, (%edi)
        ret
2:      testl   $2, %ecx
        jz      3f
        movw    %ax, (%edi)
        ret
3:      movb    %al, (%edi)
        ret

# EAX: within 64 KiB from where a device, a ROM or nobody is. ECX: random.
place:  call    random
        movl    %eax, %ecx
        shrl    $4, %eax
        movl    %eax, %edx
        andl    $0x0f, %edx
        movl    places(, %edx, 4), %edx
        shrl    $8, %eax
        movzwl  %ax, %eax
        addl    %edx, %eax
        ret

# As place, for string I/O: not the APICs.
strange_place:
        call    place
        cmpl    $0xfec00000, %eax
        jb      1f
        cmpl    $0xfef00000, %eax
        jb      strange_place
1:      ret

places: .long   0x000a0000, 0x000b0000, 0x000c0000, 0x000d0000
        .long   0x000e0000, 0x000f0000, 0xc0000000, 0xd0000000
        .long   0xe0000000, 0xe0000000, 0xfe000000, 0xfebf0000
        .long   0xfec00000, 0xfed00000, 0xfee00000, 0xffff0000

# ---- A xorshift generator (Marsaglia 2003, 13/17/5): EAX, and nothing else is changed.
random: pushl   %edx
        movl    RANDOM, %eax
        movl    %eax, %edx
        shll    $13, %edx
        xorl    %edx, %eax
        movl    %eax, %edx
        shrl    $17, %edx
        xorl    %edx, %eax
        movl    %eax, %edx
        shll    $5, %edx
        xorl    %edx, %eax
        movl    %eax, RANDOM
        popl    %edx
        ret

# ---- Port 0xe9

print:  lodsb
        testb   %al, %al
        jz      1f
        outb    %al, $0xe9
        jmp     print
1:      ret

print_hex:
        movl    $8, %ecx
1:      roll    $4, %eax
        movl    %eax, %ebx
        andl    $15, %ebx
        xchgl   %eax, %ebx
        movb    digits(%eax), %al
        outb    %al, $0xe9
        xchgl   %eax, %ebx
        loop    1b
        ret

digits: .ascii  "0123456789abcdef"
text_seed:
        .asciz  "\nfuzz: seed 0x"
text_end:
        .asciz  "\n"
text_done:
        .asciz  "\nfuzz: done\n"
