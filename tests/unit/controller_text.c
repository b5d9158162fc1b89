/* The local APIC, the PICs, the IOAPIC and the PIT in words: SDM vol. 3, chapter 10, and the data
 * sheets of the 8259A, the 82093AA and the 8254. */
#include "tests/check.h"

#include "debug/monitor/controller_text.h"
#include "debug/monitor/lapic_text.h"

static char buf[8192];
static struct gdb_text out;

static struct gdb_text *empty(void)
{
    gdb_text_init(&out, buf, sizeof buf);
    return &out;
}

static void put(uint8_t *page, unsigned offset, uint32_t value)
{
    memcpy(page + offset, &value, sizeof value);
}

static void a_local_apic_at_reset(void)
{
    uint8_t page[LAPIC_PAGE] = {0};
    put(page, 0x20, 0x02000000);
    put(page, 0x30, 0x00050014);
    put(page, 0xe0, 0xffffffff);
    put(page, 0xf0, 0xff);
    for (unsigned offset = 0x320; offset <= 0x370; offset += 0x10)
        put(page, offset, 0x10000);
    lapic_print(page, 0xfee00800, empty());
    CHECK_STR(buf, "local APIC 2 at 0xfee00000: enabled; version 0x14, 6 LVT entries\n"
                   "  SVR  0x000000ff  disabled by software, spurious vector 0xff\n"
                   "  TPR  0x00   PPR 0x00   LDR 0x00000000   DFR 0xffffffff\n"
                   "  timer: one-shot, divides by 2, initial count 0, current count 0\n"
                   "  LVT timer    0x00010000  vector 0x00, masked\n"
                   "  LVT thermal  0x00010000  vector 0x00, fixed, masked\n"
                   "  LVT counter  0x00010000  vector 0x00, fixed, masked\n"
                   "  LVT LINT0    0x00010000  vector 0x00, fixed, edge, masked\n"
                   "  LVT LINT1    0x00010000  vector 0x00, fixed, edge, masked\n"
                   "  LVT error    0x00010000  vector 0x00, masked\n"
                   "  ISR  none\n"
                   "  IRR  none\n"
                   "  TMR  none\n"
                   "  ICR  0x0000000000000000  fixed, vector 0x00, to APIC 0x0, edge\n"
                   "  ESR  0x00  no errors\n");
}

static void a_local_apic_at_work(void)
{
    uint8_t page[LAPIC_PAGE] = {0};
    put(page, 0x20, 0);
    put(page, 0x30, 0x00060010);
    put(page, 0x80, 0x20);
    put(page, 0xa0, 0x30);
    put(page, 0xf0, 0x1ef);
    put(page, 0x320, 0x00020031); /* periodic */
    put(page, 0x350, 0x0000f700); /* ExtINT, level, low, remote IRR, pending */
    put(page, 0x360, 0x00000400); /* NMI */
    put(page, 0x380, 100000);
    put(page, 0x390, 777);
    put(page, 0x3e0, 0xb);                             /* divides by 1 */
    put(page, 0x110, 1u << 16);                        /* ISR 0x30 */
    put(page, 0x200, 0x80000000), put(page, 0x210, 3); /* IRR 0x1f to 0x21 */
    put(page, 0x270, 0x80000001);                      /* and 0xe0, 0xff */
    put(page, 0x280, 0x41);
    put(page, 0x300, 0x000c4608), put(page, 0x310, 0x03000000);
    lapic_print(page, 0xfee00d00, empty());
    CHECK_STR(buf,
              "local APIC 0 at 0xfee00000: enabled, x2APIC mode, boot CPU; version 0x10, 7 LVT "
              "entries\n"
              "  SVR  0x000001ef  enabled by software, spurious vector 0xef\n"
              "  TPR  0x20   PPR 0x30   LDR 0x00000000   DFR 0x00000000\n"
              "  timer: periodic, divides by 1, initial count 100000, current count 777\n"
              "  LVT timer    0x00020031  vector 0x31\n"
              "  LVT thermal  0x00000000  vector 0x00, fixed\n"
              "  LVT counter  0x00000000  vector 0x00, fixed\n"
              "  LVT LINT0    0x0000f700  vector 0x00, ExtINT, level, active low, remote IRR, "
              "pending\n"
              "  LVT LINT1    0x00000400  vector 0x00, NMI, edge\n"
              "  LVT error    0x00000000  vector 0x00\n"
              "  ISR  0x30\n"
              "  IRR  0x1f-0x21 0xe0 0xff\n"
              "  TMR  none\n"
              "  ICR  0x03000000000c4608  start-up, vector 0x08, to all others, edge\n"
              "  ESR  0x41  send checksum, illegal vector received\n");
    put(page, 0x300, 0x00008500), put(page, 0x310, 0x03000000);
    put(page, 0x3e0, 0xa);
    lapic_print(page, 0xfee00000, empty());
    CHECK(strstr(buf, "local APIC 0 at 0xfee00000: disabled; version"));
    CHECK(strstr(buf,
                 "  ICR  0x0300000000008500  INIT, vector 0x00, to APIC 0x3, level, deassert\n"));
    CHECK(strstr(buf, "divides by 128,"));
}

/* LVT entries know fewer modes of delivery than the ICR does, and the ICR no ExtINT (SDM vol. 3,
 * figures 10-8 and 10-12). */
static void delivery_modes(void)
{
    static const char *const lvt[8] = {"fixed", "reserved mode", "SMI",           "reserved mode",
                                       "NMI",   "INIT",          "reserved mode", "ExtINT"};
    static const char *const icr[8] = {
        "fixed", "lowest priority", "SMI",          "reserved mode", "NMI",
        "INIT",  "start-up",        "reserved mode"};
    uint8_t page[LAPIC_PAGE] = {0};
    for (uint32_t mode = 0; mode < 8; mode++) {
        char line[80];
        put(page, 0x340, mode << 8);
        put(page, 0x300, mode << 8 | 1u << 14);
        lapic_print(page, 0xfee00900, empty());
        snprintf(line, sizeof line, "  LVT counter  0x%08x  vector 0x00, %s\n", mode << 8,
                 lvt[mode]);
        CHECK(strstr(buf, line));
        snprintf(line, sizeof line, "  ICR  0x00000000%08x  %s, vector 0x00, to APIC 0x0, edge\n",
                 mode << 8 | 1u << 14, icr[mode]);
        CHECK(strstr(buf, line));
    }
}

/* Any bytes: whatever KVM says is printed whole. */
static void a_local_apic_full_of_ones(void)
{
    uint8_t page[LAPIC_PAGE];
    memset(page, 0xff, sizeof page);
    lapic_print(page, UINT64_MAX, empty());
    CHECK(strstr(buf, "  ISR  0x00-0xff\n"));
    CHECK(strstr(buf, "illegal register\n"));
}

static void pics(void)
{
    const struct kvm_pic_state bios = {.irq_base = 8, .imr = 0xf8, .irr = 1, .init4 = 1};
    const struct kvm_pic_state other = {.irq_base = 0x70,
                                        .isr = 0x10,
                                        .elcr = 0x20,
                                        .auto_eoi = 1,
                                        .rotate_on_auto_eoi = 1,
                                        .special_mask = 1,
                                        .read_reg_select = 1,
                                        .priority_add = 3};
    pic_print("master", &bios, empty());
    CHECK_STR(buf, "master  0x08-0x0f  0x01  0xf8  0x00  0x00             normal EOI\n");
    pic_print("slave", &other, empty());
    CHECK_STR(buf, "slave   0x70-0x77  0x00  0x00  0x10  0x20             auto-EOI, rotating, "
                   "special mask, reads ISR, line 3 first\n");
    pic_line_print(&bios, 0, empty());
    CHECK_STR(buf, "0x08 edge requested");
    pic_line_print(&bios, 7, empty());
    CHECK_STR(buf, "0x0f edge masked");
    pic_line_print(&other, 4, empty());
    CHECK_STR(buf, "0x74 edge in service");
    pic_line_print(&other, 5, empty());
    CHECK_STR(buf, "0x75 level");
}

static void ioapic_pins(void)
{
    struct kvm_ioapic_state ioapic = {.irr = 1 << 4};
    ioapic.redirtbl[3].bits = 1 << 16;
    ioapic.redirtbl[4].bits = 0x030000000000f931; /* logical, low, pending, remote IRR, level */
    ioapic.redirtbl[23].bits = UINT64_MAX;
    ioapic_pin_print(&ioapic, 3, empty());
    CHECK_STR(buf, "0x00 fixed to APIC 0x00 edge masked");
    ioapic_pin_print(&ioapic, 4, empty());
    CHECK_STR(buf, "0x31 lowest priority to logical 0x03 level active low pending remote IRR "
                   "requested");
    ioapic_pin_print(&ioapic, 23, empty());
    CHECK_STR(buf, "0xff ExtINT to logical 0xff level active low pending remote IRR masked");
}

static void check_channel(struct kvm_pit_channel_state c, int64_t now, const char *expected)
{
    pit_channel_print(1, &c, now, empty());
    CHECK_STR(buf, expected);
}

#define SECOND INT64_C(1000000000)

/* A second is 1193182 clocks of the timer. */
static void pit_channels(void)
{
    const struct kvm_pit_channel_state square = {
        .count = 65536, .mode = 3, .rw_mode = 3, .gate = 1, .count_load_time = SECOND};
    struct kvm_pit_channel_state c = square;
    check_channel(c, SECOND,
                  "1        3, square wave           65536      0  high    open  16-bit\n");
    /* 1193182 = 18 * 65536 + 13534 clocks: 65536 - 2 * 13534 */
    check_channel(c, 2 * SECOND,
                  "1        3, square wave           65536  38468  high    open  16-bit\n");
    c.mode = 2, c.count = 1000, c.rw_mode = 1;
    check_channel(c, 2 * SECOND, /* 182 clocks into a period */
                  "1        2, rate generator         1000    818  high    open  low byte\n");
    c.mode = 0, c.count = 0xffff, c.gate = 0, c.bcd = 1, c.rw_mode = 2;
    check_channel(c, SECOND,
                  "1        0, interrupt at end      65535  65535  low     shut  high byte, BCD\n");
    check_channel(c, 2 * SECOND, /* it has ended, and counts on: 65535 - 1193182 */
                  "1        0, interrupt at end      65535  52001  high    shut  high byte, BCD\n");
    check_channel(c, 0, /* before it was loaded: not begun */
                  "1        0, interrupt at end      65535  65535  low     shut  high byte, BCD\n");
    c = (struct kvm_pit_channel_state){.count = 65536, .mode = 0xff};
    check_channel(c, SECOND, "1        not programmed\n");
    c = (struct kvm_pit_channel_state){.mode = 3};
    check_channel(c, SECOND, "1        not programmed\n");
    c = square, c.count = 1, c.count_load_time = INT64_MIN;
    pit_channel_print(0, &c, INT64_MAX, empty()); /* nothing overflows */
    CHECK(strstr(buf, "square wave"));
}

int main(void)
{
    TEST(a_local_apic_at_reset);
    TEST(a_local_apic_at_work);
    TEST(delivery_modes);
    TEST(a_local_apic_full_of_ones);
    TEST(pics);
    TEST(ioapic_pins);
    TEST(pit_channels);
    return check_done();
}
