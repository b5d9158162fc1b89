#include <errno.h>
#include <string.h>

#include "trace_upload.h"

void trace_upload_end(struct trace_upload *u)
{
    trace_frame_leave(&u->frame);
    buffer_free(&u->bytes);
    *u = (struct trace_upload){0};
}

/* What was not collected is 0: a file can't say it. */
static void write_registers(const struct trace_frame *f, struct trace_file_registers file,
                            struct buffer *out)
{
    struct gdb_x86_regs regs, known;
    uint8_t *to = trace_block_registers(out, file.size);
    trace_frame_registers(f, &regs, &known);
    if (to)
        x86_regs_get(file.layout, &regs, to, file.size);
}

static void write_block(const struct trace_frame *f, const struct trace_block *block,
                        struct trace_file_registers file, struct buffer *out)
{
    uint8_t *to = NULL;
    if (block->kind == TRACE_REGISTERS)
        write_registers(f, file, out);
    else if (block->kind == TRACE_VARIABLE)
        trace_block_variable(out, block->number, block->value);
    else
        to = trace_block_memory(out, block->addr, block->len);
    if (to)
        memcpy(to, block->bytes, block->len);
}

/* The frame as the file has it: tracepoint(2) size(4) blocks. */
static int write_frame(struct trace_upload *u, struct trace_file_registers file)
{
    struct trace_block block;
    struct buffer *out = &u->bytes;
    buffer_shorten(out, out->len);
    uint8_t *head = buffer_extend(out, 6);
    if (head)
        memcpy(head, &u->frame.head.tracepoint, 2);
    for (size_t at = 0; trace_frame_block(&u->frame, &at, &block);)
        write_block(&u->frame, &block, file, out);
    if (out->failed)
        return -ENOMEM;
    uint32_t size = (uint32_t)out->len - 6;
    memcpy(out->data + out->start + 2, &size, 4);
    return 0;
}

/* Goes to the frame behind the present one, or to the first. 1 at the end. */
static int next_frame(struct trace_upload *u, struct trace *t, struct trace_file_registers file)
{
    bool first = !u->frame.selected, there;
    struct trace_place place = u->frame.place;
    pthread_mutex_lock(&t->lock);
    bool stale = !first && !trace_buffer_has(&t->buffer, &place);
    there = first ? trace_buffer_first(&t->buffer, &place) : trace_buffer_next(&t->buffer, &place);
    pthread_mutex_unlock(&t->lock);
    if (stale)
        return -ESTALE;
    if (!there)
        return 1;
    uint64_t offset = first ? 0 : u->offset + u->bytes.len;
    int err = trace_frame_copy(&u->frame, t, &place, file.layout.has);
    if (err)
        return err == -ENOENT ? -ESTALE : err;
    u->offset = offset;
    return write_frame(u, file);
}

int trace_upload_read(struct trace_upload *u, struct trace *t, struct trace_file_registers file,
                      uint64_t offset, size_t len, struct buffer *out)
{
    int err = 0;
    if (offset < u->offset || !offset)
        trace_upload_end(u);
    if (!u->frame.selected)
        err = next_frame(u, t, file);
    while (!err && len) {
        uint64_t end = u->offset + u->bytes.len;
        if (offset < end) {
            size_t n = end - offset < len ? end - offset : len;
            buffer_append(out, buffer_bytes(&u->bytes) + (offset - u->offset), n);
            offset += n;
            len -= n;
        } else {
            err = next_frame(u, t, file);
        }
    }
    if (err >= 0 && out->failed)
        err = -ENOMEM;
    return err < 0 ? err : 0;
}
