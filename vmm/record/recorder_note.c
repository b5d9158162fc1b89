/* What vCPUs do, and what comes from outside, on its way into the log. */
#include "record/recorder_state.h"

#include <errno.h>

#define TURN_STEPS 64 /* that one vCPU takes before the next has its turn */

/* What could not be noted can't be undone: the history ends here. */
static void give_up(struct recorder *r, const char *why)
{
    record_log_clear(r->log);
    r->lost++;
    r->lost_why = why;
}

static void append(struct recorder *r, unsigned cpu, unsigned flags, int vector)
{
    const struct record_entry entry = {
        .cpu = (uint8_t)cpu,
        .flags = (uint8_t)flags,
        .vector = (int16_t)vector,
        .delta = r->delta.bytes,
        .len = r->delta.len,
    };
    if (delta_overflowed(&r->delta))
        give_up(r, "one step changed more than the log can hold");
    else if (record_log_append(r->log, &entry) == -E2BIG)
        r->lost++, r->lost_why = "one step changed more than the log can hold";
    delta_reset(&r->delta);
}

static bool is_usable(struct recorder *r)
{
    if (!r->broken && ram_image_is_outdated(r->ram)) {
        give_up(r, "the memory map has changed");
        r->broken = true;
    }
    return !r->broken;
}

/* ERR: something of the delta could not be had. */
static void end_note(struct recorder *r, int err, unsigned cpu, unsigned flags, int vector)
{
    const bool any = r->delta.len || delta_overflowed(&r->delta);
    if (err) {
        give_up(r, "KVM did not say what a step had changed");
        delta_reset(&r->delta);
        r->broken = true;
    } else if (any || flags != RECORD_OUTSIDE) {
        append(r, cpu, flags, vector);
    }
}

static bool is_awake(const struct recorder *r, unsigned cpu)
{
    return r->cpus[cpu].state.mp_state.mp_state == KVM_MP_STATE_RUNNABLE;
}

static void take_turn(struct recorder *r, unsigned cpu)
{
    if (r->machine->count == 1 || r->turn[cpu])
        return;
    pthread_mutex_lock(&r->next);
    pthread_mutex_lock(&r->running);
    pthread_mutex_unlock(&r->next);
    r->turn[cpu] = true;
    r->steps = 0;
}

static void end_turn(struct recorder *r, unsigned cpu)
{
    if (!r->turn[cpu])
        return;
    r->turn[cpu] = false;
    pthread_mutex_unlock(&r->running);
}

/* Not where its last step has ended: if that is a stop, no other is to go on. */
void recorder_enter(struct recorder *r, unsigned cpu)
{
    if (r->turn[cpu] && r->steps >= TURN_STEPS)
        end_turn(r, cpu);
    if (is_awake(r, cpu))
        take_turn(r, cpu);
}

void recorder_leave(struct recorder *r, unsigned cpu)
{
    end_turn(r, cpu);
}

bool recorder_has_paging(const struct recorder *r, unsigned cpu)
{
    return r->cpus[cpu].state.sregs.cr0 & 1u << 31;
}

void recorder_stepped(struct recorder *r, unsigned cpu, const struct recorder_step *step)
{
    unsigned parts = VCPU_PART_RUN | step->parts;
    const bool delivered = step->vector >= 0;
    take_turn(r, cpu);
    r->cpus[cpu].is_shown = false;
    if (!is_awake(r, cpu))
        parts |= VCPU_PART_MP | VCPU_PART_LAPIC;
    if (delivered)
        parts |= VCPU_PART_DEBUG | VCPU_PART_LAPIC;
    if (is_usable(r)) {
        int err = recorder_compare_cpu(r, cpu, parts);
        if (!err && !(step->no_memory && !delivered && !recorder_has_paging(r, cpu)))
            err = ram_image_compare(r->ram, &r->delta);
        if (!err)
            err = recorder_compare_rest(r, step->chips || delivered);
        end_note(r, err, cpu, RECORD_INSN, step->vector);
    }
    r->steps++;
}

void recorder_died(struct recorder *r, unsigned cpu, bool lost)
{
    take_turn(r, cpu);
    r->cpus[cpu].is_shown = false;
    if (is_usable(r)) {
        int err = ram_image_compare(r->ram, &r->delta);
        if (!err && lost)
            vcpu_snapshot_restore(vcpu_kvm(r->machine->cpus[cpu]), VCPU_PARTS_ALL,
                                  &r->cpus[cpu].state);
        else if (!err)
            err = recorder_compare_cpu(r, cpu, VCPU_PARTS_ALL);
        if (!err)
            err = recorder_compare_rest(r, true);
        end_note(r, err, cpu, RECORD_DEATH, -1);
    }
    r->cpus[cpu].lost = true;
}

bool recorder_sync(struct recorder *r, bool all)
{
    const bool past = !record_log_at_end(r->log);
    int err = 0;
    if (!is_usable(r)) {
        recorder_restart(r);
        return past;
    }
    for (unsigned i = 0; !err && i < r->machine->count; i++) {
        const size_t len = r->delta.len;
        err = recorder_compare_cpu(r, i, all ? VCPU_PARTS_ALL : FROM_OUTSIDE);
        if (r->cpus[i].is_shown && r->delta.len > len)
            recorder_take_over(r, i, &r->delta);
    }
    if (!err)
        err = ram_image_compare(r->ram, &r->delta);
    if (!err)
        err = recorder_compare_rest(r, all);
    end_note(r, err, 0, RECORD_OUTSIDE, -1);
    return past && record_log_at_end(r->log);
}
