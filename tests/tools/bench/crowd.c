/* What many breakpoints cost that are never reached. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench.h"

enum { APART = 16 };

/* N of them, APART bytes from each other from DATA on; the last is the one at START. */
static void insert(struct client *client, unsigned long n)
{
    for (unsigned long i = 0; i + 1 < n; i++)
        client_expect(client, "O", "Z0,%lx,1", DATA + i * APART);
    client_expect(client, "O", "Z0,%x,1", START);
}

static void go(struct client *client, const char *how, uint64_t duration)
{
    struct rate rate;
    rate_start(&rate, duration);
    do
        client_expect(client, "TS", "vCont;%s", how);
    while (rate_go_on(&rate, 1));
    printf(" %.3f", (double)rate.count * 1e9 / (double)(rate.now - rate.start));
}

void bench_crowd(char **args)
{
    struct client client;
    const uint64_t duration = seconds_of(args[2]);
    client_begin(&client, args[0]);
    const uint64_t start = now_ns(CLOCK_MONOTONIC);
    const unsigned long n = number_of(args[1]);
    insert(&client, n);
    printf("%.3f", (double)n * 1e9 / (double)(now_ns(CLOCK_MONOTONIC) - start));
    go(&client, "s", duration);
    go(&client, "c", duration);
    printf("\n");
    client_close(&client);
}
