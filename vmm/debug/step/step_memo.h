/* Steps that have been planned before. In a loop the pc comes to the same instructions again and
 * again, and what was found out for each still holds while the registers that it depends on, and
 * every byte of guest memory that was read for it (the instruction, page tables, gates,
 * descriptors) are the same: they are compared each time, within a run and from step to step. So
 * code that changes itself, its tables
 * or its handlers is stepped as if nothing were remembered.
 *
 * Only plain instructions are kept, which go on at the next one and are ended by the trap flag. A
 * memo belongs to one vCPU, and to its thread while that runs. */
#ifndef VMM_DEBUG_STEP_MEMO_H
#define VMM_DEBUG_STEP_MEMO_H

#include "debug/cpu/read_log.h"
#include "kvm/kvm.h"

#include <stdbool.h>

struct step;
struct step_memo;

/* Empty. NULL if memory is short; then everything below does nothing, as with NULL at any time. */
struct step_memo *step_memo_new(void);
void step_memo_free(struct step_memo *memo);

/* STEP, whose phase is chosen, is about to step the instruction at PC. True: it is set out as it
 * was the last time, with the same targets, registers and sites. */
bool step_memo_recall(struct step *step, uint64_t pc, const struct kvm_regs *regs,
                      const struct kvm_sregs *sregs);
/* Where to log what is read to set it out; then step_memo_keep. NULL: need not be. */
struct read_log *step_memo_begin(struct step *step, uint64_t pc, const struct kvm_regs *regs,
                                 const struct kvm_sregs *sregs);
/* STEP is set out: remembers that, if it is of the kind that is kept. */
void step_memo_keep(struct step *step);

#endif
