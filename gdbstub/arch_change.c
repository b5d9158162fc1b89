#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch_change.h"
#include "stop_reply.h"

static const char *const code[] = {
    [GDB_ARCH_I8086] = "16-bit",
    [GDB_ARCH_I386] = "32-bit",
    [GDB_ARCH_X86_64] = "64-bit",
};

/* ---- The event */

/* The image if it fits, for a client without symbols; else a file that is no program. */
static const char *file_for(struct gdb_session *s, enum gdb_arch arch)
{
    const char *image = NULL;
    if (s->ops->image_name && !s->has_symbols)
        image = s->ops->image_name(s->target, s->stop.thread);
    s->has_symbols = s->has_symbols || image;
    return image ? image : stop_arch_file(arch);
}

void arch_change_tell(struct gdb_session *s, enum gdb_arch arch)
{
    const char *file = file_for(s, arch);
    s->arch_doubted = false;
    s->description_due = true;
    crossing_begin(&s->crossing, s->resumed);
    inserted_outdate(&s->inserted);
    if (s->tracing)
        trace_points_outdate(&s->tracing->points);
    s->waited_for = false;
    reply_clear(&s->reply);
    stop_reply_exec(s, file, &s->reply);
    session_send(s, s->reply.data, s->reply.len);
    s->reply.none = true;
}

void arch_change_read(struct gdb_session *s, uint64_t addr, uint64_t len)
{
    if (s->crossing.phase == CROSSING_HELD && len == 1)
        inserted_examine(&s->inserted, addr);
}

/* ---- The resumes after it */

/* What the client has not inserted again. */
bool arch_change_drop_stale(struct gdb_session *s)
{
    struct inserted_breakpoint b;
    bool any = false;
    char buf[256];
    while (inserted_take_stale(&s->inserted, &b)) {
        struct gdb_text why;
        gdb_text_init(&why, buf, sizeof(buf));
        if (s->ops->remove_breakpoint)
            s->ops->remove_breakpoint(s->target, b.type, b.addr, b.kind, &why);
        any = true;
    }
    return any;
}

/* The client's own breakpoint where the stopped CPU is, or NULL. */
static const struct inserted_entry *breakpoint_here(struct gdb_session *s)
{
    struct gdb_x86_regs regs;
    if (s->ops->read_registers(s->target, s->stop.thread, GDB_PART_BASE, &regs))
        return NULL;
    return inserted_at(&s->inserted, regs.pc);
}

/* gdb 13 ignores a stop for a breakpoint that it does not know of, and runs on. */
static void doubt_reason(struct gdb_session *s, const struct inserted_entry *here)
{
    enum gdb_stop_reason reason = s->stop.reason;
    bool is_code = reason == GDB_REASON_SWBREAK || reason == GDB_REASON_HWBREAK;
    if (reason == GDB_REASON_HISTORY_BEGIN || reason == GDB_REASON_HISTORY_END)
        return;
    if (is_code ? !here : !inserted_watches(&s->inserted, s->stop.addr))
        s->stop.reason = GDB_REASON_NONE;
}

static const char *going_on(const struct gdb_session *s)
{
    return s->back ? "reverse-continue" : "continue";
}

/* gdb reads a watched value anew at the event, and then finds that it has not changed. */
static void explain_watch(struct gdb_session *s)
{
    snprintf(s->console, sizeof(s->console),
             "The CPU now runs %s code, and %s to the watched address 0x%" PRIx64
             ". gdb has lost the value that was there before: it stops here, `%s` goes on.\n",
             code[s->arch], s->back ? "is about to write" : "has written", s->stop.addr,
             going_on(s));
}

static void explain(struct gdb_session *s)
{
    snprintf(s->console, sizeof(s->console),
             "The CPU now runs %s code. gdb has forgotten over that whether it was stepping, or "
             "what it was about to finish: it stops here to be safe, `%s` goes on.\n",
             code[s->arch], going_on(s));
}

/* The stop once more, now that the client's breakpoints are there again. */
static void repeat(struct gdb_session *s, const struct inserted_entry *here)
{
    s->stop.reason = GDB_REASON_NONE;
    if (!here)
        explain(s);
    else if (here->b.type == GDB_BREAK_SOFTWARE)
        s->stop.reason = GDB_REASON_SWBREAK;
    else
        s->stop.reason = GDB_REASON_HWBREAK;
}

/* A trap would be taken for the end of a step, or for that breakpoint again. */
static void insist(struct gdb_session *s)
{
    if (s->stop.reason == GDB_REASON_WATCH)
        explain_watch(s);
    else
        explain(s);
    s->stop.reason = GDB_REASON_NONE;
    s->stop.code = GDB_SIGINT;
}

bool arch_change_resume(struct gdb_session *s, enum resume_shape shape)
{
    bool lost = arch_change_drop_stale(s);
    if (s->crossing.phase == CROSSING_NONE)
        return false;
    const struct inserted_entry *here = breakpoint_here(s);
    bool at_risk = s->stop.reason == GDB_REASON_WATCH || (here && inserted_is_internal(here));
    switch (crossing_resume(&s->crossing, shape, lost, at_risk)) {
    case CROSSING_RUN:
        return false;
    case CROSSING_TELL:
        doubt_reason(s, here);
        break;
    case CROSSING_REPEAT:
        repeat(s, here);
        break;
    case CROSSING_INSIST:
        insist(s);
        break;
    }
    session_tell_stop(s);
    return true;
}

/* ---- What the client goes on showing wrongly */

/* lldb has no way to hear of it: an exec event makes it forget breakpoints, and keep the
 * architecture. */
static void mention_kept(struct gdb_session *s)
{
    static const char *const llvm[] = {
        [GDB_ARCH_I8086] = "i386-unknown-none-code16",
        [GDB_ARCH_I386] = "i386",
        [GDB_ARCH_X86_64] = "x86_64",
    };
    char text[256];
    enum gdb_arch arch = s->ops->arch(s->target, s->stop.thread);
    if (s->kept_mentioned || !s->client.thread_suffix || arch == s->arch)
        return;
    s->kept_mentioned = true;
    int n = snprintf(text, sizeof(text),
                     "CPU %d now runs %s code; lldb goes on with the registers of %s code (stepvm "
                     "--gdb-arch x86-64 has all). Try: disassemble -A %s -s $pc\n",
                     s->stop.thread - 1, code[arch], code[s->arch], llvm[arch]);
    session_print(s, text, (size_t)n);
}

/* gdb has one description for all threads. It reads it anew when one of them stops in another mode,
 * not when its user selects one. */
void arch_change_mention_others(struct gdb_session *s)
{
    char text[256];
    size_t count = s->ops->thread_count(s->target);
    mention_kept(s);
    for (size_t i = 1; i <= count && !s->others_mentioned && s->client.exec_events; i++) {
        enum gdb_arch arch = s->ops->arch(s->target, (int)i);
        if (arch == s->arch || (int)i == s->stop.thread)
            continue;
        s->others_mentioned = true;
        int n =
            snprintf(text, sizeof(text),
                     "CPU %zu is in %s code, but gdb shows all CPUs as in %s code, until that one "
                     "stops: after \"thread\", type stepi.\n",
                     i - 1, code[arch], code[s->arch]);
        session_print(s, text, (size_t)n);
    }
}
