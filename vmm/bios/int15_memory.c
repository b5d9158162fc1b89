/* INT 15h: how much memory there is, and moving it. */
#include "bios/state.h"
#include "memory/e820.h"
#include "memory/layout.h"

#include <string.h>

#define SMAP 0x534d4150u /* "SMAP" */

#define EXTENDED_MAX    (63 * MiB) /* AH=88h: some guests take a larger value for a negative one */
#define FIFTEEN_MIB_END (16 * MiB)

#define MOVE_EXCEPTION 0x02 /* AH=87h: an exception occurred while copying */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

/* ---- AX=E820h, AX=E801h, AH=88h */

/* An entry is base, length, type, and from 24 bytes on attributes, whose bit 0 says that the entry
 * is to be taken (ACPI 3). */
#define RANGE_SHORT 20u
#define RANGE_LONG  24u

static void get_range(struct call *call)
{
    struct e820_entry entry, next;
    uint32_t index = call_get32(call, CPU_RBX), size = call_get32(call, CPU_RCX);
    if (call_get32(call, CPU_RDX) != SMAP || size < RANGE_SHORT ||
        !e820_entry(call->bios->config.ram_size, index, &entry)) {
        int15_unsupported(call);
        return;
    }
    uint8_t range[RANGE_LONG] = {[RANGE_SHORT] = 1};
    memcpy(range, &entry.base, 8);
    memcpy(range + 8, &entry.size, 8);
    memcpy(range + 16, &entry.type, 4);
    size = size < RANGE_LONG ? RANGE_SHORT : RANGE_LONG;
    if (!call_write(call, CPU_ES, call_get16(call, CPU_RDI), range, size)) {
        int15_unsupported(call);
        return;
    }
    bool more = e820_entry(call->bios->config.ram_size, index + 1, &next);
    call_set32(call, CPU_RAX, SMAP);
    call_set32(call, CPU_RBX, more ? index + 1 : 0);
    call_set32(call, CPU_RCX, size);
    call_succeed(call);
}

/* KiB from 1 MiB to 16 MiB, and 64-KiB blocks from there on. */
static void get_two_sizes(struct call *call)
{
    uint64_t end = e820_high_end(call->bios->config.ram_size);
    uint64_t below = end < FIFTEEN_MIB_END ? end : FIFTEEN_MIB_END;
    uint16_t kib = (uint16_t)((below - LAYOUT_HIGH_RAM) / KiB);
    uint16_t blocks = (uint16_t)((end - below) / (64 * KiB));
    call_set16(call, CPU_RAX, kib);
    call_set16(call, CPU_RBX, blocks);
    call_set16(call, CPU_RCX, kib);
    call_set16(call, CPU_RDX, blocks);
    call_succeed(call);
}

void int15_memory_map(struct call *call)
{
    static const struct {
        uint8_t al;
        void (*serve)(struct call *call);
    } functions[] = {{0x20, get_range}, {0x01, get_two_sizes}};
    for (unsigned i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i].al == call_get8(call, CALL_AL)) {
            functions[i].serve(call);
            return;
        }
    int15_unsupported(call);
}

void int15_extended_memory(struct call *call)
{
    uint64_t size = e820_high_end(call->bios->config.ram_size) - LAYOUT_HIGH_RAM;
    call_set16(call, CPU_RAX, (uint16_t)((size < EXTENDED_MAX ? size : EXTENDED_MAX) / KiB));
    call_succeed(call);
}

/* ---- AH=87h: the caller's GDT has the source in descriptor 2, the destination in 3 */

#define DESCRIPTOR_SOURCE      2
#define DESCRIPTOR_DESTINATION 3

struct descriptor {
    uint16_t limit_low, base_low;
    uint8_t base_mid, access, limit_high, base_high;
};

static uint32_t descriptor_base(const struct descriptor *d)
{
    return d->base_low | (uint32_t)d->base_mid << 16 | (uint32_t)d->base_high << 24;
}

/* The last valid offset: SDM vol. 3, 3.4.5. */
static uint32_t descriptor_limit(const struct descriptor *d)
{
    uint32_t limit = d->limit_low | (d->limit_high & 0xfu) << 16;
    return d->limit_high & 0x80 ? limit << 12 | 0xfff : limit;
}

/* True if the LEN bytes could be moved. */
static bool move(struct call *call, const struct descriptor *from, const struct descriptor *to,
                 uint32_t len)
{
    if (len == 0)
        return true;
    if (len - 1 > descriptor_limit(from) || len - 1 > descriptor_limit(to))
        return false;
    const void *source = memory_at(call->bios->config.memory, descriptor_base(from), len);
    void *destination = call_ram(call, descriptor_base(to), len);
    if (!source || !destination)
        return false;
    memmove(destination, source, len);
    return true;
}

void int15_move_block(struct call *call)
{
    struct descriptor gdt[DESCRIPTOR_DESTINATION + 1];
    uint32_t len = 2u * call_get16(call, CPU_RCX);
    bool moved = call_read(call, CPU_ES, call_get16(call, CPU_RSI), gdt, sizeof gdt) &&
                 move(call, &gdt[DESCRIPTOR_SOURCE], &gdt[DESCRIPTOR_DESTINATION], len);
    call_set8(call, CALL_AH, moved ? 0 : MOVE_EXCEPTION);
    call_set_flag(call, CPU_FLAG_CF, !moved);
    call_set_flag(call, CPU_FLAG_ZF, moved);
}
