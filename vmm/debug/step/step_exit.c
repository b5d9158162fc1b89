/* What a debug exit means: the end of a step, a breakpoint, or something of the guest's own. */
#include "debug/step/insn_effects.h"
#include "debug/step/insn_raises.h"
#include "debug/step/step_state.h"
#include "debug/step/trap_flag.h"
#include "vcpu/cpu_state.h"
#include "vcpu/vcpu_snapshot.h"

#define DR6_B(n) (1u << (n))
#define DR6_OWN  0xe000ull /* BD, BS, BT: what a debug exception of the guest's own may say */
#define DR6_HITS 0xfull
#define INT3     0xcc

/* The state at an exit. */
struct moment {
    const struct vcpu_debug_exit *exit;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct gva_space space;
};

/* ---- The guest's own */

/* The guest gets the #DB that came with DR6. */
static void give_back_db(struct step *step, struct vcpu *vcpu, uint64_t dr6)
{
    struct kvm_debugregs regs;
    if (!kvm_get_debugregs(vcpu_kvm(vcpu), &regs)) {
        regs.dr6 = (regs.dr6 & ~DR6_HITS) | (dr6 & DR6_OWN);
        kvm_set_debugregs(vcpu_kvm(vcpu), &regs);
    }
    step->inject = KVM_GUESTDBG_INJECT_DB;
}

/* An int3 at the pc that is none of the breakpoints: the guest's, unless a step of another vCPU had
 * planted it; then it is tried again. */
static void give_back_bp(struct step *step, const struct moment *now)
{
    uint8_t byte;
    uint64_t gpa;
    if (!gva_translate(&now->space, now->exit->pc, &gpa) ||
        gva_read(&now->space, now->exit->pc, &byte, 1) != 1 || byte != INT3)
        return;
    if (!step->temp || !temp_int3_is_at(step->temp, gpa))
        step->inject = KVM_GUESTDBG_INJECT_BP;
}

/* ---- A free run */

static bool has_debugreg_at(const struct debugregs *set, uint64_t dr6, uint64_t pc)
{
    for (unsigned i = 0; i < set->used; i++)
        if ((dr6 & DR6_B(i)) && set->addr[i] == pc)
            return true;
    return false;
}

static bool free_exit(struct step *step, struct vcpu *vcpu, const struct moment *now)
{
    const struct vcpu_debug_exit *exit = now->exit;
    const bool breakpoint = breakpoints_at(step->breakpoints, exit->pc);
    const bool executes =
        exit->exception == EXCEPTION_BP || has_debugreg_at(&step->registers, exit->dr6, exit->pc);
    step->awake = executes; /* so that the step that leaves the breakpoint need not ask KVM */
    if (exit->exception == EXCEPTION_BP) {
        if (!breakpoint)
            give_back_bp(step, now);
        return breakpoint;
    }
    const bool watched =
        breakpoints_watch_fired(step->breakpoints, &step->registers, exit->dr6, &step->hit);
    const bool own = (exit->dr6 & DR6_BS) || (!watched && !executes);
    if (own && !(breakpoint && !(exit->dr6 & DR6_BS)))
        give_back_db(step, vcpu, exit->dr6);
    return breakpoint || watched;
}

/* ---- A step's end */

/* How an entry has ended. */
struct ending {
    enum { END_DONE, END_AGAIN, END_FOREIGN_DB } what;
    int vector; /* END_DONE: of the handler that it stands at, or -1 */
};

static bool is_plain_flow(const struct step *step, uint64_t pc)
{
    return pc - step->entry.report.pc <= INSN_MAX;
}

/* A backend that steps into handlers by itself: that the pc is a handler's may be chance, but the
 * frame on the stack is not. */
static int handler_entered(const struct step *step, const struct moment *now)
{
    uint64_t flags;
    if (is_plain_flow(step, now->exit->pc))
        return -1;
    const struct step_target *target = step_plan_at(&step->plan, now->exit->pc);
    if (!target || target->vector < 0)
        return -1;
    return trap_flag_find_frame(&now->space, &now->regs, &now->sregs, step->entry.cs,
                                step->entry.rip, &flags)
               ? target->vector
               : -1;
}

static struct ending ending_of(const struct step *step, const struct moment *now)
{
    const struct vcpu_debug_exit *exit = now->exit;
    const struct step_target *target = step_plan_at(&step->plan, exit->pc);
    const bool stepped = exit->exception == EXCEPTION_DB && (exit->dr6 & DR6_BS);
    if (stepped && (step->plan.trap_flag || step->entry.own_flag))
        return (struct ending){END_DONE, handler_entered(step, now)};
    if (target)
        return (struct ending){END_DONE, target->vector};
    if (exit->exception == EXCEPTION_BP)
        return (struct ending){breakpoints_at(step->breakpoints, exit->pc) ? END_DONE : END_AGAIN,
                               -1};
    return (struct ending){exit->dr6 & DR6_HITS || stepped ? END_DONE : END_FOREIGN_DB, -1};
}

/* In flags that it pushed, or in the frame of a fault, the guest finds its own TF, not ours. */
static void put_own_flag(const struct step *step, const struct moment *now, bool in_handler)
{
    if (!step->plan.trap_flag)
        return;
    if (in_handler)
        trap_flag_put_frame(step->memory, &now->regs, &now->sregs, step->entry.cs, step->entry.rip,
                            step->entry.own_flag);
    else if (step->entry.insn.kind == INSN_PUSHF)
        trap_flag_put_pushed(step->memory, &now->regs, &now->sregs, step->entry.own_flag);
}

/* Whether the guest's own TF traps after the instruction: if it was set before, but for what ends
 * in a handler, what holds traps off (mov ss), and what takes TF from elsewhere and traps at once
 * if it is set there (SDM vol. 3, 17.3.1.4; vol. 2, SYSCALL, SYSRET). */
static bool traps_after(const struct step_entry *entry)
{
    switch (entry->insn.kind) {
    case INSN_INT:
    case INSN_LOAD_SS:
        return false;
    case INSN_SYSCALL:
    case INSN_SYSRET:
        return entry->flag_after;
    default:
        return entry->own_flag;
    }
}

static void finish_rep(struct step *step, struct vcpu *vcpu, struct moment *now)
{
    if (step_rep_end(&step->entry.rep, &now->regs))
        kvm_set_regs(vcpu_kvm(vcpu), &now->regs);
}

/* True: one more entry belongs to this step, and phase says which. */
static bool needs_another(struct step *step, struct vcpu *vcpu, bool in_handler)
{
    const struct step_entry *entry = &step->entry;
    const bool done = (step->phase == PHASE_INSN || step->phase == PHASE_HELD) && !in_handler;
    const bool halted = entry->insn.kind == INSN_HLT;
    if (done && entry->flag_after && (step->plan.trap_flag || entry->insn.kind == INSN_SYSRET))
        step_show_trap_flag(vcpu);
    if (done && traps_after(entry)) {
        give_back_db(step, vcpu, DR6_BS);
        step->phase = PHASE_TRAP;
        return true;
    }
    if (((done && halted) || step->phase == PHASE_WAIT) && step->action == STEP_ONE &&
        step->let_interrupts_in) {
        step->phase = PHASE_TAKE;
        step->taken_after_wait = true;
        return true;
    }
    if (step->phase == PHASE_TAKE && !in_handler && !step->taken_after_wait) {
        step->phase = PHASE_HELD; /* an interrupt shadow: nothing has been executed yet */
        return true;
    }
    return false;
}

bool step_stays_in(const struct step *step, const struct step_range *range, uint64_t pc)
{
    return pc - range->start < range->end - range->start && step->report.vector < 0 &&
           step->report.bits_before == step->report.bits_after;
}

/* What an instruction would have accessed that has faulted is not known. */
static bool has_hit(struct step *step, const struct moment *now)
{
    static const struct watch_accesses unknown = {.more = true};
    if (breakpoints_watch_fired(step->breakpoints, &step->registers, now->exit->dr6, &step->hit))
        return true;
    return breakpoints_any_watch_stepped(step->breakpoints) &&
           breakpoints_watch_stepped(step->breakpoints, &now->space,
                                     step->report.vector < 0 ? &step->accesses : &unknown,
                                     &step->hit);
}

static bool is_stop(struct step *step, const struct moment *now, uint64_t pc)
{
    if (has_hit(step, now) || breakpoints_at(step->breakpoints, pc))
        return true;
    if (step->action == STEP_ONE)
        return !step_stays_in(step, &step->range, pc);
    return step->action == STEP_OUT &&
           !breakpoints_is_fenced_pc(step->breakpoints, &now->space, pc);
}

/* Of those below 32 only real mode has some from outside, where the BIOS has put them. */
static bool was_interrupted(const struct step *step, const struct moment *now, int vector)
{
    return vector >= 0 && step->entry.insn.kind != INSN_INT &&
           (vector >= 32 || !(now->sregs.cr0 & CPU_CR0_PE));
}

static void count_for_pace(struct step *step, const struct moment *now, int vector)
{
    if (step->phase == PHASE_WAIT || (step->entry.insn.kind == INSN_HLT && vector < 0))
        step_pace_forget(&step->pace);
    else
        step_pace_count(&step->pace, was_interrupted(step, now, vector),
                        now->regs.rflags & CPU_FLAG_IF);
}

/* Whether the step was nothing but its instruction: no exception or interrupt was delivered in it.
 * One that KVM was called away from delivering comes in at the next entry whatever is held back,
 * but not after a step that has ended. An INIT, which has the debug registers reset, only others
 * send. */
static bool was_the_insn_alone(const struct step *step, int vector)
{
    const uint32_t all = KVM_GUESTDBG_BLOCKIRQ | KVM_GUESTDBG_USE_HW_BP;
    return step->phase == PHASE_INSN && step->entry.faultless && !step->entry.own_flag &&
           vector < 0 && (step->control & all) == all && step->awake && step->alone;
}

/* What it can't have changed need not be asked of KVM again. */
static void tell_unchanged(const struct step *step, struct vcpu *vcpu, int vector)
{
    if (!was_the_insn_alone(step, vector))
        return;
    const unsigned changes = insn_effects(&step->entry.proof.parts);
    kvm_kept_unchanged(&vcpu_kvm(vcpu)->kept, !(changes & VCPU_PART_FPU),
                       !(changes & VCPU_PART_DEBUG) && step->host->keeps_debugregs);
}

static bool step_ended(struct step *step, struct vcpu *vcpu, struct moment *now, int vector)
{
    const bool in_handler = vector >= 0;
    tell_unchanged(step, vcpu, vector);
    count_for_pace(step, now, vector);
    put_own_flag(step, now, in_handler);
    finish_rep(step, vcpu, now);
    if (needs_another(step, vcpu, in_handler))
        return false;
    step->phase = PHASE_FREE;
    step->awake = true;
    step->taken_after_wait = false;
    step->report = step->entry.report;
    step->report.bits_after = vcpu_code_bits(&now->sregs);
    step->report.vector = vector;
    step->ended = true;
    return is_stop(step, now, vcpu_linear_pc_of(&now->regs, &now->sregs));
}

static bool step_exit(struct step *step, struct vcpu *vcpu, struct moment *now)
{
    const struct ending ending = ending_of(step, now);
    if (ending.what == END_AGAIN) {
        give_back_bp(step, now);
        return false;
    }
    step->under_way = false;
    step_lift(step);
    if (ending.what == END_FOREIGN_DB) { /* int1 */
        give_back_db(step, vcpu, now->exit->dr6);
        step->phase = PHASE_TRAP;
        return false;
    }
    return step_ended(step, vcpu, now, ending.vector);
}

bool step_debug_exit(struct step *step, struct vcpu *vcpu, const struct vcpu_debug_exit *exit)
{
    struct moment now;
    now.exit = exit;
    if (kvm_get_regs(vcpu_kvm(vcpu), &now.regs) || kvm_get_sregs(vcpu_kvm(vcpu), &now.sregs))
        return true;
    now.space = gva_space(step->memory, &now.sregs);
    return step->under_way ? step_exit(step, vcpu, &now) : free_exit(step, vcpu, &now);
}

/* TF ends a step with the instruction, but where a debug register or an int3 is to end it, KVM may
 * be called away at the very boundary: begun anew, the step would take one instruction more. One
 * that waits in hlt is behind it already, and has only to wake. */
bool step_has_arrived(const struct step *step, struct vcpu *vcpu, struct vcpu_debug_exit *exit)
{
    struct kvm_mp_state mp;
    *exit = (struct vcpu_debug_exit){.exception = EXCEPTION_DB};
    return step->under_way && !vcpu_linear_pc(vcpu, &exit->pc) &&
           step_plan_at(&step->plan, exit->pc) &&
           (step->phase == PHASE_WAIT || exit->pc != step->entry.report.pc) &&
           !kvm_get_mp_state(vcpu_kvm(vcpu), &mp) && mp.mp_state == KVM_MP_STATE_RUNNABLE;
}
