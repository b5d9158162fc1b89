/* vmm/boot/initial_state.c: the states that CPUs start in, against the manual's constants, and
 * against what the processor would load from the GDT in guest memory. */
#include "tests/unit/boot_fixture.h"

static struct cpu_state start(struct fixture *f, enum cpu_mode mode, uint64_t entry)
{
    struct cpu_state state;
    memset(&state, 0xee, sizeof state);
    CHECK_EQ(boot_initial_state(mode, entry, f->memory, &state, &f->error), 0);
    return state;
}

static void check_segment(const char *name, const struct cpu_segment *actual,
                          const struct cpu_segment *expected)
{
    int before = check_failures;
    CHECK_EQ(actual->selector, expected->selector);
    CHECK_EQ(actual->base, expected->base);
    CHECK_EQ(actual->limit, expected->limit);
    CHECK_EQ(actual->type, expected->type);
    CHECK_EQ(actual->s, expected->s);
    CHECK_EQ(actual->dpl, expected->dpl);
    CHECK_EQ(actual->present, expected->present);
    CHECK_EQ(actual->l, expected->l);
    CHECK_EQ(actual->db, expected->db);
    CHECK_EQ(actual->g, expected->g);
    CHECK_EQ(actual->avl, expected->avl);
    if (check_failures != before)
        printf("    (that was %s)\n", name);
}

static void check_gprs(const struct cpu_state *state, uint64_t rdx, uint64_t rsp)
{
    for (int i = 0; i < 16; i++)
        CHECK_EQ(state->gpr[i], i == CPU_RDX ? rdx : i == CPU_RSP ? rsp : 0);
}

static void check_control(const struct cpu_state *state, uint64_t cr0, uint64_t cr3, uint64_t cr4,
                          uint64_t efer)
{
    CHECK_EQ(state->cr0, cr0);
    CHECK_EQ(state->cr2, 0);
    CHECK_EQ(state->cr3, cr3);
    CHECK_EQ(state->cr4, cr4);
    CHECK_EQ(state->cr8, 0);
    CHECK_EQ(state->efer, efer);
}

/* The segment that selector SELECTOR loads from the GDT in memory: SDM vol. 3, figure 3-8. */
static struct cpu_segment from_gdt(const struct fixture *f, const struct cpu_table *gdt,
                                   uint16_t selector)
{
    struct cpu_segment s = {.selector = selector};
    uint64_t d = 0;
    CHECK(selector + 7 <= gdt->limit);
    CHECK_EQ(memory_read(f->memory, gdt->base + selector, &d, 8), 8);
    s.limit = (uint32_t)((d & 0xffff) | (d >> 32 & 0xf0000));
    s.base = (d >> 16 & 0xffffff) | (d >> 32 & 0xff000000);
    s.type = d >> 40 & 15;
    s.s = d >> 44 & 1;
    s.dpl = d >> 45 & 3;
    s.present = d >> 47 & 1;
    s.avl = d >> 52 & 1;
    s.l = d >> 53 & 1;
    s.db = d >> 54 & 1;
    s.g = d >> 55 & 1;
    if (s.g)
        s.limit = s.limit << 12 | 0xfff;
    return s;
}

static void real_mode_is_as_a_bios_leaves_it(void)
{
    static const struct cpu_segment code = {.limit = 0xffff, .type = 11, .s = 1, .present = 1};
    static const struct cpu_segment data = {.limit = 0xffff, .type = 3, .s = 1, .present = 1};
    static const struct cpu_segment tr = {.limit = 0xffff, .type = 11, .present = 1};
    static const struct cpu_segment ldtr = {.limit = 0xffff, .type = 2, .present = 1};
    struct fixture f;
    fixture_open(&f);
    struct cpu_state state = start(&f, CPU_REAL, 0x7c00);
    CHECK_EQ(state.rip, 0x7c00);
    CHECK_EQ(state.rflags, 0x202);
    check_gprs(&state, 0x80, 0x7c00);
    check_control(&state, 0x10, 0, 0, 0);
    check_segment("CS", &state.seg[CPU_CS], &code);
    for (int i = CPU_ES; i <= CPU_GS; i++)
        if (i != CPU_CS)
            check_segment("a data segment", &state.seg[i], &data);
    check_segment("TR", &state.seg[CPU_TR], &tr);
    check_segment("LDTR", &state.seg[CPU_LDTR], &ldtr);
    CHECK_EQ(state.idt.base, 0);
    CHECK_EQ(state.idt.limit, 0x3ff);
    CHECK(filled(&f, 0, LAYOUT_LOW_RAM_END, 0xcc));
    fixture_close(&f);
}

/* What protected and long mode have in common. */
static void check_flat(const struct fixture *f, const struct cpu_state *state)
{
    static const struct cpu_segment data = {
        .selector = 0x10, .limit = 0xffffffff, .type = 3, .s = 1, .present = 1, .db = 1, .g = 1};
    static const struct cpu_segment tr = {
        .selector = 0x20, .base = LAYOUT_TSS, .limit = 103, .type = 11, .present = 1};
    static const uint64_t gdt[] = {
        0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff, 0x00008b0010800067, 0};
    CHECK_EQ(state->rflags, 0x2);
    check_gprs(state, 0, LAYOUT_STACK);
    for (int i = CPU_ES; i <= CPU_GS; i++)
        if (i != CPU_CS)
            check_segment("a data segment", &state->seg[i], &data);
    check_segment("TR", &state->seg[CPU_TR], &tr);
    CHECK_EQ(state->seg[CPU_LDTR].present, 0);
    CHECK_EQ(state->seg[CPU_LDTR].selector, 0);
    CHECK_EQ(state->gdt.base, LAYOUT_GDT);
    CHECK_EQ(state->gdt.limit, sizeof gdt - 1);
    CHECK_EQ(state->idt.limit, 0);
    CHECK_MEM(memory_at(f->memory, LAYOUT_GDT, sizeof gdt), gdt, sizeof gdt);

    static const int loaded[] = {CPU_CS, CPU_SS, CPU_DS, CPU_ES, CPU_FS, CPU_GS, CPU_TR};
    for (size_t i = 0; i < sizeof loaded / sizeof *loaded; i++) {
        const struct cpu_segment *hidden = &state->seg[loaded[i]];
        struct cpu_segment in_memory = from_gdt(f, &state->gdt, hidden->selector);
        check_segment("hidden part against GDT", hidden, &in_memory);
    }
    uint8_t tss[104] = {[102] = 104};
    CHECK_MEM(memory_at(f->memory, LAYOUT_TSS, sizeof tss), tss, sizeof tss);
}

static void protected_mode_is_flat_32_bit(void)
{
    static const struct cpu_segment code = {
        .selector = 8, .limit = 0xffffffff, .type = 11, .s = 1, .present = 1, .db = 1, .g = 1};
    struct fixture f;
    fixture_open(&f);
    struct cpu_state state = start(&f, CPU_PROTECTED, 0x100010);
    CHECK_EQ(state.rip, 0x100010);
    check_control(&state, 0x11, 0, 0, 0);
    check_segment("CS", &state.seg[CPU_CS], &code);
    check_flat(&f, &state);
    CHECK(filled(&f, LAYOUT_PAGE_TABLES, LAYOUT_PAGE_TABLES_SIZE, 0xcc));
    fixture_close(&f);
}

static void long_mode_is_64_bit_with_paging(void)
{
    static const struct cpu_segment code = {
        .selector = 0x18, .limit = 0xffffffff, .type = 11, .s = 1, .present = 1, .l = 1, .g = 1};
    struct fixture f;
    fixture_open(&f);
    struct cpu_state state = start(&f, CPU_LONG, 0xffffffff);
    CHECK_EQ(state.rip, 0xffffffff);
    check_control(&state, 0x80000011, LAYOUT_PAGE_TABLES, 0x20, 0x500);
    check_segment("CS", &state.seg[CPU_CS], &code);
    check_flat(&f, &state);
    fixture_close(&f);
}

static uint64_t entry_at(const struct fixture *f, uint64_t table, uint64_t index)
{
    uint64_t entry = 0;
    CHECK_EQ(memory_read(f->memory, table + index * 8, &entry, 8), 8);
    return entry;
}

/* Walked as the processor does (SDM vol. 3, 4.5.4): a present, writable 2 MiB page. */
static void page_tables_map_4_gib_onto_themselves(void)
{
    struct fixture f;
    fixture_open(&f);
    struct cpu_state state = start(&f, CPU_LONG, 0);
    for (uint64_t gva = 0; gva < 4 * GiB; gva += 2 * MiB) {
        uint64_t pml4e = entry_at(&f, state.cr3, gva >> 39 & 511);
        CHECK_EQ(pml4e & 0xfff, 3);
        uint64_t pdpte = entry_at(&f, pml4e & ~0xfffull, gva >> 30 & 511);
        CHECK_EQ(pdpte & 0xfff, 3);
        uint64_t pde = entry_at(&f, pdpte & ~0xfffull, gva >> 21 & 511);
        CHECK_EQ(pde, gva | 0x83);
    }
    for (uint64_t i = 1; i < 512; i++)
        CHECK_EQ(entry_at(&f, LAYOUT_PAGE_TABLES, i), 0);
    for (uint64_t i = 4; i < 512; i++)
        CHECK_EQ(entry_at(&f, LAYOUT_PAGE_TABLES + 0x1000, i), 0);
    uint64_t end = LAYOUT_PAGE_TABLES + LAYOUT_PAGE_TABLES_SIZE;
    CHECK(filled(&f, end, 0x1000, 0xcc));
    CHECK(filled(&f, LAYOUT_GDT + LAYOUT_GDT_SIZE, 0x1000, 0xcc));
    fixture_close(&f);
}

static void entries_out_of_reach_are_refused(void)
{
    static const struct {
        enum cpu_mode mode;
        uint64_t entry;
        const char *text;
    } cases[] = {
        {CPU_REAL, MiB, "starting at 0x100000: out of reach (real mode starts below 1 MiB)"},
        {CPU_PROTECTED, 4 * GiB,
         "starting at 0x100000000: out of reach (protected mode starts below 4 GiB)"},
        {CPU_LONG, UINT64_MAX,
         "starting at 0xffffffffffffffff: out of reach (the initial page tables map 4 GiB)"},
    };
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cpu_state state;
        CHECK_EQ(boot_initial_state(cases[i].mode, cases[i].entry, f.memory, &state, &f.error),
                 -ERANGE);
        CHECK_STR(f.error.text, cases[i].text);
    }
    CHECK(filled(&f, 0, LAYOUT_LOW_RAM_END, 0xcc));
    fixture_close(&f);
}

static void no_ram_for_the_structures_is_an_error(void)
{
    struct fixture f;
    struct cpu_state state;
    fixture_open(&f);
    CHECK_EQ(memory_remove(f.memory, 0, &f.error), 0);
    CHECK_EQ(boot_initial_state(CPU_LONG, 0x100000, f.memory, &state, &f.error), -ENXIO);
    CHECK_STR(f.error.text,
              "writing the GDT to 0x1000: no RAM there (give 256K or more: --memory)");
    fixture_close(&f);
}

int main(void)
{
    TEST(real_mode_is_as_a_bios_leaves_it);
    TEST(protected_mode_is_flat_32_bit);
    TEST(long_mode_is_64_bit_with_paging);
    TEST(page_tables_map_4_gib_onto_themselves);
    TEST(entries_out_of_reach_are_refused);
    TEST(no_ram_for_the_structures_is_an_error);
    return check_done();
}
