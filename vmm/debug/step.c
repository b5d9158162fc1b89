#include "debug/step.h"

#include "cpu_state.h"
#include "debug/insn.h"
#include "debug/trap_flag.h"
#include "debug/vector.h"

enum {
    VECTOR_DE = 0,
    VECTOR_DB = 1,
    VECTOR_BP = 3,
    VECTOR_UD = 6,
    VECTOR_SS = 12,
    VECTOR_GP = 13,
    VECTOR_PF = 14,
};

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

/* A debug register on each handler of the N VECTORS that is known and is not at PC itself, where it
 * would stop the step before it began. */
static void watch_handlers(const struct gva_space *space, const struct kvm_sregs *sregs,
                           const uint8_t *vectors, size_t n, uint64_t pc,
                           struct debugregs *registers)
{
    uint64_t handler;
    for (size_t i = 0; i < n; i++)
        if (vector_handler(space, sregs, vectors[i], &handler) && handler != pc)
            debugregs_add(registers, handler, DEBUGREG_EXECUTE, 1);
}

/* What ends the step of INSN at PC beside, or instead of, the trap flag. True: instead. */
static bool end_at_handlers(const struct gva_space *space, const struct kvm_sregs *sregs,
                            const struct insn *insn, uint64_t pc, struct debugregs *registers)
{
    const bool paged = sregs->cr0 & CPU_CR0_PG;
    const uint8_t faults[] = {VECTOR_GP, VECTOR_UD, paged ? VECTOR_PF : VECTOR_SS, VECTOR_DE};
    const uint8_t delivery[] = {insn->vector, VECTOR_GP, VECTOR_SS, VECTOR_PF};
    if (insn->kind != INSN_INT) {
        watch_handlers(space, sregs, faults, sizeof faults, pc, registers);
        return false;
    }
    watch_handlers(space, sregs, delivery, 1, pc, registers);
    if (!registers->used)
        return false; /* where it goes can't be known */
    watch_handlers(space, sregs, delivery + 1, paged ? 3 : 2, pc, registers);
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

    /* Interrupts stay pending, or a step would land in a timer's handler; but a guest that only
     * runs by steps has to get them. */
    uint32_t control = step->action == STEP_ONE ? step->host->flags & KVM_GUESTDBG_BLOCKIRQ : 0;
    struct debugregs registers;
    debugregs_init(&registers);
    bool trap_flag = true;
    if (step->host->execute && !(regs.rflags & FLAG_VM))
        trap_flag = !end_at_handlers(&space, &sregs, &insn, pc, &registers);
    if (trap_flag)
        control |= KVM_GUESTDBG_SINGLESTEP;
    if (registers.used)
        control |= KVM_GUESTDBG_USE_HW_BP;
    if (step->action == STEP_FREE && breakpoints_any_int3(step->breakpoints))
        control |= KVM_GUESTDBG_USE_SW_BP;

    vcpu_set_stepping(vcpu, true, pc);
    step->single = true;
    step->armed = false;
    step->entry = (struct step_entry){
        .trap_flag = trap_flag,
        .pushes_flags = insn.kind == INSN_PUSHF,
        .cs = sregs.cs.selector,
        .rip = regs.rip,
    };
    return arm(step, vcpu, control, &registers);
}

/* The guest must not see what the step has left on its stack: in flags that it pushed, or in the
 * frame of a fault. In a handler that was entered by a fault TF is off, so that a debug register
 * ended the step and not TF. */
static void hide_trap_flag(const struct step *step, struct vcpu *vcpu,
                           const struct vcpu_debug_exit *exit)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    const bool faulted = !(exit->dr6 & DR6_BS);
    if (!step->entry.trap_flag || !(faulted || step->entry.pushes_flags))
        return;
    if (kvm_get_regs(vcpu_kvm(vcpu), &regs) || kvm_get_sregs(vcpu_kvm(vcpu), &sregs))
        return;
    if (faulted)
        trap_flag_clear_frame(step->memory, &regs, &sregs, step->entry.cs, step->entry.rip);
    else
        trap_flag_clear_pushed(step->memory, &regs, &sregs);
}

int step_before_run(struct step *step, struct vcpu *vcpu)
{
    if (step->action == STEP_ONE || breakpoints_any_stepped(step->breakpoints))
        return arm_step(step, vcpu);
    return arm_free(step, vcpu);
}

bool step_debug_exit(struct step *step, struct vcpu *vcpu, const struct vcpu_debug_exit *exit)
{
    const bool breakpoint = breakpoints_at(step->breakpoints, exit->pc);
    if (step->single && exit->exception == VECTOR_DB) {
        hide_trap_flag(step, vcpu, exit);
        return step->action == STEP_ONE || breakpoint;
    }
    if (breakpoint)
        return true;
    /* Not ours: the guest's own int3 or debug exception, which it gets. */
    step->inject = exit->exception == VECTOR_BP ? KVM_GUESTDBG_INJECT_BP : KVM_GUESTDBG_INJECT_DB;
    return false;
}
