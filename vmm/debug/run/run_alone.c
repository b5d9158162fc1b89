/* One vCPU that runs alone, the others parked, with nothing of ours in its way: off a breakpoint,
 * so that no other slips past the lifted one; over an instruction that a fence keeps KVM from
 * running; through a page that is fenced against execution. */
#include "debug/run/run_state.h"

#include "vcpu/cpu_state.h"

#define HLT 0xf4

bool run_cpu_at_breakpoint(const struct run_control *rc, struct run_cpu *cpu)
{
    uint64_t pc;
    return !vcpu_linear_pc(cpu->vcpu, &pc) && breakpoints_at(rc->breakpoints, pc);
}

static bool stands_in_fence(const struct run_control *rc, struct run_cpu *cpu)
{
    struct gva_space space;
    uint64_t pc;
    return breakpoints_any_fence(rc->breakpoints) && run_cpu_space(rc, cpu, &space) &&
           !vcpu_linear_pc(cpu->vcpu, &pc) && breakpoints_is_fenced_pc(rc->breakpoints, &space, pc);
}

/* A CPU that is halted or waits to be started does not step: it would keep the others waiting, and
 * one of those may be who wakes it. It is not at its breakpoint either before it wakes. */
bool run_cpu_is_awake(const struct run_cpu *cpu)
{
    struct kvm_mp_state mp;
    return kvm_get_mp_state(vcpu_kvm(cpu->vcpu), &mp) || mp.mp_state == KVM_MP_STATE_RUNNABLE;
}

/* One that was told to have stopped there is to leave it; one that steps executes it in any case.
 */
bool run_cpu_arrived(const struct run_control *rc, struct run_cpu *cpu)
{
    return cpu->action == RUN_CONTINUE && !cpu->leaving && breakpoints_any(rc->breakpoints) &&
           run_cpu_at_breakpoint(rc, cpu) && run_cpu_is_awake(cpu);
}

/* A step over hlt lasts until another vCPU, perhaps, ends it. */
bool run_cpu_at_halt(const struct run_control *rc, struct run_cpu *cpu)
{
    struct gva_space space;
    uint64_t pc;
    uint8_t byte;
    return run_cpu_space(rc, cpu, &space) && !vcpu_linear_pc(cpu->vcpu, &pc) &&
           gva_read(&space, pc, &byte, 1) == 1 && byte == HLT;
}

/* Interrupts that STI held off come in behind hlt (SDM vol. 2, STI). False if an event that KVM has
 * begun to deliver comes before the hlt: it would not wake a halted CPU. */
static bool end_interrupt_shadow(struct kvm_cpu *kvm)
{
    struct kvm_vcpu_events events;
    if (kvm_get_vcpu_events(kvm, &events) || events.exception.injected ||
        events.exception.pending || events.interrupt.injected || events.nmi.injected)
        return false;
    events.flags |= KVM_VCPUEVENT_VALID_SHADOW;
    events.interrupt.shadow = 0;
    return !kvm_set_vcpu_events(kvm, &events);
}

bool run_alone_halt(const struct run_control *rc, struct run_cpu *cpu)
{
    struct kvm_cpu *kvm = vcpu_kvm(cpu->vcpu);
    struct kvm_mp_state halted = {.mp_state = KVM_MP_STATE_HALTED};
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    if (rc->count == 1 || !run_cpu_at_halt(rc, cpu) || !run_cpu_is_awake(cpu) ||
        kvm_get_regs(kvm, &regs) || kvm_get_sregs(kvm, &sregs) || (regs.rflags & CPU_FLAG_TF) ||
        ((sregs.cr0 & CPU_CR0_PE) && sregs.ss.dpl))
        return false;
    regs.rip++;
    if (!end_interrupt_shadow(kvm) || kvm_set_mp_state(kvm, &halted) || kvm_set_regs(kvm, &regs))
        return false;
    step_halted(&cpu->step);
    cpu->over = cpu->opened = cpu->leaving = false;
    return true;
}

bool run_alone_first(const struct run_control *rc, struct run_cpu *cpu)
{
    /* is_awake last: it costs a call of KVM's, which most steps need not make. */
    return (cpu->asks || stands_in_fence(rc, cpu) ||
            (cpu->leaving && !(cpu->action == RUN_STEP && run_cpu_at_halt(rc, cpu)))) &&
           run_cpu_is_awake(cpu);
}

static void note_overwritten(struct run_control *rc, size_t n, uint64_t first)
{
    if (n && !rc->overwritten)
        rc->overwritten_at = first;
    rc->overwritten += n;
}

void run_lift(struct run_control *rc)
{
    uint64_t first;
    const size_t n = breakpoints_lift(rc->breakpoints, &first);
    note_overwritten(rc, n, first);
}

/* The others' stay: they are in the way of this one instruction no more than of those of a free
 * run, and there may be thousands. */
void run_alone_clear(struct run_control *rc, struct run_cpu *cpu)
{
    struct gva_space space;
    uint64_t pc, gpa, first;
    if (vcpu_linear_pc(cpu->vcpu, &pc) || !run_cpu_space(rc, cpu, &space))
        return;
    for (uint64_t done = 0, len; done < INSN_MAX; done += len) {
        const uint64_t left = MEMORY_PAGE - (pc + done) % MEMORY_PAGE;
        len = left < INSN_MAX - done ? left : INSN_MAX - done;
        if (gva_translate(&space, pc + done, &gpa)) {
            const size_t n = breakpoints_lift_at(rc->breakpoints, gpa, len, &first);
            note_overwritten(rc, n, first);
        }
    }
}

/* With the fences open a write over any int3 would go unseen. */
enum step_action run_alone_begin(struct run_control *rc, struct run_cpu *cpu)
{
    struct gva_space space;
    const bool fenced = stands_in_fence(rc, cpu);
    if (fenced || cpu->opened)
        run_lift(rc);
    if ((fenced || cpu->opened) && run_cpu_space(rc, cpu, &space)) {
        breakpoints_open(rc->breakpoints, &space);
        cpu->opened = true;
    }
    return fenced && cpu->action != RUN_STEP && !cpu->asks ? STEP_OUT : STEP_ONE;
}

void run_alone_close(struct run_control *rc, struct run_cpu *cpu)
{
    struct gva_space space;
    if (cpu->opened && run_cpu_space(rc, cpu, &space))
        breakpoints_close(rc->breakpoints, &space, &cpu->step.hit);
    cpu->opened = false;
}

bool run_alone_end(struct run_control *rc, struct run_cpu *cpu, const struct vcpu_stop *stop)
{
    cpu->over = false;
    if (stop->kind != VCPU_STOP_DEBUG)
        return stop->kind == VCPU_STOP_KICKED;
    cpu->leaving = false;
    if (cpu->action == RUN_STEP) {
        const bool goes_on = run_range_goes_on(rc, cpu);
        cpu->over = goes_on && stands_in_fence(rc, cpu);
        return goes_on;
    }
    return !cpu->step.hit.is_hit && !cpu->why[0] && !run_cpu_at_breakpoint(rc, cpu);
}
