#include "debug/monitor/controller_text.h"

#include <stdio.h>

/* ---- PIC */

static void print_mode(bool on, const char *name, const char **before, struct gdb_text *out)
{
    if (!on)
        return;
    gdb_text_printf(out, "%s%s", *before, name);
    *before = ", ";
}

void pic_print(const char *name, const struct kvm_pic_state *pic, struct gdb_text *out)
{
    const char *before = "";
    gdb_text_printf(out, "%-6s  0x%02x-0x%02x  0x%02x  0x%02x  0x%02x  0x%02x             ", name,
                    pic->irq_base & 0xf8, (pic->irq_base & 0xf8) + 7, pic->irr, pic->imr, pic->isr,
                    pic->elcr);
    print_mode(pic->init_state, "being initialized", &before, out);
    print_mode(pic->auto_eoi, pic->rotate_on_auto_eoi ? "auto-EOI, rotating" : "auto-EOI", &before,
               out);
    print_mode(!pic->auto_eoi, "normal EOI", &before, out);
    print_mode(pic->special_mask, "special mask", &before, out);
    print_mode(pic->special_fully_nested_mode, "special fully nested", &before, out);
    print_mode(pic->poll, "polled", &before, out);
    print_mode(pic->read_reg_select, "reads ISR", &before, out);
    if (pic->priority_add)
        gdb_text_printf(out, ", line %u first", pic->priority_add & 7);
    gdb_text_printf(out, "\n");
}

void pic_line_print(const struct kvm_pic_state *pic, unsigned line, struct gdb_text *out)
{
    gdb_text_printf(out, "0x%02x %s%s%s%s", (pic->irq_base & 0xf8) + line,
                    pic->elcr >> line & 1 ? "level" : "edge", pic->imr >> line & 1 ? " masked" : "",
                    pic->irr >> line & 1 ? " requested" : "",
                    pic->isr >> line & 1 ? " in service" : "");
}

/* ---- IOAPIC */

void ioapic_pin_print(const struct kvm_ioapic_state *ioapic, unsigned pin, struct gdb_text *out)
{
    static const char *const modes[8] = {
        "fixed", "lowest priority", "SMI",   "reserved mode", "NMI",
        "INIT",  "reserved mode",   "ExtINT"};
    const uint64_t e = ioapic->redirtbl[pin].bits;
    gdb_text_printf(out, "0x%02x %s to %s 0x%02x %s%s%s%s%s%s", (unsigned)(e & 0xff),
                    modes[e >> 8 & 7], e >> 11 & 1 ? "logical" : "APIC", (unsigned)(e >> 56),
                    e >> 15 & 1 ? "level" : "edge", e >> 13 & 1 ? " active low" : "",
                    e >> 12 & 1 ? " pending" : "", e >> 14 & 1 ? " remote IRR" : "",
                    e >> 16 & 1 ? " masked" : "", ioapic->irr >> pin & 1 ? " requested" : "");
}

/* ---- PIT */

#define NEVER_MODE 6 /* KVM: a mode above 5 until the guest, or a BIOS, has written one */

struct pit_reading {
    unsigned count;
    bool output;
};

/* Clocks of the timer since it was loaded. */
static uint64_t clocks_since(int64_t load_ns, int64_t now_ns)
{
    const uint64_t ns = now_ns > load_ns ? (uint64_t)now_ns - (uint64_t)load_ns : 0;
    return ns / 1000000000u * PIT_HZ + ns % 1000000000u * PIT_HZ / 1000000000u;
}

/* Modes 2 and 3 begin anew when they reach the end; the others count on, modulo 2^16. */
static struct pit_reading pit_read(const struct kvm_pit_channel_state *c, int64_t now_ns)
{
    const uint64_t clocks = clocks_since(c->count_load_time, now_ns);
    const uint64_t in_period = clocks % c->count;
    switch (c->mode) {
    case 0:
    case 1:
        return (struct pit_reading){(c->count - clocks) & 0xffff, clocks >= c->count};
    case 2:
        return (struct pit_reading){(unsigned)(c->count - in_period) & 0xffff,
                                    in_period != c->count - 1};
    case 3: /* by two, twice in a period */
        return (struct pit_reading){(unsigned)(c->count - 2 * in_period % c->count) & 0xfffe,
                                    in_period < (c->count + 1) / 2};
    default:
        return (struct pit_reading){(c->count - clocks) & 0xffff, clocks != c->count};
    }
}

void pit_channel_print(unsigned number, const struct kvm_pit_channel_state *c, int64_t now_ns,
                       struct gdb_text *out)
{
    static const char *const modes[NEVER_MODE] = {"0, interrupt at end", "1, one-shot",
                                                  "2, rate generator",   "3, square wave",
                                                  "4, software strobe",  "5, hardware strobe"};
    static const char *const formats[4] = {"latched", "low byte", "high byte", "16-bit"};
    if (c->mode >= NEVER_MODE || !c->count) {
        gdb_text_printf(out, "%-7u  not programmed\n", number);
        return;
    }
    const struct pit_reading reading = pit_read(c, now_ns);
    gdb_text_printf(out, "%-7u  %-22s  %6u  %5u  %-6s  %-4s  %s%s\n", number, modes[c->mode],
                    c->count, reading.count, reading.output ? "high" : "low",
                    c->gate ? "open" : "shut", formats[c->rw_mode & 3], c->bcd ? ", BCD" : "");
}
