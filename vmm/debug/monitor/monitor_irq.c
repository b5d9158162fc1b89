/* `monitor info irq|lapic|pic|pit`: interrupt lines, controllers and the timer. */
#include "debug/monitor/monitor.h"

#include "debug/monitor/controller_text.h"
#include "debug/monitor/lapic_text.h"

#include <string.h>
#include <time.h>

#define PIC_LINES 16 /* of both PICs together; the IOAPIC has the same ones as its first pins */

#define IOAPIC_UNUSED (1u << 16) /* an entry at reset: masked */

static bool read_controllers(struct debug *d, struct interrupts_kernel *c, struct gdb_text *out)
{
    int err = interrupts_read(d->config.interrupts, c);
    if (err)
        gdb_text_printf(out,
                        "reading the interrupt controllers: KVM_GET_IRQCHIP, KVM_GET_PIT2: %s "
                        "(the kernel's log may say more: dmesg)\n",
                        strerror(-err));
    return !err;
}

/* What is on a line: a device of ours, or what is in the kernel itself. */
static const char *device_of(const struct interrupts_line *line)
{
    if (line->device)
        return line->device;
    return line->number == 0 ? "timer (PIT)" : line->number == 2 ? "slave PIC" : "-";
}

static void print_line(const struct interrupts_line *line, uint64_t raised,
                       const struct interrupts_kernel *c, struct gdb_text *out)
{
    char text[64];
    struct gdb_text pic;
    const unsigned n = line->number;
    gdb_text_init(&pic, text, sizeof text);
    if (n < PIC_LINES)
        pic_line_print(&c->chips[n / 8].chip.pic, n % 8, &pic);
    else
        gdb_text_printf(&pic, "-");
    gdb_text_printf(out, "%4u  %-11s  ", n, device_of(line));
    if (line->device)
        gdb_text_printf(out, "%10llu  ", (unsigned long long)raised);
    else
        gdb_text_printf(out, "%10s  ", "-");
    gdb_text_printf(out, "%-32s  ", text);
    ioapic_pin_print(&c->chips[2].chip.ioapic, n, out);
    gdb_text_printf(out, "\n");
}

/* One past the last line worth a line of its own: the IOAPIC's own pins are often all unused. */
static unsigned lines_shown(const struct interrupts_kernel *c)
{
    unsigned n = INTERRUPT_LINES;
    while (n > PIC_LINES && c->chips[2].chip.ioapic.redirtbl[n - 1].bits == IOAPIC_UNUSED &&
           !(c->chips[2].chip.ioapic.irr >> (n - 1) & 1))
        n--;
    return n;
}

void monitor_info_irq(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    struct interrupts_kernel c;
    if (!read_controllers(d, &c, out))
        return;
    const struct interrupts *in = d->config.interrupts;
    const unsigned shown = lines_shown(&c);
    gdb_text_printf(out, "line  device           raised  PIC: vector                       "
                         "IOAPIC: vector\n");
    bus_lock(d->config.bus);
    for (unsigned i = 0; i < shown; i++)
        print_line(&in->lines[i], in->state.raised[i], &c, out);
    bus_unlock(d->config.bus);
    if (shown < INTERRUPT_LINES)
        gdb_text_printf(out, "%4u to %u are the IOAPIC's only, and masked\n", shown,
                        INTERRUPT_LINES - 1);
}

void monitor_info_pic(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    struct interrupts_kernel c;
    if (!read_controllers(d, &c, out))
        return;
    gdb_text_printf(out, "%s\n", PIC_HEADING);
    pic_print("master", &c.chips[0].chip.pic, out);
    pic_print("slave", &c.chips[1].chip.pic, out);
}

/* KVM's timer goes by the host's monotonic clock. */
void monitor_info_pit(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    struct interrupts_kernel c;
    struct timespec now;
    if (!read_controllers(d, &c, out))
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    gdb_text_printf(out, "%s\n", PIT_HEADING);
    for (unsigned i = 0; i < 3; i++)
        pit_channel_print(i, &c.pit.channels[i], (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
                          out);
    gdb_text_printf(out, "It counts on while the machine is stopped.\n");
}

void monitor_info_lapic(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    struct kvm_sregs sregs;
    struct kvm_lapic_state lapic;
    uint8_t page[LAPIC_PAGE];
    if (!monitor_read_sregs(d, &sregs, out))
        return;
    int err = kvm_get_lapic(vcpu_kvm(d->cpus[d->chosen]), &lapic);
    if (err) {
        gdb_text_printf(out, "CPU %u: reading the local APIC: KVM_GET_LAPIC: %s\n", d->chosen,
                        strerror(-err));
        return;
    }
    _Static_assert(sizeof lapic.regs == sizeof page, "KVM_APIC_REG_SIZE");
    memcpy(page, lapic.regs, sizeof page);
    lapic_print(page, sregs.apic_base, out);
}
