/* The states in which a first CPU starts, and the structures in guest memory that go with them. */
#include "boot.h"
#include "memory/layout.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Segment types, accessed as a loaded segment's is (SDM vol. 3, 3.4.5.1), and of system segments
 * (SDM vol. 3, 3.5). */
enum { TYPE_LDT = 2, TYPE_DATA = 3, TYPE_CODE = 11, TYPE_TSS_BUSY = 11 };

/* Descriptors of the GDT: the same one in protected and in long mode. */
enum { GDT_CODE32 = 1, GDT_DATA, GDT_CODE64, GDT_TSS, GDT_TSS_HIGH, GDT_ENTRIES };

#define TSS_SIZE 104 /* of the 32-bit and the 64-bit one: SDM vol. 3, 8.2.1 and 8.7 */

#define REAL_SEGMENT(kind)                                                                         \
    {                                                                                              \
        .limit = 0xffff, .type = (kind), .s = true, .present = true                                \
    }
#define FLAT_SEGMENT(index, kind, is_l)                                                            \
    {                                                                                              \
        .selector = (index)*8, .limit = 0xffffffff, .type = (kind), .s = true, .present = true,    \
        .l = (is_l), .db = !(is_l), .g = true                                                      \
    }
/* TR must hold a busy TSS for VM entry (SDM vol. 3, 26.3.1.2). */
#define TSS_SEGMENT                                                                                \
    {                                                                                              \
        .selector = GDT_TSS * 8, .base = LAYOUT_TSS, .limit = TSS_SIZE - 1, .type = TYPE_TSS_BUSY, \
        .present = true                                                                            \
    }
#define NO_LDT                                                                                     \
    {                                                                                              \
        .type = TYPE_LDT, .present = false                                                         \
    }

/* As a BIOS leaves a boot sector: DL is the drive, interrupts are on, the IVT is at 0. System
 * segments as after a reset (SDM vol. 3, 9.1.1). */
static const struct cpu_state real_state = {
    .gpr = {[CPU_RDX] = 0x80, [CPU_RSP] = LAYOUT_BOOT_SECTOR},
    .rflags = 0x2 | CPU_FLAG_IF,
    .seg = {[CPU_CS] = REAL_SEGMENT(TYPE_CODE),
            [CPU_DS] = REAL_SEGMENT(TYPE_DATA),
            [CPU_ES] = REAL_SEGMENT(TYPE_DATA),
            [CPU_FS] = REAL_SEGMENT(TYPE_DATA),
            [CPU_GS] = REAL_SEGMENT(TYPE_DATA),
            [CPU_SS] = REAL_SEGMENT(TYPE_DATA),
            [CPU_TR] = {.limit = 0xffff, .type = TYPE_TSS_BUSY, .present = true},
            [CPU_LDTR] = {.limit = 0xffff, .type = TYPE_LDT, .present = true}},
    .gdt = {.base = 0, .limit = 0xffff},
    .idt = {.base = 0, .limit = 0x3ff},
    .cr0 = CPU_CR0_ET,
};

/* Flat 4 GiB segments. An IDT limit of 0 holds no vector: an exception before the guest has loaded
 * its own IDT is a triple fault, not a jump into nowhere. */
static const struct cpu_state protected_state = {
    .gpr = {[CPU_RSP] = LAYOUT_STACK},
    .rflags = 0x2,
    .seg = {[CPU_CS] = FLAT_SEGMENT(GDT_CODE32, TYPE_CODE, false),
            [CPU_DS] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_ES] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_FS] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_GS] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_SS] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_TR] = TSS_SEGMENT,
            [CPU_LDTR] = NO_LDT},
    .gdt = {.base = LAYOUT_GDT, .limit = GDT_ENTRIES * 8 - 1},
    .cr0 = CPU_CR0_PE | CPU_CR0_ET,
};

static const struct cpu_state long_state = {
    .gpr = {[CPU_RSP] = LAYOUT_STACK},
    .rflags = 0x2,
    .seg = {[CPU_CS] = FLAT_SEGMENT(GDT_CODE64, TYPE_CODE, true),
            [CPU_DS] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_ES] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_FS] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_GS] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_SS] = FLAT_SEGMENT(GDT_DATA, TYPE_DATA, false),
            [CPU_TR] = TSS_SEGMENT,
            [CPU_LDTR] = NO_LDT},
    .gdt = {.base = LAYOUT_GDT, .limit = GDT_ENTRIES * 8 - 1},
    .cr0 = CPU_CR0_PE | CPU_CR0_ET | CPU_CR0_PG,
    .cr3 = LAYOUT_PAGE_TABLES,
    .cr4 = CPU_CR4_PAE,
    .efer = CPU_EFER_LME | CPU_EFER_LMA,
};

static int write_structure(struct memory *memory, const char *name, uint64_t gpa, const void *bytes,
                           size_t len, struct error *error)
{
    if (memory_write(memory, gpa, bytes, len) == len)
        return 0;
    return error_set(error, -ENXIO,
                     "writing the %s to 0x%" PRIx64 ": no RAM there (give 256K or more: --memory)",
                     name, gpa);
}

/* The descriptor from which the processor would load SEGMENT (SDM vol. 3, figure 3-8). */
static uint64_t descriptor(const struct cpu_segment *segment)
{
    uint64_t limit = segment->g ? segment->limit >> 12 : segment->limit;
    uint64_t flags = segment->type | (uint64_t)segment->s << 4 | (uint64_t)segment->dpl << 5 |
                     (uint64_t)segment->present << 7 | (uint64_t)segment->avl << 12 |
                     (uint64_t)segment->l << 13 | (uint64_t)segment->db << 14 |
                     (uint64_t)segment->g << 15;
    return (limit & 0xffff) | (segment->base & 0xffffff) << 16 | flags << 40 |
           (limit & 0xf0000) << 32 | (segment->base & 0xff000000) << 32;
}

/* Each descriptor comes from a template above, so that a selector that the guest loads again gives
 * the hidden part that it had. */
static int write_gdt(struct memory *memory, struct error *error)
{
    uint64_t gdt[GDT_ENTRIES] = {
        [GDT_CODE32] = descriptor(&protected_state.seg[CPU_CS]),
        [GDT_DATA] = descriptor(&protected_state.seg[CPU_DS]),
        [GDT_CODE64] = descriptor(&long_state.seg[CPU_CS]),
        [GDT_TSS] = descriptor(&protected_state.seg[CPU_TR]),
        [GDT_TSS_HIGH] =
            LAYOUT_TSS >> 32, /* the 64-bit TSS's second half; else a null descriptor */
    };
    uint8_t tss[TSS_SIZE] = {[102] = TSS_SIZE}; /* the I/O map's base: past the limit, so none */
    _Static_assert(LAYOUT_GDT + sizeof gdt <= LAYOUT_TSS, "the GDT runs into the TSS");
    _Static_assert(LAYOUT_TSS + sizeof tss <= LAYOUT_GDT + LAYOUT_GDT_SIZE,
                   "the TSS is too far up");

    int r = write_structure(memory, "GDT", LAYOUT_GDT, gdt, sizeof gdt, error);
    return r ? r : write_structure(memory, "TSS", LAYOUT_TSS, tss, sizeof tss, error);
}

/* The first 4 GiB onto themselves (SDM vol. 3, 4.5.4, tables 4-15 to 4-18). */
static int write_page_tables(struct memory *memory, struct error *error)
{
    enum { PRESENT = 1 << 0, WRITABLE = 1 << 1, LARGE = 1 << 7, ENTRIES = 512, DIRECTORIES = 4 };
    static const char name[] = "page tables";
    const uint64_t pml4 = LAYOUT_PAGE_TABLES, pdpt = pml4 + 0x1000, directory = pdpt + 0x1000;
    uint64_t table[ENTRIES] = {pdpt | PRESENT | WRITABLE};
    _Static_assert(LAYOUT_PAGE_TABLES_SIZE == (2 + DIRECTORIES) * sizeof table, "6 pages");

    int r = write_structure(memory, name, pml4, table, sizeof table, error);
    for (uint64_t i = 0; i < DIRECTORIES; i++)
        table[i] = (directory + i * sizeof table) | PRESENT | WRITABLE;
    if (!r)
        r = write_structure(memory, name, pdpt, table, sizeof table, error);
    for (uint64_t d = 0; d < DIRECTORIES && !r; d++) {
        for (uint64_t i = 0; i < ENTRIES; i++)
            table[i] = (d * ENTRIES + i) * 2 * MiB | PRESENT | WRITABLE | LARGE;
        r = write_structure(memory, name, directory + d * sizeof table, table, sizeof table, error);
    }
    return r;
}

int boot_initial_state(enum cpu_mode mode, uint64_t entry, struct memory *memory,
                       struct cpu_state *state, struct error *error)
{
    static const struct {
        const struct cpu_state *state;
        uint64_t entry_end;
        const char *name;
    } modes[] = {
        [CPU_REAL] = {&real_state, MiB, "real mode starts below 1 MiB"},
        [CPU_PROTECTED] = {&protected_state, 4 * GiB, "protected mode starts below 4 GiB"},
        [CPU_LONG] = {&long_state, 4 * GiB, "the initial page tables map 4 GiB"},
    };
    if (entry >= modes[mode].entry_end)
        return error_set(error, -ERANGE, "starting at 0x%" PRIx64 ": out of reach (%s)", entry,
                         modes[mode].name);
    int r = mode == CPU_REAL ? 0 : write_gdt(memory, error);
    if (!r && mode == CPU_LONG)
        r = write_page_tables(memory, error);
    if (r)
        return r;

    *state = *modes[mode].state;
    state->rip = entry;
    if (mode == CPU_REAL) {
        struct cpu_segment *cs = &state->seg[CPU_CS];
        cs->base = entry & ~UINT64_C(0xffff);
        cs->selector = (uint16_t)(cs->base >> 4);
        state->rip = entry & 0xffff;
    }
    return 0;
}

int boot_use_selectors(struct cpu_state *state, uint16_t code, uint16_t data, struct memory *memory,
                       struct error *error)
{
    assert(code / 8 < GDT_TSS && data / 8 < GDT_TSS && code != data);
    for (int i = CPU_ES; i <= CPU_GS; i++)
        state->seg[i].selector = i == CPU_CS ? code : data;
    uint64_t gdt[GDT_ENTRIES] = {
        [GDT_TSS] = descriptor(&state->seg[CPU_TR]),
        [GDT_TSS_HIGH] = LAYOUT_TSS >> 32,
    };
    gdt[code / 8] = descriptor(&state->seg[CPU_CS]);
    gdt[data / 8] = descriptor(&state->seg[CPU_DS]);
    return write_structure(memory, "GDT", LAYOUT_GDT, gdt, sizeof gdt, error);
}
