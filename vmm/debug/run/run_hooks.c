/* What a vCPU's own thread asks and tells while it runs. */
#include "debug/run/run_state.h"

#include "vcpu/cpu_state.h"

enum { VECTOR_BP = 3 };

static struct run_cpu *cpu_of(struct run_control *rc, struct vcpu *vcpu)
{
    return &rc->cpus[vcpu_index(vcpu)];
}

/* ---- Steps with the stack in a fenced page: what a fence would lose (breakpoints_step_fences) is
 * seen by comparing values, and by what the instruction accesses. Another vCPU may use the page
 * unseen meanwhile. */

static void open_for_step(struct run_control *rc, struct run_cpu *cpu)
{
    struct cpu_view view;
    if (cpu->over || cpu_view_read(&view, rc->memory, cpu->vcpu) ||
        !breakpoints_fences_stack(rc->breakpoints, &view))
        return;
    pthread_mutex_lock(&rc->lock);
    if (!rc->stepping_open++)
        breakpoints_open(rc->breakpoints, &view.space);
    cpu->stepping_open = cpu->step.open = true;
    pthread_mutex_unlock(&rc->lock);
}

void run_hooks_parked(struct run_control *rc, struct run_cpu *cpu)
{
    struct gva_space space;
    if (!cpu->stepping_open)
        return;
    cpu->stepping_open = cpu->step.open = false;
    if (!--rc->stepping_open && run_cpu_space(rc, cpu, &space))
        breakpoints_close(rc->breakpoints, &space, &cpu->step.hit);
}

static void close_after_step(struct run_control *rc, struct run_cpu *cpu)
{
    const bool looks = cpu->step.open;
    if (cpu->stepping_open) {
        pthread_mutex_lock(&rc->lock);
        run_hooks_parked(rc, cpu);
        pthread_mutex_unlock(&rc->lock);
    }
    if (looks && cpu->step.report.n && cpu->step.report.vector < 0) /* one has ended */
        breakpoints_watch_accessed(rc->breakpoints, &cpu->step.accesses, &cpu->step.hit);
}

/* The run goes by steps then: what is kept is from before the instruction. */
static void keep_state(struct run_control *rc, struct run_cpu *cpu)
{
    struct kvm_cpu *kvm = vcpu_kvm(cpu->vcpu);
    cpu->before.is_set = !rc->host->keeps_state && catches_triple_fault(rc->catches) &&
                         !kvm_get_regs(kvm, &cpu->before.regs) &&
                         !kvm_get_sregs(kvm, &cpu->before.sregs);
}

void run_hooks_undo_reset(struct run_cpu *cpu)
{
    struct kvm_cpu *kvm = vcpu_kvm(cpu->vcpu);
    if (!cpu->before.is_set)
        return;
    kvm_set_sregs(kvm, &cpu->before.sregs);
    kvm_set_regs(kvm, &cpu->before.regs);
}

static int on_before_run(void *context, struct vcpu *vcpu)
{
    struct run_control *rc = context;
    struct run_cpu *cpu = cpu_of(rc, vcpu);
    close_after_step(rc, cpu);
    if (breakpoints_step_fences(rc->breakpoints))
        open_for_step(rc, cpu);
    keep_state(rc, cpu);
    run_record_enter(rc, cpu);
    const int err = step_before_run(&cpu->step, vcpu);
    run_record_entered(rc, cpu);
    return err;
}

/* ---- Exits */

/* An int3 of ours that was reached by another linear address than the breakpoint's: it is not the
 * guest's, and nobody has asked for a stop there. */
static bool is_alias(struct run_control *rc, struct run_cpu *cpu,
                     const struct vcpu_debug_exit *exit)
{
    struct gva_space space;
    uint64_t gpa;
    return exit->exception == VECTOR_BP && !breakpoints_at(rc->breakpoints, exit->pc) &&
           run_cpu_space(rc, cpu, &space) && gva_translate(&space, exit->pc, &gpa) &&
           breakpoints_planted(rc->breakpoints, gpa);
}

/* Something is mapped now that was not, or real mode is left behind. */
static bool is_better_planned(struct run_control *rc, struct run_cpu *cpu)
{
    struct gva_space space;
    return breakpoints_any_stepped(rc->breakpoints) && run_cpu_space(rc, cpu, &space) &&
           (breakpoints_now_mapped(rc->breakpoints, &space, &cpu->unmapped_next) ||
            (breakpoints_step_fences(rc->breakpoints) && (space.mode.cr0 & CPU_CR0_PE)));
}

/* What was caught of the step that has just ended, if one has. */
static void look_at_step(struct run_control *rc, struct run_cpu *cpu)
{
    struct gdb_text why;
    if (!cpu->step.report.n || cpu->why[0])
        return;
    gdb_text_init(&why, cpu->why, sizeof cpu->why);
    if (!catches_step(rc->catches, cpu->vcpu, &cpu->step.report, &why))
        cpu->why[0] = 0;
    cpu->step.report.n = 0;
}

static bool on_debug(void *context, struct vcpu *vcpu, const struct vcpu_debug_exit *exit)
{
    struct run_control *rc = context;
    struct run_cpu *cpu = cpu_of(rc, vcpu);
    if (is_alias(rc, cpu, exit)) {
        cpu->again = AGAIN_ALONE;
        return true;
    }
    const bool stops = step_debug_exit(&cpu->step, vcpu, exit);
    close_after_step(rc, cpu);
    run_record_stepped(rc, cpu);
    look_at_step(rc, cpu);
    if (stops || cpu->step.hit.is_hit || cpu->why[0]) {
        cpu->again = AGAIN_NO; /* the next resume plans anew in any case */
        return true;
    }
    if (!cpu->over && is_better_planned(rc, cpu))
        cpu->again = AGAIN_REPLAN;
    else if (run_range_halts(rc, cpu))
        cpu->again = AGAIN_ALONE;
    return cpu->again != AGAIN_NO;
}

void run_hooks_arrived(struct run_control *rc, struct run_cpu *cpu, struct vcpu_stop *stop)
{
    struct vcpu_debug_exit exit;
    if (stop->kind == VCPU_STOP_KICKED && step_has_arrived(&cpu->step, cpu->vcpu, &exit) &&
        on_debug(rc, cpu->vcpu, &exit))
        *stop = (struct vcpu_stop){.kind = VCPU_STOP_DEBUG, .exit_reason = KVM_EXIT_DEBUG};
}

/* The stack may have moved into a page since it was fenced. */
static bool is_in_stack(struct run_control *rc, struct vcpu *vcpu, uint64_t gpa)
{
    struct cpu_view view;
    return !cpu_view_read(&view, rc->memory, vcpu) &&
           cpu_view_uses(&view, gpa & ~(uint64_t)(MEMORY_PAGE - 1), true);
}

/* Before the bus serves it. The first one in an instruction is told. */
static void look_for_catch(struct run_control *rc, struct run_cpu *cpu,
                           const struct vcpu_access *access)
{
    struct gdb_text why;
    if (cpu->why[0])
        return;
    gdb_text_init(&why, cpu->why, sizeof cpu->why);
    if (catches_access(rc->catches, cpu->vcpu, access, &why))
        vcpu_stop_after_access(cpu->vcpu);
    else
        cpu->why[0] = 0;
}

/* An instruction that is handed out again and again, as lidt from a closed page: it never ends. */
#define ENDLESS 64

static bool is_endless(struct run_cpu *cpu, const struct vcpu_access *access)
{
    struct kvm_regs regs;
    if (access->is_write || kvm_get_regs(vcpu_kvm(cpu->vcpu), &regs))
        return false;
    if (cpu->same.rip != regs.rip || cpu->same.addr != access->addr)
        cpu->same.times = 0;
    cpu->same.rip = regs.rip;
    cpu->same.addr = access->addr;
    cpu->same.times = (cpu->same.times + 1) % ENDLESS;
    return !cpu->same.times;
}

static bool serve_fenced(struct run_control *rc, struct run_cpu *cpu,
                         const struct vcpu_access *access)
{
    if (access->space != BUS_MMIO || !breakpoints_any_fence(rc->breakpoints))
        return false;
    pthread_mutex_lock(&rc->lock);
    const bool served = breakpoints_serve(rc->breakpoints, access->addr, access->data, access->len,
                                          access->is_write, &cpu->step.hit);
    pthread_mutex_unlock(&rc->lock);
    if (!served)
        return false;
    if (!cpu->step.hit.is_hit && !cpu->over && is_in_stack(rc, cpu->vcpu, access->addr))
        cpu->again = AGAIN_REPLAN;
    else if (!cpu->step.hit.is_hit && !cpu->over && is_endless(cpu, access))
        cpu->again = AGAIN_ALONE;
    if (cpu->step.hit.is_hit || cpu->again != AGAIN_NO)
        vcpu_stop_after_access(cpu->vcpu);
    return true;
}

void run_hooks_leave_rep(struct run_control *rc, struct run_cpu *cpu)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    uint8_t bytes[INSN_MAX];
    if (kvm_get_regs(vcpu_kvm(cpu->vcpu), &regs) || kvm_get_sregs(vcpu_kvm(cpu->vcpu), &sregs))
        return;
    const struct gva_space space = gva_space(rc->memory, &sregs);
    const size_t n = gva_read(&space, vcpu_linear_pc_of(&regs, &sregs), bytes, sizeof bytes);
    const struct insn insn = insn_decode(bytes, n, vcpu_code_bits(&sregs), regs.rflags);
    if (step_rep_leave(&insn, &regs))
        kvm_set_regs(vcpu_kvm(cpu->vcpu), &regs);
}

static bool on_access(void *context, struct vcpu *vcpu, const struct vcpu_access *access)
{
    struct run_control *rc = context;
    struct run_cpu *cpu = cpu_of(rc, vcpu);
    if (serve_fenced(rc, cpu, access))
        return true;
    look_for_catch(rc, cpu, access);
    return false;
}

/* One that runs alone has no fence in its way: then KVM really can't. */
static bool on_not_emulated(void *context, struct vcpu *vcpu)
{
    struct run_control *rc = context;
    struct run_cpu *cpu = cpu_of(rc, vcpu);
    if (cpu->over || !breakpoints_any_fence(rc->breakpoints))
        return false;
    cpu->again = AGAIN_ALONE;
    return true;
}

void run_hooks(struct run_control *rc, struct vcpu_hooks *hooks)
{
    hooks->context = rc;
    hooks->before_run = on_before_run;
    hooks->debug = on_debug;
    hooks->access = on_access;
    hooks->not_emulated = on_not_emulated;
}

/* ---- The machine's own hands in guest memory */

/* The one whose thread this is, or NULL. */
static struct run_cpu *current(struct run_control *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        if (vcpu_is_current(rc->cpus[i].vcpu))
            return &rc->cpus[i];
    return NULL;
}

void run_control_memory_begin(struct run_control *rc)
{
    struct gva_space space;
    struct run_cpu *cpu = current(rc);
    if (!cpu)
        return;
    temp_int3_hide(rc->temp); /* until the end: its lock comes before ours */
    pthread_mutex_lock(&rc->lock);
    breakpoints_hide(rc->breakpoints);
    if (run_cpu_space(rc, cpu, &space))
        breakpoints_watch_begin(rc->breakpoints, &space);
    pthread_mutex_unlock(&rc->lock);
}

void run_control_memory_end(struct run_control *rc)
{
    struct gva_space space;
    struct run_cpu *cpu = current(rc);
    if (!cpu)
        return;
    pthread_mutex_lock(&rc->lock);
    if (run_cpu_space(rc, cpu, &space))
        breakpoints_watch_end(rc->breakpoints, &space, &cpu->step.hit);
    breakpoints_show(rc->breakpoints);
    pthread_mutex_unlock(&rc->lock);
    temp_int3_show(rc->temp);
    if (cpu->step.hit.is_hit)
        vcpu_stop_after_access(cpu->vcpu);
}
