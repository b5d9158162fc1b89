/* Hits of a tracepoint that collects the registers and 16 bytes of memory. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

/* Frames made since the trace began. */
static unsigned long frames(struct client *client)
{
    client_ask(client, "qTStatus");
    const char *created = strstr(client->reply, "tcreated:");
    return created ? strtoul(created + strlen("tcreated:"), NULL, 16) : 0;
}

void bench_traces(char **args)
{
    struct client client;
    struct rate rate;
    client_begin(&client, args[0]);
    client_expect(&client, "O", "QTinit");
    client_expect(&client, "O", "QTDP:1:%x:E:0:0-", START);
    client_expect(&client, "O", "QTDP:-1:%x:R1M-1,9000,10", START);
    client_expect(&client, "O", "QTBuffer:circular:1");
    client_expect(&client, "O", "QTStart");
    rate_start(&rate, seconds_of(args[1]));
    client_tell(&client, "vCont;c");
    sleep_ns(rate.end - rate.start);
    client_send(&client, "\003", 1);
    client_receive(&client);
    rate_go_on(&rate, frames(&client));
    rate_print(&rate, 1);
    client_close(&client);
}
