/* Guest memory read by packets, one after the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* Counts by 255 in a byte each: that is what a compiler makes vectors of. */
static size_t count(const char *bytes, size_t len, char what)
{
    size_t n = 0;
    while (len) {
        const size_t some = len < 255 ? len : 255;
        uint8_t here = 0;
        for (size_t i = 0; i < some; i++)
            here = (uint8_t)(here + (bytes[i] == what));
        n += here;
        bytes += some;
        len -= some;
    }
    return n;
}

/* How many bytes of content the last reply stands for: escapes and runs undone (GDB manual,
 * "Overview"). Neither '}' nor '*' is ever escaped as itself; a count byte may be one of them. */
static size_t expanded(const struct client *client)
{
    const char *p = client->reply, *end = p + client->len;
    size_t len = client->len - count(p, client->len, '}');
    for (; (p = memchr(p, '*', (size_t)(end - p))) && p + 1 < end; p += 2)
        len += (size_t)(p[1] - 29) - 2 + (p[1] == '}');
    return len;
}

void bench_reads(char **args)
{
    struct client client;
    struct rate rate;
    const char letter = args[1][0];
    size_t at = 0, n;
    client_greet(&client, args[0]);
    const size_t size = number_of(args[2]), span = number_of(args[3]) << 20;
    const size_t wire = letter == 'm' ? 2 * size : size + 1;
    rate_start(&rate, seconds_of(args[4]));
    do {
        client_ask(&client, "%c%zx,%zx", letter, DATA + at, size);
        n = expanded(&client);
        if (n != wire) {
            errno = EPROTO;
            give_up("a read of another length than asked for");
        }
        at = at + 2 * size <= span ? at + size : 0;
    } while (rate_go_on(&rate, size));
    rate_print(&rate, 1e6);
    client_close(&client);
}
