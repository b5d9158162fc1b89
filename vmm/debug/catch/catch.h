/* The machine's own events that the client wants to stop at (`monitor break-on`): resets, mode
 * switches, exceptions, port and MMIO accesses, MSRs, triple faults.
 *
 * Accesses come from the vCPU's exits and cost nothing; what no exit tells of is seen by stepping
 * (catches_need_steps). The set changes only while all vCPUs are parked. */
#ifndef VMM_DEBUG_CATCH_H
#define VMM_DEBUG_CATCH_H

#include "debug/step/step.h"
#include "gdbstub/gdbstub.h"
#include "memory/memory.h"
#include "vcpu/vcpu.h"

#define CATCHES_MAX 64

struct catches;

/* KEEPS_STATE: whether registers survive a triple fault here (struct host_debug). MEMORY must
 * outlive it. NULL if memory is short. */
struct catches *catches_new(const struct memory *memory, bool keeps_state);
void catches_free(struct catches *set);

/* Adds what WORDS say ("io 0x3f8-0x3ff w"), with a line in OUT that says what it will cost; what is
 * there already is a success and adds nothing. On an error nothing is changed, and OUT says why and
 * how it is to be written: -EINVAL or -ENOSPC. */
int catches_add(struct catches *set, const char *words, struct gdb_text *out);
/* A line each. */
void catches_list(const struct catches *set, struct gdb_text *out);
void catches_clear(struct catches *set);

/* Whether vCPUs must run by steps. */
bool catches_need_steps(const struct catches *set);
bool catches_reset(const struct catches *set);
bool catches_triple_fault(const struct catches *set);

/* Whether to stop after this access, or after this step; then WHY says in one line, for the
 * client's user, what happened ("CPU 0: mode: 16-bit -> 32-bit code\n"). On the vCPU's thread; the
 * access has not been served yet. */
bool catches_access(const struct catches *set, struct vcpu *vcpu, const struct vcpu_access *access,
                    struct gdb_text *why);
bool catches_step(const struct catches *set, struct vcpu *vcpu, const struct step_report *report,
                  struct gdb_text *why);

#endif
