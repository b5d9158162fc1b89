/* Disks by ATA, ATAPI and virtio, set up nearly right: commands that make sense with counts,
 * sectors and buffers that need not, rings that point anywhere. */
#include "guests/hostile/hostile.h"

/* ---- ATA and ATAPI, on either channel */

static uint32_t some(void)
{
    return one_in(20) ? below(0x10000) : 0x100 * below(3) + below(2);
}

static void string_in(uint16_t port, uint32_t to, uint32_t count)
{
    if (one_in(2))
        asm volatile("rep insw" : "+D"(to), "+c"(count) : "d"(port) : "memory");
    else
        asm volatile("rep insl" : "+D"(to), "+c"(count) : "d"(port) : "memory");
}

static void string_out(uint16_t port, uint32_t from, uint32_t count)
{
    if (one_in(2))
        asm volatile("rep outsw" : "+S"(from), "+c"(count) : "d"(port) : "memory");
    else
        asm volatile("rep outsl" : "+S"(from), "+c"(count) : "d"(port) : "memory");
}

/* A packet command, for a CD: its twelve bytes after A0h. */
static void packet(uint16_t base)
{
    static const uint8_t codes[] = {0x00, 0x03, 0x12, 0x1b, 0x1e, 0x25, 0x28, 0x28,
                                    0x43, 0x46, 0x4a, 0x51, 0x5a, 0xa8, 0xbd, 0xbe};
    uint8_t bytes[12];
    out8(base + 4, (uint8_t)random32());
    out8(base + 5, (uint8_t)(one_in(2) ? random32() : 8));
    out8(base + 7, 0xa0);
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = one_in(3) ? (uint8_t)random32() : 0;
    bytes[0] = one_in(8) ? bytes[0] : codes[below(sizeof codes)];
    for (unsigned i = 0; i < sizeof bytes; i += 2)
        out16(base, (uint16_t)(bytes[i] | bytes[i + 1] << 8));
    string_in(base, one_in(3) ? place() : ARENA, some());
}

static void ata_command(uint16_t base)
{
    static const uint8_t codes[] = {0x20, 0x24, 0x29, 0x30, 0x34, 0x39, 0x40, 0x42, 0xc4, 0xc5,
                                    0xc6, 0xec, 0xa1, 0xe7, 0xea, 0xef, 0x91, 0x08, 0x94, 0xe5};
    for (unsigned twice = one_in(2) ? 1 : 2; twice; twice--)
        for (uint16_t reg = 1; reg <= 5; reg++)
            out8(base + reg,
                 (uint8_t)(reg == 3 || one_in(10) ? random32() : below(4) * (reg == 2)));
    out8(base + 6, (uint8_t)(one_in(10) ? random32() : 0xe0 | below(2) << 4));
    out8(base + 7, one_in(10) ? (uint8_t)random32() : codes[below(sizeof codes)]);
    if (one_in(2))
        string_in(base, one_in(3) ? place() : ARENA, some());
    if (one_in(2))
        string_out(base, one_in(3) ? place() : ARENA, some());
}

static void ata(void)
{
    const uint16_t base = one_in(3) ? 0x170 : 0x1f0;
    if (one_in(20))
        out8(base + 0x206, (uint8_t)random32()); /* a reset, or the interrupt's bit */
    if (one_in(2)) {
        out8(base + 6, (uint8_t)random32());
        packet(base);
    } else {
        ata_command(base);
    }
}

/* ---- virtio */

enum { BAR = 0xe0000000, COMMON = 0, NOTIFY = 0x3000, SIZE = 128 };

static struct descriptor {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
} descriptors[SIZE] __attribute__((aligned(16))), indirect[SIZE] __attribute__((aligned(16)));

static struct {
    uint16_t flags, idx, ring[SIZE], event;
} available __attribute__((aligned(16)));

static struct {
    uint16_t flags, idx;
    uint32_t ring[2 * SIZE];
    uint16_t event;
} used __attribute__((aligned(16)));

static struct {
    uint32_t type, reserved;
    uint64_t sector;
} headers[8];

static uint32_t config_address(unsigned device, unsigned offset)
{
    return 0x80000000 | device << 11 | (offset & 0xfc);
}

static uint32_t config_read(unsigned device, unsigned offset)
{
    out32(0xcf8, config_address(device, offset));
    return in32(0xcfc);
}

static void config_write(unsigned device, unsigned offset, uint32_t value)
{
    out32(0xcf8, config_address(device, offset));
    out32(0xcfc, value);
}

static void write8(uint32_t at, uint8_t value)
{
    *(volatile uint8_t *)at = value;
}

static void write16(uint32_t at, uint16_t value)
{
    *(volatile uint16_t *)at = value;
}

static void write64(uint32_t at, uint64_t value)
{
    *(volatile uint32_t *)at = (uint32_t)value;
    *(volatile uint32_t *)(at + 4) = (uint32_t)(value >> 32);
}

static uint64_t ring_place(const void *ring, bool mistakes)
{
    return mistakes && one_in(12) ? place64() & ~15ull : (uint32_t)ring;
}

/* One time in N, where mistakes may be made. */
static bool mistaken(bool may_be, uint32_t n)
{
    return may_be && one_in(n);
}

static void set_up(uint32_t bar, bool mistakes)
{
    static const uint8_t statuses[] = {0, 1, 3, 11, 15};
    for (unsigned i = 0; i < sizeof statuses; i++) {
        write8(bar + 0x14, mistaken(mistakes, 30) ? (uint8_t)random32() : statuses[i]);
        if (statuses[i] == 3) {
            write64(bar + 8, 1); /* the high half of the features: VERSION_1 */
            *(volatile uint32_t *)(bar + 0x0c) = 1;
        }
        if (statuses[i] == 11) {
            write16(bar + 0x16, mistaken(mistakes, 30) ? (uint16_t)random32() : 0);
            write16(bar + 0x18, mistaken(mistakes, 16) ? (uint16_t)(1u << below(9)) : SIZE);
            write64(bar + 0x20, ring_place(descriptors, mistakes));
            write64(bar + 0x28, ring_place(&available, mistakes));
            write64(bar + 0x30, ring_place(&used, mistakes));
            write16(bar + 0x1c, 1);
        }
    }
}

static void draw_data(struct descriptor *d)
{
    static const uint32_t lengths[] = {1,      0x1ff,    0x200,    0x201,      0x1000,
                                       0x8000, 0x100000, 0x180000, 0xffffffff, 0x400000};
    d->addr = one_in(20) ? place64() : ARENA + below(ARENA_SIZE / 2);
    d->len = one_in(2) ? 512 * (1 + below(64)) : lengths[below(sizeof lengths / sizeof *lengths)];
}

/* A request from descriptor I of TABLE on: a header, data, a status. The next one after it. */
static unsigned draw_request(struct descriptor *table, unsigned i)
{
    static const uint32_t types[] = {0, 0, 0, 1, 1, 4, 8, 11};
    const unsigned h = below(8);
    const bool is_read = one_in(2);
    headers[h].type = one_in(20) ? random32() : types[below(8)];
    headers[h].sector = one_in(10) ? random64() : below(3000);
    table[i] = (struct descriptor){(uint32_t)&headers[h], 16, 1, (uint16_t)(i + 1)};
    unsigned parts = one_in(10) ? 100 : 1 + below(4);
    for (i++; parts && i < SIZE - 1; parts--, i++) {
        table[i] = (struct descriptor){0, 0, is_read ? 3 : 1, (uint16_t)(i + 1)};
        draw_data(&table[i]);
    }
    table[i] = (struct descriptor){ARENA + below(0x1000), 1, 2, 0};
    if (one_in(20))
        table[below(SIZE)].next = (uint16_t)random32();
    if (one_in(20))
        table[below(SIZE)].flags = (uint16_t)below(8);
    return i + 1;
}

static void draw_rings(void)
{
    unsigned requests = 0, at = 0;
    for (unsigned n = 1 + below(8); n && at < SIZE - 4; n--) {
        available.ring[(uint16_t)(available.idx + requests++) % SIZE] = (uint16_t)at;
        if (one_in(4)) {
            const unsigned all = draw_request(indirect, 0);
            descriptors[at++] = (struct descriptor){(uint32_t)indirect, all * 16, 4, 0};
        } else {
            at = draw_request(descriptors, at);
        }
    }
    if (one_in(8)) /* the same one, as often as there is room */
        while (requests < SIZE)
            available.ring[(uint16_t)(available.idx + requests++) % SIZE] = available.ring[0];
    available.idx += one_in(20) ? (uint16_t)random32() : (uint16_t)requests;
}

static void virtio(void)
{
    const unsigned device = one_in(8) ? below(32) : 3 + below(2); /* as stepvm plugs them in */
    if ((uint16_t)config_read(device, 0) != 0x1af4)
        return;
    const uint32_t bar = BAR + 0x10000 * device;
    config_write(device, 0x10, one_in(20) ? place() : bar);
    config_write(device, 4, one_in(20) ? random32() : 6);
    available.idx = 0;
    set_up(bar, true);
    for (unsigned n = 1 + below(4); n; n--) {
        draw_rings();
        write16(bar + NOTIFY, 0);
        if (one_in(10))
            config_write(device, below(64) * 4, random32());
    }
}

/* As many bytes by one notification as can be: 128 requests with 125 parts each that have all
 * memory from ARENA on. */
void flood_round(void)
{
    const uint32_t bar = BAR + 0x30000, len = memory_end - ARENA;
    config_write(3, 0x10, bar);
    config_write(3, 4, 6);
    headers[0].type = 0;
    headers[0].sector = 0;
    indirect[0] = (struct descriptor){(uint32_t)&headers[0], 16, 1, 1};
    for (uint16_t i = 1; i < SIZE - 2; i++)
        indirect[i] = (struct descriptor){ARENA, len, 3, (uint16_t)(i + 1)};
    indirect[SIZE - 2] = (struct descriptor){ARENA, 1, 2, 0};
    for (uint16_t i = 0; i < SIZE; i++) {
        descriptors[i] = (struct descriptor){(uint32_t)indirect, 16 * (SIZE - 1), 4, 0};
        available.ring[i] = i;
    }
    available.idx = SIZE;
    set_up(bar, false);
    write16(bar + NOTIFY, 0);
    print(*(volatile uint16_t *)&used.idx == SIZE ? "served\n" : "not served\n");
}

void disk_round(void)
{
    for (unsigned n = 4; n; n--)
        if (one_in(2))
            ata();
        else
            virtio();
}
