# The Multiboot 2 kernel as an ELF64 file.
        .set    BITS64, 1
        .include "guests/multiboot2.s"
