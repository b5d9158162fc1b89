/* The bus: who gets which access, what nobody gets, and what can't be added. */
#include "vmm/board/bus.h"

#include "tests/check.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

struct access {
    uint64_t offset, value;
    unsigned len;
    int reads, writes;
};

static uint64_t record_read(void *device, uint64_t offset, unsigned len)
{
    struct access *access = device;
    access->offset = offset;
    access->len = len;
    access->reads++;
    return 0x1122334455667788;
}

static void record_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    struct access *access = device;
    access->offset = offset;
    access->value = value;
    access->len = len;
    access->writes++;
}

static const struct bus_ops record_ops = {.read = record_read, .write = record_write};
static const struct bus_ops silent_ops = {.read = NULL};

static int add(struct bus *bus, enum bus_space space, uint64_t base, uint64_t size, void *device,
               const char *name)
{
    struct error error = {""};
    int result = bus_add(bus, space, base, size, &record_ops, device, name, &error);
    CHECK_EQ(error.text[0] != 0, result != 0);
    return result;
}

static void an_access_reaches_its_device_by_offset(void)
{
    struct bus *bus = bus_new();
    struct access low = {0}, high = {0}, mmio = {0};
    CHECK_EQ(add(bus, BUS_PIO, 0x3f8, 8, &high, "high"), 0);
    CHECK_EQ(add(bus, BUS_PIO, 0x60, 1, &low, "low"), 0);
    CHECK_EQ(add(bus, BUS_MMIO, 0x3f8, 8, &mmio, "mmio"), 0);

    CHECK_EQ(bus_read(bus, BUS_PIO, 0x3fd, 1), 0x88);
    CHECK_EQ(high.offset, 5);
    CHECK_EQ(high.len, 1);
    CHECK_EQ(bus_read(bus, BUS_PIO, 0x60, 2), 0x7788);
    CHECK_EQ(low.offset, 0);
    CHECK_EQ(bus_read(bus, BUS_MMIO, 0x3f8, 4), 0x55667788);
    CHECK_EQ(bus_read(bus, BUS_MMIO, 0x3ff, 8), 0x1122334455667788);
    CHECK_EQ(mmio.offset, 7);

    bus_write(bus, BUS_PIO, 0x3f9, 0xffffffffffffff41, 1);
    CHECK_EQ(high.offset, 1);
    CHECK_EQ(high.value, 0x41);
    bus_write(bus, BUS_PIO, 0x3f9, 0xffffffffffff4142, 2);
    CHECK_EQ(high.value, 0x4142);
    bus_write(bus, BUS_PIO, 0x3f9, 0xffffffff41424344, 4);
    CHECK_EQ(high.value, 0x41424344);
    bus_write(bus, BUS_MMIO, 0x3f8, 0xf142434445464748, 8);
    CHECK_EQ(mmio.value, 0xf142434445464748);
    CHECK_EQ(high.writes, 3);
    CHECK_EQ(mmio.writes, 1);
    CHECK_EQ(low.writes, 0);
    bus_free(bus);
}

struct string {
    unsigned len, count, items; /* of the string call; of single calls */
};

static uint64_t string_read(void *device, uint64_t offset, unsigned len)
{
    struct string *s = device;
    (void)offset, (void)len;
    return 0x1100 + s->items++;
}

static void string_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    struct string *s = device;
    (void)offset, (void)len;
    s->items += (unsigned)value;
}

static void string_read_all(void *device, uint64_t offset, void *data, unsigned len, uint32_t count)
{
    *(struct string *)device = (struct string){len, count, 0};
    memset(data, (int)offset, len * count);
}

static void string_write_all(void *device, uint64_t offset, const void *data, unsigned len,
                             uint32_t count)
{
    (void)offset;
    *(struct string *)device = (struct string){len, count, *(const uint8_t *)data};
}

/* A device may take a string as one; one that does not gets its items; nobody's reads as ones. */
static void strings_come_whole_or_in_items(void)
{
    static const struct bus_ops items = {.read = string_read, .write = string_write};
    static const struct bus_ops whole = {.read = string_read,
                                         .write = string_write,
                                         .read_string = string_read_all,
                                         .write_string = string_write_all};
    struct bus *bus = bus_new();
    struct error error;
    struct string a = {0}, b = {0};
    uint16_t data[4] = {0};
    CHECK_EQ(bus_add(bus, BUS_PIO, 0x100, 4, &items, &a, "items", &error), 0);
    CHECK_EQ(bus_add(bus, BUS_PIO, 0x200, 4, &whole, &b, "whole", &error), 0);
    bus_read_string(bus, BUS_PIO, 0x101, data, 2, 3);
    CHECK_MEM(data, ((uint16_t[]){0x1100, 0x1101, 0x1102, 0}), sizeof data);
    data[0] = 5, data[1] = 6, data[2] = 7;
    bus_write_string(bus, BUS_PIO, 0x101, data, 2, 2);
    CHECK_EQ(a.items, 3 + 5 + 6);

    bus_read_string(bus, BUS_PIO, 0x203, data, 2, 4);
    CHECK_MEM(data, "\3\3\3\3\3\3\3\3", sizeof data);
    CHECK_EQ(b.len, 2);
    CHECK_EQ(b.count, 4);
    bus_write_string(bus, BUS_PIO, 0x203, data, 1, 8);
    CHECK_EQ(b.len, 1);
    CHECK_EQ(b.count, 8);
    CHECK_EQ(b.items, 3);

    bus_write_string(bus, BUS_PIO, 0x300, data, 2, 4);
    bus_read_string(bus, BUS_PIO, 0x300, data, 2, 3);
    CHECK_MEM(data, "\xff\xff\xff\xff\xff\xff\3\3", sizeof data);
    bus_free(bus);
}

static void what_nobody_claims_reads_as_ones(void)
{
    struct bus *bus = bus_new();
    struct access device = {0};
    CHECK_EQ(bus_read(bus, BUS_PIO, 0x80, 1), 0xff);
    CHECK_EQ(add(bus, BUS_PIO, 0x100, 4, &device, "device"), 0);
    CHECK_EQ(bus_read(bus, BUS_PIO, 0xff, 2), 0xffff); /* ends in the range, starts before it */
    CHECK_EQ(bus_read(bus, BUS_PIO, 0x104, 4), 0xffffffff);
    CHECK_EQ(bus_read(bus, BUS_MMIO, 0x100, 8), UINT64_MAX);
    CHECK_EQ(bus_read(bus, BUS_PIO, UINT64_MAX, 1), 0xff);
    bus_write(bus, BUS_PIO, 0xff, 1, 1);
    bus_write(bus, BUS_PIO, 0x104, 1, 1);
    CHECK_EQ(device.reads + device.writes, 0);
    bus_free(bus);
}

static void missing_callbacks_read_as_ones(void)
{
    struct bus *bus = bus_new();
    struct error error;
    CHECK_EQ(bus_add(bus, BUS_PIO, 0x80, 1, &silent_ops, NULL, "silent", &error), 0);
    CHECK_EQ(bus_read(bus, BUS_PIO, 0x80, 1), 0xff);
    bus_write(bus, BUS_PIO, 0x80, 1, 1);
    bus_free(bus);
}

static void a_range_may_touch_but_not_overlap(void)
{
    struct bus *bus = bus_new();
    struct access device = {0};
    CHECK_EQ(add(bus, BUS_PIO, 0x100, 0x10, &device, "middle"), 0);
    CHECK_EQ(add(bus, BUS_PIO, 0x100, 0x10, &device, "same"), -EEXIST);
    CHECK_EQ(add(bus, BUS_PIO, 0xf8, 9, &device, "tail in"), -EEXIST);
    CHECK_EQ(add(bus, BUS_PIO, 0x10f, 1, &device, "last byte"), -EEXIST);
    CHECK_EQ(add(bus, BUS_PIO, 0x108, 0x100, &device, "head in"), -EEXIST);
    CHECK_EQ(add(bus, BUS_PIO, 0x80, 0x1000, &device, "around"), -EEXIST);
    CHECK_EQ(add(bus, BUS_PIO, 0x104, 2, &device, "within"), -EEXIST);
    CHECK_EQ(add(bus, BUS_PIO, 0xf8, 8, &device, "before"), 0);
    CHECK_EQ(add(bus, BUS_PIO, 0x110, 1, &device, "after"), 0);
    CHECK_EQ(add(bus, BUS_MMIO, 0x100, 0x10, &device, "other space"), 0);
    bus_free(bus);
}

static void an_overlap_says_with_whom(void)
{
    struct bus *bus = bus_new();
    struct error error;
    struct access device = {0};
    add(bus, BUS_PIO, 0x3f8, 8, &device, "COM1");
    bus_add(bus, BUS_PIO, 0x3ff, 1, &record_ops, &device, "modem", &error);
    CHECK_STR(error.text,
              "I/O port range of modem, 0x3ff-0x3ff, overlaps that of COM1, 0x3f8-0x3ff");
    bus_free(bus);
}

static void edges_of_the_address_spaces(void)
{
    struct bus *bus = bus_new();
    struct access device = {0};
    CHECK_EQ(add(bus, BUS_PIO, 0x100, 0, &device, "empty"), -EINVAL);
    CHECK_EQ(add(bus, BUS_PIO, 0xffff, 2, &device, "past the ports"), -EINVAL);
    CHECK_EQ(add(bus, BUS_PIO, 0x10000, 1, &device, "no port"), -EINVAL);
    CHECK_EQ(add(bus, BUS_MMIO, UINT64_MAX, 2, &device, "overflow"), -EINVAL);
    CHECK_EQ(add(bus, BUS_MMIO, 2, UINT64_MAX, &device, "overflow"), -EINVAL);
    CHECK_EQ(add(bus, BUS_PIO, 0xffff, 1, &device, "last port"), 0);
    CHECK_EQ(add(bus, BUS_MMIO, UINT64_MAX - 4095, 4096, &device, "last page"), 0);
    CHECK_EQ(bus_read(bus, BUS_MMIO, UINT64_MAX, 8), 0x1122334455667788);
    CHECK_EQ(device.offset, 4095);
    CHECK_EQ(bus_read(bus, BUS_PIO, 0xffff, 4), 0x55667788);
    bus_free(bus);
}

struct seen {
    char text[256];
};

static void list(void *context, enum bus_space space, uint64_t base, uint64_t size,
                 const char *name)
{
    struct seen *seen = context;
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof seen->text - len, "%s %" PRIx64 "+%" PRIx64 " %s\n",
             space == BUS_PIO ? "pio" : "mmio", base, size, name);
}

static void ranges_are_listed_in_order(void)
{
    struct bus *bus = bus_new();
    struct seen seen = {""};
    add(bus, BUS_MMIO, 0xfee00000, 0x1000, NULL, "d");
    add(bus, BUS_PIO, 0x3f8, 8, NULL, "c");
    add(bus, BUS_PIO, 0x60, 1, NULL, "a");
    add(bus, BUS_PIO, 0x70, 2, NULL, "b");
    add(bus, BUS_PIO, 0x71, 1, NULL, "refused");
    bus_each(bus, list, &seen);
    CHECK_STR(seen.text, "pio 60+1 a\npio 70+2 b\npio 3f8+8 c\nmmio fee00000+1000 d\n");
    bus_free(bus);
}

static void a_full_bus_refuses_and_stays_whole(void)
{
    struct bus *bus = bus_new();
    struct access device = {0};
    int added = 0, result;
    while ((result = add(bus, BUS_PIO, 0xffff - 2 * (uint64_t)added, 1, &device, "one")) == 0)
        added++;
    CHECK_EQ(result, -ENOSPC);
    CHECK(added >= 32);
    for (int i = 0; i < added; i++)
        bus_read(bus, BUS_PIO, 0xffff - 2 * (uint64_t)i, 1);
    CHECK_EQ(device.reads, added);
    CHECK_EQ(bus_read(bus, BUS_PIO, 0xfffe, 1), 0xff);
    bus_free(bus);
}

/* The device itself does nothing against races: the bus's lock must. */
static uint64_t count_slowly(void *device, uint64_t offset, unsigned len)
{
    volatile int *count = device;
    int now = *count;
    for (volatile int i = 0; i < 20; i++)
        ;
    *count = now + 1;
    return offset + len;
}

static void *read_often(void *bus)
{
    for (int i = 0; i < 5000; i++)
        bus_read(bus, BUS_PIO, 0, 1);
    return NULL;
}

static void callbacks_never_run_side_by_side(void)
{
    static const struct bus_ops ops = {.read = count_slowly};
    struct bus *bus = bus_new();
    struct error error;
    int count = 0;
    pthread_t threads[3];
    bus_add(bus, BUS_PIO, 0, 1, &ops, &count, "counter", &error);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, read_often, bus);
    for (int i = 0; i < 1000; i++) {
        bus_lock(bus);
        count_slowly(&count, 0, 1);
        bus_unlock(bus);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(count, 16000);
    bus_free(bus);
}

/* ---- One who takes the lock again and again */

enum { TURNS = 1000000 /* never come to */, ROUNDS = 20 };

struct worker {
    struct bus *bus;
    atomic_int turns;
    atomic_bool done;
};

static void sleep_us(long us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static void *work_hard(void *argument)
{
    struct worker *w = argument;
    for (int i = 0; i < TURNS && !atomic_load(&w->done); i++) {
        bus_lock(w->bus);
        atomic_fetch_add(&w->turns, 1);
        for (volatile int busy = 0; busy < 500000; busy++)
            ;
        bus_unlock(w->bus);
    }
    return NULL;
}

/* Its turn comes after the one that is under way and, if it had not yet begun to wait then, the
 * next. */
static void whoever_waits_is_next(void)
{
    struct worker w = {.bus = bus_new()};
    pthread_t thread;
    pthread_create(&thread, NULL, work_hard, &w);
    while (!atomic_load(&w.turns))
        sleep_us(100);
    int late = 0; /* where there is much to do this thread may not have begun to wait for a while */
    for (int i = 0; i < ROUNDS; i++) {
        const int before = atomic_load(&w.turns);
        bus_lock(w.bus);
        const int turns = atomic_load(&w.turns) - before;
        bus_unlock(w.bus);
        late += turns > 3;
        sleep_us(500);
    }
    if (late > ROUNDS / 2)
        check_fail(__FILE__, __LINE__, "of %d times it was not the next %d times", ROUNDS, late);
    CHECK(atomic_load(&w.turns) < TURNS);
    atomic_store(&w.done, true);
    pthread_join(thread, NULL);
    bus_free(w.bus);
}

/* Each access that a device may see counts; one that finds nothing may. */
static void turns_are_counted(void)
{
    struct bus *bus = bus_new();
    const uint64_t first = bus_turns(bus);
    CHECK_EQ(bus_turns(bus), first);
    bus_write(bus, BUS_PIO, 0x80, 1, 1);
    const uint64_t second = bus_turns(bus);
    CHECK(second != first);
    bus_lock(bus);
    bus_unlock(bus);
    CHECK(bus_turns(bus) != second);
    bus_free(bus);
}

int main(void)
{
    TEST(an_access_reaches_its_device_by_offset);
    TEST(strings_come_whole_or_in_items);
    TEST(what_nobody_claims_reads_as_ones);
    TEST(missing_callbacks_read_as_ones);
    TEST(a_range_may_touch_but_not_overlap);
    TEST(an_overlap_says_with_whom);
    TEST(edges_of_the_address_spaces);
    TEST(ranges_are_listed_in_order);
    TEST(a_full_bus_refuses_and_stays_whole);
    TEST(callbacks_never_run_side_by_side);
    TEST(whoever_waits_is_next);
    TEST(turns_are_counted);
    return check_done();
}
