/* `monitor gdt|idt|ivt|tss`: the tables that the processor finds in memory. */
#include "debug/monitor/monitor.h"

#include "debug/cpu/exception.h"
#include "debug/cpu/vector.h"
#include "debug/monitor/table_runs.h"
#include "debug/monitor/table_text.h"
#include "debug/monitor/vector_names.h"
#include "debug/number.h"
#include "vcpu/cpu_state.h"

#include <inttypes.h>
#include <string.h>

#define GDT_MAX 8192 /* entries that a limit of 16 bits can hold */

static bool in_real_mode(const struct kvm_sregs *sregs)
{
    return !(sregs->cr0 & CPU_CR0_PE);
}

static bool is_wide(const struct kvm_sregs *sregs)
{
    return sregs->efer & CPU_EFER_LMA;
}

/* Whole entries of SIZE bytes within LIMIT. */
static unsigned entries_of(uint32_t limit, unsigned size)
{
    return (limit + 1) / size;
}

/* "FIRST [COUNT]", both optional: FIRST at most MAX, COUNT from 1 on. FIRST alone is one entry,
 * nothing is all. */
static bool parse_part(const char *args, uint64_t max, uint64_t *first, uint64_t *count)
{
    *first = 0;
    *count = *args ? 1 : GDT_MAX;
    if (*args && !number_word(&args, max, first))
        return false;
    if (*args && (!number_word(&args, GDT_MAX, count) || !*count))
        return false;
    return !*args;
}

/* ---- The GDT */

static void print_descriptor(const struct table *table, const struct table_entry *entry,
                             unsigned index, bool alone, struct gdb_text *out)
{
    (void)alone;
    uint64_t low, high;
    memcpy(&low, entry->bytes, sizeof low);
    memcpy(&high, entry->bytes + 8, sizeof high);
    descriptor_print(low, high, table->wide, out);
    if (entry->slots == 1 && descriptor_is_double(low, table->wide))
        gdb_text_printf(out, ", its second half %s",
                        index + 1 < table->count ? "is where no memory is" : "is past the limit");
}

void monitor_gdt(struct debug *d, const char *args, struct gdb_text *out)
{
    struct kvm_sregs sregs;
    uint64_t selector, count;
    if (!parse_part(args, 0xffff, &selector, &count)) {
        monitor_usage("gdt", "[SELECTOR [COUNT]]", out);
        return;
    }
    if (!monitor_read_sregs(d, &sregs, out))
        return;
    const struct gva_space space = gva_space(d->config.memory, &sregs);
    const struct table table = {
        .space = &space,
        .base = sregs.gdt.base,
        .entry_size = 8,
        .count = entries_of(sregs.gdt.limit, 8),
        .more = "monitor gdt",
        .number_scale = 8,
        .digits = 4,
        .wide = is_wide(&sregs),
        .is_double = descriptor_is_double,
        .print = print_descriptor,
        .empty = "null",
    };
    gdb_text_printf(out, "GDT at 0x%" PRIx64 ", limit 0x%x: %u descriptors\n", table.base,
                    sregs.gdt.limit, table.count);
    if (in_real_mode(&sregs))
        gdb_text_printf(out, "The CPU is in real mode: it does not use this table.\n");
    if (in_real_mode(&sregs) && !table.base && sregs.gdt.limit == 0xffff && !*args) {
        gdb_text_printf(out, "GDTR is as at power-on: the guest has loaded no table yet (to see "
                             "the bytes as one: monitor gdt 0).\n");
        return;
    }
    if (selector / 8 >= table.count) {
        if (*args)
            gdb_text_printf(out, "Selector 0x%" PRIx64 " is past the limit.\n", selector);
        return;
    }
    gdb_text_printf(out, "selector       %s\n", DESCRIPTOR_HEADING);
    table_print(&table, (unsigned)(selector / 8), (unsigned)count, out);
}

/* ---- The IDT and the IVT */

static void print_gate(const struct table *table, const struct table_entry *entry, unsigned index,
                       bool alone, struct gdb_text *out)
{
    gdb_text_printf(out, "%-5s  ", alone && index < EXCEPTIONS ? exception_name(index) : "");
    gate_print(entry->bytes, table->wide, out);
}

static void print_vector(const struct table *table, const struct table_entry *entry, unsigned index,
                         bool alone, struct gdb_text *out)
{
    uint16_t words[2]; /* IP, CS */
    uint64_t gpa;
    memcpy(words, entry->bytes, sizeof words);
    const uint32_t linear = words[1] * 16u + words[0];
    const struct memory_region *region =
        gva_translate(table->space, linear, &gpa) ? memory_find(table->space->memory, gpa) : NULL;
    gdb_text_printf(out, "%04x:%04x  0x%06x  %-3s", words[1], words[0], linear,
                    !region                      ? "-"
                    : region->kind == MEMORY_ROM ? "ROM"
                                                 : "RAM");
    if (alone && vector_name(index))
        gdb_text_printf(out, "  %s", vector_name(index));
}

static void print_vectors(const struct table *table, const char *name, uint32_t limit,
                          const char *args, const char *heading, struct gdb_text *out)
{
    uint64_t first, count;
    if (!parse_part(args, VECTORS - 1, &first, &count))
        return; /* looked at before */
    gdb_text_printf(out, "%s at 0x%" PRIx64 ", limit 0x%x: %u entries%s\n", name, table->base,
                    limit, table->count,
                    table->count < (limit + 1) / table->entry_size
                        ? "; there are no more than 256 vectors"
                        : "");
    if (first >= table->count) {
        if (*args)
            gdb_text_printf(out, "Vector %" PRIu64 " is past the limit.\n", first);
        return;
    }
    gdb_text_printf(out, "%s\n", heading);
    table_print(table, (unsigned)first, (unsigned)count, out);
}

static unsigned vectors_of(uint32_t limit, unsigned size)
{
    const unsigned n = entries_of(limit, size);
    return n < VECTORS ? n : VECTORS;
}

static void print_ivt(const struct gva_space *space, const struct kvm_dtable *idt, const char *more,
                      const char *args, struct gdb_text *out)
{
    const struct table table = {
        .space = space,
        .base = idt->base,
        .entry_size = 4,
        .count = vectors_of(idt->limit, 4),
        .more = more,
        .number_scale = 1,
        .digits = 2,
        .print = print_vector,
    };
    print_vectors(&table, "IVT", idt->limit, args, "vector     seg:off    linear    in   what for",
                  out);
}

static void print_idt(const struct gva_space *space, const struct kvm_sregs *sregs,
                      const char *args, struct gdb_text *out)
{
    const bool wide = is_wide(sregs);
    const struct table table = {
        .space = space,
        .base = sregs->idt.base,
        .entry_size = wide ? 16 : 8,
        .count = vectors_of(sregs->idt.limit, wide ? 16 : 8),
        .more = "monitor idt",
        .number_scale = 1,
        .digits = 2,
        .wide = wide,
        .print = print_gate,
        .empty = "       not present (all zeros)",
    };
    print_vectors(&table, "IDT", sregs->idt.limit, args, "vector     name   " GATE_HEADING, out);
}

static bool parse_vectors(const char *name, const char *args, struct gdb_text *out)
{
    uint64_t first, count;
    if (parse_part(args, VECTORS - 1, &first, &count))
        return true;
    monitor_usage(name, "[FIRST [COUNT]]", out);
    return false;
}

void monitor_idt(struct debug *d, const char *args, struct gdb_text *out)
{
    struct kvm_sregs sregs;
    if (!parse_vectors("idt", args, out) || !monitor_read_sregs(d, &sregs, out))
        return;
    const struct gva_space space = gva_space(d->config.memory, &sregs);
    if (!in_real_mode(&sregs)) {
        print_idt(&space, &sregs, args, out);
        return;
    }
    gdb_text_printf(out, "The CPU is in real mode: its interrupts go through the IVT.\n");
    print_ivt(&space, &sregs.idt, "monitor idt", args, out);
}

void monitor_ivt(struct debug *d, const char *args, struct gdb_text *out)
{
    struct kvm_sregs sregs;
    const struct kvm_dtable low = {.limit = 4 * VECTORS - 1};
    if (!parse_vectors("ivt", args, out) || !monitor_read_sregs(d, &sregs, out))
        return;
    const bool real = in_real_mode(&sregs);
    const struct gva_space physical = {.memory = d->config.memory};
    if (!real)
        gdb_text_printf(out, "The CPU is not in real mode: this is what lies at physical 0, which "
                             "it does not use now.\n");
    print_ivt(&physical, real ? &sregs.idt : &low, "monitor ivt", args, out);
}

/* ---- The TSS */

void monitor_tss(struct debug *d, const char *args, struct gdb_text *out)
{
    static const char *const names[] = {
        [TSS_16] = "16-bit", [TSS_32] = "32-bit", [TSS_64] = "64-bit"};
    static const uint8_t sizes[] = {[TSS_16] = 44, [TSS_32] = TSS_MAX, [TSS_64] = TSS_MAX};
    struct kvm_sregs sregs;
    uint8_t bytes[TSS_MAX];
    (void)args;
    if (!monitor_read_sregs(d, &sregs, out))
        return;
    const struct kvm_segment *tr = &sregs.tr;
    if (in_real_mode(&sregs) || !tr->present || tr->unusable) {
        gdb_text_printf(out, "%s\n",
                        in_real_mode(&sregs) ? "The CPU is in real mode: it uses no TSS."
                                             : "TR is not loaded: there is no TSS.");
        return;
    }
    const struct gva_space space = gva_space(d->config.memory, &sregs);
    const enum tss_kind kind = tss_kind_of(tr->type, is_wide(&sregs));
    const uint64_t within = (uint64_t)tr->limit + 1;
    const size_t want = within < sizes[kind] ? within : sizes[kind];
    const size_t got = gva_read(&space, tr->base, bytes, want);
    gdb_text_printf(out, "TSS at 0x%" PRIx64 ", limit 0x%x, %s, selector 0x%04x\n",
                    (uint64_t)tr->base, tr->limit, names[kind], tr->selector);
    if (got < want)
        gdb_text_printf(out, "  no memory at 0x%" PRIx64 "\n", (uint64_t)tr->base + got);
    else if (want < sizes[kind])
        gdb_text_printf(out, "  The limit is too small for a whole one.\n");
    tss_print(bytes, got, kind, tr->limit, out);
}
