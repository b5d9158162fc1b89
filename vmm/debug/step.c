#include "debug/step.h"

#include "debug/insn.h"
#include "debug/vector.h"

#include <string.h>

enum { VECTOR_DB = 1, VECTOR_BP = 3, VECTOR_NP = 11, VECTOR_SS, VECTOR_GP, VECTOR_PF };

#define FLAG_VM (1u << 17)

void step_begin(struct step *step, enum step_action action)
{
    step->action = action;
    step->armed = false;
    step->single = false;
}

static int arm(struct step *step, struct vcpu *vcpu, uint32_t control,
               const struct debugregs *registers)
{
    struct kvm_guest_debug debug = {.control = control | step->inject};
    if (debug.control)
        debug.control |= KVM_GUESTDBG_ENABLE;
    if (registers) {
        for (int i = 0; i < DEBUGREG_COUNT; i++)
            debug.arch.debugreg[i] = registers->addr[i];
        debug.arch.debugreg[7] = registers->dr7;
    }
    int err = kvm_set_guest_debug(vcpu_kvm(vcpu), &debug);
    if (!err)
        step->inject = 0;
    return err;
}

/* An injection holds for one entry, so that the entry after it is armed anew. */
static int arm_free(struct step *step, struct vcpu *vcpu)
{
    vcpu_set_stepping(vcpu, false, 0);
    step->single = false;
    if (step->armed && !step->inject)
        return 0;
    const bool injecting = step->inject;
    struct debugregs registers;
    breakpoints_debugregs(step->breakpoints, &registers);
    uint32_t control = 0;
    if (breakpoints_any_int3(step->breakpoints))
        control |= KVM_GUESTDBG_USE_SW_BP;
    if (registers.used)
        control |= KVM_GUESTDBG_USE_HW_BP;
    int err = arm(step, vcpu, control, &registers);
    step->armed = !err && !injecting;
    return err;
}

/* Debug registers on where the instruction at PC will enter: VECTOR's handler, and the handlers of
 * the faults that delivering it may raise. False if that can't be known. */
static bool handler_registers(const struct gva_space *space, const struct kvm_sregs *sregs,
                              uint8_t vector, uint64_t pc, struct debugregs *registers)
{
    const uint8_t faults[] = {VECTOR_GP, VECTOR_SS,
                              sregs->cr0 & CPU_CR0_PG ? VECTOR_PF : VECTOR_NP};
    uint64_t handler;
    debugregs_init(registers);
    if (!vector_handler(space, sregs, vector, &handler) || handler == pc)
        return false;
    debugregs_add(registers, handler, DEBUGREG_EXECUTE, 1);
    for (size_t i = 0; i < sizeof faults; i++)
        if (vector_handler(space, sregs, faults[i], &handler) && handler != pc)
            debugregs_add(registers, handler, DEBUGREG_EXECUTE, 1);
    return true;
}

static unsigned code_bits(const struct kvm_sregs *sregs)
{
    if ((sregs->efer & CPU_EFER_LMA) && sregs->cs.l)
        return 64;
    return sregs->cs.db ? 32 : 16;
}

static int arm_step(struct step *step, struct vcpu *vcpu)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    int err = kvm_get_regs(vcpu_kvm(vcpu), &regs);
    if (!err)
        err = kvm_get_sregs(vcpu_kvm(vcpu), &sregs);
    if (err)
        return err;
    const uint64_t pc = vcpu_linear_pc_of(&regs, &sregs);
    const struct gva_space space = gva_space(step->memory, &sregs);
    uint8_t bytes[INSN_MAX];
    const size_t n = gva_read(&space, pc, bytes, sizeof bytes);
    const struct insn insn = insn_decode(bytes, n, code_bits(&sregs), regs.rflags);

    /* Interrupts stay pending, or a step would land in a timer's handler. */
    uint32_t control = step->host->flags & KVM_GUESTDBG_BLOCKIRQ;
    struct debugregs registers;
    debugregs_init(&registers);
    if (insn.kind == INSN_INT && step->host->execute && !(regs.rflags & FLAG_VM) &&
        handler_registers(&space, &sregs, insn.vector, pc, &registers))
        control |= KVM_GUESTDBG_USE_HW_BP;
    else
        control |= KVM_GUESTDBG_SINGLESTEP;
    if (step->action == STEP_FREE && breakpoints_any_int3(step->breakpoints))
        control |= KVM_GUESTDBG_USE_SW_BP;

    vcpu_set_stepping(vcpu, true, pc);
    step->single = true;
    step->armed = false;
    return arm(step, vcpu, control, &registers);
}

int step_before_run(struct step *step, struct vcpu *vcpu)
{
    if (step->action == STEP_ONE || breakpoints_any_stepped(step->breakpoints))
        return arm_step(step, vcpu);
    return arm_free(step, vcpu);
}

bool step_debug_exit(struct step *step, const struct vcpu_debug_exit *exit)
{
    const bool breakpoint = breakpoints_at(step->breakpoints, exit->pc);
    if (step->single && exit->exception == VECTOR_DB)
        return step->action == STEP_ONE || breakpoint;
    if (breakpoint)
        return true;
    /* Not ours: the guest's own int3 or debug exception, which it gets. */
    step->inject = exit->exception == VECTOR_BP ? KVM_GUESTDBG_INJECT_BP : KVM_GUESTDBG_INJECT_DB;
    return false;
}
