#include "debug/travel/travel_access.h"

#include "debug/cpu/exception.h"
#include "debug/step/insn_watch.h"
#include "record/record_log.h"

bool travel_will_access(const struct travel *t, unsigned cpu, struct watch_hit *hit)
{
    const struct vcpu_snapshot *state = recorder_cpu(t->recorder, cpu);
    const struct gva_space space = gva_space(t->machine->memory, &state->sregs);
    struct watch_accesses accesses;
    struct insn_parts insn;
    uint8_t bytes[INSN_MAX];
    const size_t n = gva_read(&space, recorder_pc(t->recorder, cpu), bytes, sizeof bytes);
    hit->is_hit = false;
    insn_take_apart(&insn, bytes, n, vcpu_code_bits(&state->sregs));
    insn_watch(&accesses, &insn, &space, &state->regs, &state->sregs);
    return breakpoints_watch_accessed(t->breakpoints, &accesses, hit);
}

bool travel_is_whole(const struct recorder_place *place)
{
    return (place->flags & RECORD_INSN) && (place->vector < 0 || place->vector == EXCEPTION_DB);
}
