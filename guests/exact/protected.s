# Protected mode: entered flat at CPL 0; its own GDT, IDT, TSS, page directory, and CPL 3.
        .include "guests/exact/tables.s"

        lgdt    gdt_pointer
        ljmp    $0x08, $own_code
own_code:
        movl    $0x10, %eax
        movl    %eax, %ss
        movl    $STACK, %esp
        movl    $KSTACK, TSS + 4
        movl    $0x10, TSS + 8
        movw    $104, TSS + 102
        movw    $0x30, %ax
        ltr     %ax
        movl    $0x174, %ecx           # SYSENTER_CS, _ESP, _EIP
        xorl    %edx, %edx
        movl    $0x08, %eax
        wrmsr
        incl    %ecx
        movl    $KSTACK, %eax
        wrmsr
        incl    %ecx
        movl    $sysenter_entry, %eax
        wrmsr
        VECTORS 0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 14, 32, 48
        lidt    idt_pointer

# 4 MiB pages, all for the user too: identity, but for the data's alias at 1 GiB and the 4 MiB at
# UNMAPPED.
.if (MODE) & PAGED
        movl    $TABLES, %edi
        movl    $0x87, %eax
        movl    $1024, %ecx
fill:   movl    %eax, (%edi)
        addl    $4, %edi
        addl    $0x400000, %eax
        loop    fill
        movl    $0x87, TABLES + 0x40000000 / 0x400000 * 4
        movl    $0, TABLES + UNMAPPED / 0x400000 * 4
        movl    $TABLES, %eax
        movl    %eax, %cr3
        movl    %cr4, %eax
        orl     $0x10, %eax             # PSE
        movl    %eax, %cr4
        movl    %cr0, %eax
        orl     $0x80000000, %eax
        movl    %eax, %cr0
        movl    %cr0, %eax
        testl   %eax, %eax
        js      paging_is_on
no_paging:
        jmp     no_paging               # (some KVMs drop the bit)
paging_is_on:
.endif

.if (MODE) & USER
        movl    $0x23, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %fs
        movl    %eax, %gs
        pushl   $0x23
        pushl   $STACK
        pushl   $FLAGS
        popfl
        pushl   $0x1b
        pushl   $ready
        lret
.else
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %fs
        movl    %eax, %gs
        jmp     ready
.endif

sysenter_entry:
.if (MODE) & USER
        sysexit
.else
        jmp     *%edx
.endif
