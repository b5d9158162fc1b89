/* `monitor next16`: the next step takes a call, an int n, a loop or a repeated string instruction
 * as one. gdb's nexti does that by unwinding the stack, which it can't in 16-bit code.
 *
 *     next16 -> armed -> the client's step of a CPU -> a breakpoint behind the instruction, and
 *     that CPU runs freely -> an event: the breakpoint, with the stack as high as before -> told as
 *     the end of a step; the breakpoint by another CPU or deeper in the stack -> all run on
 *
 * Any other event ends it too, and is told as what it is. The breakpoint is there only meanwhile.
 */
#include "debug/monitor/monitor.h"

#include "debug/cpu/stack.h"
#include "debug/step/over_insn.h"

#include <string.h>

/* Where a CPU is. False if KVM does not say. */
struct place {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
};

static bool read_place(struct debug *d, unsigned cpu, struct place *place)
{
    struct kvm_cpu *kvm = vcpu_kvm(d->cpus[cpu]);
    return !kvm_get_regs(kvm, &place->regs) && !kvm_get_sregs(kvm, &place->sregs);
}

static uint64_t stack_of(const struct place *place)
{
    return stack_at(&place->regs, &place->sregs, 0);
}

/* The length of the instruction to be taken as one, or 0. */
static size_t length_at(const struct place *place, const struct gva_space *space)
{
    uint8_t bytes[INSN_MAX];
    const uint64_t pc = vcpu_linear_pc_of(&place->regs, &place->sregs);
    const size_t n = gva_read(space, pc, bytes, sizeof bytes);
    return over_insn_length(bytes, n, vcpu_code_bits(&place->sregs), place->regs.rflags);
}

/* IP wraps at the end of 16-bit code's segment (SDM vol. 1, 3.3.5). */
static uint64_t address_behind(const struct place *place, size_t length)
{
    struct place behind = *place;
    behind.regs.rip += length;
    if (vcpu_code_bits(&place->sregs) == 16)
        behind.regs.rip &= 0xffff;
    return vcpu_linear_pc_of(&behind.regs, &behind.sregs);
}

/* The CPU that RUN steps; gdb steps one at a time. */
static bool finds_step(const struct debug *d, const struct run_order *run, unsigned *cpu)
{
    for (*cpu = 0; *cpu < d->count; ++*cpu)
        if (run[*cpu].action == RUN_STEP)
            return true;
    return false;
}

void step_over_begin(struct debug *d, struct run_order *run)
{
    struct step_over *over = &d->over;
    struct place place;
    const bool wanted = over->armed && !d->non_stop && finds_step(d, run, &over->cpu);
    over->armed = false;
    if (!wanted || !read_place(d, over->cpu, &place))
        return;
    const struct gva_space space = gva_space(d->config.memory, &place.sregs);
    const size_t length = length_at(&place, &space);
    if (!length)
        return;
    uint64_t gpa = 0;
    over->addr = address_behind(&place, length);
    /* Where the client has one, that carries it; its condition, if any, is not ours. */
    const struct breakpoint *there = breakpoints_at(d->breakpoints, over->addr);
    over->planted = !there || there->type == BREAKPOINT_TRACE;
    if (over->planted && breakpoints_insert(d->breakpoints, BREAKPOINT_HARDWARE, over->addr,
                                            gva_translate(&space, over->addr, &gpa), gpa))
        return;
    run_control_stop_at(d->run_control, over->addr, over->planted);
    over->active = true;
    over->stack = stack_of(&place);
    over->stack_base = place.sregs.ss.base;
    run[over->cpu].action = RUN_CONTINUE;
    memcpy(over->run, run, sizeof over->run);
}

void step_over_end(struct debug *d)
{
    if (d->over.active && d->over.planted)
        breakpoints_remove(d->breakpoints, BREAKPOINT_HARDWARE, d->over.addr);
    if (d->over.active)
        run_control_stop_nowhere(d->run_control);
    d->over.active = d->over.armed = false;
}

/* Whether EVENT is of our breakpoint, or of the client's in its place, which would be no stop. */
static bool is_at_ours(struct debug *d, const struct run_event *event)
{
    uint64_t pc;
    const bool ours = event->kind == RUN_EVENT_BREAKPOINT && d->over.planted;
    const bool passed = event->kind == RUN_EVENT_STEPPED && event->passed;
    return (ours || passed) && !vcpu_linear_pc(d->cpus[event->cpu], &pc) && pc == d->over.addr;
}

/* Not inside a call of itself. On another stack there is nothing to compare. */
static bool is_back(struct debug *d, unsigned cpu)
{
    struct place now;
    return cpu == d->over.cpu &&
           (!read_place(d, cpu, &now) || now.sregs.ss.base != d->over.stack_base ||
            stack_of(&now) >= d->over.stack);
}

bool debug_goes_on(struct debug *d, struct run_event *event)
{
    if (!d->over.active)
        return false;
    if (is_at_ours(d, event)) {
        if (is_back(d, event->cpu)) {
            event->kind = RUN_EVENT_STEPPED;
        } else if (!event->interrupted) {
            run_control_resume(d->run_control, d->over.run);
            return true;
        } else {
            event->kind = RUN_EVENT_INTERRUPTED;
        }
    }
    step_over_end(d);
    return false;
}

void monitor_next16(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    if (d->non_stop) {
        gdb_text_printf(out,
                        "next16: not in non-stop mode (set non-stop off, before connecting)\n");
        return;
    }
    d->over.armed = true;
}
