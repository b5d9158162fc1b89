/* What many breakpoints cost that are never reached. */
#include <errno.h>
#include <string.h>

#include "bench.h"

enum { APART = 16 };

/* N of them, APART bytes from each other from DATA on, the last at START; how many a second. */
static struct rate insert(struct client *client, unsigned long n)
{
    struct rate rate;
    rate_start(&rate, 0);
    for (unsigned long i = 0; i + 1 < n; i++)
        client_expect(client, "O", "Z0,%lx,1", DATA + i * APART);
    client_expect(client, "O", "Z0,%x,1", START);
    rate_go_on(&rate, n);
    return rate;
}

static void continues(struct client *client, uint64_t duration)
{
    char packet[16];
    struct rate rate;
    const size_t size = client_frame(packet, sizeof packet, "vCont;c");
    rate_start(&rate, duration);
    do
        client_repeat(client, "TS", packet, size);
    while (rate_go_on(&rate, 1));
    rate_print(&rate, 1);
}

void bench_crowd(char **args)
{
    struct client client;
    const char *what = args[3];
    const uint64_t duration = seconds_of(args[2]);
    client_begin(&client, args[0]);
    const struct rate inserted = insert(&client, number_of(args[1]));
    if (!strcmp(what, "inserted")) {
        rate_print(&inserted, 1);
    } else if (!strcmp(what, "steps")) {
        steps_taken(&client, duration, false);
    } else if (!strcmp(what, "continues")) {
        continues(&client, duration);
    } else if (!strcmp(what, "conditions")) {
        conditions_judged(&client, duration);
    } else {
        errno = EINVAL;
        give_up(what);
    }
    client_close(&client);
}
