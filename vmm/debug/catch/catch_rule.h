/* One thing that `monitor break-on` stops at, and the words for it. Pure. */
#ifndef VMM_DEBUG_CATCH_RULE_H
#define VMM_DEBUG_CATCH_RULE_H

#include "gdbstub/gdbstub.h"

#include <stdbool.h>
#include <stdint.h>

enum catch_kind {
    CATCH_TRIPLE_FAULT,
    CATCH_RESET,
    CATCH_MODE,
    CATCH_EXCEPTION,
    CATCH_IO,
    CATCH_MMIO,
    CATCH_MSR,
};

struct catch_rule {
    enum catch_kind kind;
    uint64_t first, last; /* exception, ports, guest-physical addresses or MSR; else 0 */
    bool reads, writes;   /* IO and MMIO: which accesses; else both true */
};

#define CATCH_USAGE                                                                                \
    "triple-fault | reset | mode | exception N | io PORT[-PORT] [r|w] | mmio ADDR[-ADDR] [r|w] | " \
    "msr N"

/* The rule that WORDS ("io 0x3f8-0x3ff w") say; numbers are decimal or 0x and hexadecimal. NULL, or
 * what is wrong with the words, and *RULE is undefined. */
const char *catch_rule_parse(const char *words, struct catch_rule *rule);
/* The words again, in one form for all that mean the same. */
void catch_rule_print(const struct catch_rule *rule, struct gdb_text *out);
bool catch_rule_equal(const struct catch_rule *a, const struct catch_rule *b);

/* Whether one of the ports FIRST to LAST belongs to what KVM keeps in the kernel (PICs, PIT):
 * accesses to it make no exit. */
bool catch_is_kernel_port(uint64_t first, uint64_t last);

/* Whether it can only be seen by stepping. KEEPS_STATE: what a triple fault leaves here of the
 * registers (struct host_debug). */
bool catch_rule_needs_steps(const struct catch_rule *rule, bool keeps_state);

#endif
