/* INT 1Ah: the tick count and the real-time clock, which is the host's. No PCI BIOS. */
#include "bios/bda.h"
#include "bios/state.h"

#include <time.h>

#define NO_PCI_BIOS 0x81

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

static void get_ticks(struct call *call)
{
    struct memory *memory = call->bios->config.memory;
    uint32_t ticks = bda_get32(memory, BDA_TICKS);
    call_set8(call, CALL_AL, bda_get8(memory, BDA_MIDNIGHT));
    call_set16(call, CPU_RCX, (uint16_t)(ticks >> 16));
    call_set16(call, CPU_RDX, (uint16_t)ticks);
    bda_set8(memory, BDA_MIDNIGHT, 0);
}

static void set_ticks(struct call *call)
{
    struct memory *memory = call->bios->config.memory;
    uint32_t high = call_get16(call, CPU_RCX);
    bda_set32(memory, BDA_TICKS, high << 16 | call_get16(call, CPU_RDX));
    bda_set8(memory, BDA_MIDNIGHT, 0);
}

static uint8_t bcd(int value)
{
    return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

static struct tm now(const struct bios *bios)
{
    time_t seconds = bios->config.clock ? bios->config.clock(bios->config.clock_context) : 0;
    struct tm tm = {.tm_mday = 1, .tm_year = 70};
    gmtime_r(&seconds, &tm);
    return tm;
}

static void get_time(struct call *call)
{
    struct tm tm = now(call->bios);
    call_set8(call, CALL_CH, bcd(tm.tm_hour));
    call_set8(call, CALL_CL, bcd(tm.tm_min));
    call_set8(call, CALL_DH, bcd(tm.tm_sec > 59 ? 59 : tm.tm_sec));
    call_set8(call, CALL_DL, 0); /* no daylight saving */
    call_succeed(call);
}

static void get_date(struct call *call)
{
    struct tm tm = now(call->bios);
    int year = tm.tm_year + 1900;
    call_set8(call, CALL_CH, bcd(year / 100));
    call_set8(call, CALL_CL, bcd(year % 100));
    call_set8(call, CALL_DH, bcd(tm.tm_mon + 1));
    call_set8(call, CALL_DL, bcd(tm.tm_mday));
    call_succeed(call);
}

static void pci_bios(struct call *call)
{
    call_unknown(call);
    call_set8(call, CALL_AH, NO_PCI_BIOS);
}

static const struct call_function functions[] = {
    {0x00, get_ticks}, {0x01, set_ticks}, {0x02, get_time}, {0x04, get_date}, {0xb1, pci_bios},
};

void int1a_serve(struct call *call)
{
    call_serve(call, functions, ARRAY_SIZE(functions));
}
