/* The PICs, the IOAPIC and the PIT, which are in the kernel, in words. Pure. */
#ifndef VMM_DEBUG_CONTROLLER_TEXT_H
#define VMM_DEBUG_CONTROLLER_TEXT_H

#include "gdbstub/gdbstub.h"

#include <linux/kvm.h>

/* One PIC's registers in a line, and its modes (Intel 8259A data sheet). */
void pic_print(const char *name, const struct kvm_pic_state *pic, struct gdb_text *out);
#define PIC_HEADING "PIC     vectors    IRR   IMR   ISR   level-triggered  modes"

/* What the PIC makes of its line LINE (0 to 7): "0x21, masked, requested, in service"; no line's
 * end. */
void pic_line_print(const struct kvm_pic_state *pic, unsigned line, struct gdb_text *out);

/* What the IOAPIC makes of its pin PIN (0 to 23; 82093AA data sheet, 3.2.4); no line's end. */
void ioapic_pin_print(const struct kvm_ioapic_state *ioapic, unsigned pin, struct gdb_text *out);

#define PIT_HZ 1193182u

/* Channel NUMBER of a PIT in a line, NOW_NS being the time as in count_load_time (Intel 8254 data
 * sheet). */
void pit_channel_print(unsigned number, const struct kvm_pit_channel_state *channel, int64_t now_ns,
                       struct gdb_text *out);
#define PIT_HEADING "channel  mode                    reload  count  output  gate  format"

#endif
