/* The target description: what a client learns about the machine's registers. */
#ifndef GDBSTUB_TARGET_XML_H
#define GDBSTUB_TARGET_XML_H

#include "buffer.h"
#include "x86_regs.h"

/* Appends the target.xml of LAYOUT to OUT (GDB manual, "Target Description Format"). */
void target_xml(struct x86_layout layout, struct buffer *out);

/* Appends formatted text, without a terminating 0. */
__attribute__((format(printf, 2, 3))) void buffer_printf(struct buffer *out, const char *format,
                                                         ...);
/* Appends TEXT with XML's special characters escaped and control characters left out. */
void buffer_xml_escaped(struct buffer *out, const char *text);

#endif
