/* What a trace has recorded: frames in a ring of bounded size. It copies bytes and knows nothing of
 * what is in them (trace_block.h). Not locked: its owner does that. */
#ifndef GDBSTUB_TRACE_BUFFER_H
#define GDBSTUB_TRACE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of a frame without its blocks. */
struct trace_frame_head {
    uint64_t pc;         /* linear */
    uint32_t size;       /* of its blocks, in bytes */
    uint16_t tracepoint; /* the client's number */
    uint8_t arch;        /* enum gdb_arch: what the CPU executed; the layout of its registers */
    uint8_t unused;
};

/* All zero is a buffer without memory. */
struct trace_buffer {
    uint8_t *data;
    size_t size;
    bool circular; /* the oldest frames make room; else what does not fit is refused */
    /* Positions in the stream of all that was ever added, at most SIZE apart; a position's place in
     * DATA is its remainder by SIZE. */
    uint64_t begin, end;
    uint64_t dropped, created; /* frames */
};

/* A place among the frames: a position in the stream, so that it is known when the frame there has
 * fallen out. */
struct trace_place {
    uint64_t at;
    uint64_t serial; /* the frame's number since the buffer was emptied */
};

/* Makes B an empty one of SIZE bytes, that are not touched before they are needed. 0, or -ENOMEM:
 * then it is as it was. */
int trace_buffer_make(struct trace_buffer *b, size_t size);
void trace_buffer_clear(struct trace_buffer *b);
void trace_buffer_free(struct trace_buffer *b);

/* Adds a frame of HEAD->size bytes of BLOCKS. False if there is no room for it. */
bool trace_buffer_add(struct trace_buffer *b, const struct trace_frame_head *head,
                      const void *blocks);

/* Frames and bytes that are there; bytes that are not used. */
uint64_t trace_buffer_frames(const struct trace_buffer *b);
uint64_t trace_buffer_room(const struct trace_buffer *b);

/* The oldest frame; the one after PLACE. False if there is none. */
bool trace_buffer_first(const struct trace_buffer *b, struct trace_place *place);
bool trace_buffer_next(const struct trace_buffer *b, struct trace_place *place);
/* Frame NUMBER, counted from the oldest: PLACE, which must be one that was found before or all
 * zero, is moved there, from where it is if that is nearer than the start. */
bool trace_buffer_seek(const struct trace_buffer *b, uint64_t number, struct trace_place *place);
/* False once the frame at PLACE has fallen out. */
bool trace_buffer_has(const struct trace_buffer *b, const struct trace_place *place);
/* The number, from the oldest, of the frame at PLACE, which is there. */
uint64_t trace_buffer_number(const struct trace_buffer *b, const struct trace_place *place);

/* Of the frame at PLACE, which is there: its head, and its head->size bytes. */
void trace_buffer_head(const struct trace_buffer *b, const struct trace_place *place,
                       struct trace_frame_head *head);
void trace_buffer_blocks(const struct trace_buffer *b, const struct trace_place *place,
                         void *blocks);

#endif
