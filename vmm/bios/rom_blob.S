/* The assembled ROM as data of libvmm. BIOS_BIN is its path, from rom.mk. */
        .section .rodata
        .globl  bios_rom
        .type   bios_rom, @object
        .balign 2
bios_rom:
        .incbin BIOS_BIN
        .size   bios_rom, . - bios_rom

        .section .note.GNU-stack, "", @progbits
