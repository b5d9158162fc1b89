/* Round trips of one step each. */
#include "bench.h"

static void steps(char **args, bool look)
{
    struct client client;
    struct rate rate;
    client_begin(&client, args[0]);
    rate_start(&rate, seconds_of(args[1]));
    do {
        client_expect(&client, "TS", "vCont;s");
        if (look)
            client_ask(&client, "g");
    } while (rate_go_on(&rate, 1));
    rate_print(&rate, 1);
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
