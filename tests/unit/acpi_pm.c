/* ACPI's fixed hardware: events, control and the timer (ACPI 6.4, 4.8). */
#include "vmm/dev/acpi_pm.h"

#include "tests/check.h"

#define SECOND   1000000000ull
#define STATUS   0
#define ENABLE   2
#define CONTROL  4
#define SCI_EN   0x0001
#define TMR      0x0001
#define ALL      0xffff
#define OVERFLOW (599 * SECOND + 952 * 1000000ull) /* 2^31 ticks and some */

struct machine {
    struct acpi_pm pm;
    uint64_t now;
    int poweroffs;
    bool sci;
};

static uint64_t clock_now(void *context)
{
    return ((struct machine *)context)->now;
}

static void poweroff(void *context)
{
    ((struct machine *)context)->poweroffs++;
}

static void set_sci(void *context, bool level)
{
    ((struct machine *)context)->sci = level;
}

static void power_on(struct machine *m)
{
    *m = (struct machine){.now = 12345 * SECOND};
    const struct acpi_pm_host host = {clock_now, poweroff, m};
    acpi_pm_init(&m->pm, &host, (struct irq_line){set_sci, m});
}

static uint64_t read16(struct machine *m, unsigned offset)
{
    return acpi_pm_ops.read(&m->pm, offset, 2);
}

static void write16(struct machine *m, unsigned offset, uint64_t value)
{
    acpi_pm_ops.write(&m->pm, offset, value, 2);
}

static uint64_t timer(struct machine *m)
{
    return acpi_pm_timer_ops.read(&m->pm, 0, 4);
}

static void sleep_needs_enable_and_type_0(void)
{
    for (unsigned type = 0; type < 8; type++)
        for (unsigned enable = 0; enable < 2; enable++)
            for (unsigned others = 0; others < 2; others++) {
                struct machine m;
                unsigned value = enable << 13 | type << 10 | (others ? 0x0206 : 0);
                power_on(&m);
                write16(&m, CONTROL, value);
                CHECK_EQ(m.poweroffs, enable && type == 0);
                CHECK_EQ(read16(&m, CONTROL), (value & ~0x2004u) | SCI_EN);
            }
    struct machine m;
    power_on(&m);
    acpi_pm_ops.write(&m.pm, CONTROL, 0x20, 1); /* the low byte's bit 5 is not it */
    CHECK_EQ(m.poweroffs, 0);
    acpi_pm_ops.write(&m.pm, CONTROL + 1, 0x20, 1);
    CHECK_EQ(m.poweroffs, 1);
    acpi_pm_ops.write(&m.pm, CONTROL, 0x00002000, 4);
    CHECK_EQ(m.poweroffs, 2);
    write16(&m, CONTROL, 0x0200);
    acpi_pm_reset(&m.pm);
    CHECK_EQ(read16(&m, CONTROL), SCI_EN);
}

static void events_are_enabled_one_by_one(void)
{
    struct machine m;
    power_on(&m);
    CHECK_EQ(read16(&m, STATUS), 0);
    write16(&m, ENABLE, ALL);
    CHECK_EQ(read16(&m, ENABLE), 0x0721); /* those that there are */
    acpi_pm_ops.write(&m.pm, ENABLE + 1, 0, 1);
    CHECK_EQ(read16(&m, ENABLE), 0x0021);
    CHECK_EQ(acpi_pm_ops.read(&m.pm, STATUS, 4), 0x00210000);
    write16(&m, STATUS, ALL); /* clears, never sets */
    CHECK_EQ(read16(&m, STATUS), 0);
    CHECK(!m.sci);
    acpi_pm_reset(&m.pm);
    CHECK_EQ(read16(&m, ENABLE), 0);
}

/* 3.579545 MHz since power-on, 32 bits. */
static void timer_counts(void)
{
    static const struct {
        uint64_t ns;
        uint32_t ticks;
    } rows[] = {
        {0, 0},
        {279, 0},
        {280, 1},
        {1000000, 3579},
        {SECOND, 3579545},
        {1199 * SECOND, 0xffd0ce97},
        {1200 * SECOND, 0x00076d30},
        {40 * 365 * 86400 * SECOND, 0x1f1f2c00}, /* forty years */
    };
    struct machine m;
    power_on(&m);
    const uint64_t begin = m.now;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        m.now = begin + rows[i].ns;
        CHECK_EQ(timer(&m), rows[i].ticks);
    }
    acpi_pm_reset(&m.pm);
    CHECK_EQ(timer(&m), 0);
    m.now += SECOND;
    CHECK_EQ(timer(&m), 3579545);
}

/* 3579545 is 0x369e99. */
static void timer_is_read_in_parts(void)
{
    struct machine m;
    power_on(&m);
    m.now += SECOND;
    CHECK_EQ(acpi_pm_timer_ops.read(&m.pm, 0, 1), 0x99);
    CHECK_EQ(acpi_pm_timer_ops.read(&m.pm, 1, 1), 0x9e);
    CHECK_EQ(acpi_pm_timer_ops.read(&m.pm, 2, 2), 0x0036);
    CHECK_EQ(acpi_pm_timer_ops.read(&m.pm, 2, 4), 0xffff0036); /* what is behind it */
    CHECK(!acpi_pm_timer_ops.write);
}

/* The highest bit's change sets TMR_STS; with TMR_EN it raises the line, until it is cleared. */
static void timer_event(void)
{
    struct machine m;
    power_on(&m);
    write16(&m, ENABLE, TMR);
    m.now += OVERFLOW - SECOND;
    CHECK_EQ(read16(&m, STATUS), 0);
    CHECK(!m.sci);
    m.now += SECOND;
    CHECK_EQ(timer(&m) >> 31, 1);
    CHECK(m.sci);
    CHECK_EQ(read16(&m, STATUS), TMR);
    write16(&m, ENABLE, 0);
    CHECK(!m.sci);
    write16(&m, ENABLE, TMR);
    CHECK(m.sci);
    write16(&m, STATUS, ALL & ~TMR);
    CHECK(m.sci);
    write16(&m, STATUS, TMR);
    CHECK(!m.sci);
    CHECK_EQ(read16(&m, STATUS), 0);
    m.now += OVERFLOW; /* back to 0, a change too */
    CHECK_EQ(timer(&m) >> 31, 0);
    CHECK(m.sci);
    acpi_pm_reset(&m.pm);
    CHECK(!m.sci);
    CHECK_EQ(read16(&m, STATUS), 0);
}

int main(void)
{
    TEST(sleep_needs_enable_and_type_0);
    TEST(events_are_enabled_one_by_one);
    TEST(timer_counts);
    TEST(timer_is_read_in_parts);
    TEST(timer_event);
    return check_done();
}
