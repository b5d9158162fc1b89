#include "debug/monitor/lapic_text.h"

#include <inttypes.h>
#include <string.h>

/* Offsets: SDM vol. 3, table 10-1. */
enum {
    LAPIC_ID = 0x020,
    LAPIC_VERSION = 0x030,
    LAPIC_TPR = 0x080,
    LAPIC_PPR = 0x0a0,
    LAPIC_LDR = 0x0d0,
    LAPIC_DFR = 0x0e0,
    LAPIC_SVR = 0x0f0,
    LAPIC_ISR = 0x100,
    LAPIC_TMR = 0x180,
    LAPIC_IRR = 0x200,
    LAPIC_ESR = 0x280,
    LAPIC_ICR = 0x300,
    LAPIC_ICR_HIGH = 0x310,
    LAPIC_LVT_TIMER = 0x320,
    LAPIC_LVT_THERMAL = 0x330,
    LAPIC_LVT_COUNTER = 0x340,
    LAPIC_LVT_LINT0 = 0x350,
    LAPIC_LVT_LINT1 = 0x360,
    LAPIC_LVT_ERROR = 0x370,
    LAPIC_INITIAL_COUNT = 0x380,
    LAPIC_CURRENT_COUNT = 0x390,
    LAPIC_DIVIDE = 0x3e0,
};

#define BASE_BOOT    (1u << 8)
#define BASE_X2APIC  (1u << 10)
#define BASE_ENABLED (1u << 11)
#define BASE_ADDRESS UINT64_C(0x000ffffffffff000)

#define LVT_PENDING (1u << 12)
#define LVT_LOW     (1u << 13)
#define LVT_REMOTE  (1u << 14)
#define LVT_LEVEL   (1u << 15)
#define LVT_MASKED  (1u << 16)
#define SVR_ENABLED (1u << 8)

static uint32_t reg(const uint8_t *page, unsigned offset)
{
    uint32_t value;
    memcpy(&value, page + offset, sizeof value);
    return value;
}

/* Bits 10-8 (figures 10-8, 10-12). */
static const char *const lvt_modes[8] = {"fixed", "reserved mode", "SMI",           "reserved mode",
                                         "NMI",   "INIT",          "reserved mode", "ExtINT"};
static const char *const icr_modes[8] = {
    "fixed", "lowest priority", "SMI", "reserved mode", "NMI", "INIT", "start-up", "reserved mode"};

static const char *delivery(uint32_t value, const char *const modes[8])
{
    return modes[value >> 8 & 7];
}

static void print_state(const uint8_t *page, uint64_t base, struct gdb_text *out)
{
    const uint32_t version = reg(page, LAPIC_VERSION);
    gdb_text_printf(out, "local APIC %u at 0x%" PRIx64 ": %s%s; version 0x%02x, %u LVT entries\n",
                    reg(page, LAPIC_ID) >> 24, base & BASE_ADDRESS,
                    !(base & BASE_ENABLED) ? "disabled"
                    : base & BASE_X2APIC   ? "enabled, x2APIC mode"
                                           : "enabled",
                    base & BASE_BOOT ? ", boot CPU" : "", version & 0xff,
                    (version >> 16 & 0xff) + 1);
    const uint32_t svr = reg(page, LAPIC_SVR);
    gdb_text_printf(out, "  SVR  0x%08x  %s by software, spurious vector 0x%02x\n", svr,
                    svr & SVR_ENABLED ? "enabled" : "disabled", svr & 0xff);
    gdb_text_printf(out, "  TPR  0x%02x   PPR 0x%02x   LDR 0x%08x   DFR 0x%08x\n",
                    reg(page, LAPIC_TPR) & 0xff, reg(page, LAPIC_PPR) & 0xff, reg(page, LAPIC_LDR),
                    reg(page, LAPIC_DFR));
}

/* Divide values: bits 3, 1 and 0 (figure 10-10). */
static unsigned divisor(uint32_t value)
{
    const unsigned shift = (value & 3) | (value >> 1 & 4);
    return shift == 7 ? 1 : 2u << shift;
}

static const char *timer_mode(uint32_t lvt)
{
    static const char *const modes[4] = {"one-shot", "periodic", "TSC deadline", "reserved mode"};
    return modes[lvt >> 17 & 3];
}

static void print_timer(const uint8_t *page, struct gdb_text *out)
{
    gdb_text_printf(out, "  timer: %s, divides by %u, initial count %u, current count %u\n",
                    timer_mode(reg(page, LAPIC_LVT_TIMER)), divisor(reg(page, LAPIC_DIVIDE)),
                    reg(page, LAPIC_INITIAL_COUNT), reg(page, LAPIC_CURRENT_COUNT));
}

static void print_lvt(const uint8_t *page, struct gdb_text *out)
{
    static const struct {
        const char *name;
        unsigned offset;
        bool has_delivery, has_pin;
    } entries[] = {
        {"timer", LAPIC_LVT_TIMER, false, false},    {"thermal", LAPIC_LVT_THERMAL, true, false},
        {"counter", LAPIC_LVT_COUNTER, true, false}, {"LINT0", LAPIC_LVT_LINT0, true, true},
        {"LINT1", LAPIC_LVT_LINT1, true, true},      {"error", LAPIC_LVT_ERROR, false, false},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        const uint32_t lvt = reg(page, entries[i].offset);
        gdb_text_printf(out, "  LVT %-7s  0x%08x  vector 0x%02x", entries[i].name, lvt, lvt & 0xff);
        if (entries[i].has_delivery)
            gdb_text_printf(out, ", %s", delivery(lvt, lvt_modes));
        if (entries[i].has_pin)
            gdb_text_printf(out, ", %s%s%s", lvt & LVT_LEVEL ? "level" : "edge",
                            lvt & LVT_LOW ? ", active low" : "",
                            lvt & LVT_REMOTE ? ", remote IRR" : "");
        gdb_text_printf(out, "%s%s\n", lvt & LVT_PENDING ? ", pending" : "",
                        lvt & LVT_MASKED ? ", masked" : "");
    }
}

/* 256 bits, 32 in each of 8 registers. Runs of vectors are one word. */
static void print_vectors(const uint8_t *page, const char *name, unsigned offset,
                          struct gdb_text *out)
{
    bool any = false;
    gdb_text_printf(out, "  %s ", name);
    for (unsigned v = 0; v < 256; v++) {
        unsigned last = v;
        while (last < 256 && reg(page, offset + (last / 32) * 16) >> (last % 32) & 1)
            last++;
        if (last == v)
            continue;
        gdb_text_printf(out, " 0x%02x", v);
        if (last - v > 1)
            gdb_text_printf(out, "-0x%02x", last - 1);
        any = true;
        v = last;
    }
    gdb_text_printf(out, any ? "\n" : " none\n");
}

/* Figure 10-12. */
static void print_icr(const uint8_t *page, uint64_t base, struct gdb_text *out)
{
    static const char *const shorthands[4] = {NULL, "itself", "all", "all others"};
    const uint32_t low = reg(page, LAPIC_ICR), high = reg(page, LAPIC_ICR_HIGH);
    const char *to = shorthands[low >> 18 & 3];
    gdb_text_printf(out, "  ICR  0x%08x%08x  %s, vector 0x%02x, to ", high, low,
                    delivery(low, icr_modes), low & 0xff);
    if (to)
        gdb_text_printf(out, "%s", to);
    else
        gdb_text_printf(out, "%s 0x%x", low & 1u << 11 ? "logical" : "APIC",
                        base & BASE_X2APIC ? high : high >> 24);
    gdb_text_printf(out, "%s%s%s\n", low & LVT_LEVEL ? ", level" : ", edge",
                    (low >> 8 & 7) == 5 && !(low & LVT_REMOTE) ? ", deassert" : "",
                    low & LVT_PENDING ? ", pending" : "");
}

/* Figure 10-9. */
static void print_errors(const uint8_t *page, struct gdb_text *out)
{
    static const char *const names[8] = {
        "send checksum",           "receive checksum", "send accept",
        "receive accept",          "redirectable IPI", "illegal vector sent",
        "illegal vector received", "illegal register"};
    const uint32_t esr = reg(page, LAPIC_ESR);
    const char *before = "  ";
    gdb_text_printf(out, "  ESR  0x%02x", esr & 0xff);
    for (unsigned i = 0; i < 8; i++)
        if (esr >> i & 1) {
            gdb_text_printf(out, "%s%s", before, names[i]);
            before = ", ";
        }
    gdb_text_printf(out, "%s\n", esr & 0xff ? "" : "  no errors");
}

void lapic_print(const uint8_t page[LAPIC_PAGE], uint64_t base, struct gdb_text *out)
{
    print_state(page, base, out);
    print_timer(page, out);
    print_lvt(page, out);
    print_vectors(page, "ISR", LAPIC_ISR, out);
    print_vectors(page, "IRR", LAPIC_IRR, out);
    print_vectors(page, "TMR", LAPIC_TMR, out);
    print_icr(page, base, out);
    print_errors(page, out);
}
