/* The MSRs that have a name: for the client's registers and for `monitor msr`. */
#ifndef VMM_DEBUG_MSR_LIST_H
#define VMM_DEBUG_MSR_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct msr_name {
    const char *name;
    uint32_t number;
    bool writable; /* false: the processor, or KVM, takes no other value */
};

/* The first GDB_MSRS rows are those that are registers, at their index (enum gdb_msr) and by the
 * same name. KVM need not know each. */
extern const struct msr_name msr_list[];
extern const size_t msr_rows;

/* The row of that name or number, or NULL. */
const struct msr_name *msr_by_name(const char *name);
const struct msr_name *msr_by_number(uint32_t number);

#endif
