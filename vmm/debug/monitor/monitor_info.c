/* `monitor info ...`: what stepvm knows of the machine and of its host. */
#include "debug/monitor/monitor.h"

#include "debug/number.h"
#include "vcpu/cpu_dump.h"

#include <inttypes.h>
#include <string.h>

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

void monitor_info_host(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    gdb_text_printf(out, "Tried out on this host's KVM:\n");
    gdb_text_printf(out, "  int3 exits to the debugger             %s\n", yes_no(d->host.int3));
    gdb_text_printf(out, "  execute breakpoints in DR0-3 exit      %s\n", yes_no(d->host.execute));
    gdb_text_printf(out, "  write watchpoints in DR0-3 exit        %s\n", yes_no(d->host.write));
    gdb_text_printf(out, "  interrupts can be held while stepping  %s\n",
                    yes_no(d->host.flags & KVM_GUESTDBG_BLOCKIRQ));
    gdb_text_printf(out, "  registers survive a triple fault       %s\n",
                    yes_no(d->host.keeps_state));
    gdb_text_printf(out, "Sandbox: %s\n", d->config.sandbox);
    gdb_text_printf(out, "Capabilities:\n");
    kvm_host_capabilities(d->config.host, print_capability, out);
}

/* gdb tells the stub which thread it has selected only when it next reads something of it, and
 * `info threads` reads of all: what was last read of would often be the wrong one. */
void monitor_cpu(struct debug *d, const char *args, struct gdb_text *out)
{
    uint64_t cpu = d->chosen;
    if (*args && (!number_word(&args, d->count - 1, &cpu) || *args)) {
        monitor_usage("cpu", "[N]", out);
        gdb_text_printf(out, "N: 0 to %u\n", d->count - 1);
        return;
    }
    d->chosen = (unsigned)cpu;
    debug_target_ops.thread_name(d, (int)d->chosen + 1, out);
    gdb_text_printf(out, "\n");
}

void monitor_info_cpus(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    for (unsigned i = 0; i < d->count; i++) {
        debug_target_ops.thread_name(d, (int)i + 1, out);
        gdb_text_printf(out, "\n");
    }
}

void monitor_info_registers(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
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

void monitor_info_slots(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
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

void monitor_info_devices(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    bus_each(d->config.bus, print_range, out);
    gdb_text_printf(out, "In the kernel: PIC, IOAPIC, local APICs, PIT\n");
}
