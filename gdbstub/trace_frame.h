/* A frame that the client has selected (QTFrame): a copy of it, so that it stays while a trace goes
 * on. `g`, `p`, `m` and qTV show what was collected in it. */
#ifndef GDBSTUB_TRACE_FRAME_H
#define GDBSTUB_TRACE_FRAME_H

#include "trace.h"

/* All zero is none. */
struct trace_frame {
    bool selected;
    struct trace_place place;
    struct trace_frame_head head;
    uint64_t has; /* of the layout of its registers */
    uint8_t *blocks;
};

enum trace_find_kind {
    TRACE_FIND_NUMBER,  /* from the oldest, from 0 on */
    TRACE_FIND_POINT,   /* the next one of that tracepoint */
    TRACE_FIND_RANGE,   /* the next one whose pc is in the range */
    TRACE_FIND_OUTSIDE, /* or is not */
};

struct trace_find {
    enum trace_find_kind kind;
    uint64_t number;      /* of the frame, or the tracepoint */
    uint64_t first, last; /* of the range */
};

/* Selects what FIND says; the next ones are looked for behind the one that is selected, or from the
 * start. *NUMBER is its number. 0, -ENOENT or -ENOMEM: then nothing has changed. */
int trace_frame_find(struct trace_frame *f, struct trace *t, const struct trace_find *find,
                     uint64_t has, uint64_t *number);
/* Makes F a copy of the frame at PLACE, which is there. */
int trace_frame_copy(struct trace_frame *f, struct trace *t, const struct trace_place *place,
                     uint64_t has);
/* Back to none. */
void trace_frame_leave(struct trace_frame *f);

/* The registers that were collected into *REGS, and into *KNOWN, whose bytes are 0 or not, which
 * those are: the pc at least. */
void trace_frame_registers(const struct trace_frame *f, struct gdb_x86_regs *regs,
                           struct gdb_x86_regs *known);
/* Up to LEN bytes of memory that were collected, from ADDR on, into BUF. Returns how many. */
size_t trace_frame_memory(const struct trace_frame *f, uint64_t addr, void *buf, size_t len);
bool trace_frame_variable(const struct trace_frame *f, uint64_t number, uint64_t *value);
/* The block at *AT, as trace_block_next. */
bool trace_frame_block(const struct trace_frame *f, size_t *at, struct trace_block *block);

#endif
