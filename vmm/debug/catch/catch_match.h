/* Whether an access or a step is one that a rule catches, and the line that says what it was. Pure:
 * registers and bytes are given. */
#ifndef VMM_DEBUG_CATCH_MATCH_H
#define VMM_DEBUG_CATCH_MATCH_H

#include "debug/catch/catch_rule.h"
#include "debug/step/insn.h"
#include "debug/step/step.h"
#include "gdbstub/gdbstub.h"
#include "vcpu/vcpu.h"

#include <linux/kvm.h>

bool catch_access_matches(const struct catch_rule *rule, const struct vcpu_access *access);
/* "out 0x41 -> port 0x3f8 (1 byte)"; no newline. */
void catch_access_print(const struct vcpu_access *access, struct gdb_text *why);

/* Where the instruction lies that made the port ACCESS, if that is certain: at PC, or just before
 * it, for some backends have moved the pc on when they tell of an OUT. BYTES are those from
 * PC - CATCH_BEFORE on, CATCH_BEFORE + INSN_MAX of them, BITS is the code's. */
#define CATCH_BEFORE 3
bool catch_access_place(const struct vcpu_access *access, const uint8_t *bytes, uint64_t pc,
                        unsigned bits, uint16_t dx, uint64_t *place);

/* Whether the step that REPORT tells of, after which the registers are REGS, is one that RULE
 * catches; then WHY gets "mode: 16-bit -> 32-bit code", without a newline. IN_REAL_MODE: CR0.PE is
 * off now. */
bool catch_step_matches(const struct catch_rule *rule, const struct step_report *report,
                        const struct kvm_regs *regs, bool in_real_mode, struct gdb_text *why);

#endif
