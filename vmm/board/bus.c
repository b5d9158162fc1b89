#include "board/bus.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RANGES 64 /* in each space: a PC's devices are about twenty */
#define SPACES     2

struct range {
    uint64_t first, last; /* inclusive, so that a range may end at 2^64 */
    const struct bus_ops *ops;
    void *device;
    const char *name;
};

/* Sorted by address, without overlaps. Written only before the first access. */
struct range_list {
    struct range ranges[MAX_RANGES];
    size_t count;
};

struct bus {
    pthread_mutex_t lock; /* held during every device callback */
    pthread_mutex_t turn; /* of who is next to have the lock, while he waits for it */
    uint64_t turns;       /* of the lock */
    struct range_list spaces[SPACES];
};

static const struct space {
    const char *noun;
    uint64_t last; /* highest address */
} space_info[SPACES] = {
    [BUS_PIO] = {"I/O port", 0xffff},
    [BUS_MMIO] = {"MMIO", UINT64_MAX},
};

struct bus *bus_new(void)
{
    struct bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return NULL;
    pthread_mutex_init(&bus->lock, NULL);
    pthread_mutex_init(&bus->turn, NULL);
    return bus;
}

void bus_free(struct bus *bus)
{
    if (!bus)
        return;
    pthread_mutex_destroy(&bus->lock);
    pthread_mutex_destroy(&bus->turn);
    free(bus);
}

/* A mutex alone goes to whoever comes first, and who has just given it back is there before one
 * that is only waking up: a vCPU that serves gigabytes of DMA piece by piece would keep it from the
 * thread that hears a Ctrl-C. */
void bus_lock(struct bus *bus)
{
    pthread_mutex_lock(&bus->turn);
    pthread_mutex_lock(&bus->lock);
    pthread_mutex_unlock(&bus->turn);
    __atomic_store_n(&bus->turns, bus->turns + 1, __ATOMIC_RELEASE); /* we alone write it */
}

void bus_unlock(struct bus *bus)
{
    pthread_mutex_unlock(&bus->lock);
}

uint64_t bus_turns(const struct bus *bus)
{
    return __atomic_load_n(&bus->turns, __ATOMIC_ACQUIRE);
}

/* The number of ranges that end before ADDR: the index of the first that could hold it. */
static size_t position(const struct range_list *list, uint64_t addr)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->ranges[middle].last < addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct range *find(const struct bus *bus, enum bus_space space, uint64_t addr)
{
    const struct range_list *list = &bus->spaces[space];
    size_t at = position(list, addr);
    return at < list->count && list->ranges[at].first <= addr ? &list->ranges[at] : NULL;
}

int bus_add(struct bus *bus, enum bus_space space, uint64_t base, uint64_t size,
            const struct bus_ops *ops, void *device, const char *name, struct error *error)
{
    struct range_list *list = &bus->spaces[space];
    const struct space *info = &space_info[space];
    uint64_t last;

    if (size == 0)
        return error_set(error, -EINVAL, "%s range of %s at 0x%" PRIx64 " is empty", info->noun,
                         name, base);
    if (__builtin_add_overflow(base, size - 1, &last) || last > info->last)
        return error_set(error, -EINVAL,
                         "%s range of %s, 0x%" PRIx64 " bytes at 0x%" PRIx64
                         ", ends past the last address 0x%" PRIx64,
                         info->noun, name, size, base, info->last);

    size_t at = position(list, base);
    if (at < list->count && list->ranges[at].first <= last)
        return error_set(error, -EEXIST,
                         "%s range of %s, 0x%" PRIx64 "-0x%" PRIx64
                         ", overlaps that of %s, 0x%" PRIx64 "-0x%" PRIx64,
                         info->noun, name, base, last, list->ranges[at].name,
                         list->ranges[at].first, list->ranges[at].last);
    if (list->count == MAX_RANGES)
        return error_set(error, -ENOSPC, "no room for the %s range of %s: there are %d already",
                         info->noun, name, MAX_RANGES);

    memmove(&list->ranges[at + 1], &list->ranges[at], (list->count - at) * sizeof list->ranges[0]);
    list->ranges[at] = (struct range){base, last, ops, device, name};
    list->count++;
    return 0;
}

/* The LEN low bytes of a value. */
static uint64_t low_bytes(uint64_t value, unsigned len)
{
    assert(len == 1 || len == 2 || len == 4 || len == 8);
    return len == 8 ? value : value & ((1ull << (8 * len)) - 1);
}

uint64_t bus_read_locked(struct bus *bus, enum bus_space space, uint64_t addr, unsigned len)
{
    uint64_t value = UINT64_MAX;
    const struct range *range = find(bus, space, addr);
    if (range && range->ops->read)
        value = range->ops->read(range->device, addr - range->first, len);
    return low_bytes(value, len);
}

void bus_write_locked(struct bus *bus, enum bus_space space, uint64_t addr, uint64_t value,
                      unsigned len)
{
    const struct range *range = find(bus, space, addr);
    if (range && range->ops->write)
        range->ops->write(range->device, addr - range->first, low_bytes(value, len), len);
}

uint64_t bus_read(struct bus *bus, enum bus_space space, uint64_t addr, unsigned len)
{
    bus_lock(bus);
    const uint64_t value = bus_read_locked(bus, space, addr, len);
    bus_unlock(bus);
    return value;
}

void bus_write(struct bus *bus, enum bus_space space, uint64_t addr, uint64_t value, unsigned len)
{
    bus_lock(bus);
    bus_write_locked(bus, space, addr, value, len);
    bus_unlock(bus);
}

static void read_each(const struct range *range, uint64_t offset, void *data, unsigned len,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t value = range->ops->read(range->device, offset, len);
        memcpy((char *)data + (size_t)i * len, &value, len);
    }
}

void bus_read_string(struct bus *bus, enum bus_space space, uint64_t addr, void *data, unsigned len,
                     uint32_t count)
{
    const struct range *range = find(bus, space, addr);
    if (!range || !(range->ops->read_string || range->ops->read)) {
        memset(data, 0xff, (size_t)len * count);
        return;
    }
    const uint64_t offset = addr - range->first;
    bus_lock(bus);
    if (range->ops->read_string)
        range->ops->read_string(range->device, offset, data, len, count);
    else
        read_each(range, offset, data, len, count);
    bus_unlock(bus);
}

static void write_each(const struct range *range, uint64_t offset, const void *data, unsigned len,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t value = 0;
        memcpy(&value, (const char *)data + (size_t)i * len, len);
        range->ops->write(range->device, offset, value, len);
    }
}

void bus_write_string(struct bus *bus, enum bus_space space, uint64_t addr, const void *data,
                      unsigned len, uint32_t count)
{
    const struct range *range = find(bus, space, addr);
    if (!range || !(range->ops->write_string || range->ops->write))
        return;
    const uint64_t offset = addr - range->first;
    bus_lock(bus);
    if (range->ops->write_string)
        range->ops->write_string(range->device, offset, data, len, count);
    else
        write_each(range, offset, data, len, count);
    bus_unlock(bus);
}

void bus_each(const struct bus *bus,
              void (*visit)(void *context, enum bus_space space, uint64_t base, uint64_t size,
                            const char *name),
              void *context)
{
    for (int space = 0; space < SPACES; space++) {
        const struct range_list *list = &bus->spaces[space];
        for (size_t i = 0; i < list->count; i++) {
            const struct range *range = &list->ranges[i];
            visit(context, (enum bus_space)space, range->first, range->last - range->first + 1,
                  range->name);
        }
    }
}
