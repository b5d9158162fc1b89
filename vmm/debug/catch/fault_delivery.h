/* Whether the processor can enter the handler of an exception, and if not, why (SDM vol. 3, 6.12,
 * 6.14 and 20.1.4). Pure. */
#ifndef VMM_DEBUG_FAULT_DELIVERY_H
#define VMM_DEBUG_FAULT_DELIVERY_H

#include "debug/catch/fault_view.h"

/* Entering the handler of VECTOR: the vector of the exception that this raises, with WHY, or -1,
 * and then *HANDLER is its linear address. */
int fault_of_delivery(const struct fault_view *view, unsigned vector, uint64_t *handler,
                      struct gdb_text *why);

#endif
