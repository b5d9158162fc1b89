/* The machine's own events that the client wants to stop at (`monitor break-on`): resets, mode
 * switches, exceptions, port and MMIO accesses, MSRs, triple faults.
 *
 * Accesses come from the vCPU's exits and cost nothing; what no exit tells of is seen by stepping
 * (catches_need_steps). The set changes only while all vCPUs are parked. */
#ifndef VMM_DEBUG_CATCH_H
#define VMM_DEBUG_CATCH_H

#include "debug/step.h"
#include "gdbstub/gdbstub.h"
#include "vcpu.h"

struct catches;

/* NULL if memory is short. */
struct catches *catches_new(void);
void catches_free(struct catches *set);

/* Adds what WORDS says ("io 0x3f8-0x3ff w"), with a line in OUT that says what it will cost; or
 * removes nothing and writes the usage. 0, -EINVAL, -ENOSPC or -ENOMEM. */
int catches_add(struct catches *set, const char *words, struct gdb_text *out);
/* A line each. */
void catches_list(const struct catches *set, struct gdb_text *out);
void catches_clear(struct catches *set);

/* Whether vCPUs must run by steps. */
bool catches_need_steps(const struct catches *set);
bool catches_reset(const struct catches *set);
bool catches_triple_fault(const struct catches *set);

/* Whether to stop after this access, or after this step; then WHY says in one line, for the
 * client's user, what happened. On the vCPU's thread. */
bool catches_access(const struct catches *set, const struct vcpu_access *access,
                    struct gdb_text *why);
bool catches_step(const struct catches *set, struct vcpu *vcpu, const struct step_report *report,
                  struct gdb_text *why);

#endif
