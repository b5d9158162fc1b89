#include "debug/monitor/table_text.h"

#include <inttypes.h>
#include <string.h>

/* A field of a descriptor: COUNT bits from FIRST on. */
static unsigned bits(uint64_t d, unsigned first, unsigned count)
{
    return (unsigned)(d >> first & ((1ull << count) - 1));
}

static unsigned type_of(uint64_t d)
{
    return bits(d, 40, 4);
}

static bool is_system(uint64_t d)
{
    return !bits(d, 44, 1);
}

/* System descriptors: those of EFER.LMA = 0, and what is left of them in IA-32e mode (SDM vol. 3,
 * table 3-2). */
static const char *const system_names[16] = {
    [1] = "TSS, 16-bit",
    [2] = "LDT",
    [3] = "TSS, 16-bit, busy",
    [4] = "call gate, 16-bit",
    [5] = "task gate",
    [6] = "interrupt gate, 16-bit",
    [7] = "trap gate, 16-bit",
    [9] = "TSS, 32-bit",
    [11] = "TSS, 32-bit, busy",
    [12] = "call gate, 32-bit",
    [14] = "interrupt gate, 32-bit",
    [15] = "trap gate, 32-bit",
};
static const char *const wide_names[16] = {
    [2] = "LDT",
    [9] = "TSS, 64-bit",
    [11] = "TSS, 64-bit, busy",
    [12] = "call gate, 64-bit",
    [14] = "interrupt gate, 64-bit",
    [15] = "trap gate, 64-bit",
};

enum { CALL_16 = 4, TASK = 5, CALL_32 = 12 };

/* NULL: the type is reserved. */
static const char *system_name(unsigned type, bool wide)
{
    return (wide ? wide_names : system_names)[type];
}

static bool is_gate(unsigned type)
{
    return (type & 4) != 0; /* 4 to 7 and 12 to 15 */
}

static const char *code_size(uint64_t d)
{
    const unsigned l = bits(d, 53, 1), db = bits(d, 54, 1);
    if (l)
        return db ? "code, L and D set" : "code, 64-bit";
    return db ? "code, 32-bit" : "code, 16-bit";
}

bool descriptor_is_double(uint64_t low, bool wide)
{
    const unsigned type = type_of(low);
    return wide && is_system(low) && (type == 2 || type == 9 || type == 11 || type == CALL_32);
}

static uint32_t limit_of(uint64_t d)
{
    const uint32_t limit = bits(d, 0, 16) | bits(d, 48, 4) << 16;
    return bits(d, 55, 1) ? limit << 12 | 0xfff : limit;
}

static void print_segment_flags(uint64_t d, struct gdb_text *out)
{
    const unsigned type = type_of(d);
    const bool code = type & 8;
    gdb_text_printf(out, "%s",
                    code ? (type & 2 ? "readable" : "execute only")
                         : (type & 2 ? "writable" : "read-only"));
    if (type & 4)
        gdb_text_printf(out, code ? ", conforming" : ", expand-down");
    if (type & 1)
        gdb_text_printf(out, ", accessed");
    if (bits(d, 52, 1))
        gdb_text_printf(out, ", AVL");
}

static void print_columns(const char *kind, uint64_t base, bool wide, uint32_t limit, uint64_t d,
                          struct gdb_text *out)
{
    gdb_text_printf(out, "%-22s  0x%0*" PRIx64 "%s  0x%08x  %u    ", kind, wide ? 16 : 8, base,
                    wide ? "" : "        ", limit, bits(d, 45, 2));
}

/* A call gate's parameters are counted in words of its size; a 64-bit one has none. */
static void print_gate_descriptor(uint64_t low, uint64_t high, bool wide, struct gdb_text *out)
{
    const unsigned type = type_of(low);
    uint64_t offset = bits(low, 0, 16);
    if (type != CALL_16)
        offset |= (uint64_t)bits(low, 48, 16) << 16;
    if (wide)
        offset |= high << 32;
    gdb_text_printf(out, "%-22s  ", system_name(type, wide));
    if (type == TASK)
        gdb_text_printf(out, "TSS selector 0x%04x%*s", bits(low, 16, 16), 11, "");
    else
        gdb_text_printf(out, "0x%04x:0x%0*" PRIx64 "%s", bits(low, 16, 16), wide ? 16 : 8, offset,
                        wide ? "     " : "             ");
    gdb_text_printf(out, "  %u    ", bits(low, 45, 2));
    if (!wide && (type == CALL_16 || type == CALL_32))
        gdb_text_printf(out, "parameters: %u, ", bits(low, 32, 5));
}

static const char *presence(uint64_t d)
{
    return bits(d, 47, 1) ? "present" : "not present";
}

void descriptor_print(uint64_t low, uint64_t high, bool wide, struct gdb_text *out)
{
    const unsigned type = type_of(low);
    uint64_t base = bits(low, 16, 24) | (uint64_t)bits(low, 56, 8) << 24;
    if (!is_system(low)) {
        print_columns(type & 8           ? code_size(low)
                      : bits(low, 54, 1) ? "data"
                                         : "data, 16-bit stack",
                      base, false, limit_of(low), low, out);
        if (!bits(low, 47, 1))
            gdb_text_printf(out, "not present, ");
        print_segment_flags(low, out);
    } else if (!system_name(type, wide)) {
        gdb_text_printf(out, "reserved, type 0x%-6x  0x%016" PRIx64 "  -           %u    %s", type,
                        low, bits(low, 45, 2), presence(low));
    } else if (is_gate(type)) {
        print_gate_descriptor(low, high, wide, out);
        gdb_text_printf(out, "%s", presence(low));
    } else {
        const bool is_double = descriptor_is_double(low, wide);
        if (is_double)
            base |= high << 32;
        print_columns(system_name(type, wide), base, is_double, limit_of(low), low, out);
        gdb_text_printf(out, "%s", presence(low));
    }
}

void gate_print(const uint8_t *bytes, bool wide, struct gdb_text *out)
{
    uint64_t low, high = 0;
    memcpy(&low, bytes, sizeof low);
    if (wide)
        memcpy(&high, bytes + 8, sizeof high);
    const unsigned type = type_of(low);
    const bool fits = is_system(low) && type >= TASK && is_gate(type) && type != CALL_32 &&
                      system_name(type, wide);
    uint64_t offset = bits(low, 0, 16);
    if (type >= 8)
        offset |= (uint64_t)bits(low, 48, 16) << 16;
    if (wide)
        offset |= high << 32;
    gdb_text_printf(out, "%-22s  ", fits ? system_name(type, wide) : "not a gate");
    if (fits && type == TASK)
        gdb_text_printf(out, "TSS selector 0x%04x      ", bits(low, 16, 16));
    else
        gdb_text_printf(out, "0x%04x:0x%0*" PRIx64 "%s", bits(low, 16, 16), wide ? 16 : 8, offset,
                        wide ? "" : "        ");
    gdb_text_printf(out, "  %u    ", bits(low, 45, 2));
    if (wide)
        gdb_text_printf(out, "%u", bits(low, 32, 3));
    else
        gdb_text_printf(out, "-");
    if (!fits)
        gdb_text_printf(out, "    type 0x%x%s", bits(low, 40, 5),
                        bits(low, 47, 1) ? "" : ", not present");
    else
        gdb_text_printf(out, "    %s", presence(low));
}
