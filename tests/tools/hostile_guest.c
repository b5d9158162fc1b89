/* Runs stepvm with the hostile guest (guests/hostile), once for each seed, and sees that it comes
 * to an end that explains itself.
 *
 *     hostile_guest STEPVM GUEST MODE KIND ROUNDS SEED COUNT DIR [OPTION...]
 *
 * MODE is what a client does meanwhile: `free` (there is none), `watched` (break- and watchpoints
 * anywhere), `stepped`, `written` (registers and tables get random values, then it is stepped).
 * DIR is for the socket and what stepvm says; GUEST.elf has its labels beside it. A signal ends
 * what goes on for too long. Each answer must come, and be one that the protocol has; after each
 * stop registers and memory can be asked for; a CPU that died says why. What came of it is the last
 * line. */
#include "tests/tools/hostile_guest_ask.h"

/* ---- What a client does */

static bool run(struct hostile *h)
{
    request(h, "vCont;c");
    return await_stop(h, pick(h, 3) ? pick(h, 20) : pick(h, 100));
}

static void change_breakpoint(struct hostile *h, char what, unsigned type, uint64_t at,
                              unsigned kind)
{
    ask(h, "%c%u,%llx,%x", what, type, (unsigned long long)at, kind);
    expect_done(h, "a breakpoint");
}

static bool visit_watched(struct hostile *h)
{
    struct {
        unsigned type, kind;
        uint64_t at;
    } set[8];
    const unsigned n = 1 + pick(h, 8);
    for (unsigned i = 0; i < n; i++) {
        set[i].type = pick(h, 5);
        set[i].at = place(h);
        set[i].kind = set[i].type < 2 ? 1 : pick(h, 4) ? 1u << pick(h, 4) : pick(h, 0x4000);
        change_breakpoint(h, 'Z', set[i].type, set[i].at, set[i].kind);
    }
    bool goes_on = true;
    for (unsigned runs = 1 + pick(h, 3); runs && goes_on; runs--)
        goes_on = run(h);
    for (unsigned i = 0; i < n && goes_on; i++)
        if (pick(h, 4)) /* the others stay */
            change_breakpoint(h, 'z', set[i].type, set[i].at, set[i].kind);
    return goes_on;
}

static bool step(struct hostile *h)
{
    if (pick(h, 10)) {
        request(h, "vCont;s:1");
    } else {
        const uint64_t from = place(h);
        request(h, "vCont;r%llx,%llx:1", (unsigned long long)from,
                (unsigned long long)(from + pick(h, 0x1000)));
    }
    return await_stop(h, 500);
}

static bool visit_stepped(struct hostile *h)
{
    bool goes_on = true;
    if (!pick(h, 4))
        change_breakpoint(h, 'Z', pick(h, 5), place(h), 1);
    for (unsigned n = 1 + pick(h, 20); n && goes_on; n--)
        goes_on = step(h);
    return goes_on && run(h);
}

static void write_register(struct hostile *h)
{
    char value[2 * 64 + 1];
    const unsigned number = pick(h, 0x70);
    ask(h, "p%x", number);
    const size_t len = strlen(h->rsp.packet);
    if (is_error(h->rsp.packet) || !len || len >= sizeof value)
        return;
    snprintf(value, sizeof value, "%s", h->rsp.packet);
    const bool few = pick(h, 2);
    for (size_t i = 0; i < len; i++)
        if (!few || !pick(h, 8))
            value[i] = "0123456789abcdef"[pick(h, 16)];
    ask(h, "P%x=%s", number, value);
    expect_done(h, "P");
}

static void write_all_registers(struct hostile *h)
{
    static char all[4000];
    ask(h, "g");
    const size_t len = strlen(h->rsp.packet);
    if (is_error(h->rsp.packet) || len >= sizeof all)
        return;
    memcpy(all, h->rsp.packet, len + 1);
    for (unsigned n = 1 + pick(h, 8); n; n--)
        all[pick(h, (unsigned)len)] = "0123456789abcdef"[pick(h, 16)];
    ask(h, "G%s", all);
    expect_done(h, "G");
}

/* Tables are where the guest has them. */
static void write_memory(struct hostile *h)
{
    char hex[2 * 32 + 1];
    const unsigned len = 1 + pick(h, 32);
    for (unsigned i = 0; i < 2 * len; i++)
        hex[i] = "0123456789abcdef"[pick(h, 16)];
    hex[2 * len] = 0;
    ask(h, "M%llx,%x:%s", (unsigned long long)place(h), len, hex);
    expect_done(h, "M");
}

static bool visit_written(struct hostile *h)
{
    static void (*const writes[])(struct hostile * h) = {write_register, write_register,
                                                         write_all_registers, write_memory};
    for (unsigned n = 1 + pick(h, 3); n; n--)
        writes[pick(h, 4)](h);
    return pick(h, 8) ? step(h) : run(h);
}

static void reset(struct hostile *h)
{
    ask(h, "qRcmd,7265736574"); /* "reset" */
    expect_done(h, "monitor reset");
}

static void leave(struct hostile *h)
{
    switch (pick(h, 3)) {
    case 0:
        ask(h, "D");
        expect_done(h, "D");
        break;
    case 1:
        request(h, "k");
        break;
    default:
        break;
    }
    close(h->rsp.fd);
}

/* ---- The whole */

static const struct mode {
    const char *name;
    bool (*visit)(struct hostile *h);
    unsigned visits;
} modes[] = {
    {"free", NULL, 0},
    {"watched", visit_watched, 6},
    {"stepped", visit_stepped, 5},
    {"written", visit_written, 25},
};

static void try_seed(struct hostile *h, const struct mode *mode)
{
    start(h);
    if (!mode->visit) {
        finish(h, 100 * h->rounds);
        return;
    }
    bool goes_on = run(h);
    for (unsigned n = mode->visits; n && goes_on; n--) {
        const unsigned deaths = h->deaths;
        goes_on = mode->visit(h);
        if (goes_on && h->deaths != deaths && pick(h, 2))
            reset(h);
    }
    if (goes_on)
        leave(h);
    else
        close(h->rsp.fd);
    finish(h, goes_on ? pick(h, 20) : RSP_PATIENCE_MS);
}

int main(int argc, char **argv)
{
    static struct hostile h = {.kind = "?", .mode = "?"};
    const struct mode *mode = modes;
    const struct mode *const end = modes + sizeof modes / sizeof *modes;
    if (argc < 9) {
        fprintf(stderr, "usage: see the head of tests/tools/hostile_guest.c\n");
        return 1;
    }
    h.stepvm = argv[1];
    h.guest = argv[2];
    h.mode = argv[3];
    h.kind = argv[4];
    h.rounds = (unsigned)strtoul(argv[5], NULL, 0);
    h.options = argv + 9;
    h.rsp.die = rsp_failed;
    h.rsp.context = &h;
    while (mode < end && strcmp(mode->name, h.mode) != 0)
        mode++;
    if (mode == end)
        wrong(&h, "no such mode");
    if (mode->visit)
        snprintf(h.socket, sizeof h.socket, "%s/hostile.sock", argv[8]);
    snprintf(h.errors, sizeof h.errors, "%s/hostile.err", argv[8]);
    read_labels(&h);

    const uint64_t first = strtoull(argv[6], NULL, 0), count = strtoull(argv[7], NULL, 0);
    for (h.seed = first; h.seed < first + count; h.seed++)
        try_seed(&h, mode);
    printf(
        "%s %s: %llu seeds: %u done, %u exited, %u died, %u stopped by a signal; %u stops, %u of "
        "them deaths, %u refusals\n",
        h.mode, h.kind, (unsigned long long)count, h.outcomes[OUTCOME_DONE],
        h.outcomes[OUTCOME_EXITED], h.outcomes[OUTCOME_DIED], h.outcomes[OUTCOME_STOPPED], h.stops,
        h.deaths, h.refusals);
    return 0;
}
