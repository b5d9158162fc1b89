/* `monitor memory`: RAM and ROM that come and go while the machine exists. The machine's own
 * regions stay: BIOS, devices and the image count on them. */
#include "debug/monitor/monitor.h"

#include "memory/layout.h"
#include "options/option_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* By these names, themselves and not their letters, one knows what was added here. */
static const char added_ram[] = "added RAM", added_rom[] = "added ROM";

static bool is_added(const struct memory_region *r)
{
    return r->name == added_ram || r->name == added_rom;
}

static void print_size(uint64_t size, struct gdb_text *out)
{
    static const char units[] = "KMGTP"; /* a region has whole pages, and under 2^52 bytes */
    unsigned i = 0;
    for (size /= 1024; size % 1024 == 0 && size / 1024 && i + 1 < sizeof units - 1; i++)
        size /= 1024;
    gdb_text_printf(out, "%6" PRIu64 "%c", size, units[i]);
}

static void print_region(const struct memory_region *r, struct gdb_text *out)
{
    gdb_text_printf(out, "0x%012" PRIx64 "-0x%012" PRIx64 "  ", r->gpa, r->gpa + r->size - 1);
    print_size(r->size, out);
    gdb_text_printf(out, "  %s  %s\n", r->kind == MEMORY_ROM ? "ROM" : "RAM", r->name);
}

void monitor_memory_list(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    const struct memory_region *r = memory_next(d->config.memory, 0);
    for (; r; r = memory_next(d->config.memory, r->gpa + r->size))
        print_region(r, out);
}

/* ---- Adding */

struct wish {
    enum memory_kind kind;
    uint64_t size, gpa;
};

/* "ram SIZE at GPA"; no word of a command is longer than these. */
static bool parse_wish(const char *args, struct wish *wish)
{
    char kind[512], size[512], at[512], gpa[512], more;
    if (sscanf(args, "%511s %511s %511s %511s %c", kind, size, at, gpa, &more) != 4 ||
        strcmp(at, "at"))
        return false;
    wish->kind = strcmp(kind, "rom") ? MEMORY_RAM : MEMORY_ROM;
    return (!strcmp(kind, "ram") || !strcmp(kind, "rom")) && !option_number(size, &wish->size) &&
           !option_number(gpa, &wish->gpa);
}

/* A device of the bus in the way of a wish. */
struct collision {
    const struct wish *wish;
    const char *name; /* NULL: none */
    uint64_t base, size;
};

static void look_for_collision(void *context, enum bus_space space, uint64_t base, uint64_t size,
                               const char *name)
{
    struct collision *c = context;
    const bool apart =
        base > c->wish->gpa ? base - c->wish->gpa >= c->wish->size : c->wish->gpa - base >= size;
    if (space != BUS_MMIO || apart)
        return;
    c->name = name;
    c->base = base;
    c->size = size;
}

void monitor_memory_add(struct debug *d, const char *args, struct gdb_text *out)
{
    struct wish wish;
    struct error error;
    if (!parse_wish(args, &wish)) {
        monitor_usage("memory add", "ram|rom SIZE at GPA", out);
        return;
    }
    if (wish.size > LAYOUT_RAM_MAX) {
        gdb_text_printf(out,
                        "memory add: 0x%" PRIx64 " bytes are too many: at most %lluG at once, for "
                        "KVM needs host memory for each page of them\n",
                        wish.size, LAYOUT_RAM_MAX / GiB);
        return;
    }
    struct collision c = {.wish = &wish};
    bus_each(d->config.bus, look_for_collision, &c);
    if (c.name)
        gdb_text_printf(out,
                        "memory add: the device %s is at 0x%" PRIx64 "-0x%" PRIx64
                        " (choose another place)\n",
                        c.name, c.base, c.base + c.size - 1);
    else if (memory_add(d->config.memory, wish.gpa, wish.size, wish.kind,
                        wish.kind == MEMORY_ROM ? added_rom : added_ram, &error))
        gdb_text_printf(out, "memory add: %s\n", error.text);
    else
        print_region(memory_find(d->config.memory, wish.gpa), out);
    breakpoints_outdate(d->breakpoints);
}

/* ---- Removing */

/* Fences are cut out of a region's slot and would be left behind: none is there meanwhile, and the
 * plan after that finds what it can do for a breakpoint where nothing is any more. */
static void remove_region(struct debug *d, const struct memory_region *r, struct gdb_text *out)
{
    struct error error;
    const uint64_t gpa = r->gpa, last = gpa + r->size - 1;
    breakpoints_plan(d->breakpoints, NULL, 0);
    if (breakpoints_any_fence(d->breakpoints))
        gdb_text_printf(out, "memory remove: KVM does not give back a page that is fenced for a "
                             "breakpoint (delete breakpoints, and try again)\n");
    else if (memory_remove(d->config.memory, gpa, &error))
        gdb_text_printf(out, "memory remove: %s\n", error.text);
    else
        gdb_text_printf(out, "0x%012" PRIx64 "-0x%012" PRIx64 "  removed\n", gpa, last);
    run_control_plan(d->run_control);
}

void monitor_memory_remove(struct debug *d, const char *args, struct gdb_text *out)
{
    uint64_t gpa;
    if (option_number(args, &gpa)) {
        monitor_usage("memory remove", "GPA", out);
        return;
    }
    const struct memory_region *r = memory_find(d->config.memory, gpa);
    if (!r || r->gpa != gpa)
        gdb_text_printf(out,
                        "memory remove: no region begins at 0x%" PRIx64
                        " (monitor memory list shows where they do)\n",
                        gpa);
    else if (!is_added(r))
        gdb_text_printf(out, "memory remove: %s at 0x%" PRIx64 " is the machine's own: it stays\n",
                        r->name, gpa);
    else
        remove_region(d, r, out);
}
