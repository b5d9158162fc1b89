/* Round trips of one step each, and steps with no round trip between them. */
#include "bench.h"

void steps_taken(struct client *client, uint64_t duration, bool look)
{
    struct rate rate;
    char step[32], registers[8]; /* framed once: the client's time is none of the stub's */
    const size_t step_size = client_frame(step, sizeof step, "vCont;s:1"); /* the others held */
    const size_t registers_size = client_frame(registers, sizeof registers, "g");
    rate_start(&rate, duration);
    do {
        client_repeat(client, "TS", step, step_size);
        if (look)
            client_repeat(client, "0123456789abcdef", registers, registers_size);
    } while (rate_go_on(&rate, 1));
    rate_print(&rate, 1);
}

static void steps(char **args, bool look)
{
    struct client client;
    client_begin(&client, args[0]);
    steps_taken(&client, seconds_of(args[1]), look);
    client_close(&client);
}

void bench_steps(char **args)
{
    steps(args, false);
}

void bench_looks(char **args)
{
    steps(args, true);
}

/* Nothing ends the range but an interrupt. AX must not wrap meanwhile more than once. */
void bench_ranges(char **args)
{
    struct client client;
    struct rate rate;
    client_begin(&client, args[0]);
    const unsigned before = client_rounds(&client);
    rate_start(&rate, seconds_of(args[1]));
    client_tell(&client, "vCont;r%x,%x", START, LOOP_END);
    sleep_ns(rate.end - rate.start);
    client_send(&client, "\003", 1);
    client_receive(&client);
    rate_go_on(&rate, ((client_rounds(&client) - before) & 0xffff) * LOOP_INSNS);
    rate_print(&rate, 1);
    client_close(&client);
}
