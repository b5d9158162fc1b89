/* Sets vCPUs going: first those that must run alone, then all, each with its share of the host. */
#include "debug/run/run_state.h"

#include <sched.h>
#include <time.h>

/* Nanoseconds: how long a vCPU is to have had a host CPU, and how long that is waited for. */
#define FAIR_SHARE 50000u
#define FAIR_WAIT  2000000u

bool run_cpu_space(const struct run_control *rc, struct run_cpu *cpu, struct gva_space *space)
{
    struct kvm_sregs sregs;
    if (kvm_get_sregs(vcpu_kvm(cpu->vcpu), &sregs))
        return false;
    *space = gva_space(rc->memory, &sregs);
    return true;
}

void run_plan_carriers(struct run_control *rc)
{
    struct cpu_view views[RUN_MAX_CPUS];
    const unsigned count = breakpoints_any(rc->breakpoints) ? rc->count : 0;
    size_t n = 0;
    if (rc->replan)
        breakpoints_outdate(rc->breakpoints);
    rc->replan = false;
    if (breakpoints_plan_stands(rc->breakpoints, count))
        return;
    for (unsigned i = 0; i < count; i++)
        if (!cpu_view_read(&views[n], rc->memory, rc->cpus[i].vcpu))
            n++;
    breakpoints_plan(rc->breakpoints, views, n);
}

void run_plan(struct run_control *rc)
{
    run_plan_carriers(rc);
    breakpoints_keep_rows(rc->breakpoints);
}

bool run_is_alone(const struct run_control *rc, const struct run_cpu *cpu)
{
    for (unsigned i = 0; i < rc->count; i++)
        if (&rc->cpus[i] != cpu && rc->cpus[i].action != RUN_HOLD)
            return false;
    return true;
}

void run_start(struct run_control *rc, struct run_cpu *cpu, enum step_action action)
{
    step_begin(&cpu->step, action);
    cpu->step.alone = cpu->over || run_is_alone(rc, cpu);
    cpu->step.open = cpu->opened;
    if (!cpu->over && !cpu->leaving)
        cpu->step.range = cpu->range;
    cpu->step.hit = (struct watch_hit){.is_hit = false};
    cpu->step.by_steps = catches_need_steps(rc->catches) || rc->recorder;
    cpu->why[0] = 0;
    cpu->running = true;
    rc->running++;
    if (cpu->unasked)
        vcpu_resume_kicked(cpu->vcpu); /* parks before its first instruction, and asks then */
    else
        vcpu_resume(cpu->vcpu);
    cpu->unasked = false;
}

/* One that steps onto a hlt while those who could wake it are held: that is the whole step. */
static bool steps_onto_halt(struct run_control *rc)
{
    struct run_cpu *only = NULL;
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].action != RUN_HOLD) {
            if (only || rc->cpus[i].action != RUN_STEP)
                return false;
            only = &rc->cpus[i];
        }
    if (!only || !run_alone_halt(rc, only))
        return false;
    run_note_stop(rc, only, true);
    return true;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void start_by_action(struct run_control *rc, struct run_cpu *cpu)
{
    if (cpu->action != RUN_HOLD)
        run_start(rc, cpu, cpu->action == RUN_STEP || cpu->asks ? STEP_ONE : STEP_FREE);
}

/* Where there are more vCPUs than host CPUs, one that stands just before a breakpoint would hit it
 * and have the others kicked before they ran at all, each time anew. So who was reported last is
 * last to go: once each of the others has had its share of a host CPU, counted from when he went
 * the time before. */
static bool is_owed_time(const struct run_cpu *cpu)
{
    return cpu->running && cpu->runs_code && vcpu_is_running(cpu->vcpu) &&
           vcpu_host_time(cpu->vcpu) - cpu->host_time < FAIR_SHARE;
}

static bool any_is_owed_time(const struct run_control *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        if (is_owed_time(&rc->cpus[i]))
            return true;
    return false;
}

/* Bounded, for some may halt, or there may be too many. */
static void give_others_time(const struct run_control *rc)
{
    const uint64_t begin = now();
    while (any_is_owed_time(rc) && now() - begin < FAIR_WAIT)
        sched_yield();
}

static void note_host_times(struct run_control *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        rc->cpus[i].host_time = vcpu_host_time(rc->cpus[i].vcpu);
}

/* KVM is asked only if it matters: a step of one with many others held is to cost what it costs
 * without them. */
static void start_all(struct run_control *rc)
{
    struct run_cpu *last = &rc->cpus[rc->first];
    const bool fair = rc->count > 1 && last->action == RUN_CONTINUE;
    if (fair && rc->unshared)
        note_host_times(rc);
    rc->unshared = !fair;
    for (unsigned i = 0; i < rc->count; i++) {
        struct run_cpu *cpu = &rc->cpus[i];
        if (cpu == last)
            continue;
        cpu->runs_code = fair && cpu->action != RUN_HOLD && run_cpu_is_awake(cpu);
        start_by_action(rc, cpu);
    }
    if (fair) {
        give_others_time(rc);
        note_host_times(rc);
    }
    start_by_action(rc, last);
}

/* Who steps looks for breakpoints after each instruction, as one does that runs alone. */
static bool any_runs_freely(const struct run_control *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].action == RUN_CONTINUE)
            return true;
    return false;
}

/* Off what is no stop, while the others run (run_among.c). */
static bool may_step_later(const struct run_control *rc)
{
    return rc->filter.ask && rc->count > 1;
}

/* The next thing to run: first the vCPUs that stand on a breakpoint, each alone so that no other
 * can slip past the lifted one, then everyone. */
void run_proceed(struct run_control *rc)
{
    uint64_t stepping_at[RUN_MAX_CPUS];
    unsigned stepping = 0;
    rc->gathering = false;
    if (steps_onto_halt(rc)) {
        run_finish_stop(rc);
        return;
    }
    for (unsigned i = 0; i < rc->count; i++) {
        struct run_cpu *cpu = &rc->cpus[i];
        if (!cpu->over)
            continue;
        run_alone_clear(rc, cpu);
        if (!run_alone_halt(rc, cpu)) {
            run_start(rc, cpu, run_alone_begin(rc, cpu));
            return;
        }
    }
    if (rc->replan)
        run_plan(rc);
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].action == RUN_STEP &&
            !vcpu_linear_pc(rc->cpus[i].vcpu, &stepping_at[stepping]))
            stepping++;
    if (any_runs_freely(rc))
        breakpoints_plant(rc->breakpoints, stepping_at, stepping);
    temp_int3_expect(rc->temp, stepping > 0 || may_step_later(rc));
    start_all(rc);
}
