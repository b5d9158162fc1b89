/* A task-state segment in words; see table_text.h. */
#include "debug/monitor/table_text.h"

#include <inttypes.h>
#include <string.h>

#define IO_MAP_AT 0x66 /* of a 32-bit and a 64-bit TSS: the offset of the I/O map */

struct field {
    const char *name;
    uint8_t offset, size;
};

static const struct field fields_16[] = {
    {"link", 0x00, 2}, {"sp0", 0x02, 2}, {"ss0", 0x04, 2}, {"sp1", 0x06, 2},   {"ss1", 0x08, 2},
    {"sp2", 0x0a, 2},  {"ss2", 0x0c, 2}, {"ip", 0x0e, 2},  {"flags", 0x10, 2}, {"ax", 0x12, 2},
    {"cx", 0x14, 2},   {"dx", 0x16, 2},  {"bx", 0x18, 2},  {"sp", 0x1a, 2},    {"bp", 0x1c, 2},
    {"si", 0x1e, 2},   {"di", 0x20, 2},  {"es", 0x22, 2},  {"cs", 0x24, 2},    {"ss", 0x26, 2},
    {"ds", 0x28, 2},   {"ldt", 0x2a, 2},
};

static const struct field fields_32[] = {
    {"link", 0x00, 2}, {"esp0", 0x04, 4}, {"ss0", 0x08, 2}, {"esp1", 0x0c, 4}, {"ss1", 0x10, 2},
    {"esp2", 0x14, 4}, {"ss2", 0x18, 2},  {"cr3", 0x1c, 4}, {"eip", 0x20, 4},  {"eflags", 0x24, 4},
    {"eax", 0x28, 4},  {"ecx", 0x2c, 4},  {"edx", 0x30, 4}, {"ebx", 0x34, 4},  {"esp", 0x38, 4},
    {"ebp", 0x3c, 4},  {"esi", 0x40, 4},  {"edi", 0x44, 4}, {"es", 0x48, 2},   {"cs", 0x4c, 2},
    {"ss", 0x50, 2},   {"ds", 0x54, 2},   {"fs", 0x58, 2},  {"gs", 0x5c, 2},   {"ldt", 0x60, 2},
    {"trap", 0x64, 2},
};

static const struct field fields_64[] = {
    {"rsp0", 0x04, 8}, {"rsp1", 0x0c, 8}, {"rsp2", 0x14, 8}, {"ist1", 0x24, 8}, {"ist2", 0x2c, 8},
    {"ist3", 0x34, 8}, {"ist4", 0x3c, 8}, {"ist5", 0x44, 8}, {"ist6", 0x4c, 8}, {"ist7", 0x54, 8},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
static const struct layout {
    const struct field *fields;
    size_t count;
} layouts[] = {
    [TSS_16] = {fields_16, COUNT(fields_16)},
    [TSS_32] = {fields_32, COUNT(fields_32)},
    [TSS_64] = {fields_64, COUNT(fields_64)},
};

enum tss_kind tss_kind_of(unsigned type, bool wide)
{
    if (wide)
        return TSS_64;
    return type & 8 ? TSS_32 : TSS_16;
}

/* There is none at the limit either (SDM vol. 1, 19.5.2). */
static void print_io_map(const uint8_t *bytes, size_t len, uint32_t limit, struct gdb_text *out)
{
    uint16_t base;
    if (len < IO_MAP_AT + sizeof base)
        return;
    memcpy(&base, bytes + IO_MAP_AT, sizeof base);
    gdb_text_printf(out, "  I/O map at offset 0x%x%s\n", base,
                    base >= limit ? ": past the limit, so there is none" : "");
}

void tss_print(const uint8_t *bytes, size_t len, enum tss_kind kind, uint32_t limit,
               struct gdb_text *out)
{
    const struct layout *layout = &layouts[kind];
    const size_t columns = kind == TSS_64 ? 2 : 4;
    const char *gap = "";
    size_t printed = 0;
    for (size_t i = 0; i < layout->count; i++) {
        const struct field *f = &layout->fields[i];
        uint64_t value = 0;
        if (f->offset + f->size > len)
            break;
        memcpy(&value, bytes + f->offset, f->size);
        gdb_text_printf(out, "%s%-6s 0x%0*" PRIx64, printed % columns ? gap : "  ", f->name,
                        2 * f->size, value);
        gap = f->size == 2 ? "      " : "  "; /* as wide as 4 bytes are */
        if (++printed % columns == 0)
            gdb_text_printf(out, "\n");
    }
    if (printed % columns)
        gdb_text_printf(out, "\n");
    if (printed < layout->count)
        gdb_text_printf(out, "  (the rest is not there)\n");
    if (kind != TSS_16)
        print_io_map(bytes, len, limit, out);
}
