/* What the C half knows of rom.S: its traps, and where its entries are. */
#ifndef VMM_BIOS_ROM_H
#define VMM_BIOS_ROM_H

#include "error.h"
#include "memory/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define ROM_SEGMENT 0xf000
#define ROM_RESET   0xfff0 /* offset of the jump to the start */

/* Services beyond the interrupt vectors' own numbers; rom.S has them too. */
enum {
    ROM_SERVICE_FAULT = 0x100, /* + vector: an exception that nobody handles */
    ROM_SERVICE_OTHER = 0x200, /* an interrupt that nobody handles */
    ROM_SERVICE_BOOT,          /* start over, as after power-on */
};

/* The ROM's first bytes: offsets are in segment ROM_SEGMENT. */
struct rom_header {
    char magic[8];
    uint16_t traps, trap_count;     /* of struct rom_entry: an OUT, and its service */
    uint16_t vectors, vector_count; /* of struct rom_entry: a handler, and its vector */
    uint16_t wait_key;              /* sti, hlt, and again into INT 16h's trap */
    uint16_t config_table;          /* for INT 15h AH=C0h */
    uint16_t blank_font;            /* 256 empty characters */
};

struct rom_entry {
    uint16_t offset, number;
};

const struct rom_header *rom_header(void);

/* The trap whose OUT is at OFFSET or ends there, or NULL. */
const struct rom_entry *rom_trap_at(uint32_t offset);

/* Whether interrupt VECTOR still leads to the ROM's own handler. */
bool rom_has_vector(const struct memory *memory, uint8_t vector);

/* Writes the ROM and the interrupt vectors to MEMORY. -EFAULT if there is no memory there. */
int rom_install(struct memory *memory, struct error *error);

#endif
