/* `monitor` commands: one table, from which `monitor help` is printed too. */
#include "debug/debug_state.h"

#include "cpu_dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct monitor_command {
    const char *name; /* all its words */
    const char *help;
    void (*run)(struct debug *d, struct gdb_text *out);
};

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

static void print_capability(void *context, const char *name, const char *purpose, bool required,
                             int value)
{
    (void)required;
    gdb_text_printf(context, "%-35s  %-7d  %s\n", name, value, purpose);
}

static void info_host(struct debug *d, struct gdb_text *out)
{
    gdb_text_printf(out, "Tried out on this host's KVM:\n");
    gdb_text_printf(out, "  int3 exits to the debugger             %s\n", yes_no(d->host.int3));
    gdb_text_printf(out, "  execute breakpoints in DR0-3 exit      %s\n", yes_no(d->host.execute));
    gdb_text_printf(out, "  write watchpoints in DR0-3 exit        %s\n", yes_no(d->host.write));
    gdb_text_printf(out, "  interrupts can be held while stepping  %s\n",
                    yes_no(d->host.flags & KVM_GUESTDBG_BLOCKIRQ));
    gdb_text_printf(out, "Capabilities:\n");
    kvm_host_capabilities(d->config.host, print_capability, out);
}

static void info_breakpoints(struct debug *d, struct gdb_text *out)
{
    const struct breakpoint *b;
    breakpoints_plan(d->breakpoints);
    if (!breakpoints_get(d->breakpoints, 0))
        gdb_text_printf(out,
                        "No breakpoints are inserted (gdb inserts its own when it resumes).\n");
    for (size_t i = 0; (b = breakpoints_get(d->breakpoints, i)); i++)
        gdb_text_printf(out, "0x%016" PRIx64 "  %-8s  carried by %s\n", b->addr,
                        b->type == BREAKPOINT_SOFTWARE ? "software" : "hardware",
                        breakpoint_carrier_name(b->carrier));
}

static void info_cpus(struct debug *d, struct gdb_text *out)
{
    for (unsigned i = 0; i < d->count; i++) {
        debug_target_ops.thread_name(d, (int)i + 1, out);
        gdb_text_printf(out, "\n");
    }
}

static void info_registers(struct debug *d, struct gdb_text *out)
{
    char text[4096];
    struct cpu_state state;
    for (unsigned i = 0; i < d->count; i++) {
        int err = vcpu_read_state(d->cpus[i], &state);
        if (err) {
            gdb_text_printf(out, "CPU %u: reading registers: %s\n", i, strerror(-err));
            continue;
        }
        cpu_dump(&state, text, sizeof text);
        gdb_text_printf(out, "CPU %u: %s", i, text);
    }
}

static void info_slots(struct debug *d, struct gdb_text *out)
{
    const struct memory_region *r = memory_next(d->config.memory, 0);
    gdb_text_printf(out, "slot  guest-physical                         kind  what\n");
    for (; r; r = memory_next(d->config.memory, r->gpa + r->size))
        gdb_text_printf(out, "%4u  0x%016" PRIx64 "-0x%016" PRIx64 "  %-4s  %s\n", r->slot, r->gpa,
                        r->gpa + r->size - 1, r->kind == MEMORY_ROM ? "ROM" : "RAM", r->name);
}

static void print_range(void *context, enum bus_space space, uint64_t base, uint64_t size,
                        const char *name)
{
    gdb_text_printf(context, "%-4s  0x%04" PRIx64 "-0x%04" PRIx64 "  %s\n",
                    space == BUS_PIO ? "port" : "MMIO", base, base + size - 1, name);
}

static void info_devices(struct debug *d, struct gdb_text *out)
{
    bus_each(d->config.bus, print_range, out);
    gdb_text_printf(out, "In the kernel: PIC, IOAPIC, local APICs, PIT\n");
}

static void quit(struct debug *d, struct gdb_text *out)
{
    gdb_text_printf(out, "Ending the machine.\n");
    d->config.kill(d->config.context);
}

static void help(struct debug *d, struct gdb_text *out);

static const struct monitor_command commands[] = {
    {"help", "this list", help},
    {"info breakpoints", "what is inserted now, and by what each is carried", info_breakpoints},
    {"info cpus", "each vCPU with its mode and state", info_cpus},
    {"info devices", "port and MMIO ranges and who answers them", info_devices},
    {"info host", "what this host's KVM was found to deliver", info_host},
    {"info registers", "segments, control registers and the rest, of each vCPU", info_registers},
    {"info slots", "guest-physical memory: the KVM slots", info_slots},
    {"quit", "end the machine", quit},
};

static void help(struct debug *d, struct gdb_text *out)
{
    (void)d;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        gdb_text_printf(out, "monitor %-18s %s\n", commands[i].name, commands[i].help);
}

/* COMMAND's words with one space between them, so that they can be compared as a whole. */
static void normalize(const char *command, char *words, size_t size)
{
    size_t n = 0;
    for (const char *p = command; *p && n + 1 < size; p++) {
        const bool space = *p == ' ' || *p == '\t' || *p == '\n';
        if (!space)
            words[n++] = *p;
        else if (n && words[n - 1] != ' ')
            words[n++] = ' ';
    }
    while (n && words[n - 1] == ' ')
        n--;
    words[n] = 0;
}

int debug_monitor(void *target, const char *command, struct gdb_text *out)
{
    char words[64];
    normalize(command, words, sizeof words);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (!strcmp(words, commands[i].name)) {
            commands[i].run(target, out);
            return 0;
        }
    gdb_text_printf(out, "monitor: no command \"%s\" (monitor help lists them)\n", words);
    return 0;
}
