/* Makes each call of the host fail, one a run, and judges what stepvm makes of it.
 *
 *     faults [-a] [-v] PROGRAM GUESTS [SCENARIO...]
 *
 * -a: every single call, by each error it can have; otherwise, of the
 * calls that one place in the program makes, the first, in the first scenario that comes there, by
 * the likeliest error (by each in stepvm-files). -v: what each run has said.
 * -f "KIND[ REQUEST] NTH ERROR": this fault alone; -f "KIND[ REQUEST]": each such call. */
#include "judge.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A place in the program from where the host is called. */
struct place {
    uint32_t kind, request, site;
    bool helper;    /* in stepvm-files */
    uint32_t first; /* the first call of this kind and request that comes from there, from 1 */
};

enum { PLACES = 4096 };

struct sweep {
    struct setup setup;
    bool all, verbose;
    const char *only;
    struct run base, run;
    unsigned runs, faults, bad;
    struct place places[PLACES]; /* tried */
    size_t place_count;
    unsigned outcomes[JUDGE_OUTCOMES];
};

static void show(const struct sweep *s, const struct seam *fault, const char *why)
{
    char name[64];
    printf("    %s: %s: %s\n", s->run.scenario->name, judge_fault_name(fault, name), why);
    if (s->only)
        printf("%s", s->run.err);
    fflush(stdout);
}

/* False if the program made no such call. */
static bool try_fault(struct sweep *s, const struct scenario *scenario, const struct seam *fault)
{
    run_once(&s->run, &s->setup, scenario, fault);
    s->runs++;
    if (!s->setup.seam->hits)
        return false;
    s->faults++;
    char why[512];
    const enum judge_outcome outcome = judge(&s->run, &s->base, s->setup.seam, why);
    s->outcomes[outcome]++;
    if (outcome == JUDGE_BAD) {
        s->bad++;
        show(s, fault, why);
    } else if (s->verbose) {
        show(s, fault, judge_outcome_name(outcome));
    }
    return true;
}

/* Each error of the NTH call of this kind. */
static void try_errors(struct sweep *s, const struct scenario *scenario, struct seam fault)
{
    const bool all = s->all || scenario->helper;
    const int *errors = judge_errors(fault.kind, fault.request, scenario->helper);
    for (unsigned i = 0; errors[i]; i++) {
        fault.error = errors[i];
        if (!try_fault(s, scenario, &fault))
            return;
        if (!all)
            break;
    }
    fault.error = SEAM_SIGNAL - SIGTERM;
    if (scenario->signalled)
        try_fault(s, scenario, &fault);
}

static bool same_call(const struct place *a, const struct place *b)
{
    return a->kind == b->kind && a->request == b->request;
}

/* Adds those of the last run that are not there yet; returns how many there are now. */
static size_t add_places(const struct seam *seam, struct place *places, size_t n)
{
    const uint32_t logged = seam->calls < SEAM_LOG ? seam->calls : SEAM_LOG;
    for (uint32_t i = 0; i < logged && n < PLACES; i++) {
        const struct seam_log *call = &seam->log[i];
        struct place *new = &places[n];
        *new = (struct place){call->kind, call->request, call->site, seam->helper, 1};
        bool known = false;
        for (size_t at = 0; at < n && !known; at++)
            known = same_call(&places[at], new) &&
                    places[at].site == new->site &&places[at].helper == new->helper;
        for (uint32_t before = 0; before < i && !known; before++)
            new->first +=
                seam->log[before].kind == new->kind && seam->log[before].request == new->request;
        n += !known;
    }
    return n;
}

/* All calls of a kind, and some more than there were: a fault may lead to others. */
static void try_kind(struct sweep *s, const struct scenario *scenario, const struct place *p)
{
    struct seam fault = {.kind = p->kind, .request = p->request};
    unsigned before;
    do {
        before = s->faults;
        fault.nth++;
        try_errors(s, scenario, fault);
    } while (s->faults > before);
}

static void try_all(struct sweep *s, const struct scenario *scenario)
{
    static struct place places[PLACES];
    const size_t n = add_places(s->setup.seam, places, 0);
    for (size_t i = 0; i < n; i++) {
        bool again = false;
        for (size_t before = 0; before < i; before++)
            again |= same_call(&places[before], &places[i]);
        if (!again)
            try_kind(s, scenario, &places[i]);
    }
}

static void try_new_places(struct sweep *s, const struct scenario *scenario)
{
    const size_t n = add_places(s->setup.seam, s->places, s->place_count);
    for (; s->place_count < n; s->place_count++) {
        const struct place *p = &s->places[s->place_count];
        const struct seam fault = {.kind = p->kind, .request = p->request, .nth = p->first};
        try_errors(s, scenario, fault);
    }
}

static void report(const struct sweep *s, const char *name, unsigned bad, unsigned faults)
{
    if (s->bad > bad)
        printf("not ok %s - %u of %u faults\n", name, s->bad - bad, s->faults - faults);
    else
        printf("ok %s\n", name);
    fflush(stdout);
}

/* The one fault that was asked for, or each of that kind. */
static void try_only(struct sweep *s, const struct scenario *scenario)
{
    struct seam fault;
    char name[128];
    const unsigned bad = s->bad, faults = s->faults;
    const bool known = judge_parse_fault(s->only, &fault);
    snprintf(name, sizeof name, "%s: %.60s", scenario->name, s->only);
    if (known && !fault.nth) {
        try_kind(s, scenario, &(struct place){.kind = fault.kind, .request = fault.request});
        report(s, name, bad, faults);
    } else {
        s->verbose = true;
        if (known)
            try_fault(s, scenario, &fault);
    }
    if (s->faults == faults)
        printf("not ok %s - no such fault\n", name);
}

static void sweep(struct sweep *s, const struct scenario *scenario)
{
    const struct seam none = {.kind = SEAM_KINDS};
    const unsigned bad = s->bad, faults = s->faults;
    run_once(&s->base, &s->setup, scenario, &none);
    const char *why = judge_base(&s->base, s->setup.seam);
    if (why) {
        printf("not ok %s - %s: %s: %.500s\n", scenario->name, why, s->base.refusal, s->base.err);
        s->bad++;
        return;
    }
    if (s->only)
        try_only(s, scenario);
    else if (s->all)
        try_all(s, scenario);
    else
        try_new_places(s, scenario);
    if (!s->only)
        report(s, scenario->name, bad, faults);
}

static bool make_snapshot(struct sweep *s)
{
    const struct seam none = {.kind = SEAM_KINDS};
    run_once(&s->run, &s->setup, &scenario_first, &none);
    if (!judge_base(&s->run, s->setup.seam))
        return true;
    fprintf(stderr, "no snapshot to begin from: %s%s\n", s->run.refusal, s->run.err);
    return false;
}

static bool is_chosen(const struct scenario *scenario, char **names)
{
    bool any = false, found = false;
    for (; *names; names++) {
        any = true;
        found |= !strcmp(*names, scenario->name);
    }
    return found || !any;
}

static bool set_up(struct sweep *s, char dir[], char inputs[])
{
    snprintf(dir, 128, "%s/faults.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(dir))
        return false;
    snprintf(inputs, 128, "%.120s.in", dir);
    if (mkdir(inputs, 0700) || !scenario_inputs(inputs, s->setup.guests))
        return false;
    s->setup.dir = dir;
    s->setup.inputs = inputs;
    s->setup.patience_ms = 60000;
    s->setup.seam_fd = memfd_create("seam", 0);
    if (s->setup.seam_fd < 0 || ftruncate(s->setup.seam_fd, sizeof *s->setup.seam))
        return false;
    s->setup.seam =
        mmap(NULL, sizeof *s->setup.seam, PROT_READ | PROT_WRITE, MAP_SHARED, s->setup.seam_fd, 0);
    return s->setup.seam != MAP_FAILED;
}

static void tear_down(const char *dir, const char *inputs)
{
    static const char *const names[] = {"disk", "module", "cd.iso", "shot"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", inputs, names[i]);
        unlink(path);
    }
    rmdir(inputs);
    rmdir(dir);
}

int main(int argc, char **argv)
{
    static struct sweep s;
    static char dir[128], inputs[128];
    for (int option; (option = getopt(argc, argv, "avf:")) != -1;) {
        s.all |= option == 'a';
        s.verbose |= option == 'v';
        if (option == 'f')
            s.only = optarg;
    }
    if (argc - optind < 2) {
        fprintf(stderr, "usage: faults [-a] [-v] PROGRAM GUESTS [SCENARIO...]\n");
        return 2;
    }
    s.setup.program = argv[optind];
    s.setup.guests = argv[optind + 1];
    if (!set_up(&s, dir, inputs)) {
        perror("faults");
        return 2;
    }
    s.bad = !make_snapshot(&s);
    for (const struct scenario *scenario = scenarios; scenario->name; scenario++)
        if (is_chosen(scenario, argv + optind + 2))
            sweep(&s, scenario);
    tear_down(dir, inputs);
    printf("%u faults in %u runs:", s.faults, s.runs);
    for (unsigned i = 0; i < JUDGE_OUTCOMES; i++)
        printf(" %u %s%s", s.outcomes[i], judge_outcome_name(i),
               i + 1 < JUDGE_OUTCOMES ? "," : "\n");
    return s.bad != 0;
}
