#include "debug/step/step.h"

#include "debug/cpu/exception.h"
#include "debug/step/insn_watch.h"
#include "debug/step/pending_irq.h"
#include "debug/step/step_state.h"
#include "vcpu/cpu_state.h"

#define PAGE_MASK 0xfffull

void step_begin(struct step *step, enum step_action action)
{
    step->action = action;
    step->range = (struct step_range){0, 0};
    step->armed = false;
    step->phase = PHASE_FREE;
    step->taken_after_wait = false;
    step->hit = (struct watch_hit){.is_hit = false};
    step->report.n = 0; /* that was another run's last */
}

void step_halted(struct step *step)
{
    step->awake = false;
    step_pace_forget(&step->pace);
}

int step_arm(struct step *step, struct vcpu *vcpu, uint32_t control,
             const struct debugregs *registers)
{
    struct kvm_guest_debug debug = {.control = control | step->inject};
    if (debug.control)
        debug.control |= KVM_GUESTDBG_ENABLE;
    for (int i = 0; i < DEBUGREG_COUNT; i++)
        debug.arch.debugreg[i] = registers->addr[i];
    debug.arch.debugreg[7] = registers->dr7;
    int err = kvm_set_guest_debug(vcpu_kvm(vcpu), &debug);
    if (!err)
        step->inject = 0;
    return err;
}

/* An injection holds for one entry, so that the entry after it is armed anew. */
static int arm_free(struct step *step, struct vcpu *vcpu)
{
    vcpu_set_stepping(vcpu, false, 0);
    step->phase = PHASE_FREE;
    step->awake = false;
    if (step->armed && !step->inject)
        return 0;
    const bool injecting = step->inject;
    breakpoints_debugregs(step->breakpoints, &step->registers);
    uint32_t control = 0;
    if (breakpoints_any_int3(step->breakpoints) ||
        (step->host->int3 && step->temp && temp_int3_is_expected(step->temp)))
        control |= KVM_GUESTDBG_USE_SW_BP;
    if (step->registers.used)
        control |= KVM_GUESTDBG_USE_HW_BP;
    int err = step_arm(step, vcpu, control, &step->registers);
    step->armed = !err && !injecting;
    return err;
}

/* ---- A step */

/* hlt is not held up: woken by an interrupt that does not come in, it would seem to have waited for
 * nothing. (Of an insn that is not looked at yet: nothing is owed behind hlt.) */
bool step_takes_interrupts(const struct step *step)
{
    if (step->action == STEP_ONE)
        return step->let_interrupts_in;
    return !step_pace_holds(&step->pace) || step->entry.insn.kind == INSN_HLT;
}

static bool read_msr(void *cpu, uint32_t index, uint64_t *value)
{
    return kvm_get_msr(cpu, index, value) == 1;
}

static bool is_halted(struct vcpu *vcpu)
{
    struct kvm_mp_state mp;
    return !kvm_get_mp_state(vcpu_kvm(vcpu), &mp) && mp.mp_state == KVM_MP_STATE_HALTED;
}

/* The interrupt that would come in now, or -1. */
static int pending_vector(struct vcpu *vcpu)
{
    struct kvm_cpu *kvm = vcpu_kvm(vcpu);
    struct kvm_irqchip master = {.chip_id = KVM_IRQCHIP_PIC_MASTER};
    struct kvm_irqchip slave = {.chip_id = KVM_IRQCHIP_PIC_SLAVE};
    struct kvm_lapic_state lapic;
    if (kvm_get_lapic(kvm, &lapic))
        return -1;
    int vector = -1;
    if (pending_irq_takes_pics(&lapic) && !kvm_get_irqchip(kvm->vm, &master) &&
        !kvm_get_irqchip(kvm->vm, &slave))
        vector = pending_irq_pics(&master.chip.pic, &slave.chip.pic);
    return vector >= 0 ? vector : pending_irq_lapic(&lapic);
}

/* Whether interrupts come in one by one, each by an entry of its own with a debug register on its
 * handler: where int3 bytes can't be on all of them. */
static bool takes_each(const struct step *step)
{
    return step_takes_interrupts(step) && !(step->host->int3 && step->temp);
}

/* What a step must know that ran freely before, or was given up, is asked of KVM once. */
static void choose_phase(struct step *step, struct vcpu *vcpu, uint64_t rflags)
{
    const bool held = step->phase == PHASE_HELD;
    if (step->inject)
        step->phase = PHASE_TRAP;
    else if (!step->awake && is_halted(vcpu))
        step->phase = PHASE_WAIT;
    else if (!held && takes_each(step) && (rflags & CPU_FLAG_IF) && pending_vector(vcpu) >= 0)
        step->phase = PHASE_TAKE;
    else
        step->phase = held ? PHASE_HELD : PHASE_INSN;
}

/* The instruction's bytes, without those that other vCPUs' steps have planted in it. */
static size_t read_insn(struct step *step, const struct gva_space *space, uint64_t pc,
                        uint8_t *bytes)
{
    const size_t n = gva_read(space, pc, bytes, INSN_MAX);
    uint64_t gpa;
    for (size_t i = 0; step->temp && i < n; i++)
        if (bytes[i] == 0xcc && gva_translate(space, pc + i, &gpa))
            temp_int3_uncover(step->temp, gpa, &bytes[i]);
    return n;
}

static void note_entry(struct step *step, const struct gva_space *space,
                       const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
    struct step_entry *entry = &step->entry;
    *entry = (struct step_entry){
        .report = {.pc = vcpu_linear_pc_of(regs, sregs),
                   .bits_before = vcpu_code_bits(sregs),
                   .vector = -1},
        .cs = sregs->cs.selector,
        .rip = regs->rip,
        .own_flag = regs->rflags & CPU_FLAG_TF,
    };
    struct step_report *report = &entry->report;
    report->n = (unsigned)read_insn(step, space, report->pc, report->bytes);
    entry->insn = insn_decode(report->bytes, report->n, report->bits_before, regs->rflags);
    faultless_look(&entry->proof, report->bytes, report->n, report->bits_before);
    entry->faultless = faultless_here(&entry->proof, regs, sregs);
}

/* Translations of addresses that mostly lie in one page. */
struct page_memo {
    bool known;
    uint64_t page, gpa;
};

static bool translate(const struct gva_space *space, struct page_memo *memo, uint64_t addr,
                      uint64_t *gpa)
{
    if (!memo->known || memo->page != (addr & ~PAGE_MASK)) {
        memo->page = addr & ~PAGE_MASK;
        memo->known = gva_translate(space, memo->page, &memo->gpa);
    }
    *gpa = memo->gpa + (addr & PAGE_MASK);
    return memo->known;
}

/* Debug registers for the first targets, int3 bytes for the others. */
static void place_targets(struct step *step, const struct gva_space *space, bool int3)
{
    struct page_memo memo = {0};
    step->first_in_register = false;
    step->first_site = STEP_TARGETS_MAX;
    step->site_count = 0;
    for (unsigned i = 0; i < step->plan.count; i++) {
        const struct step_target *target = &step->plan.targets[i];
        uint64_t gpa;
        if (!target->by_int3 && step->host->execute &&
            debugregs_add(&step->registers, target->addr, DEBUGREG_EXECUTE, 1)) {
            step->first_in_register = step->first_in_register || i == 0;
        } else if (int3 && translate(space, &memo, target->addr, &gpa)) {
            if (i == 0)
                step->first_site = step->site_count;
            step->sites[step->site_count++].gpa = gpa;
        }
    }
}

/* False if the first target of all has neither. */
static bool cover_targets(struct step *step)
{
    if (step->site_count)
        temp_int3_plant(step->temp, step->sites, step->site_count);
    return step->first_in_register ||
           (step->first_site < step->site_count && step->sites[step->first_site].planted);
}

static bool is_insn(const struct step *step)
{
    return step->phase == PHASE_INSN || step->phase == PHASE_HELD;
}

static void make_plan(struct step *step, struct vcpu *vcpu, const struct step_question *question)
{
    if (is_insn(step))
        step_plan_insn(&step->plan, question);
    else if (step->phase == PHASE_WAIT)
        step_plan_wait(&step->plan, question);
    else if (step->phase == PHASE_TAKE)
        step_plan_delivery(&step->plan, question, takes_each(step) ? pending_vector(vcpu) : -1,
                           true);
    else
        step_plan_delivery(&step->plan, question,
                           step->inject & KVM_GUESTDBG_INJECT_BP ? EXCEPTION_BP : EXCEPTION_DB,
                           false);
}

/* Debug registers are ours during a step even if none is used: the guest's own would end it
 * elsewhere. While it waits others run, and may be who wakes it: they are not to run into its int3
 * bytes. The interrupt that wakes it is to find it at a stop. */
static uint32_t control_of(const struct step *step, bool int3)
{
    const bool hold = step->phase == PHASE_WAIT || !step_takes_interrupts(step) ||
                      (is_insn(step) && takes_each(step));
    uint32_t control = hold ? step->host->flags & KVM_GUESTDBG_BLOCKIRQ : 0;
    if (step->plan.trap_flag)
        control |= KVM_GUESTDBG_SINGLESTEP;
    if (step->registers.used || step->host->execute)
        control |= KVM_GUESTDBG_USE_HW_BP;
    if (int3)
        control |= KVM_GUESTDBG_USE_SW_BP;
    return control;
}

/* An int3 that is stepped is the guest's own. */
static bool uses_int3(const struct step *step)
{
    const struct insn *insn = &step->entry.insn;
    const bool own_int3 = insn->kind == INSN_INT && insn->vector == EXCEPTION_BP;
    return step->host->int3 && step->temp && !(step->phase == PHASE_INSN && own_int3);
}

/* What is to end this entry. */
static void set_out(struct step *step, struct vcpu *vcpu, const struct kvm_regs *regs,
                    const struct kvm_sregs *sregs, const struct gva_space *space)
{
    struct step_entry *entry = &step->entry;
    const struct transfer_msrs msrs = {read_msr, vcpu_kvm(vcpu)};
    const bool waits = step->phase == PHASE_WAIT;
    const struct step_question question = {
        .insn = &entry->insn,
        .space = space,
        .regs = regs,
        .sregs = sregs,
        .msrs = &msrs,
        .int3_exits = uses_int3(step),
        .interrupts = step_takes_interrupts(step) && !takes_each(step) && !waits,
        .faultless = entry->faultless,
    };
    make_plan(step, vcpu, &question);
    entry->flag_after = transfer_trap_flag(&entry->insn, space, regs, sregs, &msrs);
    debugregs_init(&step->registers);
    if (!waits)
        breakpoints_watch_debugregs(step->breakpoints, &step->registers);
    place_targets(step, space, uses_int3(step) && !waits);
}

/* Makes it so. */
static int arm_entry(struct step *step, struct vcpu *vcpu, struct kvm_regs *regs)
{
    struct step_entry *entry = &step->entry;
    if (is_insn(step) && entry->insn.kind == INSN_REP &&
        step_rep_begin(&entry->rep, &entry->insn, regs)) {
        int err = kvm_set_regs(vcpu_kvm(vcpu), regs);
        if (err)
            return err;
    }
    if (!cover_targets(step) && is_insn(step))
        step->plan.trap_flag = true;
    vcpu_set_stepping(vcpu, true, entry->report.pc);
    step->control = control_of(step, uses_int3(step));
    return step_arm(step, vcpu, step->control, &step->registers);
}

static void set_out_insn(struct step *step, struct vcpu *vcpu, const struct kvm_regs *regs,
                         const struct kvm_sregs *sregs)
{
    struct gva_space space = gva_space(step->memory, sregs);
    const uint64_t pc = vcpu_linear_pc_of(regs, sregs);
    choose_phase(step, vcpu, regs->rflags);
    if (step_memo_recall(step, pc, regs, sregs))
        return;
    space.log = step_memo_begin(step, pc, regs, sregs);
    note_entry(step, &space, regs, sregs);
    set_out(step, vcpu, regs, sregs, &space);
    step_memo_keep(step);
}

/* What an entry accesses that is not just an instruction is not looked into. */
static void note_accesses(struct step *step, const struct kvm_regs *regs,
                          const struct kvm_sregs *sregs)
{
    const struct gva_space space = gva_space(step->memory, sregs);
    step->accesses = (struct watch_accesses){.more = true};
    if (is_insn(step))
        insn_watch(&step->accesses, &step->entry.proof.parts, &space, regs, sregs);
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
    step->armed = false;
    step->under_way = true;
    if (step->phase == PHASE_TAKE || step->phase == PHASE_TRAP) {
        const struct gva_space space = gva_space(step->memory, &sregs);
        set_out(step, vcpu, &regs, &sregs, &space);
    } else {
        set_out_insn(step, vcpu, &regs, &sregs);
    }
    if (step->open || breakpoints_any_watch_stepped(step->breakpoints))
        note_accesses(step, &regs, &sregs);
    return arm_entry(step, vcpu, &regs);
}

/* A guess: what armed the last step mostly arms the next one, too. A guest that steps itself is to
 * be seen to do so, and KVM hides TF while it is armed. */
void step_ready(struct step *step, struct vcpu *vcpu)
{
    const struct step_entry *entry = &step->entry;
    if ((step->control & KVM_GUESTDBG_SINGLESTEP) && !step->under_way && !step->inject &&
        !entry->own_flag && !entry->flag_after)
        (void)step_arm(step, vcpu, step->control, &step->registers);
}

/* A backend that completes the I/O of a repeated instruction and leaves it there with a count of 0:
 * the same entry once more takes it to its end. */
static bool must_go_on(const struct step *step, struct vcpu *vcpu)
{
    struct kvm_regs regs;
    return step->under_way && step->entry.rep.active && !kvm_get_regs(vcpu_kvm(vcpu), &regs) &&
           step_rep_is_done(&step->entry.rep, &regs);
}

int step_before_run(struct step *step, struct vcpu *vcpu)
{
    if (must_go_on(step, vcpu))
        return step_arm(step, vcpu, step->control, &step->registers);
    if (step->under_way) /* entered in vain: a signal, or an int3 that was another vCPU's */
        step_give_up(step, vcpu);
    if (step->action != STEP_FREE || step->by_steps || breakpoints_any_stepped(step->breakpoints))
        return arm_step(step, vcpu);
    return arm_free(step, vcpu);
}

/* ---- Ending one */

void step_lift(struct step *step)
{
    if (step->site_count)
        temp_int3_lift(step->temp, step->sites, step->site_count);
    step->site_count = 0;
}

/* KVM keeps TF away from KVM_GET_REGS while it steps by it, and drops it at the next
 * KVM_SET_GUEST_DEBUG: so that one comes first. */
void step_show_trap_flag(struct vcpu *vcpu)
{
    const struct kvm_guest_debug none = {0};
    struct kvm_regs regs;
    if (kvm_set_guest_debug(vcpu_kvm(vcpu), &none) || kvm_get_regs(vcpu_kvm(vcpu), &regs))
        return;
    regs.rflags |= CPU_FLAG_TF;
    kvm_set_regs(vcpu_kvm(vcpu), &regs);
}

void step_give_up(struct step *step, struct vcpu *vcpu)
{
    struct kvm_regs regs;
    step->under_way = false;
    step->awake = false;
    step_lift(step);
    if (step->entry.rep.active && !kvm_get_regs(vcpu_kvm(vcpu), &regs)) {
        if (step_rep_end(&step->entry.rep, &regs))
            kvm_set_regs(vcpu_kvm(vcpu), &regs);
    }
    if (step->entry.own_flag && step->plan.trap_flag && is_insn(step))
        step_show_trap_flag(vcpu);
}

void step_parked(struct step *step, struct vcpu *vcpu)
{
    if (step->under_way)
        step_give_up(step, vcpu);
}
