/* A client that does all that clients may do, at random, to a running stepvm, and checks that it
 * keeps its word.
 *
 *     stress SOCKET PID SEED OPERATIONS CPUS FIRST OTHERS
 *
 * The guest is guests/smp.s. FIRST and OTHERS are the addresses of the instructions of the loop of
 * the first CPU and of the others, in order, and of where it ends, separated by commas. The same
 * SEED gives the same operations. At the end the guest is left running with no client.
 *
 * What goes wrong is shown with the last packets. Checked: each request is answered; a stop is
 * where the guest can be, and for the reason that was asked for; a step goes to the next
 * instruction; memory never shows a byte that the guest or we did not write; when no client is
 * there the CPUs count on; stepvm's descriptors and threads stay as many as they were. */
#include "tests/tools/stress_machine.h"
#include "tests/tools/stress_non_stop.h"
#include "tests/tools/stress_run.h"
#include "tests/tools/stress_travel.h"

#include <dirent.h>

/* ---- Operations; the guest is stopped before and after each */

static void op_step(struct stress *s)
{
    const unsigned cpu = pick(s, s->cpus);
    const int before = place(s, cpu);
    request(s, "vCont;s:%x", cpu + 1);
    rsp_answer(&s->rsp);
    const char *thread = strstr(s->rsp.packet, "thread:");
    if (s->rsp.packet[0] != 'T' || !thread || strtoul(thread + 7, NULL, 16) != cpu + 1)
        wrong(s, "CPU %u was to step: %s", cpu, s->rsp.packet);
    if (strstr(s->rsp.packet, "break:")) { /* it stopped before, and this is the first we hear */
        check_stop(s, false);
        return;
    }
    const int after = place(s, cpu), next = (before + 1) % (int)loop_of(s, cpu)->count;
    if (after != next)
        wrong(s, "CPU %u stepped from %d to %d of its loop", cpu, before, after);
}

static void op_run(struct stress *s)
{
    request(s, "vCont;c");
    run_a_while(s);
}

static void op_run_and_interrupt_at_once(struct stress *s)
{
    rsp_send_bytes(&s->rsp, "$vCont;c#a8\003", 12);
    rsp_answer(&s->rsp);
    check_stop(s, true);
}

static void op_run_one(struct stress *s)
{
    request(s, "vCont;c:%x", pick(s, s->cpus) + 1);
    run_a_while(s);
}

static void op_step_one_run_others(struct stress *s)
{
    const unsigned cpu = pick(s, s->cpus);
    s->stepping = 1u << cpu;
    request(s, "vCont;s:%x;c", cpu + 1);
    run_a_while(s);
}

static void op_insert(struct stress *s)
{
    change_breakpoint(s, 'Z');
}

static void op_remove(struct stress *s)
{
    change_breakpoint(s, 'z');
}

static void op_memory(struct stress *s)
{
    char hex[2 * 64 + 1];
    const unsigned len = 1 + pick(s, 64);
    for (unsigned i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02x", pick(s, 256));
    request(s, "M%x,%x:%s", SCRATCH, len, hex);
    rsp_expect_ok(&s->rsp);
    request(s, "m%x,%x", SCRATCH, len);
    rsp_answer(&s->rsp);
    if (strcmp(s->rsp.packet, hex))
        wrong(s, "wrote %s, read %s", hex, s->rsp.packet);
    check_code(s);
}

static void op_register(struct stress *s)
{
    char value[9];
    const unsigned cpu = pick(s, s->cpus);
    read_registers(s, cpu);
    /* Its lowest bit is what conditions ask for: while it stands at a hit that may not have been
     * told yet, that stays. */
    const unsigned kept = is_set(s, cpu, place(s, cpu));
    snprintf(value, sizeof value, "%02x%06x", (pick(s, 256) & ~kept) | (s->ecx & kept),
             pick(s, 0xffffff));
    request(s, "P%x=%s", REG_ECX, value);
    rsp_expect_ok(&s->rsp);
    read_registers(s, cpu);
    if (strncmp(s->rsp.packet + 8 * REG_ECX, value, 8))
        wrong(s, "wrote %s to ecx, read %.8s", value, s->rsp.packet + 8 * REG_ECX);
}

static void op_nonsense(struct stress *s)
{
    static const char *const packets[] = {"",       "vCont;s:77",   "m1", "Z9,1,1",
                                          "vCont;", "P99=11223344", "G1", "vCont;x"};
    request(s, "%s", packets[pick(s, sizeof packets / sizeof packets[0])]);
    rsp_answer(&s->rsp);
    if (s->rsp.packet[0] && s->rsp.packet[0] != 'E')
        wrong(s, "nonsense was taken: %s", s->rsp.packet);
}

static void op_detach(struct stress *s)
{
    request(s, "D");
    rsp_expect_ok(&s->rsp);
    vanish(s);
}

static void op_vanish_stopped(struct stress *s)
{
    vanish(s);
}

static void op_vanish_in_a_packet(struct stress *s)
{
    rsp_send_bytes(&s->rsp, "$m100000,4", 1 + pick(s, 10));
    vanish(s);
}

static void op_vanish_running(struct stress *s)
{
    request(s, "vCont;c");
    rsp_sleep_us(pick(s, 3) * pick(s, 1000));
    vanish(s);
}

static void op_vanish_stepping(struct stress *s)
{
    request(s, "vCont;s:%x", pick(s, s->cpus) + 1);
    vanish(s);
}

static void op_vanish_interrupting(struct stress *s)
{
    rsp_send_bytes(&s->rsp, "$vCont;c#a8\003", 12);
    vanish(s);
}

static void op_detach_running(struct stress *s)
{
    request(s, "vCont;c");
    request(s, "D");
    vanish(s);
}

/* Nobody may disturb a client, and who comes is told. */
static void op_second_client(struct stress *s)
{
    struct stress *second = calloc(1, sizeof *second);
    if (!second)
        wrong(s, "out of memory");
    second->socket = s->socket;
    second->name = s->name;
    second->number = s->number;
    open_socket(second);
    if (pick(s, 2)) {
        request(second, "?");
        rsp_answer(&second->rsp);
        if (second->rsp.packet[0] != 'E')
            wrong(s, "a second client was answered: %s", second->rsp.packet);
    }
    close(second->rsp.fd);
    free(second);
}

static void op_non_stop(struct stress *s)
{
    switch (non_stop_visit(s)) {
    case LEAVE_ALL_STOPPED:
        request(s, "QNonStop:0");
        rsp_expect_ok(&s->rsp);
        break;
    case LEAVE_BY_DETACH:
        request(s, "D");
        rsp_expect_ok(&s->rsp);
        __attribute__((fallthrough));
    case LEAVE_BY_VANISHING:
        vanish(s);
        break;
    }
}

static const struct {
    const char *name;
    void (*run)(struct stress *s);
    unsigned weight;
} operations[] = {
    {"step", op_step, 20},
    {"run", op_run, 20},
    {"run and interrupt at once", op_run_and_interrupt_at_once, 10},
    {"run one", op_run_one, 5},
    {"step one, run the others", op_step_one_run_others, 10},
    {"insert", op_insert, 12},
    {"remove", op_remove, 24},
    {"memory", op_memory, 5},
    {"register", op_register, 5},
    {"nonsense", op_nonsense, 3},
    {"detach", op_detach, 3},
    {"vanish, stopped", op_vanish_stopped, 2},
    {"vanish in a packet", op_vanish_in_a_packet, 2},
    {"vanish, running", op_vanish_running, 3},
    {"vanish, stepping", op_vanish_stepping, 3},
    {"vanish, interrupting", op_vanish_interrupting, 3},
    {"detach, running", op_detach_running, 3},
    {"second client", op_second_client, 2},
    {"range", op_range, 10},
    {"range, run the others", op_range_run_others, 5},
    {"next16", op_next16, 5},
    {"run until it stops", op_run_until_stop, 10},
    {"watch", op_watch, 3},
    {"restart", op_restart, 1},
    {"monitor", op_monitor, 5},
    {"trace", op_trace, 4},
    {"non-stop", op_non_stop, 5},
    {"snapshot", op_snapshot, 2},
    {"record", op_record, 3},
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

static void operate(struct stress *s)
{
    unsigned total = 0, i = 0;
    for (unsigned j = 0; j < OPERATIONS; j++)
        total += operations[j].weight;
    for (unsigned chosen = pick(s, total); chosen >= operations[i].weight; i++)
        chosen -= operations[i].weight;
    s->name = operations[i].name;
    operations[i].run(s);
}

/* ---- The whole */

/* With no client there each CPU counts on. */
static void check_counting(struct stress *s)
{
    uint32_t before[CPUS_MAX], now[CPUS_MAX];
    read_counters(s, before);
    for (int tries = 0; tries < RSP_PATIENCE_MS / 10; tries++) {
        unsigned counting = 0;
        request(s, "D");
        rsp_expect_ok(&s->rsp);
        close(s->rsp.fd);
        rsp_sleep_us(10000);
        come(s);
        read_counters(s, now);
        for (unsigned i = 0; i < s->cpus; i++)
            counting += now[i] != before[i];
        if (counting == s->cpus)
            return;
    }
    wrong(s, "not every CPU counts on");
}

static unsigned count_entries(const struct stress *s, const char *folder)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%s/%s", s->pid, folder);
    DIR *dir = opendir(path);
    if (!dir)
        wrong(s, "%s: %s", path, strerror(errno));
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* What it holds for those who have just gone is let go soon. */
static void check_entries(const struct stress *s, const char *folder, unsigned before)
{
    unsigned now = 0;
    for (int tries = 0; tries < RSP_PATIENCE_MS / 10; tries++) {
        now = count_entries(s, folder);
        if (now == before)
            return;
        rsp_sleep_us(10000);
    }
    wrong(s, "%u entries in its %s, there were %u", now, folder, before);
}

static void parse_loop(struct loop *loop, const char *text)
{
    for (char *end; *text; text = *end ? end + 1 : end) {
        loop->end = (uint32_t)strtoul(text, &end, 0);
        if (*end == ',' && loop->count < LOOP_MAX)
            loop->at[loop->count++] = loop->end;
    }
}

int main(int argc, char **argv)
{
    static struct stress s = {.name = "start"};
    if (argc != 8) {
        fprintf(stderr, "usage: see the head of tests/tools/stress.c\n");
        return 1;
    }
    s.socket = argv[1];
    s.pid = argv[2];
    s.random = strtoul(argv[3], NULL, 0);
    const unsigned long count = strtoul(argv[4], NULL, 0);
    s.cpus = (unsigned)strtoul(argv[5], NULL, 0);
    parse_loop(&s.loops[0], argv[6]);
    parse_loop(&s.loops[1], argv[7]);
    if (!s.cpus || s.cpus > CPUS_MAX || !s.loops[0].count || !s.loops[1].count)
        wrong(&s, "an argument is wrong");

    wait_for_loops(&s);
    come(&s);
    const unsigned fds = count_entries(&s, "fd"), tasks = count_entries(&s, "task");
    for (s.number = 1; s.number <= count; s.number++)
        operate(&s);
    s.name = "end";
    delete_snapshots(&s);
    check_counting(&s);
    check_entries(&s, "fd", fds);
    check_entries(&s, "task", tasks);
    request(&s, "D");
    rsp_expect_ok(&s.rsp);
    printf("%lu operations, %u stops, %u restarts, %u trace frames\n", count, s.stops, s.restarts,
           s.frames);
    return 0;
}
