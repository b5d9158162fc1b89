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

/* The selector of a segment register, or a control register, at word WORD of struct kvm_sregs. */
static const char *system_name(uint64_t word)
{
    static const struct {
        size_t offset;
        const char *name;
    } names[] = {
        {offsetof(struct kvm_sregs, cs), "cs"},     {offsetof(struct kvm_sregs, ds), "ds"},
        {offsetof(struct kvm_sregs, es), "es"},     {offsetof(struct kvm_sregs, fs), "fs"},
        {offsetof(struct kvm_sregs, gs), "gs"},     {offsetof(struct kvm_sregs, ss), "ss"},
        {offsetof(struct kvm_sregs, tr), "tr"},     {offsetof(struct kvm_sregs, ldt), "ldtr"},
        {offsetof(struct kvm_sregs, gdt), "gdtr"},  {offsetof(struct kvm_sregs, idt), "idtr"},
        {offsetof(struct kvm_sregs, cr0), "cr0"},   {offsetof(struct kvm_sregs, cr2), "cr2"},
        {offsetof(struct kvm_sregs, cr3), "cr3"},   {offsetof(struct kvm_sregs, cr4), "cr4"},
        {offsetof(struct kvm_sregs, efer), "efer"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (word * 8 == names[i].offset)
            return names[i].name;
    return NULL;
}

static void print_register(const struct recorder_change *c, struct gdb_text *out)
{
    const size_t offset = c->word * 8, sregs = offsetof(struct vcpu_snapshot, sregs);
    const char *name = NULL;
    if (c->word < sizeof general / sizeof general[0])
        name = general[c->word];
    else if (offset >= sregs && offset < sregs + sizeof(struct kvm_sregs))
        name = system_name((offset - sregs) / 8);
    if (name && strcmp(name, "rip"))
        gdb_text_printf(out, "  %s=0x%" PRIx64, name, c->now);
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

static void print_change(void *context, const struct recorder_change *c)
{
    if (c->space < DELTA_CPUS)
        print_register(c, context);
    else if (c->space == DELTA_RAM && c->was != c->now)
        print_memory(c, context);
    else if (c->space >= DELTA_DISK)
        gdb_text_printf(context, "  disk%u[0x%" PRIx64 "]", c->space - DELTA_DISK, c->word * 8);
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
    recorder_each_change(r, print_change, out);
    gdb_text_printf(out, "\n");
}

/* Goes back over COUNT instructions and forth again, printing. */
void monitor_history(struct debug *d, const char *args, struct gdb_text *out)
{
    uint64_t count = 10, gone = 0;
    struct recorder_place place;
    const char *at = args;
    struct recorder *r = d->travel.recorder;
    if (*args && (!number_word(&at, HISTORY_MOST, &count) || *at)) {
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
