/* Hits of a breakpoint whose condition is false, judged by the stub. */
#include "bench.h"

/* AX must not wrap meanwhile more than once. */
void conditions_judged(struct client *client, uint64_t duration)
{
    struct rate rate;
    client_expect(client, "O", "Z0,%x,1;" FALSE_CONDITION, START);
    const unsigned before = client_rounds(client);
    rate_start(&rate, duration);
    client_tell(client, "vCont;c");
    sleep_ns(rate.end - rate.start);
    client_send(client, "\003", 1);
    client_receive(client);
    rate_go_on(&rate, (client_rounds(client) - before) & 0xffff);
    rate_print(&rate, 1);
}

void bench_conditions(char **args)
{
    struct client client;
    client_begin(&client, args[0]);
    conditions_judged(&client, seconds_of(args[1]));
    client_close(&client);
}
