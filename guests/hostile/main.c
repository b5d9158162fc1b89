/* A guest that means harm. Its command line: kind=NAME seed=N rounds=N, in any order; `any` (or
 * none) draws the kind anew for each round. Says on port 0xe9 what it begins with and, if it comes
 * so far, that it is done, and ends by the debug-exit port with 0x10. */
#include "guests/hostile/hostile.h"

static uint32_t random_state = 1;
uint32_t memory_end;

uint32_t random32(void) /* Marsaglia 2003, 13/17/5 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    return random_state ^= random_state << 5;
}

uint32_t below(uint32_t n)
{
    return (random32() >> 4) % n;
}

bool one_in(uint32_t n)
{
    return below(n) == 0;
}

uint64_t random64(void)
{
    const uint64_t high = (uint64_t)random32() << 32;
    return high | random32();
}

uint32_t place(void)
{
    static const uint32_t places[] = {
        0,          0x500,      0x1000,     0x7c00,     0x9fc00,    0xa0000,    0xb8000,
        0xc0000,    0xe0000,    0xf0000,    0xfffff,    0x100000,   ARENA,      ARENA + 0x1000,
        ARENA,      0x800000,   0xc00000,   0xc0000000, 0xe0000000, 0xfec00000, 0xfed00000,
        0xfee00000, 0xfeffc000, 0xfeffd000, 0xffff0000, 0xfffffff0,
    };
    const uint32_t where = places[below(sizeof places / sizeof *places)];
    switch (below(4)) {
    case 0:
        return where;
    case 1:
        return where + below(0x1000);
    case 2:
        return where - 1 - below(16);
    default:
        return (where + (random32() & 0x1fffff)) & ~0xfffu;
    }
}

uint64_t place64(void)
{
    switch (below(8)) {
    case 0:
        return 0x100000000 + below(0x10000);
    case 1:
        return 1ull << (32 + below(32)) | below(0x10000);
    case 2:
        return 0xffffffff00000000 | random32();
    default:
        return place();
    }
}

/* ---- What it is told, and what it says */

void print(const char *text)
{
    for (; *text; text++)
        out8(0xe9, (uint8_t)*text);
}

static void print_number(uint32_t n)
{
    if (n >= 10)
        print_number(n / 10);
    out8(0xe9, (uint8_t)('0' + n % 10));
}

/* What follows NAME in TEXT; NULL: it is not there. */
static const char *value_of(const char *text, const char *name)
{
    for (; *text; text++) {
        unsigned n = 0;
        while (name[n] && text[n] == name[n])
            n++;
        if (!name[n])
            return text + n;
    }
    return 0;
}

static uint32_t number_of(const char *text, const char *name, uint32_t otherwise)
{
    uint32_t value = 0;
    const char *digit = value_of(text, name);
    if (!digit)
        return otherwise;
    for (; *digit >= '0' && *digit <= '9'; digit++)
        value = 10 * value + (uint32_t)(*digit - '0');
    return value;
}

static const struct {
    const char *name; /* as in the command line */
    void (*round)(void);
    uint32_t ticks;
} kinds[] = {
    {"kind=ports", ports_round, PATIENT_TICKS}, {"kind=devices", devices_round, PATIENT_TICKS},
    {"kind=disk", disk_round, PATIENT_TICKS},   {"kind=state", state_round, ATTEMPT_TICKS},
    {"kind=code", code_round, ATTEMPT_TICKS},   {"kind=self", self_round, ATTEMPT_TICKS},
    {"kind=bios", bios_round, ATTEMPT_TICKS},   {"kind=flood", flood_round, INT32_MAX},
};
#define KINDS (sizeof kinds / sizeof *kinds)
#define DRAWN (KINDS - 1) /* not the last one */

void main(const uint32_t *information);
void main(const uint32_t *information)
{
    const char *line = information[0] & 4 ? (const char *)information[4] : "";
    const uint32_t seed = number_of(line, "seed=", 1), rounds = number_of(line, "rounds=", 100);
    unsigned kind = 0;
    while (kind < KINDS && !value_of(line, kinds[kind].name))
        kind++;

    memory_end = 0x100000 + information[2] * 1024;
    print("hostile: seed ");
    print_number(seed);
    print("\n");
    random_state =
        (seed + 1) * 2654435761u | 1; /* Knuth's; the first ones of a small seed are alike */
    for (unsigned i = 0; i < 8; i++)
        random32();
    recover_init();
    for (uint32_t i = 0; i < rounds; i++) {
        const unsigned k = kind < KINDS ? kind : below(DRAWN);
        attempt_limit = kinds[k].ticks;
        attempt(kinds[k].round);
    }
    print("\nhostile: done\n");
    out8(0xf4, 0x10);
}
