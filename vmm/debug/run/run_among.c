/* One vCPU that goes on from what it has hit, because the filter said that it is no stop, while the
 * others run: a condition that is false on one of sixteen is to cost what it costs on one.
 *
 * That is where nothing of theirs has to be lifted for it. What a debug register watches is in the
 * way of this vCPU alone, and is left out of its step (step.h); an int3 and a fence are in
 * everyone's, so that all are gathered first (run_alone.c). */
#include "debug/run/run_state.h"

static bool stands_on_int3(const struct run_control *rc, struct run_cpu *cpu)
{
    struct gva_space space;
    uint64_t pc, gpa;
    if (!breakpoints_any_int3(rc->breakpoints))
        return false;
    if (vcpu_linear_pc(cpu->vcpu, &pc) || !run_cpu_space(rc, cpu, &space))
        return true;
    for (uint64_t i = 0; i < INSN_MAX; i++)
        if (gva_translate(&space, pc + i, &gpa) && breakpoints_planted(rc->breakpoints, gpa))
            return true;
    return false;
}

/* What is to be done with all parked comes first, and a recording takes turns. */
static bool others_go_on(const struct run_control *rc)
{
    return rc->running && !rc->stop_wanted && !rc->gathering && !rc->recorder;
}

bool run_among_begin(struct run_control *rc, struct run_cpu *cpu, enum run_again again)
{
    const bool leaves = again == AGAIN_LEAVE;
    if ((!leaves && again != AGAIN_FREELY) || cpu->action != RUN_CONTINUE || !others_go_on(rc) ||
        breakpoints_any_fence(rc->breakpoints) || stands_on_int3(rc, cpu) ||
        run_cpu_at_halt(rc, cpu))
        return false;
    cpu->over = cpu->opened = false;
    cpu->leaving = leaves;
    cpu->among = leaves || cpu->asks;
    run_start(rc, cpu, cpu->among ? STEP_ONE : STEP_FREE);
    return true;
}

/* One that was kicked before its step was over would hit the same once more: it begins that step
 * anew, alone. */
bool run_among_end(struct run_control *rc, struct run_cpu *cpu, const struct vcpu_stop *stop)
{
    if (stop->kind == VCPU_STOP_KICKED) {
        cpu->over = run_alone_first(rc, cpu);
        return true;
    }
    if (!run_alone_end(rc, cpu, stop))
        return false;
    if (others_go_on(rc))
        run_start(rc, cpu, STEP_FREE);
    return true;
}
