/* `monitor walk`: each level in words, and which bits must not be set, as SDM vol. 3, chapter 4 has
 * it. */
#include "tests/check.h"

#include "debug/monitor/walk_text.h"
#include "vcpu/cpu_state.h"

#define P  1ull
#define RW 2ull
#define US 4ull
#define PS 0x80ull
#define NX (1ull << 63)

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

static const struct walk_mode long_mode = {.cr0 = CPU_CR0_PE | CPU_CR0_PG | CPU_CR0_WP,
                                           .cr3 = 0x1000,
                                           .cr4 = CPU_CR4_PAE,
                                           .efer = CPU_EFER_LMA | CPU_EFER_NXE};

static void put64(uint64_t at, uint64_t value)
{
    memcpy(ram + at, &value, 8);
}

static void put32(uint64_t at, uint32_t value)
{
    memcpy(ram + at, &value, 4);
}

static void check_walk(const struct walk_mode *mode, uint64_t linear, bool mapped, uint64_t gpa,
                       const char *expected)
{
    char buf[2048];
    struct gdb_text out;
    uint64_t found = 0;
    gdb_text_init(&out, buf, sizeof buf);
    CHECK_EQ(walk_print(mode, &memory, 40, linear, &found, &out), mapped);
    if (mapped)
        CHECK_EQ(found, gpa);
    CHECK_STR(buf, expected);
}

static void without_paging(void)
{
    const struct walk_mode real = {0}, protected = {.cr0 = CPU_CR0_PE};
    check_walk(&real, 0x7c00, true, 0x7c00,
               "No paging (real mode): the linear address is the physical one.\n"
               "-> 0x0000000000007c00\n");
    check_walk(&protected, 0x100007c00, true, 0x7c00,
               "No paging: the linear address is the physical one.\n"
               "Linear addresses have 32 bits here.\n"
               "-> 0x0000000000007c00\n");
}

static void four_levels(void)
{
    memset(ram, 0, sizeof ram);
    put64(0x1000, 0x2000 | P | RW | US | 0x20);
    put64(0x2000, 0x3000 | P | RW | US | 0x18);
    put64(0x3000, 0x4000 | P | RW | US | PS); /* PS makes it a page: bits 20-13 are 0 but for 14 */
    put64(0x3008, 0x4000 | P | US);
    put64(0x4000, 0x9000 | P | RW | US | 0x1e0 | NX);
    put64(0x4008, 0x9000 | RW);
    check_walk(&long_mode, 0x200abc, true, 0x9abc,
               "4-level paging, CR3 0x1000, linear 0x0000000000200abc\n"
               "  level  entry at            entry               flags\n"
               "  PML4E  0x0000000000001000  0x0000000000002027  P RW US A\n"
               "  PDPTE  0x0000000000002000  0x000000000000301f  P RW US PWT PCD\n"
               "  PDE    0x0000000000003008  0x0000000000004005  P US\n"
               "  PTE    0x0000000000004000  0x80000000000091e7  P RW US A D PAT G NX\n"
               "-> 0x0000000000009abc in a page of 4 KiB: user, read-only, not executable\n");
    check_walk(&long_mode, 0x201000, false, 0,
               "4-level paging, CR3 0x1000, linear 0x0000000000201000\n"
               "  level  entry at            entry               flags\n"
               "  PML4E  0x0000000000001000  0x0000000000002027  P RW US A\n"
               "  PDPTE  0x0000000000002000  0x000000000000301f  P RW US PWT PCD\n"
               "  PDE    0x0000000000003008  0x0000000000004005  P US\n"
               "  PTE    0x0000000000004008  0x0000000000009002  not present\n"
               "Not mapped: the PTE is not present (#PF).\n");
    check_walk(&long_mode, 0x1000, false, 0,
               "4-level paging, CR3 0x1000, linear 0x0000000000001000\n"
               "  level  entry at            entry               flags\n"
               "  PML4E  0x0000000000001000  0x0000000000002027  P RW US A\n"
               "  PDPTE  0x0000000000002000  0x000000000000301f  P RW US PWT PCD\n"
               "  PDE    0x0000000000003000  0x0000000000004087  P RW US PS, reserved 0x4000\n"
               "Not mapped: reserved bits are set in the PDE (#PF).\n");
    check_walk(&long_mode, 0x0000800000000000, false, 0,
               "4-level paging, CR3 0x1000, linear 0x0000800000000000\n"
               "Not canonical: bits 63 to 47 are not all equal (#GP, or #SS of a stack).\n");
}

static void tables_without_memory_or_that_name_themselves(void)
{
    memset(ram, 0, sizeof ram);
    put64(0x1000, 0x7ffffff000 | P | RW);
    put64(0x1008, 0x1000 | P | RW);
    check_walk(&long_mode, 0, false, 0,
               "4-level paging, CR3 0x1000, linear 0x0000000000000000\n"
               "  level  entry at            entry               flags\n"
               "  PML4E  0x0000000000001000  0x0000007ffffff003  P RW\n"
               "  PDPTE  0x0000007ffffff000  0x0000000000000000  no memory\n"
               "Not mapped: no memory at 0x7ffffff000, where the PDPTE would be.\n");
    check_walk(&long_mode, 0x8040201abc, true, 0x1abc,
               "4-level paging, CR3 0x1000, linear 0x0000008040201abc\n"
               "  level  entry at            entry               flags\n"
               "  PML4E  0x0000000000001008  0x0000000000001003  P RW\n"
               "  PDPTE  0x0000000000001008  0x0000000000001003  P RW\n"
               "  PDE    0x0000000000001008  0x0000000000001003  P RW\n"
               "  PTE    0x0000000000001008  0x0000000000001003  P RW\n"
               "-> 0x0000000000001abc in a page of 4 KiB: supervisor only, writable, executable\n");
}

static void thirty_two_bit(void)
{
    const struct walk_mode mode = {
        .cr0 = CPU_CR0_PE | CPU_CR0_PG, .cr3 = 0x1000, .cr4 = CPU_CR4_PSE};
    memset(ram, 0, sizeof ram);
    put32(0x1000, 0x2000 | P | RW | US);
    put32(0x2000, 0x00456000 | P | US);
    put32(0x1004, 0x12400000 | PS | P | RW | 1 << 12);
    check_walk(&mode, 0xabc, true, 0x456abc,
               "32-bit paging, CR3 0x1000, linear 0x0000000000000abc\n"
               "  level  entry at            entry               flags\n"
               "  PDE    0x0000000000001000  0x0000000000002007  P RW US\n"
               "  PTE    0x0000000000002000  0x0000000000456005  P US\n"
               "-> 0x0000000000456abc in a page of 4 KiB: user, read-only (not for the supervisor: "
               "CR0.WP is 0), executable\n");
    check_walk(&mode, 0x400001, true, 0x12400001,
               "32-bit paging, CR3 0x1000, linear 0x0000000000400001\n"
               "  level  entry at            entry               flags\n"
               "  PDE    0x0000000000001004  0x0000000012401083  P RW PS PAT\n"
               "-> 0x0000000012400001 in a page of 4 MiB: supervisor only, writable, executable\n");
}

/* PAE's highest entries have no permissions: bits 1, 2 and 5 to 8 must be 0. */
static void physical_address_extension(void)
{
    const struct walk_mode mode = {
        .cr0 = CPU_CR0_PE | CPU_CR0_PG | CPU_CR0_WP, .cr3 = 0x1020, .cr4 = CPU_CR4_PAE};
    memset(ram, 0, sizeof ram);
    put64(0x1020, 0x2000 | P);
    put64(0x1028, 0x2000 | P | RW);
    put64(0x2000, 0x200000 | PS | P | RW | US);
    check_walk(&mode, 0x1234, true, 0x201234,
               "PAE paging, CR3 0x1020, linear 0x0000000000001234\n"
               "  level  entry at            entry               flags\n"
               "  PDPTE  0x0000000000001020  0x0000000000002001  P\n"
               "  PDE    0x0000000000002000  0x0000000000200087  P RW US PS\n"
               "-> 0x0000000000201234 in a page of 2 MiB: user, writable, executable\n");
    check_walk(&mode, 0x40000000, false, 0,
               "PAE paging, CR3 0x1020, linear 0x0000000040000000\n"
               "  level  entry at            entry               flags\n"
               "  PDPTE  0x0000000000001028  0x0000000000002003  P, reserved 0x2\n"
               "Not mapped: reserved bits are set in the PDPTE (#GP when CR3 is loaded).\n");
}

static void reserved_bits(void)
{
    struct walk_mode mode = long_mode;
    const uint64_t all = UINT64_MAX & ~PS;
    CHECK_EQ(walk_reserved(&mode, 40, 1, UINT64_MAX), 0x000fff0000000000);
    CHECK_EQ(walk_reserved(&mode, 52, 1, UINT64_MAX), 0);
    CHECK_EQ(walk_reserved(&mode, 40, 2, all), 0x000fff0000000000);
    CHECK_EQ(walk_reserved(&mode, 40, 2, UINT64_MAX), 0x000fff00001fe000);
    CHECK_EQ(walk_reserved(&mode, 40, 3, UINT64_MAX), 0x000fff003fffe000);
    CHECK_EQ(walk_reserved(&mode, 40, 4, UINT64_MAX), 0x000fff0000000080);
    mode.efer = CPU_EFER_LMA; /* without NXE bit 63 is reserved too */
    CHECK_EQ(walk_reserved(&mode, 52, 1, UINT64_MAX), NX);
    mode = (struct walk_mode){.cr0 = CPU_CR0_PG, .cr4 = CPU_CR4_PAE, .efer = CPU_EFER_NXE};
    CHECK_EQ(walk_reserved(&mode, 36, 1, UINT64_MAX), 0x7ffffff000000000);
    CHECK_EQ(walk_reserved(&mode, 36, 2, UINT64_MAX), 0x7ffffff0001fe000);
    CHECK_EQ(walk_reserved(&mode, 36, 3, UINT64_MAX), 0xfffffff0000001e6);
    mode = (struct walk_mode){.cr0 = CPU_CR0_PG, .cr4 = CPU_CR4_PSE};
    CHECK_EQ(walk_reserved(&mode, 40, 1, 0xffffffff), 0);
    CHECK_EQ(walk_reserved(&mode, 40, 2, 0xffffffff), 0x00200000);
    CHECK_EQ(walk_reserved(&mode, 52, 2, 0xffffffff), 0x00200000);
    CHECK_EQ(walk_reserved(&mode, 36, 2, 0xffffffff), 0x003e0000);
    CHECK_EQ(walk_reserved(&mode, 36, 2, 0xffffff7f), 0);
}

int main(void)
{
    TEST(without_paging);
    TEST(four_levels);
    TEST(tables_without_memory_or_that_name_themselves);
    TEST(thirty_two_bit);
    TEST(physical_address_extension);
    TEST(reserved_bits);
    return check_done();
}
