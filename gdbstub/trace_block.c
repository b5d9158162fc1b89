#include <assert.h>
#include <string.h>

#include "trace_block.h"

enum { MEMORY_HEAD = 1 + 8 + 2, VARIABLE_SIZE = 1 + 4 + 8 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they lie");

uint8_t *trace_block_registers(struct buffer *frame, size_t len)
{
    uint8_t *to = buffer_extend(frame, 1 + len);
    if (!to)
        return NULL;
    *to = TRACE_REGISTERS;
    return to + 1;
}

static void write_memory_head(uint8_t *to, uint64_t addr, size_t len)
{
    uint16_t short_len = (uint16_t)len;
    *to = TRACE_MEMORY;
    memcpy(to + 1, &addr, 8);
    memcpy(to + 9, &short_len, 2);
}

uint8_t *trace_block_memory(struct buffer *frame, uint64_t addr, size_t len)
{
    assert(len <= TRACE_MEMORY_MAX);
    uint8_t *to = buffer_extend(frame, MEMORY_HEAD + len);
    if (!to)
        return NULL;
    write_memory_head(to, addr, len);
    return to + MEMORY_HEAD;
}

void trace_block_cut(struct buffer *frame, size_t len, size_t missing)
{
    assert(missing <= len);
    uint16_t left = (uint16_t)(len - missing);
    buffer_shorten(frame, left ? missing : MEMORY_HEAD + len);
    if (left)
        memcpy(frame->data + frame->start + frame->len - left - 2, &left, 2);
}

void trace_block_variable(struct buffer *frame, uint32_t number, uint64_t value)
{
    uint8_t *to = buffer_extend(frame, VARIABLE_SIZE);
    if (!to)
        return;
    *to = TRACE_VARIABLE;
    memcpy(to + 1, &number, 4);
    memcpy(to + 5, &value, 8);
}

/* ---- Reading. FROM is the block's first byte, LEN what the frame has from there on; each returns
 * the block's size, 0 if it is not whole. */

static size_t read_registers(const uint8_t *from, size_t len, size_t registers,
                             struct trace_block *block)
{
    block->bytes = from + 1;
    block->len = registers;
    return len > registers ? 1 + registers : 0;
}

static size_t read_memory(const uint8_t *from, size_t len, struct trace_block *block)
{
    uint16_t n;
    if (len < MEMORY_HEAD)
        return 0;
    memcpy(&block->addr, from + 1, 8);
    memcpy(&n, from + 9, 2);
    block->bytes = from + MEMORY_HEAD;
    block->len = n;
    return len - MEMORY_HEAD >= n ? MEMORY_HEAD + (size_t)n : 0;
}

static size_t read_variable(const uint8_t *from, size_t len, struct trace_block *block)
{
    if (len < VARIABLE_SIZE)
        return 0;
    memcpy(&block->number, from + 1, 4);
    memcpy(&block->value, from + 5, 8);
    return VARIABLE_SIZE;
}

bool trace_block_next(const uint8_t *frame, size_t len, size_t registers, size_t *at,
                      struct trace_block *block)
{
    size_t left = len - *at, size = 0;
    if (!left)
        return false;
    const uint8_t *from = frame + *at;
    *block = (struct trace_block){.kind = (enum trace_block_kind) * from};
    if (*from == TRACE_REGISTERS)
        size = read_registers(from, left, registers, block);
    else if (*from == TRACE_MEMORY)
        size = read_memory(from, left, block);
    else if (*from == TRACE_VARIABLE)
        size = read_variable(from, left, block);
    *at += size;
    return size;
}
