#include "bios/bda.h"

uint8_t bda_get8(const struct memory *memory, unsigned offset)
{
    uint8_t value = 0;
    memory_read(memory, BDA_BASE + offset, &value, sizeof value);
    return value;
}

uint16_t bda_get16(const struct memory *memory, unsigned offset)
{
    uint16_t value = 0;
    memory_read(memory, BDA_BASE + offset, &value, sizeof value);
    return value;
}

uint32_t bda_get32(const struct memory *memory, unsigned offset)
{
    uint32_t value = 0;
    memory_read(memory, BDA_BASE + offset, &value, sizeof value);
    return value;
}

void bda_set8(struct memory *memory, unsigned offset, uint8_t value)
{
    memory_write(memory, BDA_BASE + offset, &value, sizeof value);
}

void bda_set16(struct memory *memory, unsigned offset, uint16_t value)
{
    memory_write(memory, BDA_BASE + offset, &value, sizeof value);
}

void bda_set32(struct memory *memory, unsigned offset, uint32_t value)
{
    memory_write(memory, BDA_BASE + offset, &value, sizeof value);
}
