/* What the recorder hears of a vCPU that goes by steps. */
#include "debug/run/run_state.h"

#include "debug/cpu/gva.h"
#include "debug/step/insn_access.h"
#include "debug/step/insn_effects.h"
#include "memory/layout.h"

void run_control_set_recorder(struct run_control *rc, struct recorder *recorder)
{
    pthread_mutex_lock(&rc->lock);
    rc->recorder = recorder;
    pthread_mutex_unlock(&rc->lock);
}

void run_record_enter(struct run_control *rc, struct run_cpu *cpu)
{
    if (rc->recorder)
        recorder_enter(rc->recorder, vcpu_index(cpu->vcpu));
}

/* One that waits keeps nobody else waiting: they may be who wakes it. */
void run_record_entered(struct run_control *rc, struct run_cpu *cpu)
{
    const struct step *step = &cpu->step;
    if (rc->recorder && (step->phase == PHASE_WAIT || step->entry.insn.kind == INSN_HLT))
        recorder_leave(rc->recorder, vcpu_index(cpu->vcpu));
}

/* Whether one of those ACCESSES was to the LAPIC or the IOAPIC, which KVM serves by itself. */
static bool reached_apics(const struct gva_space *space, uint64_t apic_base,
                          const struct insn_accesses *accesses)
{
    const uint64_t mask = ~(uint64_t)(MEMORY_PAGE - 1);
    uint64_t gpa;
    for (unsigned i = 0; i < accesses->count; i++)
        if (gva_translate(space, accesses->list[i].addr, &gpa) &&
            ((gpa & mask) == LAYOUT_IOAPIC || (gpa & mask) == (apic_base & mask)))
            return true;
    return false;
}

static bool may_write(const struct insn_accesses *accesses)
{
    bool writes = accesses->more;
    for (unsigned i = 0; i < accesses->count; i++)
        writes = writes || accesses->list[i].writes;
    return writes;
}

void run_record_stepped(struct run_control *rc, struct run_cpu *cpu)
{
    const struct insn_parts *insn = &cpu->step.entry.proof.parts;
    if (!rc->recorder || !cpu->step.ended)
        return;
    cpu->step.ended = false;
    const struct vcpu_snapshot *before = recorder_cpu(rc->recorder, vcpu_index(cpu->vcpu));
    const struct gva_space space = gva_space(rc->memory, &before->sregs);
    const struct insn_accesses accesses =
        insn_accesses(insn, &space, &before->regs, &before->sregs);
    unsigned parts = insn_effects(insn);
    if (reached_apics(&space, before->sregs.apic_base, &accesses))
        parts |= VCPU_PART_LAPIC | INSN_PART_BOARD;
    const struct recorder_step step = {
        .parts = parts & VCPU_PARTS_ALL,
        .chips = parts & INSN_PART_BOARD,
        .no_memory = !may_write(&accesses),
        .vector = cpu->step.report.vector,
    };
    recorder_stepped(rc->recorder, vcpu_index(cpu->vcpu), &step);
}

static const struct recorder_step halted = {.parts = VCPU_PART_MP, .no_memory = true, .vector = -1};

void run_record_parked(struct run_control *rc, struct run_cpu *cpu, const struct vcpu_stop *stop)
{
    const unsigned index = vcpu_index(cpu->vcpu);
    uint64_t pc;
    if (!rc->recorder)
        return;
    /* Called away while it waited in hlt, which is done. */
    if (stop->kind == VCPU_STOP_KICKED && cpu->step.entry.insn.kind == INSN_HLT &&
        !vcpu_linear_pc(cpu->vcpu, &pc) && pc != recorder_pc(rc->recorder, index))
        recorder_stepped(rc->recorder, index, &halted);
    if (stop->kind != VCPU_STOP_KICKED && stop->kind != VCPU_STOP_DEBUG &&
        stop->kind != VCPU_STOP_ALONE)
        recorder_died(rc->recorder, index,
                      stop->kind == VCPU_STOP_SHUTDOWN && !rc->host->keeps_state);
}

void run_record_left(struct run_control *rc, struct run_cpu *cpu)
{
    if (rc->recorder)
        recorder_leave(rc->recorder, vcpu_index(cpu->vcpu));
}

/* KVM takes a question for the time to let an INIT or a SIPI take effect, which the recorder's next
 * one would be. */
void run_record_stopped(struct run_control *rc)
{
    struct kvm_mp_state mp;
    for (unsigned i = 0; rc->recorder && rc->count > 1 && i < rc->count; i++)
        (void)kvm_get_mp_state(vcpu_kvm(rc->cpus[i].vcpu), &mp);
}

/* ---- Journeys */

void run_control_tell(struct run_control *rc, const struct run_event *event)
{
    run_control_forget(rc);
    pthread_mutex_lock(&rc->lock);
    rc->first = event->cpu;
    rc->event = *event;
    rc->posted = true;
    run_event_signal(rc);
    pthread_mutex_unlock(&rc->lock);
}

bool run_control_has_filter(const struct run_control *rc)
{
    return rc->filter.ask;
}

enum gdb_verdict run_control_ask(struct run_control *rc, const struct gdb_hit *hit)
{
    struct run_cpu *cpu = &rc->cpus[hit->thread - 1];
    cpu->asked = true;
    const enum gdb_verdict verdict = rc->filter.ask(rc->filter.context, hit);
    cpu->asked = false;
    return verdict;
}
