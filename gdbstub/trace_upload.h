/* qTBuffer: all frames as a trace file has them (GDB manual, "Trace File Format"), with registers
 * in the client's layout, whatever the CPU executed. */
#ifndef GDBSTUB_TRACE_UPLOAD_H
#define GDBSTUB_TRACE_UPLOAD_H

#include "trace_frame.h"

/* Where a client is that fetches one part after the other. All zero is at the start. */
struct trace_upload {
    struct trace_frame frame; /* the one that was handed out last */
    uint64_t offset;          /* of its first byte among all */
    struct buffer bytes;      /* all of it */
};

/* What all of a file's registers look like. */
struct trace_file_registers {
    struct x86_layout layout;
    size_t size; /* the first bytes of it */
};

/* Appends up to LEN bytes from OFFSET on to OUT; none at the end. 0, -ENOMEM, or -ESTALE if frames
 * have fallen out of the buffer meanwhile. */
int trace_upload_read(struct trace_upload *u, struct trace *t, struct trace_file_registers file,
                      uint64_t offset, size_t len, struct buffer *out);
void trace_upload_end(struct trace_upload *u);

#endif
