/* Time travel, by its promise: a machine that is recorded goes back through the very states that it
 * came through, and forth again.
 *
 *     reverse SOCKET PID CPUS STEPS EVERY SEED [COMMAND...]
 *
 * A client of the stub at SOCKET, whose machine (the process PID) is stopped. It gives the monitor
 * COMMANDs (@ADDR: runs to that address; ?COMMAND: what that says is looked at, too;
 * ?WORD:COMMAND: its lines with WORD), switches recording on, and
 *
 *     steps STEPS instructions, or until the guest ends or waits for ever;
 *     goes back one by one, and forth again through the log, and to random places;
 *     writes to the machine in the past, and steps on from there;
 *     does all of that backwards again.
 *
 * At each place all registers must be what they were. Memory, MSRs and devices are looked at as
 * well about every EVERY instructions, at random ones: 1 is each. With more than one CPU, places
 * are those at which the first CPU's steps ended.
 *
 * A COMMAND --hold: only the first CPU is stepped, the others stay where they are.
 *
 * A COMMAND --run: what was stepped is recorded once more, while the guest runs, and that is gone
 * back through. Each place must be what it was when it was stepped to: a change that the recorder
 * does not find at a step's end is found when it stops, and so at no place but the last. For a
 * guest that goes the same way each time.
 *
 * REVERSE_ROUNDS=1: not backwards again, for long runs.
 *
 * If REVERSE_FILE is set, that file (a disk) is looked at with memory.
 *
 * Prints what is wrong and exits with 1; with 77 if it can't be done here, and says why. */
#include "tests/tools/reverse_state.h"

enum { WAIT_MS = 2000, RUN_MS = 300, JUMPS = 30 };

struct travel {
    struct machine m;
    uint64_t first, last;   /* numbers: where recording began, and the log's end */
    struct moment *moments; /* by number - first */
    size_t room;
    unsigned every;
    uint64_t random;
    bool ended;  /* the guest has */
    bool runs;   /* --run */
    bool holds;  /* --hold */
    bool chosen; /* the CPU that goes back, by Hc */
};

static uint64_t pick(struct travel *t, uint64_t n)
{
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return (t->random >> 8) % n;
}

static uint64_t when(struct travel *t)
{
    const char *text = monitor(&t->m, "when");
    const char *digit = strpbrk(text, "0123456789");
    if (!digit)
        wrong(&t->m, "monitor when: %s", text);
    return t->m.number = strtoull(digit, NULL, 10);
}

/* One instruction further, or back. That it is really EXPECTED, its registers show; asked is now
 * and then, and always where there are several CPUs. */
static void arrive(struct travel *t, uint64_t expected)
{
    if (t->m.cpus > 1 || expected % 8 == 0)
        when(t);
    else
        t->m.number = expected;
}

static struct moment *moment_of(struct travel *t, uint64_t number)
{
    if (number < t->first)
        wrong(&t->m, "before %" PRIu64 ", where recording began", t->first);
    const size_t i = number - t->first;
    if (i >= t->room) {
        const size_t room = 2 * i + 1024;
        t->moments = allocated(realloc(t->moments, room * sizeof *t->moments));
        memset(t->moments + t->room, 0, (room - t->room) * sizeof *t->moments);
        t->room = room;
    }
    return &t->moments[i];
}

/* ---- Moving. The stop's packet is in m.rsp.packet. */

/* False: no stop came in time, then it is interrupted. */
static bool move_in(struct travel *t, const char *packet, int ms)
{
    rsp_send_packet(&t->m.rsp, packet);
    if (rsp_receive(&t->m.rsp, ms))
        return true;
    rsp_send_bytes(&t->m.rsp, "\003", 1);
    rsp_answer(&t->m.rsp);
    return false;
}

static bool move(struct travel *t, const char *packet)
{
    return move_in(t, packet, RSP_PATIENCE_MS);
}

static bool stopped_by_step(const struct travel *t)
{
    const char *stop = t->m.rsp.packet;
    return !strncmp(stop, "T05", 3) && !strstr(stop, "replaylog");
}

static bool stopped_at(const struct travel *t, const char *end)
{
    const char *at = strstr(t->m.rsp.packet, "replaylog:");
    return at && !strncmp(at + strlen("replaylog:"), end, strlen(end));
}

/* One instruction forwards, into what is not recorded yet. False: the guest has ended, or waits for
 * ever. */
static bool step(struct travel *t)
{
    const bool came = move_in(t, t->holds ? "vCont;s:1" : "vCont;s:1;c", WAIT_MS);
    if (t->m.rsp.packet[0] != 'T')
        wrong(&t->m, "a step gave %.200s", t->m.rsp.packet);
    const bool stepped = stopped_by_step(t);
    if (stepped && !came)
        ask(&t->m, "qfThreadInfo"); /* as gdb shows its user a stop: forgets the late interrupt */
    return stepped;
}

static void step_back(struct travel *t)
{
    if (!t->chosen && strcmp(ask(&t->m, "Hc1"), "OK"))
        wrong(&t->m, "Hc1 gave %.200s", t->m.rsp.packet);
    t->chosen = true;
    if (!move(t, "bs") || !stopped_by_step(t))
        wrong(&t->m, "bs gave %.200s", t->m.rsp.packet);
}

/* ---- Comparing */

/* Keeps what the machine is like now. */
static void keep(struct travel *t, bool whole)
{
    struct moment *moment = moment_of(t, t->m.number);
    moment_free(moment);
    *moment = look(&t->m, whole);
}

/* The same where no instruction has ended since: the guest has died or waits. Either state may be
 * found at that number. */
static void keep_end(struct travel *t)
{
    struct moment *moment = moment_of(t, when(t)), *before = NULL;
    if (moment->seen) {
        before = allocated(malloc(sizeof *before));
        *before = *moment;
    }
    *moment = look(&t->m, true);
    moment->before = before;
}

/* The machine is where it was seen before. With more than one CPU it need not have been. */
static void check(struct travel *t)
{
    const struct moment *expected = moment_of(t, t->m.number);
    if (!expected->seen) {
        if (t->m.cpus == 1)
            wrong(&t->m, "it has not been here");
        return;
    }
    struct moment actual = look(&t->m, expected->others || expected->before);
    compare(&t->m, expected, &actual);
    moment_free(&actual);
}

/* ---- The journeys */

/* Where there are several CPUs, the log may have ended with what others did, and a step of the
 * first one's then goes on live, and the others with it. */
static void note_end(struct travel *t)
{
    if (t->m.cpus > 1 && t->m.number > t->last)
        t->last = t->m.number;
}

static void step_on(struct travel *t, uint64_t steps)
{
    t->m.doing = "stepping";
    t->ended = false;
    for (uint64_t i = 0; i < steps && !t->ended; i++) {
        t->ended = !step(t);
        if (t->ended) {
            keep_end(t);
            continue;
        }
        arrive(t, t->m.number + 1);
        keep(t, i + 1 == steps || pick(t, t->every) == 0);
    }
    t->last = t->m.number;
}

static void go_back(struct travel *t)
{
    t->m.doing = "going back";
    bool from_death = t->ended; /* which has the number of the last place before it */
    when(t);
    while (t->m.number > t->first) {
        const uint64_t before = t->m.number;
        step_back(t);
        if (from_death)
            when(t);
        else
            arrive(t, before - 1);
        check(t);
        if (from_death ? t->m.number > before || t->m.number + 1 < before
                       : t->m.number >= before || (t->m.cpus == 1 && t->m.number != before - 1))
            wrong(&t->m, "bs has led here from %" PRIu64, before);
        from_death = false;
    }
    if (!move(t, "bs") || !stopped_at(t, "begin"))
        wrong(&t->m, "at the beginning bs gave %.200s", t->m.rsp.packet);
    when(t);
    check(t);
}

static void go_forth(struct travel *t)
{
    t->m.doing = "going forth";
    when(t);
    while (t->m.number < t->last) {
        const uint64_t before = t->m.number;
        const bool stepped = step(t);
        if (stepped)
            arrive(t, before + 1);
        else if (!t->ended && t->m.cpus == 1) /* the last entries may be the other CPUs' */
            wrong(&t->m, "vCont;s in the log gave %.200s", t->m.rsp.packet);
        else if (when(t) != t->last)
            wrong(&t->m, "vCont;s in the log gave %.200s", t->m.rsp.packet);
        note_end(t);
        check(t);
        if (t->m.number <= before || (t->m.cpus == 1 && t->m.number != before + 1))
            wrong(&t->m, "vCont;s has led here from %" PRIu64, before);
    }
}

/* By bc, and by vCont;c, from somewhere to the log's ends. */
static void go_to_the_ends(struct travel *t)
{
    t->m.doing = "bc to the beginning";
    if (!move(t, "bc") || !stopped_at(t, "begin"))
        wrong(&t->m, "bc gave %.200s", t->m.rsp.packet);
    when(t);
    check(t);
    if (t->m.number != t->first)
        wrong(&t->m, "the beginning is %" PRIu64, t->first);
    t->m.doing = "vCont;c to the end";
    if (!move(t, "vCont;c") || (!stopped_at(t, "end") && !t->ended))
        wrong(&t->m, "vCont;c in the log gave %.200s", t->m.rsp.packet);
    when(t);
    check(t);
    if (t->m.number != t->last)
        wrong(&t->m, "the end is %" PRIu64, t->last);
}

static void go_to(struct travel *t, uint64_t number)
{
    t->m.doing = "monitor goto";
    const char *text = monitor(&t->m, "goto %" PRIu64, number);
    if (when(t) != number)
        wrong(&t->m, "this is not %" PRIu64 ": %s", number, text);
    check(t);
}

static void jump(struct travel *t)
{
    for (unsigned i = 0; i < JUMPS; i++) {
        go_to(t, t->first + pick(t, t->last - t->first + 1));
        t->m.doing = "after monitor goto";
        for (uint64_t n = pick(t, 3); n && t->m.number > t->first; n--) {
            step_back(t);
            when(t);
            check(t);
        }
        for (uint64_t n = pick(t, 3); n && t->m.number < t->last && !t->ended; n--) {
            step(t);
            when(t);
            note_end(t);
            check(t);
        }
    }
}

/* A word of RAM, of the last page. */
static uint64_t any_word(struct travel *t)
{
    const struct region *r = &t->m.regions[0];
    return r->gpa + r->size - PAGE + pick(t, PAGE / 8) * 8;
}

static void write_word(struct travel *t, uint64_t gpa, uint64_t value)
{
    monitor(&t->m, "pw /g 0x%" PRIx64 " 0x%" PRIx64, gpa, value);
}

/* A word of RAM that is written to in the past ends the future. */
static void change_the_past(struct travel *t, uint64_t steps)
{
    const uint64_t any = t->first + pick(t, t->last - t->first + 1);
    const uint64_t number = t->ended ? t->last : any; /* so that the guest ends right there */
    go_to(t, number);
    t->m.doing = "changing the past";
    const uint64_t gpa = any_word(t);
    write_word(t, gpa, read_word(&t->m, gpa) ^ t->random);
    for (uint64_t i = number + 1; i <= t->last; i++)
        moment_free(moment_of(t, i));
    keep(t, true);
    step_on(t, steps);
}

/* Ends the log here, with the machine as it is: a word is changed, and back. Each is noted when a
 * journey begins. */
static void drop_the_future(struct travel *t)
{
    const uint64_t gpa = any_word(t), word = read_word(&t->m, gpa);
    for (unsigned i = 0; i < 2; i++) {
        write_word(t, gpa, i ? word : ~word);
        monitor(&t->m, "goto %" PRIu64, t->m.number);
    }
}

/* What was stepped, recorded anew while it runs. */
static void run_again(struct travel *t)
{
    go_to(t, t->first);
    t->m.doing = "recording what runs";
    monitor(&t->m, "record off");
    monitor(&t->m, "record on");
    if (when(t) != t->first)
        wrong(&t->m, "recording has begun elsewhere than at %" PRIu64, t->first);
    while (!move_in(t, "vCont;c", RUN_MS) && when(t) < t->last)
        ;
    if (when(t) > t->last)
        monitor(&t->m, "goto %" PRIu64, t->last);
    if (when(t) != t->last)
        wrong(&t->m, "it has ended before %" PRIu64 ": %.200s", t->last, t->m.rsp.packet);
    drop_the_future(t);
    check(t);
}

/* Before there is a recording. */
static void run_to(struct travel *t, uint64_t pc)
{
    t->m.doing = "running to where recording begins";
    if (strcmp(ask(&t->m, "Z1,%" PRIx64 ",1", pc), "OK") || !move(t, "vCont;c") ||
        !strstr(t->m.rsp.packet, "break:") || strcmp(ask(&t->m, "z1,%" PRIx64 ",1", pc), "OK"))
        wrong(&t->m, "0x%" PRIx64 " gave %.200s", pc, t->m.rsp.packet);
}

static void test(struct travel *t, uint64_t steps)
{
    const char *wanted = getenv("REVERSE_ROUNDS");
    const int rounds = wanted ? atoi(wanted) : 2;
    monitor(&t->m, "record on");
    t->first = t->last = when(t);
    keep(t, true);
    step_on(t, steps);
    if (t->runs)
        run_again(t);
    for (int round = 0; round < rounds; round++) {
        go_back(t);
        go_forth(t);
        go_to_the_ends(t);
        jump(t);
        if (round + 1 < rounds)
            change_the_past(t, steps / 4);
    }
    printf("    %" PRIu64 " instructions\n", t->last - t->first);
}

static void obey(struct travel *t, const char *command)
{
    if (!strcmp(command, "--run"))
        t->runs = true;
    else if (!strcmp(command, "--hold"))
        t->holds = true;
    else if (command[0] == '@')
        run_to(t, strtoull(command + 1, NULL, 0));
    else if (command[0] == '?')
        machine_look_at(&t->m, command + 1);
    else
        monitor(&t->m, "%s", command);
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr, "usage: see the head of tests/tools/reverse.c\n");
        return 1;
    }
    struct travel *t = allocated(calloc(1, sizeof *t));
    struct machine *m = &t->m;
    m->doing = "connecting";
    m->rsp.die = machine_die;
    m->rsp.context = m;
    m->pid = (pid_t)atoi(argv[2]);
    m->cpus = (unsigned)atoi(argv[3]);
    t->every = (unsigned)atoi(argv[5]);
    t->random = strtoull(argv[6], NULL, 0) * 0x9e3779b97f4a7c15 + 1;
    rsp_connect(&m->rsp, argv[1]);
    ask(m, "qSupported:swbreak+;hwbreak+;vContSupported+");
    if (!strstr(m->rsp.packet, "ReverseStep+"))
        wrong(m, "the stub does not go back: %.300s", m->rsp.packet);
    if (strcmp(ask(m, "QStartNoAckMode"), "OK"))
        wrong(m, "QStartNoAckMode: %s", m->rsp.packet);
    m->rsp.acks = false;
    m->file = getenv("REVERSE_FILE");
    find_memory(m);
    for (int i = 7; i < argc; i++)
        obey(t, argv[i]);
    test(t, strtoull(argv[4], NULL, 0));
    for (size_t i = 0; i < t->room; i++)
        moment_free(&t->moments[i]);
    free(t->moments);
    free(t);
    return 0;
}
