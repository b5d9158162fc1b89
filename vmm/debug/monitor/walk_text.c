#include "debug/monitor/walk_text.h"

#include "vcpu/cpu_state.h"

#include <inttypes.h>

#define ENTRY_USER (1ull << 2)

static const char *level_name(unsigned level)
{
    static const char *const names[WALK_LEVELS] = {"PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    return names[level - 1];
}

static const char *paging_name(const struct walk_mode *mode)
{
    static const char *const names[] = {
        [2] = "32-bit", [3] = "PAE", [4] = "4-level", [5] = "5-level"};
    return names[walk_levels(mode)];
}

/* A bit of an entry (SDM vol. 3, tables 4-5 to 4-20), and in which entries it has that meaning. */
static const struct flag {
    const char *name;
    unsigned bit;
    bool in_pages, in_tables; /* in an entry that maps a page, that names a table */
    unsigned first, last;     /* levels */
} flags[] = {
    {"P", 0, true, true, 1, 5},     {"RW", 1, true, true, 1, 5},  {"US", 2, true, true, 1, 5},
    {"PWT", 3, true, true, 1, 5},   {"PCD", 4, true, true, 1, 5}, {"A", 5, true, true, 1, 5},
    {"D", 6, true, false, 1, 3},    {"PS", 7, true, false, 2, 3}, {"PAT", 7, true, false, 1, 1},
    {"PAT", 12, true, false, 2, 3}, {"G", 8, true, false, 1, 3},  {"NX", 63, true, true, 1, 5},
};

/* PAE's highest entries have no permissions and no accessed bit. */
static bool is_pae_top(const struct walk_mode *mode, const struct walk_step *step)
{
    return step->level == 3 && walk_levels(mode) == 3;
}

static void print_flags(const struct walk_mode *mode, const struct walk_step *step,
                        struct gdb_text *out)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        const struct flag *f = &flags[i];
        const bool has_meaning = (step->maps ? f->in_pages : f->in_tables) &&
                                 step->level >= f->first && step->level <= f->last;
        const bool is_permission = f->bit == 1 || f->bit == 2 || f->bit == 5 || f->bit == 63;
        if (has_meaning && (step->entry >> f->bit & 1) &&
            !(is_permission && is_pae_top(mode, step)))
            gdb_text_printf(out, i ? " %s" : "%s", f->name);
    }
}

/* RESERVED: those of its bits that must not be set. */
static void print_step(const struct walk_mode *mode, const struct walk_step *step,
                       uint64_t reserved, struct gdb_text *out)
{
    gdb_text_printf(out, "  %-5s  0x%016" PRIx64 "  0x%016" PRIx64 "  ", level_name(step->level),
                    step->gpa, step->entry);
    if (step->present)
        print_flags(mode, step, out);
    else
        gdb_text_printf(out, step->there ? "not present" : "no memory");
    if (reserved)
        gdb_text_printf(out, ", reserved 0x%" PRIx64, reserved);
    gdb_text_printf(out, "\n");
}

/* Prints the entries down to the first that has reserved bits set, which it returns, or NULL. */
static const struct walk_step *print_path(const struct walk_mode *mode,
                                          const struct walk_path *path, unsigned physical_bits,
                                          struct gdb_text *out)
{
    gdb_text_printf(out, "  level  entry at            entry               flags\n");
    for (unsigned i = 0; i < path->count; i++) {
        const struct walk_step *step = &path->steps[i];
        const uint64_t reserved =
            step->present ? walk_reserved(mode, physical_bits, step->level, step->entry) : 0;
        print_step(mode, step, reserved, out);
        if (reserved)
            return step;
    }
    return NULL;
}

static void print_failure(const struct walk_result *result, const struct walk_path *path,
                          struct gdb_text *out)
{
    switch (result->failure) {
    case WALK_NOT_CANONICAL:
        gdb_text_printf(
            out, "Not canonical: bits 63 to %u are not all equal (#GP, or #SS of a stack).\n",
            12 + 9 * result->level - 1);
        break;
    case WALK_NOT_PRESENT:
        gdb_text_printf(out, "Not mapped: the %s is not present (#PF).\n",
                        level_name(result->level));
        break;
    case WALK_NO_MEMORY:
        gdb_text_printf(out, "Not mapped: no memory at 0x%" PRIx64 ", where the %s would be.\n",
                        path->steps[path->count - 1].gpa, level_name(result->level));
        break;
    case WALK_OK:
        break;
    }
}

/* User code gets there only if each level lets it (SDM vol. 3, 4.6). */
static bool is_user(const struct walk_mode *mode, const struct walk_path *path)
{
    bool user = true;
    for (unsigned i = 0; i < path->count; i++)
        user = user && (is_pae_top(mode, &path->steps[i]) || path->steps[i].entry & ENTRY_USER);
    return user;
}

static void print_permissions(const struct walk_mode *mode, const struct walk_result *result,
                              const struct walk_path *path, struct gdb_text *out)
{
    gdb_text_printf(out, "%s, %s%s, %s", is_user(mode, path) ? "user" : "supervisor only",
                    result->writable ? "writable" : "read-only",
                    !result->writable && !(mode->cr0 & CPU_CR0_WP)
                        ? " (not for the supervisor: CR0.WP is 0)"
                        : "",
                    result->executable ? "executable" : "not executable");
}

static const char *page_size(unsigned level, const struct walk_mode *mode)
{
    static const char *const sizes[] = {[1] = "4 KiB", [2] = "2 MiB", [3] = "1 GiB"};
    return level == 2 && walk_levels(mode) == 2 ? "4 MiB" : sizes[level];
}

static void print_without_paging(const struct walk_mode *mode, uint64_t linear, uint64_t gpa,
                                 struct gdb_text *out)
{
    gdb_text_printf(out, "No paging%s: the linear address is the physical one.\n",
                    mode->cr0 & CPU_CR0_PE ? "" : " (real mode)");
    if (gpa != linear)
        gdb_text_printf(out, "Linear addresses have 32 bits here.\n");
    gdb_text_printf(out, "-> 0x%016" PRIx64 "\n", gpa);
}

bool walk_print(const struct walk_mode *mode, const struct walk_memory *memory,
                unsigned physical_bits, uint64_t linear, uint64_t *gpa, struct gdb_text *out)
{
    struct walk_path path;
    const struct walk_result result = walk_with_path(mode, memory, linear, &path);
    *gpa = result.gpa;
    if (!walk_levels(mode)) {
        print_without_paging(mode, linear, result.gpa, out);
        return true;
    }
    gdb_text_printf(out, "%s paging, CR3 0x%" PRIx64 ", linear 0x%016" PRIx64 "\n",
                    paging_name(mode), mode->cr3,
                    mode->efer & CPU_EFER_LMA ? linear : (uint32_t)linear);
    const struct walk_step *bad = path.count ? print_path(mode, &path, physical_bits, out) : NULL;
    if (bad) {
        gdb_text_printf(out, "Not mapped: reserved bits are set in the %s (%s).\n",
                        level_name(bad->level),
                        is_pae_top(mode, bad) ? "#GP when CR3 is loaded" : "#PF");
        return false;
    }
    print_failure(&result, &path, out);
    if (result.failure != WALK_OK)
        return false;
    gdb_text_printf(out, "-> 0x%016" PRIx64 " in a page of %s: ", result.gpa,
                    page_size(result.level, mode));
    print_permissions(mode, &result, &path, out);
    gdb_text_printf(out, "\n");
    return true;
}
