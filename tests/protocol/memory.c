/* Much memory at once: qSearch, qCRC; what is where: qXfer:memory-map, qMemoryRegionInfo; physical
 * mode. */
#include "peer.h"

static int64_t read_everything(void *target, int thread, uint64_t addr, void *buf, size_t len)
{
    (void)target, (void)thread, (void)addr;
    memset(buf, 0, len);
    return (int64_t)len;
}

/* ---- qSearch */

static void finds(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    memcpy(p->fake.memory + 0x1000, "needle", 6);
    memcpy(p->fake.memory + 0xfffa, "needle", 6);
    ASK(p, "qSearch:memory:0;10000;needle", "1,1000");
    ASK(p, "qSearch:memory:1000;6;needle", "1,1000");
    ASK(p, "qSearch:memory:1000;5;needle", "0"); /* the whole of it lies in the range */
    ASK(p, "qSearch:memory:ffb;7;needle", "0");
    ASK(p, "qSearch:memory:ffb;b;needle", "1,1000");
    ASK(p, "qSearch:memory:1001;f000;needle", "1,fffa");
    ASK(p, "qSearch:memory:fffb;5;needle", "0");
    ASK(p, "qSearch:memory:0;3;needle", "0"); /* longer than the range */
    ASK(p, "qSearch:memory:1000;0;needle", "0");
    free_peer(p);
}

static void finds_any_bytes(void)
{
    static const char pattern[] = "qSearch:memory:0;10000;}\x03}\x04}]}\x0a:;\x00,";
    struct peer *p = new_peer(GDB_ARCH_I386);
    memcpy(p->fake.memory + 0x2345, "#$}*:;\0,", 8);
    CHECK_STR(ask_bytes(p, pattern, sizeof(pattern) - 1), "1,2345");
    free_peer(p);
}

/* A match before the hole counts; without one the client is told that not all could be searched. */
static void stops_at_a_hole(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    memcpy(p->fake.memory + 0xfffd, "abc", 3);
    ASK(p, "qSearch:memory:f000;2000;abc", "1,fffd");
    ASK(p, "qSearch:memory:f000;2000;bcd", "E0e");
    ASK(p, "qSearch:memory:10000;10;a", "E0e");
    free_peer(p);
}

static void refuses_searches(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    ASK(p, "qSearch:memory:0;10000;", "E16");
    ASK(p, "qSearch:memory:0;10000", "E16");
    ASK(p, "qSearch:memory:0,10000;x", "E16");
    ASK(p, "qSearch:memory:ffffffffffffffff;2;x", "E16");
    ASK(p, "qSearch:memory:0;100000001;x", ""); /* more than 4 GiB: it would take too long */
    p->ops.read_memory = read_everything;
    ASK(p, "qSearch:memory:ffffffffffffffff;1;x", "0");
    p->ops.read_memory = NULL;
    ASK(p, "qSearch:memory:0;10000;x", "");
    free_peer(p);
}

/* A pattern wherever it falls with regard to the chunks that are read, and a very long one. */
static const char *big;
static size_t big_size;

static int64_t read_big(void *target, int thread, uint64_t addr, void *buf, size_t len)
{
    (void)target, (void)thread;
    if (addr >= big_size)
        return -EFAULT;
    size_t n = len < big_size - addr ? len : big_size - addr;
    memcpy(buf, big + addr, n);
    return (int64_t)n;
}

static void finds_across_chunks(void)
{
    enum { SIZE = 3 << 20, LONG = PACKET_SIZE - 100 };
    struct peer *p = new_peer(GDB_ARCH_I386);
    char *memory = calloc(1, SIZE), *packet = malloc(PACKET_SIZE), expected[32];
    big = memory;
    big_size = SIZE;
    p->ops.read_memory = read_big;
    for (size_t at = (1 << 19) - 8; at < (1 << 19) + 16; at++) {
        memcpy(memory + at, "boundary", 8);
        sprintf(expected, "1,%zx", at);
        ASK(p, "qSearch:memory:0;300000;boundary", expected);
        ASK(p, "qSearch:memory:7;2ffff9;boundary", expected);
        memset(memory + at, 0, 8);
    }
    memset(memory + 0x123456, 'x', LONG);
    int head = sprintf(packet, "qSearch:memory:0;%x;", SIZE);
    memset(packet + head, 'x', LONG);
    CHECK_STR(ask_bytes(p, packet, (size_t)head + LONG), "1,123456");
    memory[0x123456 + LONG - 1] = 'y';
    CHECK_STR(ask_bytes(p, packet, (size_t)head + LONG), "0");
    free(memory);
    free(packet);
    free_peer(p);
}

/* Patterns and memory that repeat themselves, against what a plain comparison finds. */
static void finds_what_repeats_itself(void)
{
    enum { SIZE = 1 << 9, NONE = -1 };
    struct peer *p = new_peer(GDB_ARCH_I386);
    char memory[SIZE], packet[128], expected[32];
    unsigned random = 1;
    big = memory;
    big_size = SIZE;
    p->ops.read_memory = read_big;
    for (int round = 0; round < 2000; round++) {
        int at = NONE, len = 1 + round % 12;
        for (size_t i = 0; i < SIZE; i++)
            memory[i] = "ab"[(random = random * 1103515245 + 12345) >> 16 & 1];
        int head = sprintf(packet, "qSearch:memory:3;%x;", SIZE - 3);
        for (int i = 0; i < len; i++)
            packet[head + i] = "ab"[(random = random * 1103515245 + 12345) >> 16 & 1];
        for (int i = 3; at == NONE && i + len <= SIZE; i++)
            at = memcmp(memory + i, packet + head, (size_t)len) ? NONE : i;
        packet[head + len] = 0;
        snprintf(expected, sizeof(expected), at == NONE ? "0" : "1,%x", (unsigned)at);
        ASK(p, packet, expected);
    }
    free_peer(p);
}

/* 4 GiB of zeros are looked through at once but for what begins with a zero itself. */
static void bounds_searches(void)
{
    static const char fast[] = "qSearch:memory:0;40000000;\x01\x00";
    static const char slow[] = "qSearch:memory:0;40000000;\x00\x01";
    struct peer *p = new_peer(GDB_ARCH_I386);
    p->ops.read_memory = read_everything;
    CHECK_STR(ask_bytes(p, fast, sizeof(fast) - 1), "0");
    CHECK_STR(ask_bytes(p, slow, sizeof(slow) - 1), "");
    free_peer(p);
}

/* ---- qCRC */

static void sums(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    memcpy(p->fake.memory + 0x100, "123456789", 9);
    ASK(p, "qCRC:100,9", "C376e6e7"); /* the check value of CRC-32/MPEG-2 */
    ASK(p, "qCRC:100,0", "Cffffffff");
    ASK(p, "qCRC:10000,0", "Cffffffff");
    ASK(p, "qCRC:ffff,2", "E0e");
    ASK(p, "qCRC:ffffffffffffffff,2", "E16");
    ASK(p, "qCRC:0,10000001", ""); /* more than 256 MiB */
    ASK(p, "qCRC:0", "E16");
    p->ops.read_memory = NULL;
    ASK(p, "qCRC:100,9", "");
    free_peer(p);
}

static void sums_across_chunks(void)
{
    enum { SIZE = (1 << 20) + 9 };
    struct peer *p = new_peer(GDB_ARCH_I386);
    char *memory = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        memory[i] = (char)(i * 7 + i / 4096);
    big = memory;
    big_size = SIZE;
    p->ops.read_memory = read_big;
    ASK(p, "qCRC:0,100009", "C28e99ba1");
    free(memory);
    free_peer(p);
}

/* ---- Regions */

#define END                                                                                        \
    {                                                                                              \
        .last = 0                                                                                  \
    }
#define RAM(from, to)                                                                              \
    {                                                                                              \
        from, to, true, true, true, true, false, "RAM"                                             \
    }
#define ROM(from, to)                                                                              \
    {                                                                                              \
        from, to, true, true, false, true, true, "BIOS ROM"                                        \
    }
#define HOLE(from, to)                                                                             \
    {                                                                                              \
        .start = from, .last = to                                                                  \
    }

static const struct gdb_region unpaged[] = {RAM(0, 0xeffff), ROM(0xf0000, 0xfffff),
                                            RAM(0x100000, 0x7ffffff), HOLE(0x8000000, UINT64_MAX),
                                            END};
static const struct gdb_region physical[] = {RAM(0, 0xeffff), ROM(0xf0000, 0xfffff),
                                             RAM(0x100000, 0x7ffffff), END};

static struct peer *with_regions(const struct gdb_region *linear)
{
    struct peer *p = new_peer(GDB_ARCH_X86_64);
    p->fake.linear_regions = linear;
    p->fake.physical_regions = physical;
    fake_offer_regions(&p->ops);
    return p;
}

#define MAP(rows)                                                                                  \
    "l<?xml version=\"1.0\"?>\\0a"                                                                 \
    "<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\""                  \
    " \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\\0a<memory-map>\\0a" rows                  \
    "</memory-map>\\0a"
#define ROW(type, start, length)                                                                   \
    "<memory type=\"" type "\" start=\"0x" start "\" length=\"0x" length "\"/>\\0a"
#define HALF "8000000000000000"

static void maps_memory(void)
{
    static const char with_rom[] = MAP(ROW("ram", "0", "f0000") ROW("rom", "f0000", "10000") ROW(
        "ram", "100000", "7ffffffffff00000") ROW("ram", HALF, HALF));
    static const char without_rom[] = MAP(ROW("ram", "0", HALF) ROW("ram", HALF, HALF));
    static const char half[] = MAP(ROW("ram", "0", "f0000") ROW("rom", "f0000", "8000") ROW(
        "ram", "f8000", "7ffffffffff08000") ROW("ram", HALF, HALF));
    static const struct gdb_region all_ram[] = {RAM(0, UINT64_MAX), END};
    static const struct gdb_region partly[] = {RAM(0, 0xeffff), ROM(0xf0000, 0xf7fff),
                                               RAM(0xf8000, UINT64_MAX), END};
    struct peer *p = with_regions(unpaged);
    CHECK(strstr(ask(p, "qSupported"), ";qXfer:memory-map:read+"));
    ASK(p, "qXfer:memory-map:read::0,fff", with_rom);
    ASK(p, "qXfer:memory-map:read::0,5", "m<?xml");
    ASK(p, "qXfer:memory-map:read::1000,fff", "l");
    ASK(p, "qXfer:memory-map:read:x:0,fff", "");
    p->fake.linear_regions = all_ram; /* other memory is mapped where the ROM was */
    ASK(p, "qXfer:memory-map:read::0,fff", without_rom);
    p->fake.physical = true;
    ASK(p, "qXfer:memory-map:read::0,fff", with_rom);
    p->fake.physical = false;
    p->fake.linear_regions = partly;
    ASK(p, "qXfer:memory-map:read::0,fff", half);
    p->ops.physical_region = NULL;
    ASK(p, "qXfer:memory-map:read::0,fff", "");
    CHECK(!strstr(ask(p, "qSupported"), "memory-map"));
    free_peer(p);
}

static void tells_regions(void)
{
    struct peer *p = with_regions(unpaged);
    static const struct gdb_region none[] = {END};
    ASK(p, "qMemoryRegionInfo:1234", "start:0;size:f0000;permissions:rwx;name:52414d;");
    ASK(p, "qMemoryRegionInfo:f0000",
        "start:f0000;size:10000;permissions:rx;name:42494f5320524f4d;");
    /* lldb asks on until a region ends at the last address. */
    ASK(p, "qMemoryRegionInfo:8000000", "start:8000000;size:fffffffff7ffffff;");
    ASK(p, "qMemoryRegionInfo:ffffffffffffffff", "start:8000000;size:fffffffff7ffffff;");
    ASK(p, "qMemoryRegionInfo:", "E16");
    p->fake.linear_regions = none;
    ASK(p, "qMemoryRegionInfo:0", "E05");
    p->ops.memory_region = NULL;
    ASK(p, "qMemoryRegionInfo:0", "");
    free_peer(p);
}

static void is_physical_by_qemus_words(void)
{
    struct peer *p = with_regions(unpaged);
    ASK(p, "qqemu.Supported", "sstepbits;sstep;PhyMemMode");
    ASK(p, "qqemu.PhyMemMode", "0");
    ASK(p, "Qqemu.PhyMemMode:1", "OK");
    CHECK_EQ(p->fake.physical, true);
    ASK(p, "qqemu.PhyMemMode", "1");
    ASK(p, "Qqemu.PhyMemMode:", "E16");
    ASK(p, "Qqemu.PhyMemMode:x", "E16");
    ASK(p, "Qqemu.PhyMemMode", "");
    CHECK_EQ(p->fake.physical, true);
    ASK(p, "Qqemu.PhyMemMode:0", "OK");
    ASK(p, "qqemu.PhyMemMode", "0");
    p->ops.set_physical_memory = NULL;
    ASK(p, "qqemu.Supported", "sstepbits;sstep");
    ASK(p, "qqemu.PhyMemMode", "");
    ASK(p, "Qqemu.PhyMemMode:1", "");
    free_peer(p);
}

int main(void)
{
    TEST(finds);
    TEST(finds_any_bytes);
    TEST(stops_at_a_hole);
    TEST(refuses_searches);
    TEST(finds_across_chunks);
    TEST(finds_what_repeats_itself);
    TEST(bounds_searches);
    TEST(sums);
    TEST(sums_across_chunks);
    TEST(maps_memory);
    TEST(tells_regions);
    TEST(is_physical_by_qemus_words);
    return check_done();
}
