#include "debug/cpu/walk.h"

#include "vcpu/cpu_state.h"

#define ENTRY_PRESENT (1ull << 0)
#define ENTRY_WRITE   (1ull << 1)
#define ENTRY_LARGE   (1ull << 7) /* PS: this entry maps a page */
#define ENTRY_NX      (1ull << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull

/* A paging mode: how wide entries are, which bits of the address each level takes. */
struct scheme {
    unsigned levels, entry_size, index_bits;
    unsigned top_bits;     /* of the highest level, where it is shorter (PAE: 2) */
    unsigned large_levels; /* the highest level whose entries may map a page */
    bool canonical;
};

static const struct scheme scheme_32 = {2, 4, 10, 10, 2, false};
static const struct scheme scheme_32_no_pse = {2, 4, 10, 10, 1, false};
static const struct scheme scheme_pae = {3, 8, 9, 2, 2, false};
static const struct scheme scheme_4 = {4, 8, 9, 9, 3, true};
static const struct scheme scheme_5 = {5, 8, 9, 9, 3, true};

static const struct scheme *scheme_of(const struct walk_mode *mode)
{
    if (mode->efer & CPU_EFER_LMA)
        return mode->cr4 & CPU_CR4_LA57 ? &scheme_5 : &scheme_4;
    if (mode->cr4 & CPU_CR4_PAE)
        return &scheme_pae;
    return mode->cr4 & CPU_CR4_PSE ? &scheme_32 : &scheme_32_no_pse;
}

/* Bits above the highest translated one must all equal it (SDM vol. 1, 3.3.7.1). */
static bool is_canonical(uint64_t linear, unsigned bits)
{
    const int64_t high = (int64_t)linear >> (bits - 1);
    return high == 0 || high == -1;
}

/* The highest table. CR3 is 32-byte aligned in PAE mode, page-aligned elsewhere, and has 32 bits
 * outside 64-bit mode's tables (SDM vol. 3, 4.3 to 4.5). */
static uint64_t root_of(const struct walk_mode *mode, const struct scheme *scheme)
{
    const uint64_t root = mode->cr3 & (scheme == &scheme_pae ? 0xffffffe0ull : ENTRY_ADDRESS);
    return mode->efer & CPU_EFER_LMA ? root : (uint32_t)root;
}

/* The page that a large entry maps; PSE-36 keeps address bits 39-32 in bits 20-13 (SDM vol. 3,
 * table 4-4). */
static uint64_t large_page_base(const struct scheme *scheme, uint64_t entry, unsigned shift)
{
    if (scheme->entry_size == 4)
        return (entry & 0xffc00000u) | ((entry >> 13) & 0xff) << 32;
    return entry & ENTRY_ADDRESS & ~((1ull << shift) - 1);
}

static struct walk_result mapped(uint64_t base, unsigned shift, uint64_t linear, unsigned level,
                                 uint64_t entry)
{
    const uint64_t offset = linear & ((1ull << shift) - 1);
    return (struct walk_result){
        .level = level,
        .entry = entry,
        .gpa = base + offset,
        .page_left = (1ull << shift) - offset,
    };
}

static struct walk_result failed(enum walk_failure failure, unsigned level, uint64_t entry)
{
    return (struct walk_result){.failure = failure, .level = level, .entry = entry};
}

static bool maps_page(const struct scheme *scheme, unsigned level, uint64_t entry)
{
    return level == 1 || (level <= scheme->large_levels && (entry & ENTRY_LARGE));
}

/* What entries allow together. PAE's highest ones have no such bits (SDM vol. 3, table 4-8); NX
 * means nothing without EFER.NXE, nor in 32-bit entries. */
struct rights {
    bool writable, executable;
};

static void restrict_rights(struct rights *rights, const struct walk_mode *mode,
                            const struct scheme *scheme, unsigned level, uint64_t entry)
{
    if (scheme == &scheme_pae && level == scheme->levels)
        return;
    rights->writable &= !!(entry & ENTRY_WRITE);
    rights->executable &= !(entry & ENTRY_NX) || !(mode->efer & CPU_EFER_NXE);
}

static struct walk_result deciding(struct walk_result result, struct rights rights, uint64_t linear,
                                   unsigned shift)
{
    const uint64_t within = (1ull << shift) - 1;
    result.writable = rights.writable;
    result.executable = rights.executable;
    result.first = linear & ~within;
    result.last = linear | within;
    return result;
}

static struct walk_result walk_tables(const struct walk_mode *mode, const struct scheme *scheme,
                                      const struct walk_memory *memory, uint64_t linear,
                                      struct walk_path *path)
{
    struct rights rights = {true, true};
    uint64_t table = root_of(mode, scheme);
    for (unsigned level = scheme->levels;; level--) {
        const unsigned shift = 12 + (level - 1) * scheme->index_bits;
        const unsigned bits = level == scheme->levels ? scheme->top_bits : scheme->index_bits;
        const uint64_t index = (linear >> shift) & ((1u << bits) - 1);
        struct walk_step *step = &path->steps[path->count++];
        *step = (struct walk_step){.level = level, .gpa = table + index * scheme->entry_size};
        if (!memory->read(memory->context, step->gpa, scheme->entry_size, &step->entry))
            return deciding(failed(WALK_NO_MEMORY, level, 0), rights, linear, shift);
        step->there = true;
        step->present = step->entry & ENTRY_PRESENT;
        if (!step->present)
            return deciding(failed(WALK_NOT_PRESENT, level, step->entry), rights, linear, shift);
        restrict_rights(&rights, mode, scheme, level, step->entry);
        table = step->entry & ENTRY_ADDRESS;
        step->maps = maps_page(scheme, level, step->entry);
        if (step->maps && level > 1)
            table = large_page_base(scheme, step->entry, shift);
        if (step->maps)
            return deciding(mapped(table, shift, linear, level, step->entry), rights, linear,
                            shift);
    }
}

static struct walk_result not_canonical(unsigned levels, unsigned bits)
{
    struct walk_result result = failed(WALK_NOT_CANONICAL, levels, 0);
    result.first = 1ull << (bits - 1);
    result.last = -result.first - 1;
    return result;
}

struct walk_result walk_with_path(const struct walk_mode *mode, const struct walk_memory *memory,
                                  uint64_t linear, struct walk_path *path)
{
    const bool wide = mode->efer & CPU_EFER_LMA;
    path->count = 0;
    if (!wide)
        linear = (uint32_t)linear;
    if (!(mode->cr0 & CPU_CR0_PG))
        return deciding(mapped(linear & ~0xfffull, 12, linear, 0, 0), (struct rights){true, true},
                        linear, 32);

    const struct scheme *scheme = scheme_of(mode);
    const unsigned bits = 12 + scheme->levels * scheme->index_bits;
    if (scheme->canonical && !is_canonical(linear, bits))
        return not_canonical(scheme->levels, bits);
    return walk_tables(mode, scheme, memory, linear, path);
}

struct walk_result walk(const struct walk_mode *mode, const struct walk_memory *memory,
                        uint64_t linear)
{
    struct walk_path path;
    return walk_with_path(mode, memory, linear, &path);
}

unsigned walk_levels(const struct walk_mode *mode)
{
    return mode->cr0 & CPU_CR0_PG ? scheme_of(mode)->levels : 0;
}

/* ---- Reserved bits */

/* The bits FIRST to LAST, or none if FIRST is above LAST. */
static uint64_t bits_between(unsigned first, unsigned last)
{
    return first > last ? 0 : (UINT64_MAX << first) & (UINT64_MAX >> (63 - last));
}

/* PSE-36 has address bits 39-32 of those that the processor has in bits 20-13; bit 21 is 0. */
static uint64_t reserved_of_32_bits(unsigned physical_bits, bool large)
{
    if (!large)
        return 0;
    const unsigned high = physical_bits < 32 ? 0 : physical_bits > 40 ? 8 : physical_bits - 32;
    return bits_between(13 + high, 21);
}

static uint64_t reserved_of_pae(unsigned physical_bits, unsigned level)
{
    if (level == 3) /* bits 2-1 and 8-5, and all above the address */
        return bits_between(1, 2) | bits_between(5, 8) | bits_between(physical_bits, 63);
    return bits_between(physical_bits, 62);
}

uint64_t walk_reserved(const struct walk_mode *mode, unsigned physical_bits, unsigned level,
                       uint64_t entry)
{
    const struct scheme *scheme = scheme_of(mode);
    const bool large = level > 1 && maps_page(scheme, level, entry);
    uint64_t reserved;
    if (scheme->entry_size == 4)
        return entry & reserved_of_32_bits(physical_bits, large);
    if (scheme == &scheme_pae)
        reserved = reserved_of_pae(physical_bits, level);
    else
        reserved = bits_between(physical_bits, 51) | (level > 3 ? ENTRY_LARGE : 0);
    if (large) /* between the PAT bit, 12, and the page's address */
        reserved |= bits_between(13, 11 + (level - 1) * scheme->index_bits);
    if (!(mode->efer & CPU_EFER_NXE))
        reserved |= ENTRY_NX;
    return entry & reserved;
}

/* The tables that were seen, each once a level: page | level, open addressing. A table may be one
 * of several levels at once (a PML4 that refers to itself), so that without this a few pages would
 * make 512^4 paths. */
#define SEEN_SIZE (2 * WALK_MAX_TABLES)

struct search {
    const struct scheme *scheme;
    const struct walk_memory *memory;
    uint64_t page;
    unsigned count;
    uint64_t seen[SEEN_SIZE];
};

/* Whether KEY is new. There is always a free place: SEEN_SIZE is above WALK_MAX_TABLES. */
static bool see(struct search *search, uint64_t key)
{
    size_t i = (key * 0x9e3779b97f4a7c15ull) >> 32; /* Fibonacci hashing */
    for (i %= SEEN_SIZE; search->seen[i]; i = (i + 1) % SEEN_SIZE)
        if (search->seen[i] == key)
            return false;
    search->seen[i] = key;
    search->count++;
    return true;
}

/* Whether TABLE or one below it is in the page, or there are too many. Recursion ends at level 1,
 * whose entries name no tables and are not read. */
static bool search_table(struct search *search, uint64_t table, unsigned level)
{
    const struct scheme *scheme = search->scheme;
    if ((table & ENTRY_ADDRESS) == search->page)
        return true;
    if (level == 1 || !see(search, (table & ENTRY_ADDRESS) | level))
        return false;
    if (search->count > WALK_MAX_TABLES)
        return true;
    const unsigned bits = level == scheme->levels ? scheme->top_bits : scheme->index_bits;
    for (unsigned i = 0; i < 1u << bits; i++) {
        uint64_t entry = 0;
        if (!search->memory->read(search->memory->context, table + i * scheme->entry_size,
                                  scheme->entry_size, &entry))
            continue;
        if ((entry & ENTRY_PRESENT) && !maps_page(scheme, level, entry) &&
            search_table(search, entry & ENTRY_ADDRESS, level - 1))
            return true;
    }
    return false;
}

bool walk_uses(const struct walk_mode *mode, const struct walk_memory *memory, uint64_t page)
{
    if (!(mode->cr0 & CPU_CR0_PG))
        return false;
    const struct scheme *scheme = scheme_of(mode);
    struct search search = {.scheme = scheme, .memory = memory, .page = page};
    return search_table(&search, root_of(mode, scheme), scheme->levels);
}
