/* Hits of a breakpoint whose condition is false, judged by the stub. */
#include "bench.h"

#include <stdlib.h>

/* AX, in which the loop counts its rounds. */
static unsigned rounds(struct client *client)
{
    client_ask(client, "g");
    const char *reply = client->reply;
    const char ax[] = {reply[2], reply[3], reply[0], reply[1], 0};
    return (unsigned)strtoul(ax, NULL, 16);
}

/* AX must not wrap meanwhile more than once. */
void bench_conditions(char **args)
{
    struct client client;
    struct rate rate;
    client_begin(&client, args[0]);
    client_expect(&client, "O", "Z0,%x,1;" FALSE_CONDITION, START);
    const unsigned before = rounds(&client);
    rate_start(&rate, seconds_of(args[1]));
    client_tell(&client, "vCont;c");
    sleep_ns(rate.end - rate.start);
    client_send(&client, "\003", 1);
    client_receive(&client);
    rate_go_on(&rate, (rounds(&client) - before) & 0xffff);
    rate_print(&rate, 1);
    client_close(&client);
}
