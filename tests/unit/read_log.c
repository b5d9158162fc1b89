/* What was read of guest memory, and whether it would be read so again. */
#include "tests/unit/ram.h"

#include "debug/cpu/gva.h"
#include "vcpu/cpu_state.h"

#define P     1ull
#define PML4  0x10000ull
#define PDPT  0x11000ull
#define PD    0x12000ull
#define PT    0x13000ull
#define PAGE  0x20000ull
#define OTHER 0x21000ull
#define GVA   0x7000ull

static void put(struct memory *m, uint64_t table, uint64_t index, uint64_t entry)
{
    CHECK_EQ(memory_write(m, table + index * 8, &entry, 8), 8);
}

/* GVA is PAGE, by four tables. */
static struct memory *new_space(struct gva_space *space, struct read_log *log)
{
    struct memory *m = ram_new(0x40000);
    put(m, PML4, 0, PDPT | P);
    put(m, PDPT, 0, PD | P);
    put(m, PD, 0, PT | P);
    put(m, PT, GVA >> 12, PAGE | P);
    *log = (struct read_log){.count = 0};
    *space = (struct gva_space){
        .memory = m,
        .mode = {.cr0 = CPU_CR0_PE | CPU_CR0_PG,
                 .cr3 = PML4,
                 .cr4 = CPU_CR4_PAE,
                 .efer = CPU_EFER_LMA | CPU_EFER_LME},
        .log = log,
    };
    return m;
}

static void a_read_through_tables_is_all_there(void)
{
    struct gva_space space;
    struct read_log log;
    uint8_t bytes[15];
    struct memory *m = new_space(&space, &log);
    CHECK_EQ(gva_read(&space, GVA + 8, bytes, sizeof bytes), sizeof bytes);
    CHECK_EQ(log.count, 5);
    CHECK(read_log_holds(&log));
    CHECK_EQ(gva_read(&space, GVA + 8, bytes, sizeof bytes), sizeof bytes);
    CHECK_EQ(log.count, 5); /* each once */
    memory_free(m);
}

static void any_change_ends_it(void)
{
    const uint64_t changes[] = {PML4, PDPT, PD, PT + (GVA >> 12) * 8, PAGE + 8, PAGE + 22};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct gva_space space;
        struct read_log log;
        uint8_t bytes[15], byte;
        struct memory *m = new_space(&space, &log);
        gva_read(&space, GVA + 8, bytes, sizeof bytes);
        memory_read(m, changes[i], &byte, 1);
        byte ^= 0x40;
        memory_write(m, changes[i], &byte, 1);
        CHECK(!read_log_holds(&log));
        byte ^= 0x40;
        memory_write(m, changes[i], &byte, 1);
        CHECK(read_log_holds(&log));
        byte ^= 0x40;
        memory_write(m, PAGE + 7, &byte, 1); /* not read */
        memory_write(m, PAGE + 23, &byte, 1);
        CHECK(read_log_holds(&log));
        memory_free(m);
    }
}

static void what_is_not_mapped_is_remembered_too(void)
{
    struct gva_space space;
    struct read_log log;
    uint64_t gpa;
    struct memory *m = new_space(&space, &log);
    CHECK(!gva_translate(&space, GVA + 0x1000, &gpa));
    CHECK(read_log_holds(&log));
    put(m, PT, (GVA >> 12) + 1, OTHER | P);
    CHECK(!read_log_holds(&log));
    memory_free(m);
}

static void what_does_not_fit_is_not_known(void)
{
    struct gva_space space;
    struct read_log log;
    uint8_t bytes[READ_LOG_BYTES + 1];
    struct memory *m = new_space(&space, &log);
    gva_read(&space, GVA, bytes, sizeof bytes);
    CHECK(!read_log_holds(&log));
    log = (struct read_log){.count = 0};
    for (unsigned i = 0; i + 4 < READ_LOG_MAX; i++)
        gva_read(&space, GVA + i, bytes, 1);
    CHECK(read_log_holds(&log));
    gva_read(&space, GVA + READ_LOG_MAX, bytes, 1);
    CHECK(!read_log_holds(&log));
    log = (struct read_log){.count = 0};
    put(m, PT, GVA >> 12, 0x100000 | P); /* no memory is there */
    CHECK_EQ(gva_read(&space, GVA, bytes, 1), 0);
    CHECK(!read_log_holds(&log));
    memory_free(m);
}

int main(void)
{
    TEST(a_read_through_tables_is_all_there);
    TEST(any_change_ends_it);
    TEST(what_is_not_mapped_is_remembered_too);
    TEST(what_does_not_fit_is_not_known);
    return check_done();
}
