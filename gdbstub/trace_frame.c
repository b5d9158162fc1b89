#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace_frame.h"

/* ---- Finding */

static bool fits(const struct trace_frame_head *head, const struct trace_find *find)
{
    bool inside = head->pc >= find->first && head->pc <= find->last;
    if (find->kind == TRACE_FIND_POINT)
        return head->tracepoint == find->number;
    return inside == (find->kind == TRACE_FIND_RANGE);
}

/* From PLACE on, or from the start. */
static bool search(const struct trace_buffer *b, const struct trace_find *find, bool from_place,
                   struct trace_place *place)
{
    bool more = from_place ? trace_buffer_next(b, place) : trace_buffer_first(b, place);
    for (; more; more = trace_buffer_next(b, place)) {
        struct trace_frame_head head;
        trace_buffer_head(b, place, &head);
        if (fits(&head, find))
            return true;
    }
    return false;
}

/* With the trace's lock. */
static int copy(struct trace_frame *f, const struct trace_buffer *b,
                const struct trace_place *place, uint64_t has)
{
    struct trace_frame_head head;
    trace_buffer_head(b, place, &head);
    uint8_t *blocks = malloc(head.size ? head.size : 1);
    if (!blocks)
        return -ENOMEM;
    trace_buffer_blocks(b, place, blocks);
    free(f->blocks);
    *f = (struct trace_frame){true, *place, head, has, blocks};
    return 0;
}

int trace_frame_copy(struct trace_frame *f, struct trace *t, const struct trace_place *place,
                     uint64_t has)
{
    pthread_mutex_lock(&t->lock);
    int err = trace_buffer_has(&t->buffer, place) ? copy(f, &t->buffer, place, has) : -ENOENT;
    pthread_mutex_unlock(&t->lock);
    return err;
}

int trace_frame_find(struct trace_frame *f, struct trace *t, const struct trace_find *find,
                     uint64_t has, uint64_t *number)
{
    struct trace_place place = f->place;
    pthread_mutex_lock(&t->lock);
    bool found = find->kind == TRACE_FIND_NUMBER
                     ? trace_buffer_seek(&t->buffer, find->number, &place)
                     : search(&t->buffer, find, f->selected, &place);
    int err = found ? copy(f, &t->buffer, &place, has) : -ENOENT;
    if (!err)
        *number = trace_buffer_number(&t->buffer, &place);
    pthread_mutex_unlock(&t->lock);
    return err;
}

void trace_frame_leave(struct trace_frame *f)
{
    free(f->blocks);
    *f = (struct trace_frame){0};
}

/* ---- What is in it */

bool trace_frame_block(const struct trace_frame *f, size_t *at, struct trace_block *block)
{
    struct x86_layout layout = {.arch = f->head.arch, .has = f->has};
    return trace_block_next(f->blocks, f->head.size, x86_regs_g_size(layout), at, block);
}

void trace_frame_registers(const struct trace_frame *f, struct gdb_x86_regs *regs,
                           struct gdb_x86_regs *known)
{
    struct x86_layout layout = {.arch = f->head.arch, .has = f->has};
    struct trace_block block;
    uint8_t all[X86_REGS_MAX];
    size_t at = 0;
    memset(regs, 0, sizeof(*regs));
    memset(known, 0, sizeof(*known));
    if (trace_frame_block(f, &at, &block) && block.kind == TRACE_REGISTERS) {
        memset(all, 0xff, block.len);
        x86_regs_put(layout, known, all, block.len);
        x86_regs_put(layout, regs, block.bytes, block.len);
    }
    regs->pc = f->head.pc;
    known->pc = UINT64_MAX;
}

/* How many bytes from ADDR on BLOCK has. */
static size_t covered(const struct trace_block *block, uint64_t addr)
{
    uint64_t offset = addr - block->addr;
    return block->kind == TRACE_MEMORY && offset < block->len ? block->len - offset : 0;
}

/* The bytes at ADDR, as they were collected first. */
static size_t piece(const struct trace_frame *f, uint64_t addr, uint8_t *buf, size_t len)
{
    struct trace_block block;
    for (size_t at = 0; trace_frame_block(f, &at, &block);) {
        size_t n = covered(&block, addr);
        if (!n)
            continue;
        n = n < len ? n : len;
        memcpy(buf, block.bytes + (addr - block.addr), n);
        return n;
    }
    return 0;
}

size_t trace_frame_memory(const struct trace_frame *f, uint64_t addr, void *buf, size_t len)
{
    size_t done = 0, n;
    while (done < len && (n = piece(f, addr + done, (uint8_t *)buf + done, len - done)))
        done += n;
    return done;
}

bool trace_frame_variable(const struct trace_frame *f, uint64_t number, uint64_t *value)
{
    struct trace_block block;
    for (size_t at = 0; trace_frame_block(f, &at, &block);)
        if (block.kind == TRACE_VARIABLE && block.number == number) {
            *value = block.value;
            return true;
        }
    return false;
}
