/* The Fixed ACPI Description Table, 5.2.9, in the form of revision 3 (ACPI 2.0 to 4.0): nothing
 * that came later exists here. */
#include "platform/acpi.h"

#define REVISION 3

#define PM1_EVENT_SIZE   4 /* ports */
#define PM1_CONTROL_SIZE 2
#define PM_TIMER_SIZE    4
#define NO_C2            101 /* microseconds: slower than these states may be */
#define NO_C3            1001
#define CMOS_CENTURY     0x32

enum { PROFILE_DESKTOP = 1 };

/* Table 5.11 */
enum {
    BOOT_LEGACY_DEVICES = 1 << 0,
    BOOT_8042 = 1 << 1,
};

/* Table 5.10 */
enum {
    FLAG_WBINVD = 1 << 0,
    FLAG_PROC_C1 = 1 << 2,
    FLAG_NO_FIXED_POWER_BUTTON = 1 << 4,
    FLAG_NO_FIXED_SLEEP_BUTTON = 1 << 5,
    FLAG_NO_FIXED_RTC_WAKE = 1 << 6,
    FLAG_TIMER_32 = 1 << 8,
    FLAG_RESET_REGISTER = 1 << 10,
};
#define FLAGS                                                                                      \
    (FLAG_WBINVD | FLAG_PROC_C1 | FLAG_NO_FIXED_POWER_BUTTON | FLAG_NO_FIXED_SLEEP_BUTTON |        \
     FLAG_NO_FIXED_RTC_WAKE | FLAG_TIMER_32 | FLAG_RESET_REGISTER)

/* Of generic addresses, 5.2.3.2. */
enum { SYSTEM_IO = 1 };
enum { BY_BYTE = 1, BY_WORD, BY_DWORD };

/* SIZE ports from PORT on. */
static void put_port(struct writer *w, uint16_t port, uint8_t size, uint8_t access)
{
    put8(w, SYSTEM_IO);
    put8(w, (uint8_t)(size * 8));
    put8(w, 0); /* first bit */
    put8(w, access);
    put64(w, port);
}

static void put_no_port(struct writer *w)
{
    put_zeros(w, 12);
}

/* ACPI's fixed registers by port: event, control (of PM1a, PM1b), PM2 control, timer, two GPEs. */
static void put_blocks(struct writer *w, const struct platform *p)
{
    put32(w, p->pm_event);
    put32(w, 0);
    put32(w, p->pm_control);
    put32(w, 0);
    put32(w, 0);
    put32(w, p->pm_timer);
    put32(w, 0);
    put32(w, 0);
    put8(w, PM1_EVENT_SIZE);
    put8(w, PM1_CONTROL_SIZE);
    put8(w, 0);
    put8(w, PM_TIMER_SIZE);
    put_zeros(w, 3); /* sizes of the GPEs, base of the second */
}

static void put_extended_blocks(struct writer *w, const struct platform *p)
{
    put_port(w, p->pm_event, PM1_EVENT_SIZE, BY_WORD);
    put_no_port(w);
    put_port(w, p->pm_control, PM1_CONTROL_SIZE, BY_WORD);
    put_no_port(w);
    put_no_port(w);
    put_port(w, p->pm_timer, PM_TIMER_SIZE, BY_DWORD);
    put_no_port(w);
    put_no_port(w);
}

void fadt_write(struct writer *w, const struct platform *p, uint32_t dsdt, uint32_t facs)
{
    const size_t begin = acpi_begin(w, "FACP", REVISION);
    put32(w, facs);
    put32(w, dsdt);
    put8(w, 0);
    put8(w, PROFILE_DESKTOP);
    put16(w, p->sci);
    put32(w, 0);     /* SMI_CMD: none, so ACPI's mode is on from the start (4.8.2.1) */
    put_zeros(w, 4); /* what would be written to it */
    put_blocks(w, p);
    put8(w, 0); /* CST_CNT */
    put16(w, NO_C2);
    put16(w, NO_C3);
    put_zeros(w, 6); /* cache flushing without WBINVD, duty cycles */
    put_zeros(w, 2); /* RTC's alarms by day and month: none */
    put8(w, CMOS_CENTURY);
    put16(w, BOOT_LEGACY_DEVICES | BOOT_8042);
    put8(w, 0);
    put32(w, FLAGS);
    put_port(w, p->reset.port, 1, BY_BYTE);
    put8(w, p->reset.value);
    put_zeros(w, 3);
    put64(w, 0); /* X_FIRMWARE_CTRL: FACS fits into 32 bits */
    put64(w, dsdt);
    put_extended_blocks(w, p);
    acpi_end(w, begin);
}
