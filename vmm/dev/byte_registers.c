#include "dev/byte_registers.h"

/* How many of LEN bytes at OFFSET are registers. */
static unsigned covered(uint64_t offset, unsigned len, unsigned count)
{
    if (offset >= count)
        return 0;
    return len < count - offset ? len : (unsigned)(count - offset);
}

uint64_t byte_registers_read(void *device, uint64_t offset, unsigned len, unsigned count,
                             byte_register_read *read)
{
    uint64_t value = 0;
    unsigned n = covered(offset, len, count);
    for (unsigned i = 0; i < len; i++) {
        uint64_t byte = i < n ? read(device, (unsigned)offset + i) : 0xff;
        value |= byte << (8 * i);
    }
    return value;
}

void byte_registers_write(void *device, uint64_t offset, uint64_t value, unsigned len,
                          unsigned count, byte_register_write *write)
{
    unsigned n = covered(offset, len, count);
    for (unsigned i = 0; i < n; i++)
        write(device, (unsigned)offset + i, (uint8_t)(value >> (8 * i)));
}
