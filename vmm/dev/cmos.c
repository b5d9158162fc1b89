#include "dev/cmos.h"

#include "dev/byte_registers.h"

#include <stddef.h>
#include <time.h>

enum {
    SECONDS = 0x00,
    MINUTES = 0x02,
    HOURS = 0x04,
    WEEKDAY = 0x06, /* 1 is Sunday */
    DAY = 0x07,
    MONTH = 0x08,
    YEAR = 0x09,
    REG_A = 0x0a,
    REG_B = 0x0b,
    REG_C = 0x0c,
    REG_D = 0x0d,
    BASE_KIB = 0x15,
    EXTENDED_KIB = 0x17,
    EXTENDED_KIB_AGAIN = 0x30,
    CENTURY = 0x32,
    ABOVE_16M = 0x34,
    BOOT_THIRD = 0x38, /* in the upper half */
    TRANSLATION = 0x39,
    BOOT_FIRST = 0x3d, /* and second, in the upper half */
    ABOVE_4G = 0x5b,
    MORE_CPUS = 0x5f,
};

enum { BOOT_DISKETTE = 1, BOOT_DISK = 2, BOOT_CD = 3 };

#define TRANSLATION_LBA 1 /* of two bits for each of four disks; 0: none */
#define CHS_SECTORS     (1024u * 16 * 63)

#define A_UIP   0x80
#define A_RESET 0x26 /* 32.768 kHz time base, 1024 Hz rate */

#define B_SET        0x80
#define B_INTERRUPTS 0x70 /* periodic, alarm, update ended */
#define B_SQUARE     0x08
#define B_BINARY     0x04
#define B_24_HOURS   0x02

#define D_VALID 0x80 /* the battery is good */

#define HOURS_PM 0x80

static const uint8_t time_registers[] = {SECONDS, MINUTES, HOURS, WEEKDAY,
                                         DAY,     MONTH,   YEAR,  CENTURY};

static bool is_time(uint8_t index)
{
    for (size_t i = 0; i < sizeof time_registers; i++)
        if (time_registers[i] == index)
            return true;
    return false;
}

static uint8_t encode(const struct cmos_state *s, int value)
{
    return (uint8_t)(s->ram[REG_B] & B_BINARY ? value : value / 10 * 16 + value % 10);
}

/* -1 if VALUE is no number in the form that register B asks for, or one above 99. */
static int decode(const struct cmos_state *s, uint8_t value)
{
    int high = value >> 4, low = value & 0x0f;
    if (s->ram[REG_B] & B_BINARY)
        return value > 99 ? -1 : value;
    return low > 9 || high > 9 ? -1 : high * 10 + low;
}

static uint8_t encode_hours(const struct cmos_state *s, int hours)
{
    if (s->ram[REG_B] & B_24_HOURS)
        return encode(s, hours);
    return encode(s, (hours + 11) % 12 + 1) | (hours >= 12 ? HOURS_PM : 0);
}

static int decode_hours(const struct cmos_state *s, uint8_t value)
{
    if (s->ram[REG_B] & B_24_HOURS)
        return decode(s, value);
    int hours = decode(s, value & ~HOURS_PM);
    if (hours < 1 || hours > 12)
        return -1;
    return hours % 12 + (value & HOURS_PM ? 12 : 0);
}

static int64_t now(const struct cmos *cmos)
{
    return cmos->clock(cmos->context) + cmos->state.offset;
}

/* The present time into its registers. */
static void load_time(struct cmos *cmos)
{
    struct cmos_state *s = &cmos->state;
    time_t seconds = now(cmos);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm))
        return;
    int year = tm.tm_year + 1900;
    s->ram[SECONDS] = encode(s, tm.tm_sec);
    s->ram[MINUTES] = encode(s, tm.tm_min);
    s->ram[HOURS] = encode_hours(s, tm.tm_hour);
    s->ram[WEEKDAY] = encode(s, tm.tm_wday + 1);
    s->ram[DAY] = encode(s, tm.tm_mday);
    s->ram[MONTH] = encode(s, tm.tm_mon + 1);
    s->ram[YEAR] = encode(s, year % 100);
    s->ram[CENTURY] = encode(s, year / 100 % 100);
}

static bool within(int value, int min, int max)
{
    return value >= min && value <= max;
}

/* Sets the clock to what its registers say; if that is no time, it goes on as it was. */
static void store_time(struct cmos *cmos)
{
    struct cmos_state *s = &cmos->state;
    int century = decode(s, s->ram[CENTURY]), year = decode(s, s->ram[YEAR]);
    int month = decode(s, s->ram[MONTH]), day = decode(s, s->ram[DAY]);
    int hours = decode_hours(s, s->ram[HOURS]);
    int minutes = decode(s, s->ram[MINUTES]), seconds = decode(s, s->ram[SECONDS]);

    if (century < 0 || year < 0 || !within(month, 1, 12) || !within(day, 1, 31) ||
        !within(hours, 0, 23) || !within(minutes, 0, 59) || !within(seconds, 0, 59))
        return;
    struct tm tm = {.tm_year = century * 100 + year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hours,
                    .tm_min = minutes,
                    .tm_sec = seconds};
    s->offset = timegm(&tm) - cmos->clock(cmos->context);
}

static uint8_t read_reg_a(struct cmos *cmos)
{
    struct cmos_state *s = &cmos->state;
    int64_t second = now(cmos);
    if ((s->ram[REG_B] & B_SET) || second == s->last_update)
        return s->ram[REG_A];
    s->last_update = second;
    return s->ram[REG_A] | A_UIP;
}

static uint8_t read_data(struct cmos *cmos)
{
    struct cmos_state *s = &cmos->state;
    if (s->index == REG_A)
        return read_reg_a(cmos);
    if (is_time(s->index) && !(s->ram[REG_B] & B_SET))
        load_time(cmos);
    return s->ram[s->index];
}

/* SET holds the clock, so that its registers can be written one after the other. */
static void write_reg_b(struct cmos *cmos, uint8_t value)
{
    struct cmos_state *s = &cmos->state;
    bool held = s->ram[REG_B] & B_SET;
    if (!held && (value & B_SET))
        load_time(cmos);
    s->ram[REG_B] = value;
    if (held && !(value & B_SET))
        store_time(cmos);
}

static void write_time(struct cmos *cmos, uint8_t value)
{
    struct cmos_state *s = &cmos->state;
    bool held = s->ram[REG_B] & B_SET;
    if (!held)
        load_time(cmos);
    s->ram[s->index] = value;
    if (!held)
        store_time(cmos);
}

static void write_data(struct cmos *cmos, uint8_t value)
{
    struct cmos_state *s = &cmos->state;
    if (s->index == REG_A)
        s->ram[REG_A] = value & ~A_UIP;
    else if (s->index == REG_B)
        write_reg_b(cmos, value);
    else if (is_time(s->index))
        write_time(cmos, value);
    else if (s->index != REG_C && s->index != REG_D)
        s->ram[s->index] = value;
}

static uint8_t cmos_read(void *device, unsigned offset)
{
    return offset == 0 ? 0xff : read_data(device);
}

static void cmos_write(void *device, unsigned offset, uint8_t value)
{
    struct cmos *cmos = device;
    if (offset == 0) {
        cmos->state.index = value & 0x7f;
        cmos->state.nmi_masked = value & 0x80;
    } else {
        write_data(cmos, value);
    }
}

BYTE_REGISTER_OPS(cmos_ops, 2, cmos_read, cmos_write);

/* VALUE into COUNT registers, lowest byte first; the highest number if it does not fit. */
static void put(struct cmos_state *s, unsigned index, uint64_t value, unsigned count)
{
    uint64_t max = (1ull << (8 * count)) - 1;
    if (value > max)
        value = max;
    for (unsigned i = 0; i < count; i++)
        s->ram[index + i] = (uint8_t)(value >> (8 * i));
}

static void put_memory(struct cmos_state *s, const struct cmos_memory *memory)
{
    const uint64_t from_1m_to_16m = 15ull << 20;
    uint64_t above_16m = memory->extended > from_1m_to_16m ? memory->extended - from_1m_to_16m : 0;
    put(s, BASE_KIB, memory->base >> 10, 2);
    put(s, EXTENDED_KIB, memory->extended >> 10, 2);
    put(s, EXTENDED_KIB_AGAIN, memory->extended >> 10, 2);
    put(s, ABOVE_16M, above_16m >> 16, 2);
    put(s, ABOVE_4G, memory->high >> 16, 3);
}

static void put_boot_order(struct cmos_state *s)
{
    s->ram[BOOT_FIRST] = BOOT_DISK | BOOT_CD << 4;
    s->ram[BOOT_THIRD] = BOOT_DISKETTE << 4;
}

void cmos_init(struct cmos *cmos, const struct cmos_setup *setup, int64_t (*clock)(void *context),
               void *context)
{
    *cmos = (struct cmos){.clock = clock, .context = context};
    struct cmos_state *s = &cmos->state;
    s->ram[REG_A] = A_RESET;
    s->ram[REG_B] = B_24_HOURS;
    s->ram[REG_D] = D_VALID;
    put_memory(s, &setup->memory);
    put_boot_order(s);
    put(s, MORE_CPUS, setup->cpus ? setup->cpus - 1 : 0, 1);
}

void cmos_set_disk(struct cmos *cmos, unsigned position, uint64_t sectors)
{
    const unsigned shift = 2 * (position & 3);
    uint8_t *translation = &cmos->state.ram[TRANSLATION];
    *translation &= (uint8_t) ~(3u << shift);
    if (sectors > CHS_SECTORS)
        *translation |= (uint8_t)(TRANSLATION_LBA << shift);
}

void cmos_reset(struct cmos *cmos)
{
    struct cmos_state *s = &cmos->state;
    s->ram[REG_B] &= (uint8_t) ~(B_INTERRUPTS | B_SQUARE);
    s->index = 0;
    s->nmi_masked = false;
}
