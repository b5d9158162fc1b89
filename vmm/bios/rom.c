#include "bios/rom.h"

#include "memory/layout.h"

#include <errno.h>
#include <string.h>

#define VECTORS      256
#define OUT_SIZE     2u   /* out %al, imm8 */
#define USER_VECTORS 0x60 /* 60h to 67h: empty until somebody takes them */
#define USER_END     0x68

extern const uint8_t bios_rom[LAYOUT_ROM_SIZE]; /* rom_blob.S */

const struct rom_header *rom_header(void)
{
    return (const struct rom_header *)(const void *)bios_rom;
}

static const struct rom_entry *entries(uint16_t offset)
{
    return (const struct rom_entry *)(const void *)(bios_rom + offset);
}

const struct rom_entry *rom_trap_at(uint32_t offset)
{
    const struct rom_entry *traps = entries(rom_header()->traps);
    for (unsigned i = 0; i < rom_header()->trap_count; i++)
        if (offset == traps[i].offset || offset == traps[i].offset + OUT_SIZE)
            return &traps[i];
    return NULL;
}

static uint16_t other_handler(void)
{
    const struct rom_entry *traps = entries(rom_header()->traps);
    while (traps->number != ROM_SERVICE_OTHER)
        traps++;
    return traps->offset;
}

static void fill_vectors(uint16_t ivt[VECTORS][2])
{
    const struct rom_entry *vectors = entries(rom_header()->vectors);
    uint16_t other = other_handler();
    for (unsigned i = 0; i < VECTORS; i++) {
        bool user = i >= USER_VECTORS && i < USER_END;
        ivt[i][0] = user ? 0 : other;
        ivt[i][1] = user ? 0 : ROM_SEGMENT;
    }
    for (unsigned i = 0; i < rom_header()->vector_count; i++)
        ivt[vectors[i].number][0] = vectors[i].offset;
}

bool rom_has_vector(const struct memory *memory, uint8_t vector)
{
    uint16_t own[VECTORS][2], now[2];
    fill_vectors(own);
    return memory_read(memory, 4u * vector, now, sizeof now) == sizeof now &&
           !memcmp(now, own[vector], sizeof now);
}

int rom_install(struct memory *memory, struct error *error)
{
    uint16_t ivt[VECTORS][2];
    fill_vectors(ivt);
    if (memory_poke(memory, LAYOUT_ROM, bios_rom, LAYOUT_ROM_SIZE) != LAYOUT_ROM_SIZE)
        return error_set(error, -EFAULT,
                         "BIOS: no memory for its ROM at 0x%llx (the machine must add it first)",
                         LAYOUT_ROM);
    if (memory_write(memory, 0, ivt, sizeof ivt) != sizeof ivt)
        return error_set(error, -EFAULT,
                         "BIOS: no RAM at 0 for the interrupt vectors (the machine must add it "
                         "first)");
    return 0;
}
