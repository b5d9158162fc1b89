/* Finding a Linux kernel in a CPU's address space, by page tables made as the kernel has them. */
#include "tests/unit/ram.h"

#include "debug/monitor/linux_kernel.h"
#include "vcpu/cpu_state.h"

#define MiB        (1024ull * 1024)
#define P          1ull
#define PS         0x80ull
#define TABLES     0x10000ull /* the kernel's: PML4, PDPT, PD, PT */
#define USER_PML4  0x11000ull /* page-table isolation: the next page */
#define PDPT       0x12000ull
#define PD         0x13000ull
#define PT         0x14000ull
#define USER_PDPT  0x15000ull
#define USER_PD    0x16000ull
#define KERNEL_GPA (4 * MiB)
#define RAM        (16 * MiB)
#define BANNER     "Linux version 7.0-test (me@here) #1 SMP"

static void put(struct memory *m, uint64_t table, uint64_t index, uint64_t entry)
{
    CHECK_EQ(memory_write(m, table + index * 8, &entry, 8), 8);
}

/* The upper GiB but one by PD; of that the page directory's entries are the test's. */
static struct memory *new_space(struct gva_space *space)
{
    struct memory *m = ram_new(RAM);
    put(m, TABLES, 511, PDPT | P);
    put(m, PDPT, 510, PD | P);
    *space = (struct gva_space){
        .memory = m,
        .mode = {.cr0 = CPU_CR0_PE | CPU_CR0_PG,
                 .cr3 = TABLES,
                 .cr4 = CPU_CR4_PAE,
                 .efer = CPU_EFER_LMA | CPU_EFER_LME},
    };
    return m;
}

static void write_banner(struct memory *m, uint64_t gpa)
{
    CHECK_EQ(memory_write(m, gpa, BANNER "\n", sizeof BANNER), sizeof BANNER);
}

static void check_found(const struct gva_space *space, uint64_t text, uint64_t gpa)
{
    struct linux_kernel kernel = {0};
    CHECK(linux_kernel_find(space, &kernel));
    CHECK_EQ(kernel.text, text);
    CHECK_EQ(kernel.gpa, gpa);
    CHECK_STR(kernel.banner, BANNER);
}

static void check_none(const struct gva_space *space)
{
    struct linux_kernel kernel;
    CHECK(!linux_kernel_find(space, &kernel));
}

static void it_begins_where_the_first_page_is_mapped(void)
{
    static const uint64_t indices[] = {0, 8, 9, 500};
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        struct gva_space space;
        struct memory *m = new_space(&space);
        put(m, PD, indices[i], KERNEL_GPA | P | PS);
        put(m, PD, indices[i] + 1, (KERNEL_GPA + 2 * MiB) | P | PS);
        write_banner(m, KERNEL_GPA + 3 * MiB + 77);
        check_found(&space, 0xffffffff80000000 + indices[i] * 2 * MiB, KERNEL_GPA);
        memory_free(m);
    }
}

static void its_first_pages_may_be_small(void)
{
    struct gva_space space;
    struct memory *m = new_space(&space);
    put(m, PD, 8, PT | P);
    put(m, PT, 0, KERNEL_GPA | P);
    put(m, PT, 1, 0x9000 | P);
    write_banner(m, 0x9fc0); /* the page's last bytes, and no page behind it: cut */
    struct linux_kernel kernel;
    CHECK(linux_kernel_find(&space, &kernel));
    CHECK_EQ(kernel.text, 0xffffffff81000000);
    CHECK_EQ(kernel.gpa, KERNEL_GPA);
    CHECK(!strncmp(kernel.banner, "Linux version 7.0", 17));
    memory_free(m);
}

static void a_banner_across_two_chunks_is_seen(void)
{
    for (uint64_t back = 1; back < 20; back++) {
        struct gva_space space;
        struct memory *m = new_space(&space);
        put(m, PD, 8, KERNEL_GPA | P | PS);
        write_banner(m, KERNEL_GPA + 0x10000 - back);
        check_found(&space, 0xffffffff81000000, KERNEL_GPA);
        memory_free(m);
    }
}

/* User code has a page of the kernel mapped, its entry code, and not _text. */
static void page_table_isolation_is_seen_through(void)
{
    struct gva_space space;
    struct memory *m = new_space(&space);
    put(m, PD, 8, KERNEL_GPA | P | PS);
    write_banner(m, KERNEL_GPA + 0x1000);
    put(m, USER_PML4, 511, USER_PDPT | P);
    put(m, USER_PDPT, 510, USER_PD | P);
    put(m, USER_PD, 9, (KERNEL_GPA + 2 * MiB) | P | PS);
    space.mode.cr3 = USER_PML4 | 0x801; /* with a PCID */
    check_found(&space, 0xffffffff81000000, KERNEL_GPA);
    memory_free(m);
}

/* What lies before a CPU's tables may be anything. */
static void without_isolation_the_cpus_own_tables_count(void)
{
    struct gva_space space;
    struct memory *m = new_space(&space);
    uint8_t junk[4096];
    memset(junk, 0xa5, sizeof junk);
    memory_write(m, TABLES, junk, sizeof junk);
    put(m, USER_PML4, 511, PDPT | P);
    put(m, PD, 8, KERNEL_GPA | P | PS);
    write_banner(m, KERNEL_GPA + 0x1000);
    space.mode.cr3 = USER_PML4;
    check_found(&space, 0xffffffff81000000, KERNEL_GPA);
    memory_free(m);
}

static void what_is_no_kernel_is_not_found(void)
{
    struct gva_space space;
    struct memory *m = new_space(&space);
    check_none(&space); /* nothing is mapped */
    put(m, PD, 8, KERNEL_GPA | P | PS);
    check_none(&space); /* no banner */
    write_banner(m, KERNEL_GPA);
    space.mode.efer = 0;
    check_none(&space); /* no 64-bit code */
    memory_free(m);
}

int main(void)
{
    TEST(it_begins_where_the_first_page_is_mapped);
    TEST(its_first_pages_may_be_small);
    TEST(a_banner_across_two_chunks_is_seen);
    TEST(page_table_isolation_is_seen_through);
    TEST(without_isolation_the_cpus_own_tables_count);
    TEST(what_is_no_kernel_is_not_found);
    return check_done();
}
