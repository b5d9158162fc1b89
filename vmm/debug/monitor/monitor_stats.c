/* `monitor stats`, `monitor info exits`: what was counted so far, since stepvm was started. */
#include "debug/monitor/monitor.h"

#include "kvm/kvm_decode.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- Memory */

static void print_count(int64_t count, struct gdb_text *out)
{
    if (count < 0)
        gdb_text_printf(out, " %10s", "?");
    else
        gdb_text_printf(out, " %10" PRId64, count);
}

static void print_region(struct debug *d, const struct memory_region *r, struct gdb_text *out)
{
    gdb_text_printf(out, "0x%012" PRIx64 "-0x%012" PRIx64 "  %s %10" PRIu64, r->gpa,
                    r->gpa + r->size - 1, r->kind == MEMORY_ROM ? "ROM" : "RAM",
                    r->size / MEMORY_PAGE);
    print_count(memory_resident(r), out);
    if (r->dirty)
        print_count(memory_take_dirty(d->config.memory, r), out);
    else
        gdb_text_printf(out, " %10s", "-");
    gdb_text_printf(out, "  %s\n", r->name);
}

static void print_memory(struct debug *d, struct gdb_text *out)
{
    const struct memory *memory = d->config.memory;
    const struct memory_region *r = memory_next(memory, 0);
    gdb_text_printf(out, "%-31s kind %10s %10s %10s  what\n", "guest-physical", "pages", "resident",
                    "dirty");
    for (; r; r = memory_next(memory, r->gpa + r->size))
        print_region(d, r, out);
    gdb_text_printf(out, memory_logs_dirty(memory)
                             ? "dirty: written to since it was last asked for\n"
                             : "dirty: not noted now (monitor stats dirty on)\n");
}

/* ---- Exits */

/* One row: what each vCPU has counted at the same place of its counts; none if that is nothing. */
static void print_exits_row(struct debug *d, const char *name, size_t offset, bool each,
                            struct gdb_text *out)
{
    uint64_t counts[RUN_MAX_CPUS], sum = 0;
    for (unsigned i = 0; i < d->count; i++) {
        const void *all = vcpu_exit_counts(d->cpus[i]);
        memcpy(&counts[i], (const char *)all + offset, sizeof counts[i]);
        sum += counts[i];
    }
    if (!sum)
        return;
    gdb_text_printf(out, "%-20s", name);
    for (unsigned i = 0; each && i < d->count; i++)
        gdb_text_printf(out, " %12" PRIu64, counts[i]);
    if (!each)
        gdb_text_printf(out, " %12" PRIu64, sum);
    gdb_text_printf(out, "\n");
}

/* EACH: a column for each vCPU, else their sum. */
static void print_exits(struct debug *d, bool each, struct gdb_text *out)
{
    gdb_text_printf(out, "%-20s", "exit");
    for (unsigned i = 0; each && i < d->count; i++) {
        char name[16];
        snprintf(name, sizeof name, "CPU %u", i);
        gdb_text_printf(out, " %12s", name);
    }
    gdb_text_printf(out, each ? "\n" : " %12s\n", "times");
    for (uint32_t reason = 0; reason < VCPU_EXIT_REASONS; reason++) {
        char number[16];
        const char *name = kvm_exit_name(reason);
        snprintf(number, sizeof number, "%" PRIu32, reason);
        print_exits_row(d, name ? name : number,
                        offsetof(struct vcpu_exit_counts, reason) + reason * sizeof(uint64_t), each,
                        out);
    }
    print_exits_row(d, "others", offsetof(struct vcpu_exit_counts, other_reasons), each, out);
    print_exits_row(d, "(interrupted)", offsetof(struct vcpu_exit_counts, interrupted), each, out);
}

void monitor_info_exits(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    print_exits(d, true, out);
}

/* ---- Calls */

static void print_calls(struct debug *d, struct gdb_text *out)
{
    gdb_text_printf(out, "%-28s %12s\n", "call of KVM", "times");
    for (size_t i = 0; i < kvm_ioctl_count; i++) {
        const uint64_t calls = kvm_host_calls(d->config.host, kvm_ioctls[i].request);
        if (calls)
            gdb_text_printf(out, "%-28s %12" PRIu64 "\n", kvm_ioctls[i].name, calls);
    }
}

static void switch_dirty(struct debug *d, bool on, struct gdb_text *out)
{
    const int err = memory_log_dirty(d->config.memory, on);
    if (err)
        gdb_text_printf(out, "stats: switching the log of dirty pages: %s (nothing changed)\n",
                        strerror(-err));
    else
        gdb_text_printf(out, on ? "on: the pages that the guest writes to are noted from now on\n"
                                : "off: no dirty pages are noted\n");
}

void monitor_stats(struct debug *d, const char *args, struct gdb_text *out)
{
    if (!strcmp(args, "dirty on") || !strcmp(args, "dirty off")) {
        switch_dirty(d, !strcmp(args, "dirty on"), out);
        return;
    }
    if (*args) {
        monitor_usage("stats", "[dirty on|off]", out);
        return;
    }
    print_memory(d, out);
    gdb_text_printf(out, "\n");
    print_exits(d, false, out);
    gdb_text_printf(out, "\n");
    print_calls(d, out);
}
