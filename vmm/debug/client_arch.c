/* As what code the client is shown a CPU: as what it executes, or always as the same. */
#include "debug/monitor/monitor.h"

#include "debug/cpu/registers.h"
#include "vcpu/cpu_dump.h"

#include <errno.h>
#include <string.h>

static const char *const names[] = {
    [GDB_ARCH_I8086] = "i8086",
    [GDB_ARCH_I386] = "i386",
    [GDB_ARCH_X86_64] = "x86-64",
};

int client_arch_parse(const char *name, struct client_arch *arch)
{
    if (!strcmp(name, "auto")) {
        *arch = (struct client_arch){0};
        return 0;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(name, names[i])) {
            *arch = (struct client_arch){.fixed = true, .arch = (enum gdb_arch)i};
            return 0;
        }
    return -EINVAL;
}

static bool waits_to_be_started(struct debug *d, unsigned cpu)
{
    struct kvm_mp_state mp;
    return !kvm_get_mp_state(vcpu_kvm(d->cpus[cpu]), &mp) &&
           (mp.mp_state == KVM_MP_STATE_UNINITIALIZED || mp.mp_state == KVM_MP_STATE_INIT_RECEIVED);
}

enum gdb_arch client_arch_of(struct debug *d, unsigned cpu)
{
    struct kvm_sregs sregs;
    if (d->client_arch.fixed)
        return d->client_arch.arch;
    if (cpu != d->current && waits_to_be_started(d, cpu))
        cpu = d->current;
    if (debug_sregs(d, cpu, &sregs))
        return GDB_ARCH_I8086;
    return registers_arch(&sregs);
}

static void print_arch(struct debug *d, struct gdb_text *out)
{
    if (d->client_arch.fixed)
        gdb_text_printf(out, "%s: gdb is shown each CPU so, whatever it executes\n",
                        names[d->client_arch.arch]);
    else
        gdb_text_printf(out, "auto: gdb is shown each CPU as what it executes\n");
    for (unsigned i = 0; i < d->count; i++) {
        struct kvm_sregs sregs;
        struct cpu_state state;
        if (kvm_get_sregs(vcpu_kvm(d->cpus[i]), &sregs) || vcpu_read_state(d->cpus[i], &state))
            continue;
        gdb_text_printf(out, "CPU %u: %s (%s)\n", i, names[registers_arch(&sregs)],
                        cpu_mode_name(&state));
    }
}

void monitor_arch(struct debug *d, const char *args, struct gdb_text *out)
{
    struct client_arch arch;
    if (!*args) {
        print_arch(d, out);
    } else if (client_arch_parse(args, &arch)) {
        monitor_usage("arch", "[auto|i8086|i386|x86-64]", out);
    } else {
        d->client_arch = arch;
        gdb_text_printf(out, "%s, from the next stop on\n", args);
    }
}
