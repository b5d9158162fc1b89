/* Devices whose registers are one byte wide, on a bus whose accesses are up to eight.
 *
 * An ISA bus splits a wider access into successive byte cycles at successive addresses, lowest
 * first (that is why `outw %ax, $0x70` sets CMOS index and data at once). That is done here, once.
 */
#ifndef VMM_DEV_BYTE_REGISTERS_H
#define VMM_DEV_BYTE_REGISTERS_H

#include "board/bus.h"

#include <stdint.h>

/* Offsets are below the device's number of registers. */
typedef uint8_t byte_register_read(void *device, unsigned offset);
typedef void byte_register_write(void *device, unsigned offset, uint8_t value);

/* An access of LEN bytes at OFFSET as byte accesses to COUNT registers. Any OFFSET and LEN up to 8;
 * bytes past the last register read as all ones and swallow writes. */
uint64_t byte_registers_read(void *device, uint64_t offset, unsigned len, unsigned count,
                             byte_register_read *read);
void byte_registers_write(void *device, uint64_t offset, uint64_t value, unsigned len,
                          unsigned count, byte_register_write *write);

/* Defines `const struct bus_ops OPS` for COUNT byte registers. */
#define BYTE_REGISTER_OPS(ops, count, read_byte, write_byte)                                       \
    static uint64_t ops##_read(void *device, uint64_t offset, unsigned len)                        \
    {                                                                                              \
        return byte_registers_read(device, offset, len, count, read_byte);                         \
    }                                                                                              \
    static void ops##_write(void *device, uint64_t offset, uint64_t value, unsigned len)           \
    {                                                                                              \
        byte_registers_write(device, offset, value, len, count, write_byte);                       \
    }                                                                                              \
    const struct bus_ops ops = {.read = ops##_read, .write = ops##_write}

#endif
