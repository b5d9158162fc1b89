/* Where the processor goes on an interrupt vector: the IVT in real mode (SDM vol. 3, 20.1.4), the
 * IDT's gates elsewhere (6.10, 6.14.1), and the descriptors that selectors name (3.4.5). */
#ifndef VMM_DEBUG_VECTOR_H
#define VMM_DEBUG_VECTOR_H

#include "debug/cpu/gva.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The linear address of VECTOR's handler. False if there is none that can be known (outside the
 * table, not present, a task gate). */
bool vector_handler(const struct gva_space *space, const struct kvm_sregs *sregs, uint8_t vector,
                    uint64_t *linear);

#define VECTORS 256

struct vector_handler {
    uint64_t addr; /* linear */
    uint8_t vector;
};

/* All that vector_handler would find, by ascending vector, into HANDLERS, which has room for
 * VECTORS. Returns how many. */
size_t vector_handlers(const struct gva_space *space, const struct kvm_sregs *sregs,
                       struct vector_handler *handlers);

/* The code or data segment that SELECTOR names in the GDT or LDT, as loading it would set it.
 * False if there is none that could be loaded: then SEGMENT is untouched if the table has no such
 * entry, else what the entry says. */
bool descriptor_load(const struct gva_space *space, const struct kvm_sregs *sregs,
                     uint16_t selector, struct kvm_segment *segment);

#endif
