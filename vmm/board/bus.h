/* Port and MMIO ranges -> device callbacks.
 *
 * vCPU threads come here with each access that the hypervisor did not serve itself. One lock covers
 * all devices: it is held during every callback, so that a device needs none of its own; whoever
 * reaches a device from outside (host input, a timer) takes it with bus_lock. Ranges are added
 * while the machine is put together, before the first access. */
#ifndef VMM_BUS_H
#define VMM_BUS_H

#include "error.h"

#include <stdint.h>

enum bus_space { BUS_PIO, BUS_MMIO };

/* OFFSET is relative to the range's base; LEN is 1, 2, 4 or 8, and the access may end past the
 * range when only its start is in it. A NULL read gives all ones, a NULL write is dropped. */
struct bus_ops {
    uint64_t (*read)(void *device, uint64_t offset, unsigned len);
    void (*write)(void *device, uint64_t offset, uint64_t value, unsigned len);
    /* String I/O (rep ins, rep outs): COUNT accesses of LEN bytes at OFFSET, their values one after
     * the other in DATA. NULL: COUNT reads, writes. */
    void (*read_string)(void *device, uint64_t offset, void *data, unsigned len, uint32_t count);
    void (*write_string)(void *device, uint64_t offset, const void *data, unsigned len,
                         uint32_t count);
};

struct bus;

struct bus *bus_new(void); /* NULL if host memory is short */
void bus_free(struct bus *bus);

/* Sends accesses at BASE .. BASE+SIZE-1 of SPACE to DEVICE. NAME and OPS must outlive the bus.
 * 0, -EINVAL (size 0, overflow, a port past 0xffff), -EEXIST (overlaps), -ENOSPC, with ERROR set.
 */
int bus_add(struct bus *bus, enum bus_space space, uint64_t base, uint64_t size,
            const struct bus_ops *ops, void *device, const char *name, struct error *error);

/* One access. What no device claims reads as all ones and swallows writes, as an ISA bus does. */
uint64_t bus_read(struct bus *bus, enum bus_space space, uint64_t addr, unsigned len);
void bus_write(struct bus *bus, enum bus_space space, uint64_t addr, uint64_t value, unsigned len);

/* The same, for who holds the lock. */
uint64_t bus_read_locked(struct bus *bus, enum bus_space space, uint64_t addr, unsigned len);
void bus_write_locked(struct bus *bus, enum bus_space space, uint64_t addr, uint64_t value,
                      unsigned len);

/* COUNT accesses of LEN bytes at ADDR, one after the other, with values in DATA. */
void bus_read_string(struct bus *bus, enum bus_space space, uint64_t addr, void *data, unsigned len,
                     uint32_t count);
void bus_write_string(struct bus *bus, enum bus_space space, uint64_t addr, const void *data,
                      unsigned len, uint32_t count);

/* Whoever waits has it before one who gives it back and wants it again. */
void bus_lock(struct bus *bus);
void bus_unlock(struct bus *bus);
/* How often it was taken so far: as long as that is the same, no device has changed. Any thread. */
uint64_t bus_turns(const struct bus *bus);

/* Calls VISIT for each range, in ascending order within each space. */
void bus_each(const struct bus *bus,
              void (*visit)(void *context, enum bus_space space, uint64_t base, uint64_t size,
                            const char *name),
              void *context);

#endif
