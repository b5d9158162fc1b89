#include "bios/state.h"

#include <string.h>

#define SEGMENT_SIZE 0x10000u

static unsigned shift8(enum call_reg8 reg)
{
    return reg >= CALL_AH ? 8 : 0;
}

uint8_t call_get8(const struct call *call, enum call_reg8 reg)
{
    return (uint8_t)(call->state->gpr[reg & 3] >> shift8(reg));
}

uint16_t call_get16(const struct call *call, int reg)
{
    return (uint16_t)call->state->gpr[reg];
}

uint32_t call_get32(const struct call *call, int reg)
{
    return (uint32_t)call->state->gpr[reg];
}

void call_set8(struct call *call, enum call_reg8 reg, uint8_t value)
{
    uint64_t *gpr = &call->state->gpr[reg & 3];
    *gpr = (*gpr & ~(0xffull << shift8(reg))) | (uint64_t)value << shift8(reg);
}

void call_set16(struct call *call, int reg, uint16_t value)
{
    call->state->gpr[reg] = (call->state->gpr[reg] & ~0xffffull) | value;
}

void call_set32(struct call *call, int reg, uint32_t value)
{
    call->state->gpr[reg] = value;
}

void call_set_segment(struct call *call, int seg, uint16_t selector)
{
    call->state->seg[seg].selector = selector;
    call->state->seg[seg].base = (uint64_t)selector << 4;
}

void call_jump(struct call *call, uint16_t selector, uint16_t offset)
{
    call_set_segment(call, CPU_CS, selector);
    call->resume = offset;
}

uint64_t call_linear(const struct call *call, int seg, uint16_t offset)
{
    return call->state->seg[seg].base + offset;
}

void *call_ram(const struct call *call, uint64_t gpa, uint64_t len)
{
    return memory_ram_at(call->bios->config.memory, gpa, len);
}

/* How many of LEN bytes at OFFSET come before the segment's end. */
static size_t before_wrap(uint16_t offset, size_t len)
{
    return len < SEGMENT_SIZE - offset ? len : SEGMENT_SIZE - offset;
}

bool call_read(const struct call *call, int seg, uint16_t offset, void *buf, size_t len)
{
    const struct memory *memory = call->bios->config.memory;
    size_t first = before_wrap(offset, len), rest = len - first;
    const void *a = memory_at(memory, call_linear(call, seg, offset), first);
    const void *b = rest ? memory_at(memory, call_linear(call, seg, 0), rest) : buf;
    if (len && (!a || !b))
        return false;
    if (len)
        memcpy(buf, a, first);
    if (rest)
        memcpy((uint8_t *)buf + first, b, rest);
    return true;
}

bool call_write(struct call *call, int seg, uint16_t offset, const void *buf, size_t len)
{
    size_t first = before_wrap(offset, len), rest = len - first;
    void *a = call_ram(call, call_linear(call, seg, offset), first);
    void *b = rest ? call_ram(call, call_linear(call, seg, 0), rest) : a;
    if (len && (!a || !b))
        return false;
    if (len)
        memcpy(a, buf, first);
    if (rest)
        memcpy(b, (const uint8_t *)buf + first, rest);
    return true;
}

static uint16_t frame_offset(const struct call *call, unsigned word)
{
    return (uint16_t)(call_get16(call, CPU_RSP) + 2 * word);
}

uint16_t call_frame_get(const struct call *call, unsigned word)
{
    uint16_t value = 0;
    call_read(call, CPU_SS, frame_offset(call, word), &value, sizeof value);
    return value;
}

void call_set_flag(struct call *call, uint16_t flag, bool set)
{
    uint16_t flags = call_frame_get(call, 2);
    flags = set ? flags | flag : flags & (uint16_t)~flag;
    call_write(call, CPU_SS, frame_offset(call, 2), &flags, sizeof flags);
}

static void count_unknown(struct bios *bios, uint8_t vector, uint8_t ah)
{
    struct bios_unknown *entry = bios->state.unknown, *end = entry + bios->state.unknown_count;
    while (entry < end && (entry->vector != vector || entry->ah != ah))
        entry++;
    if (entry == bios->state.unknown + BIOS_MAX_UNKNOWN)
        return;
    if (entry == end) {
        *entry = (struct bios_unknown){.vector = vector, .ah = ah};
        bios->state.unknown_count++;
    }
    entry->count++;
}

void call_unknown(struct call *call)
{
    count_unknown(call->bios, call->vector, call_get8(call, CALL_AH));
    call_set_flag(call, CPU_FLAG_CF, true);
}

void call_ignore(struct call *call)
{
    (void)call;
}

void call_succeed(struct call *call)
{
    call_set_flag(call, CPU_FLAG_CF, false);
}

void call_serve(struct call *call, const struct call_function *table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].ah == call_get8(call, CALL_AH)) {
            table[i].serve(call);
            return;
        }
    call_unknown(call);
}
