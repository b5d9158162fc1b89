/* A target without a machine: 64 KiB of memory, CPUs whose every instruction is one byte long, and
 * a log of the operations that were called, for the tests of the stub. */
#ifndef TESTS_FAKE_TARGET_H
#define TESTS_FAKE_TARGET_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gdbstub/gdbstub.h"

#include <inttypes.h>

enum { FAKE_MEMORY = 0x10000, FAKE_THREADS = 4, FAKE_BREAKPOINTS = 16, FAKE_WRITTEN = 0x500 };

struct fake {
    uint8_t memory[FAKE_MEMORY];
    struct gdb_x86_regs regs[FAKE_THREADS];
    size_t threads;
    enum gdb_arch arch;
    uint64_t features; /* GDB_HAS_* */
    unsigned parts;    /* that were asked for last */
    /* Where not 0: the pc from which on the code is 32-bit and 64-bit; below it, ARCH. */
    uint64_t at_32, at_64;
    struct {
        enum gdb_breakpoint_type type;
        uint64_t addr;
    } breakpoints[FAKE_BREAKPOINTS];
    size_t breakpoint_count;

    bool running;
    struct gdb_resume actions[FAKE_THREADS];
    size_t action_count;
    bool back; /* in time */
    enum gdb_travel back_by;
    bool recorded;
    uint64_t first, last; /* the pcs of CPU 1 that it can go back to, and forth */
    uint64_t writer;      /* the instruction there adds 1 to the byte at FAKE_WRITTEN */
    int interrupts, detached, killed, restarted;
    bool non_stop, paused;
    bool runs[FAKE_THREADS]; /* in that mode */
    bool steps[FAKE_THREADS];
    bool asked[FAKE_THREADS]; /* to stop */
    int pauses;
    /* The image, if it has a path: for code of IMAGE_ARCH. */
    const char *image_path;
    enum gdb_arch image_arch;
    char image[64];
    int64_t image_size; /* or an -errno, for its reads too */
    uint64_t image_by;
    bool let_in;
    /* With fake_offer_regions: physical mode, and regions up to one that ends at 0, or NULL. */
    bool physical;
    const struct gdb_region *linear_regions, *physical_regions;
    gdb_hit_filter *filter;
    void *filter_context;
    bool judging; /* in fake_hit */
    int refuse;   /* an errno that insert, write_registers and resume answer with, or 0 */
    char log[1024];
};

__attribute__((format(printf, 2, 3), unused)) static void fake_log(struct fake *f,
                                                                   const char *format, ...)
{
    size_t len = strlen(f->log);
    va_list args;
    va_start(args, format);
    vsnprintf(f->log + len, sizeof(f->log) - len, format, args);
    va_end(args);
}

__attribute__((unused)) static bool fake_stands_still(const struct fake *f)
{
    bool runs = f->running;
    for (size_t i = 0; i < FAKE_THREADS; i++)
        runs = runs || f->runs[i];
    return !runs || f->paused || f->judging;
}

/* Most operations are for a target that stands still, and none is for one that was killed. */
static void fake_touch(struct fake *f)
{
    if (f->killed)
        fake_log(f, "TOUCHED THOUGH IT WAS KILLED\n");
    else if (!fake_stands_still(f))
        fake_log(f, "TOUCHED WHILE IT RUNS\n");
}

static size_t fake_thread_count(void *target)
{
    struct fake *f = target;
    return f->threads;
}

static void fake_thread_name(void *target, int thread, struct gdb_text *name)
{
    fake_touch(target);
    gdb_text_printf(name, "CPU <%d>", thread - 1);
}

static enum gdb_arch fake_arch(void *target, int thread)
{
    struct fake *f = target;
    fake_touch(f);
    uint64_t pc = f->regs[thread - 1].pc;
    if (f->at_64 && pc >= f->at_64)
        return GDB_ARCH_X86_64;
    return f->at_32 && pc >= f->at_32 ? GDB_ARCH_I386 : f->arch;
}

static int fake_read_registers(void *target, int thread, unsigned parts, struct gdb_x86_regs *regs)
{
    struct fake *f = target;
    fake_touch(f);
    f->parts = parts;
    *regs = f->regs[thread - 1];
    return 0;
}

static int fake_write_registers(void *target, int thread, const struct gdb_x86_regs *was,
                                const struct gdb_x86_regs *regs, struct gdb_text *why)
{
    struct fake *f = target;
    fake_touch(f);
    (void)was;
    if (f->refuse)
        gdb_text_printf(why, "the fake refuses");
    else
        f->regs[thread - 1] = *regs;
    return -f->refuse;
}

static uint64_t fake_features(void *target)
{
    struct fake *f = target;
    fake_touch(f);
    return f->features;
}

static int64_t fake_reach(uint64_t addr, size_t len)
{
    if (addr >= FAKE_MEMORY)
        return -EFAULT;
    return len < FAKE_MEMORY - addr ? (int64_t)len : (int64_t)(FAKE_MEMORY - addr);
}

static int64_t fake_read_memory(void *target, int thread, uint64_t addr, void *buf, size_t len)
{
    struct fake *f = target;
    fake_touch(f);
    int64_t n = fake_reach(addr, len);
    (void)thread;
    if (n > 0)
        memcpy(buf, f->memory + addr, (size_t)n);
    return n;
}

static int64_t fake_write_memory(void *target, int thread, uint64_t addr, const void *buf,
                                 size_t len)
{
    struct fake *f = target;
    fake_touch(f);
    int64_t n = fake_reach(addr, len);
    (void)thread;
    if (n > 0)
        memcpy(f->memory + addr, buf, (size_t)n);
    return n;
}

static int fake_insert(void *target, enum gdb_breakpoint_type type, uint64_t addr, uint64_t kind,
                       struct gdb_text *why)
{
    struct fake *f = target;
    fake_touch(f);
    if (type == GDB_WATCH_READ)
        return -EOPNOTSUPP;
    fake_log(f, "insert %d %llx %llx\n", type, (unsigned long long)addr, (unsigned long long)kind);
    if (f->refuse || f->breakpoint_count == FAKE_BREAKPOINTS) {
        gdb_text_printf(why, "no room");
        return -ENOSPC;
    }
    f->breakpoints[f->breakpoint_count].type = type;
    f->breakpoints[f->breakpoint_count++].addr = addr;
    return 0;
}

static int fake_remove(void *target, enum gdb_breakpoint_type type, uint64_t addr, uint64_t kind,
                       struct gdb_text *why)
{
    struct fake *f = target;
    fake_touch(f);
    (void)why;
    fake_log(f, "remove %d %llx %llx\n", type, (unsigned long long)addr, (unsigned long long)kind);
    for (size_t i = 0; i < f->breakpoint_count; i++)
        if (f->breakpoints[i].type == type && f->breakpoints[i].addr == addr) {
            f->breakpoints[i] = f->breakpoints[--f->breakpoint_count];
            return 0;
        }
    return -ENOENT;
}

static void fake_set_hit_filter(void *target, gdb_hit_filter *filter, void *context)
{
    struct fake *f = target;
    fake_touch(f);
    fake_log(f, "filter %s\n", filter ? "on" : "off");
    f->filter = filter;
    f->filter_context = context;
}

static void fake_start(struct fake *f, const struct gdb_resume *action)
{
    if (action->kind == GDB_RESUME_STOP)
        f->asked[action->thread - 1] = true;
    else
        f->runs[action->thread - 1] = true;
    f->steps[action->thread - 1] = action->kind == GDB_RESUME_STEP;
}

static int fake_resume(void *target, const struct gdb_resume *actions, size_t n)
{
    struct fake *f = target;
    if (f->refuse)
        return -f->refuse;
    fake_touch(f);
    f->running = !f->non_stop;
    f->back = false;
    f->action_count = n;
    fake_log(f, "resume");
    for (size_t i = 0; i < n; i++) {
        f->actions[i] = actions[i];
        fake_log(f, " %d:%c", actions[i].thread, "cst"[actions[i].kind]);
        if (actions[i].start != actions[i].end)
            fake_log(f, "%" PRIx64 "-%" PRIx64, actions[i].start, actions[i].end);
        if (f->non_stop)
            fake_start(f, &actions[i]);
    }
    fake_log(f, "\n");
    return 0;
}

static int fake_travel_back(void *target, int thread, enum gdb_travel how, struct gdb_text *why)
{
    struct fake *f = target;
    fake_touch(f);
    fake_log(f, "back %d:%c\n", thread, how == GDB_TRAVEL_STEP ? 's' : 'c');
    if (f->non_stop)
        fake_log(f, "TOUCHED IN NON-STOP MODE\n");
    if (!f->recorded) {
        gdb_text_printf(why, "nothing is recorded");
        return -ENODATA;
    }
    f->running = f->back = true;
    f->back_by = how;
    return 0;
}

static void fake_interrupt(void *target)
{
    struct fake *f = target;
    f->interrupts++;
}

static void fake_all_stop(struct fake *f)
{
    f->non_stop = f->paused = f->running = false;
    memset(f->runs, 0, sizeof(f->runs));
    memset(f->asked, 0, sizeof(f->asked));
}

static int fake_set_non_stop(void *target, bool on)
{
    struct fake *f = target;
    fake_touch(f);
    fake_log(f, "non-stop %s\n", on ? "on" : "off");
    if (on && f->refuse)
        return -f->refuse;
    fake_all_stop(f);
    f->non_stop = on;
    return 0;
}

static void fake_pause(void *target)
{
    struct fake *f = target;
    if (f->paused || !f->non_stop || f->killed)
        fake_log(f, "PAUSED OUT OF PLACE\n");
    f->paused = true;
    f->pauses++;
}

static void fake_unpause(void *target)
{
    struct fake *f = target;
    if (!f->paused)
        fake_log(f, "UNPAUSED BY NOBODY\n");
    f->paused = false;
}

static void fake_detach(void *target, gdb_hit_filter *filter, void *context)
{
    struct fake *f = target;
    size_t kept = 0;
    fake_all_stop(f);
    f->detached++;
    for (size_t i = 0; filter && i < f->breakpoint_count; i++)
        if (f->breakpoints[i].type == GDB_TRACEPOINT)
            f->breakpoints[kept++] = f->breakpoints[i];
    f->breakpoint_count = kept;
    f->filter = filter;
    f->filter_context = context;
    f->running = true;
}

static void fake_kill(void *target)
{
    struct fake *f = target;
    fake_touch(f);
    fake_all_stop(f);
    f->killed++;
}

/* As fake_init leaves it, but for who refuses. */
static int fake_restart(void *target, struct gdb_text *why)
{
    struct fake *f = target;
    fake_touch(f);
    fake_log(f, "restart\n");
    if (f->refuse) {
        gdb_text_printf(why, "the fake refuses");
        return -f->refuse;
    }
    f->restarted++;
    fake_all_stop(f);
    for (size_t t = 0; t < FAKE_THREADS; t++)
        f->regs[t].pc = f->regs[t].raw_ip = 0x7c00;
    return 0;
}

static int fake_monitor(void *target, const char *command, struct gdb_text *out)
{
    fake_touch(target);
    if (!strcmp(command, "fail"))
        return -ENOENT;
    if (!strcmp(command, "much"))
        for (int i = 0; i < 1000; i++)
            gdb_text_printf(out, "line %d\n", i);
    else
        gdb_text_printf(out, "you said %s\n", command);
    return 0;
}

static const char *fake_image_name(void *target, int thread)
{
    struct fake *f = target;
    return thread && fake_arch(f, thread) != f->image_arch ? NULL : f->image_path;
}

static int64_t fake_image_size(void *target)
{
    struct fake *f = target;
    return f->image_size;
}

static int64_t fake_read_image(void *target, uint64_t offset, void *buf, size_t len)
{
    struct fake *f = target;
    if (f->image_size < 0 || offset >= (uint64_t)f->image_size)
        return f->image_size < 0 ? f->image_size : 0;
    size_t n = (size_t)f->image_size - offset;
    memcpy(buf, f->image + offset, n < len ? n : len);
    return (int64_t)(n < len ? n : len);
}

static bool fake_image_offset(void *target, uint64_t *offset)
{
    struct fake *f = target;
    *offset = f->image_by;
    return f->image_by;
}

static bool fake_step_interrupts(void *target)
{
    struct fake *f = target;
    fake_touch(f);
    return f->let_in;
}

static void fake_set_step_interrupts(void *target, bool let_in)
{
    struct fake *f = target;
    fake_touch(f);
    f->let_in = let_in;
}

static const struct gdb_target_ops fake_ops = {
    .thread_count = fake_thread_count,
    .thread_name = fake_thread_name,
    .arch = fake_arch,
    .read_registers = fake_read_registers,
    .write_registers = fake_write_registers,
    .features = fake_features,
    .read_memory = fake_read_memory,
    .write_memory = fake_write_memory,
    .insert_breakpoint = fake_insert,
    .remove_breakpoint = fake_remove,
    .set_hit_filter = fake_set_hit_filter,
    .resume = fake_resume,
    .travel_back = fake_travel_back,
    .interrupt = fake_interrupt,
    .set_non_stop = fake_set_non_stop,
    .pause = fake_pause,
    .unpause = fake_unpause,
    .detach = fake_detach,
    .kill = fake_kill,
    .restart = fake_restart,
    .image_name = fake_image_name,
    .image_size = fake_image_size,
    .read_image = fake_read_image,
    .image_offset = fake_image_offset,
    .step_interrupts = fake_step_interrupts,
    .set_step_interrupts = fake_set_step_interrupts,
    .monitor = fake_monitor,
};

/* ---- Operations of a target that knows what memory is where. */

static int fake_memory_region(void *target, int thread, uint64_t addr, struct gdb_region *region)
{
    struct fake *f = target;
    fake_touch(f);
    (void)thread;
    for (const struct gdb_region *r = f->linear_regions; r && r->last; r++)
        if (r->start <= addr && addr <= r->last) {
            *region = *r;
            return 0;
        }
    return -EIO;
}

static bool fake_physical_region(void *target, size_t index, struct gdb_region *region)
{
    struct fake *f = target;
    fake_touch(f);
    *region = f->physical_regions ? f->physical_regions[index] : (struct gdb_region){.last = 0};
    return region->last;
}

static bool fake_physical_memory(void *target)
{
    struct fake *f = target;
    fake_touch(f);
    return f->physical;
}

static void fake_set_physical_memory(void *target, bool on)
{
    struct fake *f = target;
    fake_touch(f);
    f->physical = on;
}

__attribute__((unused)) static void fake_offer_regions(struct gdb_target_ops *ops)
{
    ops->memory_region = fake_memory_region;
    ops->physical_region = fake_physical_region;
    ops->physical_memory = fake_physical_memory;
    ops->set_physical_memory = fake_set_physical_memory;
}

/* A fake with one CPU at 0x7c00, memory full of nops, and a value of its own in each register. */
__attribute__((unused)) static void fake_init(struct fake *f, enum gdb_arch arch)
{
    memset(f, 0, sizeof(*f));
    f->threads = 1;
    f->arch = arch;
    f->features = UINT64_MAX;
    memset(f->memory, 0x90, sizeof(f->memory));
    for (size_t t = 0; t < FAKE_THREADS; t++) {
        uint8_t *bytes = (uint8_t *)&f->regs[t];
        for (size_t i = 0; i < sizeof(f->regs[t]); i++)
            bytes[i] = (uint8_t)(i * 7 + i / 256 + t);
        f->regs[t].pc = 0x7c00;
        f->regs[t].gpr[GDB_RSP] = 0x7000;
        f->regs[t].eflags = 0x202;
    }
}

/* The breakpoint at ADDR, or -1. */
__attribute__((unused)) static int fake_breakpoint_at(const struct fake *f, uint64_t addr)
{
    for (size_t i = 0; i < f->breakpoint_count; i++)
        if (f->breakpoints[i].addr == addr)
            return (int)f->breakpoints[i].type;
    return -1;
}

/* What becomes of HIT, by the filter that is set; without one it is a stop. */
__attribute__((unused)) static enum gdb_verdict fake_hit(struct fake *f, const struct gdb_hit *hit)
{
    f->judging = true;
    enum gdb_verdict verdict = f->filter ? f->filter(f->filter_context, hit) : GDB_HIT_STOP;
    f->judging = false;
    return verdict;
}

/* The same for CPU 1, which has come to a breakpoint at its pc, in the log perhaps. */
static enum gdb_verdict fake_arrives(struct fake *f, bool replayed)
{
    const struct gdb_hit hit = {
        .kind = GDB_HIT_BREAKPOINT,
        .thread = 1,
        .pc = f->regs[0].pc,
        .in_step = !f->back && f->actions[0].kind == GDB_RESUME_STEP,
        .replayed = replayed,
    };
    return fake_hit(f, &hit);
}

static enum gdb_stop_reason fake_breakpoint_reason(struct fake *f, bool replayed)
{
    int type = fake_breakpoint_at(f, f->regs[0].pc);
    if (type < 0 || fake_arrives(f, replayed) != GDB_HIT_STOP)
        return GDB_REASON_NONE;
    return type == GDB_BREAK_SOFTWARE   ? GDB_REASON_SWBREAK
           : type == GDB_BREAK_HARDWARE ? GDB_REASON_HWBREAK
                                        : GDB_REASON_NONE;
}

/* CPU 1 does the instruction at its pc, or with BY -1 undoes the one before it; what stops it. */
static enum gdb_stop_reason fake_move(struct fake *f, int by)
{
    struct gdb_x86_regs *regs = &f->regs[0];
    bool back = by < 0, replayed = back || (f->recorded && regs->pc < f->last);
    if (back)
        regs->pc--;
    bool writes = f->writer && f->writer == regs->pc;
    if (writes)
        f->memory[FAKE_WRITTEN] = (uint8_t)(f->memory[FAKE_WRITTEN] + by);
    if (!back)
        regs->pc++;
    regs->raw_ip += (uint64_t)by;
    const int watch = writes ? fake_breakpoint_at(f, FAKE_WRITTEN) : -1;
    if (watch == GDB_WATCH_WRITE || watch == GDB_WATCH_ACCESS)
        return watch == GDB_WATCH_WRITE ? GDB_REASON_WATCH : GDB_REASON_AWATCH;
    return fake_breakpoint_reason(f, replayed);
}

/* Runs CPU 1 as it was last resumed, to a breakpoint, to pc END or to where the log ends, and says
 * what stopped it. */
__attribute__((unused)) static struct gdb_stop fake_run(struct fake *f, uint64_t end)
{
    struct gdb_stop stop = {.code = GDB_SIGTRAP, .thread = 1, .addr = FAKE_WRITTEN};
    struct gdb_x86_regs *regs = &f->regs[0];
    bool steps = f->back ? f->back_by == GDB_TRAVEL_STEP : f->actions[0].kind == GDB_RESUME_STEP;
    bool in_log = f->recorded && regs->pc < f->last;
    f->running = false;
    do {
        if (f->back && regs->pc <= f->first)
            stop.reason = GDB_REASON_HISTORY_BEGIN;
        else
            stop.reason = fake_move(f, f->back ? -1 : 1);
        if (in_log && !f->back && !steps && !stop.reason && regs->pc == f->last)
            stop.reason = GDB_REASON_HISTORY_END;
    } while (!stop.reason && !steps && (f->back || regs->pc < end));
    if (f->recorded && regs->pc > f->last)
        f->last = regs->pc;
    return stop;
}

/* CPU 1 is recorded from where it is. */
__attribute__((unused)) static void fake_record(struct fake *f)
{
    f->recorded = true;
    f->first = f->last = f->regs[0].pc;
}

#endif
