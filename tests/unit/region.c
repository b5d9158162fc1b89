/* region.c: what a client is told of an address, without paging and through tables. */
#include "ram.h"

#include "debug/region.h"
#include "vcpu/cpu_state.h"

#define P  1ull
#define W  2ull
#define PS 0x80ull
#define NX (1ull << 63)

#define LONG_MODE                                                                                  \
    {                                                                                              \
        .cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1000, .cr4 = CPU_CR4_PAE,                         \
        .efer = CPU_EFER_LMA | CPU_EFER_NXE                                                        \
    }

/* RAM 0-0x3ff000, ROM to 0x400000, nothing to 0x100000000, RAM of two pages there. */
static struct memory *new_memory(void)
{
    struct memory *m = ram_new(0x3ff000);
    struct error error;
    CHECK_EQ(memory_add(m, 0x3ff000, 0x1000, MEMORY_ROM, "ROM", &error), 0);
    CHECK_EQ(memory_add(m, 1ull << 32, 0x2000, MEMORY_RAM, "high", &error), 0);
    return m;
}

static void put(struct memory *m, uint64_t at, uint64_t value)
{
    CHECK_EQ(memory_write(m, at, &value, 8), 8);
}

/* WHAT: r, w, x, R for ROM; "" for a hole. */
static void check_region(struct gdb_region got, uint64_t start, uint64_t last, const char *what,
                         const char *name)
{
    char text[8];
    snprintf(text, sizeof text, "%s%s%s%s", got.read ? "r" : "", got.write ? "w" : "",
             got.execute ? "x" : "", got.rom ? "R" : "");
    CHECK_EQ(got.start, start);
    CHECK_EQ(got.last, last);
    CHECK_STR(text, what);
    CHECK_STR(got.name, name);
    CHECK_EQ(got.mapped, *what != 0);
}

static void without_paging(void)
{
    struct memory *m = new_memory();
    const struct gva_space space = {.memory = m};
    for (uint64_t at = 0; at < 0x3ff000; at += 0x3fefff)
        check_region(region_linear(&space, at), 0, 0x3fefff, "rwx", "RAM");
    check_region(region_linear(&space, 0x3ff123), 0x3ff000, 0x3fffff, "rxR", "ROM");
    /* Addresses have 32 bits here, so what lies behind is not to be had and part of the hole. */
    check_region(region_linear(&space, 0x400000), 0x400000, UINT64_MAX, "", "");
    check_region(region_linear(&space, 1ull << 32), 0x400000, UINT64_MAX, "", "");
    check_region(region_linear(&space, UINT64_MAX), 0x400000, UINT64_MAX, "", "");
    memory_free(m);
}

static void through_tables(void)
{
    struct memory *m = new_memory();
    const struct gva_space space = {.memory = m, .mode = LONG_MODE};
    put(m, 0x1000 + 511 * 8, 0x2000 | P | W); /* 0xffffff8000000000 on */
    put(m, 0x2000 + 510 * 8, 0x3000 | P | W); /* 0xffffffff80000000 */
    put(m, 0x3000, 0x4000 | P | W);
    put(m, 0x4000 + 0 * 8, 0x9000 | P | W);
    put(m, 0x4000 + 1 * 8, 0x7000 | P | W); /* like the first, elsewhere in memory */
    put(m, 0x4000 + 2 * 8, 0x8000 | P);
    put(m, 0x4000 + 3 * 8, 0xa000 | P | W | NX);
    put(m, 0x4000 + 4 * 8, 0x3ff000 | P | W);
    put(m, 0x4000 + 5 * 8, 0x400000 | P | W);      /* where there is no memory */
    put(m, 0x3000 + 8, (1ull << 32) | P | W | PS); /* 2 MiB, of which two pages are there */
    const uint64_t base = 0xffffffff80000000;
    check_region(region_linear(&space, base + 0x1fff), base, base + 0x1fff, "rwx", "RAM");
    check_region(region_linear(&space, base + 0x2000), base + 0x2000, base + 0x2fff, "rx", "RAM");
    check_region(region_linear(&space, base + 0x3000), base + 0x3000, base + 0x3fff, "rw", "RAM");
    check_region(region_linear(&space, base + 0x4000), base + 0x4000, base + 0x4fff, "rxR", "ROM");
    check_region(region_linear(&space, base + 0x5000), base + 0x5000, base + 0x1fffff, "", "");
    check_region(region_linear(&space, base + 0x201000), base + 0x200000, base + 0x201fff, "rwx",
                 "high");
    check_region(region_linear(&space, base + 0x202000), base + 0x202000, UINT64_MAX, "", "");
    /* The lower half, what is not canonical, and the upper half up to there. */
    check_region(region_linear(&space, 0x1234), 0, base - 1, "", "");
    check_region(region_linear(&space, 1ull << 60), 0, base - 1, "", "");
    memory_free(m);
}

/* What all entries on the way allow (SDM vol. 3, 4.6.1); NX needs EFER.NXE. */
static void rights_of_all_levels(void)
{
    struct memory *m = new_memory();
    struct gva_space space = {.memory = m, .mode = LONG_MODE};
    put(m, 0x1000, 0x2000 | P | NX);
    put(m, 0x2000, 0x3000 | P | W);
    put(m, 0x3000, 0x4000 | P | W);
    put(m, 0x4000, 0x5000 | P | W);
    check_region(region_linear(&space, 0), 0, 0xfff, "r", "RAM");
    space.mode.efer &= ~(uint64_t)CPU_EFER_NXE;
    check_region(region_linear(&space, 0), 0, 0xfff, "rx", "RAM");
    memory_free(m);
}

/* PAE's four highest entries have no rights in them: these bits are reserved. */
static void rights_under_pae(void)
{
    struct memory *m = new_memory();
    const struct gva_space space = {
        .memory = m, .mode = {.cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1020, .cr4 = CPU_CR4_PAE}};
    put(m, 0x1020, 0x2000 | P);
    put(m, 0x2000, 0 | P | W | PS);
    check_region(region_linear(&space, 0x1fffff), 0, 0x1fffff, "rwx", "RAM");
    check_region(region_linear(&space, 0x200000), 0x200000, UINT64_MAX, "", "");
    memory_free(m);
}

/* Tables that map one page everywhere must not keep us busy. */
static void ends_early(void)
{
    struct memory *m = new_memory();
    const struct gva_space space = {.memory = m, .mode = LONG_MODE};
    for (uint64_t i = 0; i < 512; i++) {
        for (uint64_t table = 0x1000; table < 0x4000; table += 0x1000)
            put(m, table + i * 8, (table + 0x1000) | P | W);
        put(m, 0x4000 + i * 8, 0x9000 | P | W);
    }
    const uint64_t at = 0x123456789000, pages = 1024 * 4096;
    check_region(region_linear(&space, at), at - pages, at + pages + 0xfff, "rwx", "RAM");
    memory_free(m);
}

static void lists_physical_regions(void)
{
    struct memory *m = new_memory();
    struct gdb_region region = {0};
    CHECK(region_physical(m, 0, &region));
    check_region(region, 0, 0x3fefff, "rwx", "RAM");
    CHECK(region_physical(m, 1, &region));
    check_region(region, 0x3ff000, 0x3fffff, "rxR", "ROM");
    CHECK(region_physical(m, 2, &region));
    check_region(region, 1ull << 32, (1ull << 32) + 0x1fff, "rwx", "high");
    CHECK(!region_physical(m, 3, &region));
    CHECK(!region_physical(m, SIZE_MAX, &region));
    memory_free(m);
}

int main(void)
{
    TEST(without_paging);
    TEST(through_tables);
    TEST(rights_of_all_levels);
    TEST(rights_under_pae);
    TEST(ends_early);
    TEST(lists_physical_regions);
    return check_done();
}
