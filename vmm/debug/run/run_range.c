/* Steps through a range (vCont;r). They go on in step_debug_exit, on the vCPU's thread; here is
 * what is asked where one has parked all the same, and at a hlt. */
#include "debug/run/run_state.h"

bool run_range_holds(struct run_cpu *cpu)
{
    uint64_t pc;
    return !vcpu_linear_pc(cpu->vcpu, &pc) && step_stays_in(&cpu->step, &cpu->range, pc);
}

bool run_range_goes_on(const struct run_control *rc, struct run_cpu *cpu)
{
    return !cpu->step.hit.is_hit && !cpu->why[0] && run_range_holds(cpu) &&
           !run_cpu_at_breakpoint(rc, cpu);
}

bool run_range_left_halt(const struct run_control *rc, struct run_cpu *cpu)
{
    const bool goes_on = cpu->action == RUN_STEP && cpu->leaving && run_range_goes_on(rc, cpu);
    cpu->leaving = cpu->leaving && !goes_on;
    return goes_on;
}

bool run_range_halts(const struct run_control *rc, struct run_cpu *cpu)
{
    return rc->count > 1 && cpu->action == RUN_STEP && run_is_alone(rc, cpu) &&
           run_cpu_at_halt(rc, cpu);
}
