/* The page walk against tables written by hand, entry by entry as SDM vol. 3, chapter 4 has them.
 */
#include "tests/check.h"

#include "debug/cpu/walk.h"
#include "vcpu/cpu_state.h"

#define P  1ull    /* present */
#define PS 0x80ull /* maps a page */

static uint8_t ram[0x10000];

static bool read_ram(void *context, uint64_t gpa, unsigned size, uint64_t *value)
{
    (void)context;
    *value = 0;
    if (gpa >= sizeof ram || size > sizeof ram - gpa)
        return false;
    memcpy(value, ram + gpa, size);
    return true;
}

static const struct walk_memory memory = {read_ram, NULL};

static void put64(uint64_t at, uint64_t value)
{
    memcpy(ram + at, &value, 8);
}

static void put32(uint64_t at, uint32_t value)
{
    memcpy(ram + at, &value, 4);
}

static void check_mapped(const struct walk_mode *mode, uint64_t linear, uint64_t gpa, uint64_t left,
                         unsigned level)
{
    const struct walk_result r = walk(mode, &memory, linear);
    CHECK_EQ(r.failure, WALK_OK);
    CHECK_EQ(r.gpa, gpa);
    CHECK_EQ(r.page_left, left);
    CHECK_EQ(r.level, level);
}

static void check_fails(const struct walk_mode *mode, uint64_t linear, enum walk_failure failure,
                        unsigned level)
{
    const struct walk_result r = walk(mode, &memory, linear);
    CHECK_EQ(r.failure, failure);
    CHECK_EQ(r.level, level);
}

static void without_paging_linear_is_physical(void)
{
    const struct walk_mode mode = {.cr0 = CPU_CR0_PE};
    check_mapped(&mode, 0x12345678, 0x12345678, 0x1000 - 0x678, 0);
    check_mapped(&mode, 0xffffffff00001000, 0x1000, 0x1000, 0); /* 32 address lines */
}

static void four_levels(void)
{
    const struct walk_mode mode = {
        .cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1018, .cr4 = CPU_CR4_PAE, .efer = CPU_EFER_LMA};
    memset(ram, 0, sizeof ram);
    put64(0x1000 + 511 * 8, 0x2000 | P); /* 0xffffff8000000000.. ; CR3's low bits are flags */
    put64(0x2000 + 510 * 8, 0x3000 | P);
    put64(0x3000 + 0 * 8, 0x4000 | P);
    put64(0x4000 + 5 * 8, 0x800000000abcd000 | P);       /* NX is no address bit */
    put64(0x3000 + 1 * 8, 0x40000000 | 0x1000 | PS | P); /* 2 MiB; bit 12 is PAT */
    put64(0x2000 + 509 * 8, 0x80000000 | PS | P);        /* 1 GiB */
    check_mapped(&mode, 0xffffffff80005123, 0xabcd123, 0x1000 - 0x123, 1);
    check_mapped(&mode, 0xffffffff80212345, 0x40012345, 0x200000 - 0x12345, 2);
    check_mapped(&mode, 0xffffffff40000007, 0x80000007, 0x40000000 - 7, 3);
    check_fails(&mode, 0xffffffff80006000, WALK_NOT_PRESENT, 1);
    check_fails(&mode, 0xffffffff80400000, WALK_NOT_PRESENT, 2);
    check_fails(&mode, 0x1000, WALK_NOT_PRESENT, 4);
    check_fails(&mode, 0x0000800000000000, WALK_NOT_CANONICAL, 4);
    check_fails(&mode, 0xffff7fffffffffff, WALK_NOT_CANONICAL, 4);
    put64(0x4000 + 6 * 8, P);
    put64(0x3000 + 3 * 8, 0x7fff000 | P); /* a table where no memory is */
    check_fails(&mode, 0xffffffff80600000, WALK_NO_MEMORY, 1);
}

static void five_levels(void)
{
    const struct walk_mode mode = {.cr0 = CPU_CR0_PE | CPU_CR0_PG,
                                   .cr3 = 0x1000,
                                   .cr4 = CPU_CR4_PAE | CPU_CR4_LA57,
                                   .efer = CPU_EFER_LMA};
    memset(ram, 0, sizeof ram);
    put64(0x1000 + 1 * 8, 0x2000 | P);
    put64(0x2000, 0x3000 | P);
    put64(0x3000, 0x4000 | P);
    put64(0x4000, 0x5000 | P);
    put64(0x5000 + 8, 0x9000 | P);
    check_mapped(&mode, (1ull << 48) | 0x1fff, 0x9fff, 1, 1);
    check_fails(&mode, 1ull << 57, WALK_NOT_CANONICAL, 5);
}

static void thirty_two_bit(void)
{
    struct walk_mode mode = {.cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1000, .cr4 = CPU_CR4_PSE};
    memset(ram, 0, sizeof ram);
    put32(0x1000 + 0x300 * 4, 0x2000 | P);
    put32(0x2000 + 1 * 4, 0x00456000 | P);
    /* 4 MiB page at 0x1_12400000: address bits 39-32 in bits 20-13. */
    put32(0x1000 + 0x301 * 4, 0x12400000 | 1 << 13 | PS | P);
    check_mapped(&mode, 0xc0001abc, 0x456abc, 0x1000 - 0xabc, 1);
    check_mapped(&mode, 0xffffffffc0001abc, 0x456abc, 0x1000 - 0xabc, 1); /* modulo 2^32 */
    check_mapped(&mode, 0xc0412345, 0x112412345, 0x400000 - 0x12345, 2);
    check_fails(&mode, 0xc0000000, WALK_NOT_PRESENT, 1);
    check_fails(&mode, 0, WALK_NOT_PRESENT, 2);
    mode.cr4 = 0; /* without PSE the bit means nothing: the entry names a table */
    check_fails(&mode, 0xc0412345, WALK_NO_MEMORY, 1);
}

static void physical_address_extension(void)
{
    const struct walk_mode mode = {
        .cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1020, .cr4 = CPU_CR4_PAE};
    memset(ram, 0, sizeof ram);
    put64(0x1020 + 3 * 8, 0x2000 | P); /* 32-byte aligned, four entries */
    put64(0x2000 + 2 * 8, 0x3000 | P);
    put64(0x3000 + 3 * 8, 0x123456000 | P);
    put64(0x2000 + 4 * 8, 0x200000 | PS | P);
    check_mapped(&mode, 0xc0403010, 0x123456010, 0x1000 - 0x10, 1);
    check_mapped(&mode, 0xc0800001, 0x200001, 0x200000 - 1, 2);
    check_fails(&mode, 0x80000000, WALK_NOT_PRESENT, 3);
}

/* ---- walk_uses */

/* Exactly the pages of USED (N of them) hold tables. */
static void check_uses(const struct walk_mode *mode, const uint64_t *used, size_t n)
{
    for (uint64_t page = 0; page < 2 * sizeof ram; page += 0x1000) {
        bool expected = false;
        for (size_t i = 0; i < n; i++)
            expected |= used[i] == page;
        if (walk_uses(mode, &memory, page) != expected)
            check_fail(__FILE__, __LINE__, "page 0x%" PRIx64 ": expected %d", page, expected);
    }
}

#define CHECK_USES(mode, ...)                                                                      \
    do {                                                                                           \
        const uint64_t used[] = {__VA_ARGS__};                                                     \
        check_uses(mode, used, sizeof used / sizeof used[0]);                                      \
    } while (0)

static void tables_in_use_without_paging(void)
{
    const struct walk_mode mode = {.cr0 = CPU_CR0_PE, .cr3 = 0x1000};
    memset(ram, 0xff, sizeof ram);
    check_uses(&mode, NULL, 0);
}

static void tables_in_use_of_four_levels(void)
{
    const struct walk_mode mode = {
        .cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1018, .cr4 = CPU_CR4_PAE, .efer = CPU_EFER_LMA};
    memset(ram, 0, sizeof ram);
    put64(0x1000 + 511 * 8, 0x2000 | P);
    put64(0x1000 + 2 * 8, 0x9000); /* not present */
    put64(0x2000 + 510 * 8, 0x3000 | P);
    put64(0x2000 + 509 * 8, 0xa000 | PS | P); /* 1 GiB: no table */
    put64(0x3000 + 511 * 8, 0x800000000000a000 | P);
    put64(0x3000 + 1 * 8, 0xb000 | PS | P);
    put64(0xa000, 0xc000 | P);          /* a level-1 entry: a page, no table */
    put64(0x3000 + 3 * 8, 0x11000 | P); /* tables where no memory is are read too */
    put64(0x2000, 0x12000 | P);
    CHECK_USES(&mode, 0x1000, 0x2000, 0x3000, 0xa000, 0x11000, 0x12000);
}

static void tables_in_use_of_five_levels(void)
{
    const struct walk_mode mode = {.cr0 = CPU_CR0_PE | CPU_CR0_PG,
                                   .cr3 = 0x1000,
                                   .cr4 = CPU_CR4_PAE | CPU_CR4_LA57,
                                   .efer = CPU_EFER_LMA};
    memset(ram, 0, sizeof ram);
    put64(0x1000 + 511 * 8, 0x2000 | P);
    put64(0x2000, 0x3000 | P);
    put64(0x3000, 0x4000 | P);
    put64(0x4000, 0x5000 | P);
    put64(0x5000 + 8, 0x9000 | P);
    CHECK_USES(&mode, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000);
}

static void tables_in_use_of_32_bits(void)
{
    struct walk_mode mode = {
        .cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x700001018, .cr4 = CPU_CR4_PSE};
    memset(ram, 0, sizeof ram);
    put32(0x1000 + 0x3ff * 4, 0x2000 | P);
    put32(0x1000, 0x3000 | PS | P);
    put32(0x2000, 0x4000 | P);
    CHECK_USES(&mode, 0x1000, 0x2000);
    mode.cr4 = 0;
    CHECK_USES(&mode, 0x1000, 0x2000, 0x3000);
}

static void tables_in_use_of_pae(void)
{
    const struct walk_mode mode = {
        .cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1fe0, .cr4 = CPU_CR4_PAE};
    memset(ram, 0, sizeof ram);
    put64(0x1fe0 + 3 * 8, 0x3000 | P); /* the last of four entries */
    put64(0x2000, 0x9000 | P);         /* beyond them */
    put64(0x3000 + 2 * 8, 0x4000 | P);
    put64(0x3000 + 3 * 8, 0x5000 | PS | P);
    CHECK_USES(&mode, 0x1000, 0x3000, 0x4000);
}

/* An operating system's recursive mapping: each table is seen at every level. */
static void tables_in_use_of_a_map_of_itself(void)
{
    const struct walk_mode mode = {
        .cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1000, .cr4 = CPU_CR4_PAE, .efer = CPU_EFER_LMA};
    memset(ram, 0, sizeof ram);
    for (unsigned i = 0; i < 512; i++)
        put64(0x1000 + i * 8, 0x1000 | P);
    CHECK_USES(&mode, 0x1000);
    put64(0x1000, 0x2000 | P);
    put64(0x2000, 0x3000 | P);
    put64(0x3000, 0x4000 | P);
    put64(0x4000, 0x5000 | P); /* through the PML4's own entry a page may be a table */
    CHECK_USES(&mode, 0x1000, 0x2000, 0x3000, 0x4000);
}

/* Each page of memory is full of entries for pages of their own, without end. */
static unsigned reads;

static bool read_endless(void *context, uint64_t gpa, unsigned size, uint64_t *value)
{
    (void)context, (void)size;
    reads++;
    *value = ((gpa / 8 * 0x1000) & 0x000ffffffffff000) | P;
    return true;
}

static bool read_empty(void *context, uint64_t gpa, unsigned size, uint64_t *value)
{
    (void)context, (void)gpa, (void)size;
    reads++;
    *value = 0;
    return true;
}

static void more_tables_than_one_can_look_at(void)
{
    const struct walk_memory endless = {read_endless, NULL};
    const struct walk_memory empty = {read_empty, NULL};
    const struct walk_mode modes[] = {
        {.cr0 = CPU_CR0_PG, .cr3 = 0x1000, .cr4 = CPU_CR4_PAE, .efer = CPU_EFER_LMA},
        {.cr0 = CPU_CR0_PG, .cr3 = 0x1000, .cr4 = CPU_CR4_PAE | CPU_CR4_LA57, .efer = CPU_EFER_LMA},
    };
    for (size_t i = 0; i < 2; i++) {
        reads = 0;
        CHECK(walk_uses(&modes[i], &endless, 0xffffffffff000));
        CHECK(reads <= WALK_MAX_TABLES * 512);
        reads = 0;
        CHECK(!walk_uses(&modes[i], &empty, 0x5000));
        CHECK_EQ(reads, 512);
    }
}

/* The number of tables above the last level is just what is looked at, or one more: PAGES page
 * directories under one PDPT under each PML4 entry. */
static bool read_counted(void *context, uint64_t gpa, unsigned size, uint64_t *value)
{
    const uint64_t directories = *(const uint64_t *)context;
    (void)size;
    *value = 0;
    if (gpa < 0x1000) /* the PML4 at 0: 8 PDPTs from 0x1000 on */
        *value = gpa / 8 < 8 ? (0x1000 + gpa / 8 * 0x1000) | P : 0;
    else if (gpa < 0x9000 && (gpa - 0x1000) / 8 < directories)
        *value = (0x10000 + (gpa - 0x1000) / 8 * 0x1000) | P;
    return true;
}

static void just_as_many_tables_as_one_looks_at(void)
{
    const struct walk_mode mode = {.cr0 = CPU_CR0_PG, .cr4 = CPU_CR4_PAE, .efer = CPU_EFER_LMA};
    uint64_t directories = WALK_MAX_TABLES - 1 - 8;
    const struct walk_memory counted = {read_counted, &directories};
    CHECK(!walk_uses(&mode, &counted, 0x9000));
    CHECK(walk_uses(&mode, &counted, 0x10000 + (directories - 1) * 0x1000));
    CHECK(!walk_uses(&mode, &counted, 0x10000 + directories * 0x1000));
    directories++;
    CHECK(walk_uses(&mode, &counted, 0x9000));
}

int main(void)
{
    TEST(tables_in_use_without_paging);
    TEST(tables_in_use_of_four_levels);
    TEST(tables_in_use_of_five_levels);
    TEST(tables_in_use_of_32_bits);
    TEST(tables_in_use_of_pae);
    TEST(tables_in_use_of_a_map_of_itself);
    TEST(more_tables_than_one_can_look_at);
    TEST(just_as_many_tables_as_one_looks_at);
    TEST(without_paging_linear_is_physical);
    TEST(four_levels);
    TEST(five_levels);
    TEST(thirty_two_bit);
    TEST(physical_address_extension);
    return check_done();
}
