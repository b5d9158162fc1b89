/* `monitor record`, `when`, `goto`, `history`: what was executed, and going there. */
#include "debug/monitor/monitor.h"

#include "debug/number.h"
#include "options/option_value.h"
#include "record/delta.h"
#include "record/record_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HISTORY_MOST 1000 /* lines */

static const char nothing[] = "Nothing is recorded (monitor record on [LIMIT] begins to).\n";

/* Registers may be other ones now, and gdb has not asked. */
static const char flush[] =
    "gdb shows old registers until `maintenance flush register-cache`, or a "
    "step.\n";

void monitor_record_on(struct debug *d, const char *args, struct gdb_text *out)
{
    struct error error;
    uint64_t limit = RECORD_LOG_USUAL;
    if (*args && option_number(args, &limit)) {
        monitor_usage("record on", "[LIMIT]", out);
        return;
    }
    if (limit < RECORD_LOG_MIN || limit > RECORD_LOG_MAX) {
        gdb_text_printf(out,
                        "%s: the log can have 64K to 64G (256M is some 15 million "
                        "instructions).\n",
                        args);
        return;
    }
    if (travel_record(&d->travel, limit, &error))
        gdb_text_printf(out, "%s\n", error.text);
    else
        gdb_text_printf(out,
                        "Recording from here on, into a log of %" PRIu64 " KiB. The guest goes by "
                        "steps meanwhile.\n",
                        limit / 1024);
}

void monitor_record_off(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    const bool was_on = d->travel.recorder;
    travel_forget(&d->travel);
    gdb_text_printf(out, "%s",
                    was_on ? "No longer recording; what was recorded is forgotten.\n" : nothing);
}

static void print_place(const struct recorder_status *s, struct gdb_text *out)
{
    gdb_text_printf(out, "%" PRIu64 " instructions were executed since recording began", s->here);
    if (s->here != s->last)
        gdb_text_printf(out, ": in the past, %" PRIu64 " before the end", s->last - s->here);
    gdb_text_printf(out, ".\n");
}

void monitor_record_status(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    if (!d->travel.recorder) {
        gdb_text_printf(out, "%s", nothing);
        return;
    }
    const struct recorder_status s = recorder_status(d->travel.recorder);
    const uint64_t count = s.last - s.first;
    print_place(&s, out);
    gdb_text_printf(out, "The log reaches from %" PRIu64 " to %" PRIu64 ": %zu of %zu KiB", s.first,
                    s.last, s.used / 1024, s.limit / 1024);
    if (count)
        gdb_text_printf(out, ", %" PRIu64 " bytes an instruction", s.used / count);
    gdb_text_printf(out, ".\n");
    if (s.lost)
        gdb_text_printf(out, "The history was lost %" PRIu64 " times, last because %s.\n", s.lost,
                        s.lost_why);
}

void monitor_when(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    if (!d->travel.recorder) {
        gdb_text_printf(out, "%s", nothing);
        return;
    }
    const struct recorder_status s = recorder_status(d->travel.recorder);
    print_place(&s, out);
}

void monitor_goto(struct debug *d, const char *args, struct gdb_text *out)
{
    uint64_t number;
    const char *at = args;
    if (!number_word(&at, UINT64_MAX, &number) || *at) {
        monitor_usage("goto", "NUMBER", out);
        return;
    }
    if (d->non_stop) {
        gdb_text_printf(out, "Not in non-stop mode.\n");
    } else if (!d->travel.recorder) {
        gdb_text_printf(out, "%s", nothing);
    } else if (!travel_to(&d->travel, number)) {
        const struct recorder_status s = recorder_status(d->travel.recorder);
        gdb_text_printf(
            out, "%" PRIu64 " can't be reached: the log goes from %" PRIu64 " to %" PRIu64 ".\n",
            number, s.first, s.last);
    } else {
        const struct recorder_status s = recorder_status(d->travel.recorder);
        print_place(&s, out);
        gdb_text_printf(out, "%s", flush);
    }
}

/* ---- History */

static const char *const general[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi",
                                      "rsp", "rbp", "r8",  "r9",  "r10", "r11",
                                      "r12", "r13", "r14", "r15", "rip", "rflags"};

static const char *const segments[] = {"cs", "ds", "es", "fs", "gs", "ss", "tr", "ldtr"};
static const char *const tables[] = {"gdtr", "idtr"};
static const char *const controls[] = {"cr0", "cr2", "cr3", "cr4", "cr8", "efer", "apic_base"};
static const char *const debugs[] = {"dr0", "dr1", "dr2", "dr3", "dr6", "dr7"};

/* By gdb's names, as far as it has one. BY is the word of the part that C is about, NAMES are of
 * AS_MANY there. */
static bool print_named(const struct recorder_change *c, size_t by, const char *const *names,
                        size_t as_many, struct gdb_text *out)
{
    if (by < as_many)
        gdb_text_printf(out, "  %s=0x%" PRIx64, names[by], c->now);
    return by < as_many;
}

/* One of a segment's words is its base, the next one has limit, selector and attributes. */
static void print_segment(const struct recorder_change *c, size_t by, struct gdb_text *out)
{
    const size_t words = sizeof(struct kvm_segment) / 8, selector = 32, limit = 0xffffffff;
    const char *name = segments[by / words];
    const uint64_t flips = c->was ^ c->now;
    if (by % words == 0)
        gdb_text_printf(out, "  %s_base=0x%" PRIx64, name, c->now);
    if (by % words == 1 && flips & limit)
        gdb_text_printf(out, "  %s_limit=0x%" PRIx64, name, c->now & limit);
    if (by % words == 1 && flips >> selector & 0xffff)
        gdb_text_printf(out, "  %s=0x%" PRIx64, name, c->now >> selector & 0xffff);
}

static void print_system(const struct recorder_change *c, size_t by, struct gdb_text *out)
{
    const size_t gdt = offsetof(struct kvm_sregs, gdt) / 8,
                 cr0 = offsetof(struct kvm_sregs, cr0) / 8;
    if (by < gdt)
        print_segment(c, by, out);
    else if (by < cr0)
        gdb_text_printf(out, "  %s_%s=0x%" PRIx64, tables[(by - gdt) / 2],
                        (by - gdt) % 2 ? "limit" : "base", c->now);
    else
        print_named(c, by - cr0, controls, sizeof controls / sizeof *controls, out);
}

/* In STATE the MSRs are a list, each with its number in the word before its value. */
static void print_msr(const struct recorder_change *c, size_t by, const struct vcpu_snapshot *state,
                      struct gdb_text *out)
{
    if (by % 2 && by / 2 < state->msrs.count)
        gdb_text_printf(out, "  msr[0x%x]=0x%" PRIx64, state->msrs.entries[by / 2].index, c->now);
}

/* The legacy area of XSAVE; the halves of YMM's upper words have no fixed place. */
static void print_vector(const struct recorder_change *c, size_t by, struct gdb_text *out)
{
    const size_t xmm0 = 160 / 8, words = 16 * 2;
    if (by >= xmm0 && by < xmm0 + words)
        gdb_text_printf(out, "  xmm%zu[%zu]=0x%" PRIx64, (by - xmm0) / 2, (by - xmm0) % 2, c->now);
}

/* Parts lie in STATE in this order, from its end. */
static void print_register(const struct recorder_change *c, const struct vcpu_snapshot *state,
                           struct gdb_text *out)
{
    const size_t rip = offsetof(struct kvm_regs, rip) / 8,
                 sregs = offsetof(struct vcpu_snapshot, sregs) / 8,
                 debug = offsetof(struct vcpu_snapshot, debugregs) / 8,
                 msrs = offsetof(struct vcpu_snapshot, msrs.entries) / 8,
                 xsave = offsetof(struct vcpu_snapshot, xsave) / 8;
    if (c->word == rip)
        return; /* the next line says it */
    if (print_named(c, c->word, general, sizeof general / sizeof *general, out))
        return;
    if (c->word >= xsave)
        print_vector(c, c->word - xsave, out);
    else if (c->word >= msrs)
        print_msr(c, c->word - msrs, state, out);
    else if (c->word >= debug)
        print_named(c, c->word - debug, debugs, sizeof debugs / sizeof *debugs, out);
    else if (c->word >= sregs && c->word < sregs + sizeof(struct kvm_sregs) / 8)
        print_system(c, c->word - sregs, out);
}

/* The bytes of a word that are others now: those between the first and the last. */
static void print_memory(const struct recorder_change *c, struct gdb_text *out)
{
    const uint64_t flips = c->was ^ c->now;
    const unsigned first = (unsigned)__builtin_ctzll(flips) / 8,
                   last = 7 - (unsigned)__builtin_clzll(flips) / 8, bits = 8 * (last - first + 1);
    const uint64_t mask = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    gdb_text_printf(out, "  [0x%" PRIx64 "]=0x%0*" PRIx64, c->word * 8 + first, (int)(bits / 4),
                    c->now >> 8 * first & mask);
}

struct changes {
    const struct recorder *recorder;
    struct gdb_text *out;
};

static void print_change(void *context, const struct recorder_change *c)
{
    const struct changes *changes = context;
    struct gdb_text *out = changes->out;
    if (c->space < DELTA_CPUS)
        print_register(c, recorder_cpu(changes->recorder, c->space - DELTA_CPU), out);
    else if (c->space == DELTA_RAM && c->was != c->now)
        print_memory(c, out);
    else if (c->space >= DELTA_DISK)
        gdb_text_printf(out, "  disk%u[0x%" PRIx64 "]", c->space - DELTA_DISK, c->word * 8);
}

/* An instruction that is about to be gone over. */
struct line {
    uint64_t number, pc;
    uint8_t bytes[INSN_MAX];
    size_t n;
};

static uint64_t look_at(struct debug *d, unsigned cpu, struct line *line)
{
    const struct vcpu_snapshot *state = recorder_cpu(d->travel.recorder, cpu);
    const uint64_t pc = vcpu_linear_pc_of(&state->regs, &state->sregs);
    if (line) {
        const struct gva_space space = gva_space(d->config.memory, &state->sregs);
        line->pc = pc;
        line->n = gva_read(&space, pc, line->bytes, sizeof line->bytes);
    }
    return pc;
}

/* How long it is says the next one, unless it goes elsewhere. */
static void print_insn(struct debug *d, const struct line *line, const struct recorder_place *place,
                       struct gdb_text *out)
{
    const uint64_t len = look_at(d, place->cpu, NULL) - line->pc;
    const bool known = len && len <= line->n;
    gdb_text_printf(out, "%10" PRIu64, line->number);
    if (d->count > 1)
        gdb_text_printf(out, "  CPU %u", place->cpu);
    gdb_text_printf(out, "  0x%" PRIx64 ":", line->pc);
    for (size_t i = 0; i < (known ? len : line->n) && i < (known ? INSN_MAX : 5); i++)
        gdb_text_printf(out, " %02x", line->bytes[i]);
    if (!known && line->n)
        gdb_text_printf(out, " ..");
    if (place->vector >= 0)
        gdb_text_printf(out, "  to vector 0x%02x", (unsigned)place->vector);
}

static void print_next(struct debug *d, struct gdb_text *out)
{
    struct recorder *r = d->travel.recorder;
    struct line line = {.number = recorder_status(r).here};
    struct recorder_place place;
    if (!recorder_next(r, &place))
        return;
    look_at(d, place.cpu, &line);
    recorder_forward(r, &place);
    if (place.flags & RECORD_INSN)
        print_insn(d, &line, &place, out);
    else
        gdb_text_printf(out, "%10s  %s", "",
                        place.flags & RECORD_DEATH ? "the guest died" : "from outside");
    recorder_each_change(r, print_change, &(struct changes){r, out});
    gdb_text_printf(out, "\n");
}

/* Goes back over COUNT instructions and forth again, printing. */
void monitor_history(struct debug *d, const char *args, struct gdb_text *out)
{
    uint64_t count = 10, gone = 0;
    struct recorder_place place;
    const char *at = args;
    struct recorder *r = d->travel.recorder;
    if (*args && (!number_word(&at, HISTORY_MOST, &count) || *at || !count)) {
        monitor_usage("history", "[N]", out);
        return;
    }
    if (!r) {
        gdb_text_printf(out, "%s", nothing);
        return;
    }
    recorder_sync(r, false);
    const uint64_t here = recorder_status(r).here;
    while (here - recorder_status(r).here < count && recorder_back(r, &place))
        gone++;
    if (!gone)
        gdb_text_printf(out, "Nothing is recorded before this.\n");
    for (; gone; gone--)
        print_next(d, out);
    recorder_settle(r);
}

/* ---- To a file */

/* All that there is, to where the command line says: a client names no file of the host's. */
void monitor_record_save(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    const struct traces *t = d->config.traces;
    struct recorder *r = d->travel.recorder;
    struct recorder_place place;
    if (!r || !t->record) {
        gdb_text_printf(out, "%s", r ? "Where to? stepvm --record-file FILE says it.\n" : nothing);
        return;
    }
    recorder_sync(r, false);
    const struct recorder_status s = recorder_status(r);
    while (recorder_back(r, &place))
        ;
    bool failed =
        fprintf(t->record, "# instructions %" PRIu64 " to %" PRIu64 "\n", s.first, s.last) < 0;
    while (!failed && !recorder_at_end(r)) {
        char buf[8192];
        struct gdb_text line;
        gdb_text_init(&line, buf, sizeof buf);
        print_next(d, &line);
        failed = fwrite(buf, 1, line.len, t->record) != line.len;
    }
    failed = fflush(t->record) || failed;
    const int code = errno;
    travel_to(&d->travel, s.here);
    if (failed) {
        clearerr(t->record);
        gdb_text_printf(out, "%s: writing it: %s (%s)\n", t->record_file, strerror(code),
                        error_remedy(code));
    } else {
        gdb_text_printf(out, "%" PRIu64 " instructions are in %s.\n", s.last - s.first,
                        t->record_file);
    }
}
