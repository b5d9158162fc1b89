/* `monitor xp|pw`: guest-physical memory. What is not RAM or ROM does not exist here, so that no
 * device is touched. */
#include "debug/monitor/monitor.h"

#include "debug/monitor/examine.h"
#include "debug/number.h"

#include <inttypes.h>
#include <string.h>

static void no_memory(uint64_t gpa, struct gdb_text *out)
{
    gdb_text_printf(out, "0x%016" PRIx64 ": no RAM or ROM there (monitor info slots)\n", gpa);
}

/* LEN bytes at GPA, all in guest-physical addresses. */
static bool is_in_range(uint64_t gpa, uint64_t len)
{
    uint64_t end;
    return !__builtin_add_overflow(gpa, len, &end);
}

void monitor_xp(struct debug *d, const char *args, struct gdb_text *out)
{
    uint8_t bytes[EXAMINE_MAX * 8];
    struct examine_format format;
    uint64_t gpa;
    const char *wrong = examine_parse(&args, &format);
    if (wrong) {
        gdb_text_printf(out, "xp: %s\n", wrong);
        return;
    }
    if (!number_word(&args, UINT64_MAX, &gpa) || *args) {
        monitor_usage("xp", "[/FMT] ADDR", out);
        return;
    }
    const size_t want = (size_t)format.count * format.size;
    const size_t got = is_in_range(gpa, want) ? memory_read(d->config.memory, gpa, bytes, want) : 0;
    examine_print(&format, gpa, bytes, (unsigned)(got / format.size), out);
    if (got < want)
        no_memory(gpa + got, out);
}

/* "[/SIZE] ADDR VALUE", or "ADDR/SIZE VALUE". */
static bool parse_write(const char *args, uint64_t *gpa, unsigned *size, uint64_t *value)
{
    char letter = 0;
    *size = 4;
    if (!number_suffix(&args, "bhwg", &letter) || !number_word(&args, UINT64_MAX, gpa) ||
        (!letter && !number_suffix(&args, "bhwg", &letter)))
        return false;
    if (letter)
        *size = examine_size(letter);
    return number_word(&args, UINT64_MAX, value) && !*args;
}

void monitor_pw(struct debug *d, const char *args, struct gdb_text *out)
{
    uint64_t gpa, value, old = 0;
    unsigned size;
    if (!parse_write(args, &gpa, &size, &value)) {
        monitor_usage("pw", "[/SIZE] ADDR VALUE", out);
        return;
    }
    if (size < 8 && value >> (8 * size)) {
        gdb_text_printf(out,
                        "pw: 0x%" PRIx64 " does not fit in %u byte%s (/b, /h, /w or /g: 1, 2, "
                        "4 or 8 bytes)\n",
                        value, size, size == 1 ? "" : "s");
        return;
    }
    if (!is_in_range(gpa, size) || memory_read(d->config.memory, gpa, &old, size) != size) {
        no_memory(gpa, out);
        return;
    }
    memory_poke(d->config.memory, gpa, &value, size);
    const struct memory_region *region = memory_find(d->config.memory, gpa);
    gdb_text_printf(out, "0x%016" PRIx64 ": 0x%0*" PRIx64 ", was 0x%0*" PRIx64 " (%s)\n", gpa,
                    2 * (int)size, value, 2 * (int)size, old, region ? region->name : "");
}
