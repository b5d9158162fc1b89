/* The stress test's state, and how it asks and complains. */
#ifndef TESTS_TOOLS_STRESS_H
#define TESTS_TOOLS_STRESS_H

#include "tests/tools/rsp.h"

enum {
    LOOP_MAX = 8,
    CPUS_MAX = 16,
    COUNTERS = 0x9000,
    SCRATCH = 0xa000,
    REG_ECX = 1, /* nothing in the guest's loops uses it */
    REG_EBX = 3, /* of the others: where it counts, as an offset into the counters */
    REG_EIP = 8,
    LOG_LINES = 40, /* of the packets before a failure */
};

/* When a breakpoint stops: the client's condition, in the agent's bytecode (GDB manual, "Agent
 * Expressions"). */
enum condition { ALWAYS, NEVER, ECX_IS_ODD, CONDITIONS };

struct loop {
    uint32_t at[LOOP_MAX]; /* each instruction */
    unsigned count;
    uint32_t end;
    char code[2 * 64 + 1]; /* its bytes as `m` shows them */
};

struct stress {
    const char *socket, *pid;
    uint64_t random;
    unsigned long number; /* of the operation under way */
    const char *name;
    unsigned cpus;
    struct loop loops[2]; /* the first CPU's, the others' */

    struct rsp rsp;
    /* What the client has set: [0] by Z0, [1] by Z1; an address's place in its loop is its bit. */
    unsigned set[2][2];
    enum condition condition[2][2][LOOP_MAX];
    /* As `set` of either type: what has stopped CPUs before it was changed. A hit is judged when it
     * happens, so one that has not been told yet may be of the condition that was there then. */
    unsigned judged[2];
    unsigned conditional[2]; /* where there was a condition: who came then may have passed */
    uint32_t ecx;            /* of the CPU whose registers were read last */
    struct watch {           /* what is watched, one at a time: the counter of this index */
        unsigned type;       /* of Z; 0: nothing is */
        unsigned counter;
    } watch;
    uint32_t first_pc;                /* where the machine begins, from the first restart on */
    unsigned stops, restarts, frames; /* what was seen, for the last line */
    unsigned stepping;                /* a bit a CPU: those that step in this run */
    struct going {                    /* non-stop: what each CPU that runs does */
        bool runs, steps;
        bool unheard; /* not resumed yet: it may have hit something before, in all-stop mode */
        bool told;    /* to stop */
        unsigned counter;
        int from; /* its place when it was resumed; of one that does not run: its place */
        uint32_t start, end; /* of the range that it steps through; END 0: none */
    } going[CPUS_MAX];
    char log[LOG_LINES][100]; /* a ring */
    unsigned logged;
    char text[8192]; /* what the stub has printed since it was emptied */
    size_t text_len;
    unsigned was_set[2]; /* non-stop: as `set` of either type, what stops still unheard may be of */
};

static _Noreturn __attribute__((format(printf, 2, 3))) void wrong(const struct stress *s,
                                                                  const char *format, ...)
{
    va_list args;
    for (unsigned i = s->logged < LOG_LINES ? 0 : s->logged - LOG_LINES; i < s->logged; i++)
        printf("%s\n", s->log[i % LOG_LINES]);
    va_start(args, format);
    printf("operation %lu (%s): ", s->number, s->name);
    vprintf(format, args);
    printf("\n");
    exit(1);
}

static unsigned pick(struct stress *s, unsigned below)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (unsigned)(s->random >> 33) % below;
}

/* ---- Packets */

/* For struct rsp: CONTEXT is the struct stress. */
static void rsp_failed(void *context, const char *what)
{
    wrong(context, "%s", what);
}

/* The same. */
static void rsp_saw(void *context, bool sent, const char *packet)
{
    struct stress *s = context;
    snprintf(s->log[s->logged++ % LOG_LINES], sizeof s->log[0], "%8lu %s %s", s->number,
             sent ? "->" : "<-", packet);
    if (sent || packet[0] != 'O' || !strcmp(packet, "OK"))
        return;
    for (packet++; packet[0] && packet[1] && s->text_len + 1 < sizeof s->text; packet += 2)
        s->text[s->text_len++] = (char)strtoul((char[]){packet[0], packet[1], 0}, NULL, 16);
    s->text[s->text_len] = 0;
}

static __attribute__((format(printf, 2, 3))) void request(struct stress *s, const char *format, ...)
{
    char content[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(content, sizeof content, format, args);
    va_end(args);
    rsp_send_packet(&s->rsp, content);
}

#endif
