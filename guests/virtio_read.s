# Reads a virtio disk from its start to its end in requests of 128 KiB, for `make bench`: what is left
# at the end that is no whole request is not read.

.set BUFFER,  0x400000
.set SECTORS, 256               # in a request

        .include "guests/virtio_driver.inc"

        .text
begin:  call    find
        call    find_structures
        call    set_up
        movl    device_config, %ebx
        movl    (%ebx), %eax            # capacity in sectors
        shrl    $8, %eax
        movl    %eax, left
        movl    $0, sector
        say     "reading\n"             # from here to "read" is the time
1:      movl    $TYPE_IN, %eax
        movl    sector, %ecx
        movl    $BUFFER, %edi
        movl    $SECTORS * 512, %ebp
        call    request
        cmpb    $0, STATUS
        jne     failed
        addl    $SECTORS, sector
        decl    left
        jnz     1b
        say     "read\n"
        xorl    %eax, %eax
        jmp     end
failed: say     "error\n"
        movl    $1, %eax
end:    outb    %al, $0xf4
stay:   hlt
        jmp     stay

        .data
sector: .long   0
left:   .long   0
