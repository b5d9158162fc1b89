/* What a trace frame is made of, in the bytes that qTBuffer hands out and trace files hold (GDB
 * manual, "Trace File Format"):
 *
 *     R registers...                 as `g` sends them
 *     M address(8) length(2) bytes...
 *     V number(4) value(8)           a trace state variable
 *
 * Numbers are little-endian. A frame has at most one R, and it is the first. */
#ifndef GDBSTUB_TRACE_BLOCK_H
#define GDBSTUB_TRACE_BLOCK_H

#include "buffer.h"

enum trace_block_kind { TRACE_REGISTERS = 'R', TRACE_MEMORY = 'M', TRACE_VARIABLE = 'V' };

enum { TRACE_MEMORY_MAX = 0xffff }; /* bytes in one M */

struct trace_block {
    enum trace_block_kind kind;
    const uint8_t *bytes; /* of R and M, in the frame */
    size_t len;
    uint64_t addr;   /* of M */
    uint32_t number; /* of V */
    uint64_t value;
};

/* Add a block at the end of FRAME. Those of R and M return where its LEN bytes go, which the caller
 * fills, or NULL when memory ran out; LEN of M is at most TRACE_MEMORY_MAX. */
uint8_t *trace_block_registers(struct buffer *frame, size_t len);
uint8_t *trace_block_memory(struct buffer *frame, uint64_t addr, size_t len);
void trace_block_variable(struct buffer *frame, uint32_t number, uint64_t value);
/* Takes back the last MISSING bytes of the M of LEN bytes at the end of FRAME, all of it if nothing
 * remains. */
void trace_block_cut(struct buffer *frame, size_t len, size_t missing);

/* The block at *AT of a frame's LEN bytes, where an R has REGISTERS bytes; *AT is moved behind it.
 * False at the end, or where what is there is no block. */
bool trace_block_next(const uint8_t *frame, size_t len, size_t registers, size_t *at,
                      struct trace_block *block);

#endif
