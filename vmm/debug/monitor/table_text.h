/* What the processor's tables hold, in words: descriptors, gates, task-state segments. Pure. */
#ifndef VMM_DEBUG_TABLE_TEXT_H
#define VMM_DEBUG_TABLE_TEXT_H

#include "gdbstub/gdbstub.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a descriptor of the GDT takes two entries: system descriptors do where WIDE, EFER.LMA, is
 * set (SDM vol. 3, 3.5.2). */
bool descriptor_is_double(uint64_t low, bool wide);

#define DESCRIPTOR_HEADING "kind                    base                limit       DPL  flags"
/* The descriptor LOW, in the columns of the heading; HIGH is the entry after it, for double ones
 * (SDM vol. 3, 3.4.5, 3.5, 5.8.3). One of a reserved type is shown as its 8 bytes. No line's end.
 */
void descriptor_print(uint64_t low, uint64_t high, bool wide, struct gdb_text *out);

#define GATE_HEADING "gate                    handler                    DPL  IST  flags"
/* The IDT's gate of 8 bytes, or 16 if WIDE (SDM vol. 3, 6.11 and 6.14.1). No line's end. */
void gate_print(const uint8_t *bytes, bool wide, struct gdb_text *out);

enum tss_kind { TSS_16, TSS_32, TSS_64 };
#define TSS_MAX 104 /* bytes that are looked at; what follows is the I/O map */

/* Which one a descriptor of TYPE (1, 3, 9, 11: with the busy bit) means. */
enum tss_kind tss_kind_of(unsigned type, bool wide);

/* The fields that are in the first LEN bytes (at most TSS_MAX are looked at) of a TSS, in lines;
 * LIMIT says whether it has an I/O map (SDM vol. 3, figures 8-2, 8-10 and 8-11). */
void tss_print(const uint8_t *bytes, size_t len, enum tss_kind kind, uint32_t limit,
               struct gdb_text *out);

#endif
