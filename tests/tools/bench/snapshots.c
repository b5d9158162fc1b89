/* Snapshots by `monitor snapshot`, each in ms. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bench.h"

enum { TIMES = 5, CHANGED = 1 << 20 }; /* bytes that are changed before each restore */

/* What a command prints comes in packets of its own before OK, several of them at once. */
static void receive_to_ok(struct client *client, const char *expected)
{
    static char all[65536];
    size_t size = 0;
    do {
        const ssize_t n = recv(client->fd, all + size, sizeof all - 1 - size, 0);
        if (n <= 0)
            give_up("no reply");
        size += (size_t)n;
        all[size] = 0;
    } while (!strstr(all, "$OK#9a"));
    if (strstr(all, expected))
        return;
    errno = EPROTO;
    give_up(all);
}

static size_t put_hex(char *to, const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += (size_t)sprintf(to + n, "%02x", (unsigned char)*text);
    return n;
}

static void monitor(struct client *client, const char *command, const char *expected)
{
    char hex[128], said[64];
    put_hex(hex, command);
    put_hex(said, expected);
    client_tell(client, "qRcmd,%s", hex);
    receive_to_ok(client, said);
}

/* A MiB, other bytes each time. */
static void change(struct client *client, unsigned byte)
{
    enum { CHUNK = 0x10000 };
    static char packet[32 + 2 * CHUNK], frame[sizeof packet + 8];
    for (unsigned at = 0; at < CHANGED; at += CHUNK) {
        const size_t n = (size_t)snprintf(packet, sizeof packet, "M%x,%x:", DATA + at, CHUNK);
        memset(packet + n, 'a' + (int)(byte % 6), 2 * CHUNK);
        client_repeat(client, "O", frame, client_frame(frame, sizeof frame, packet));
    }
}

void bench_snapshots(char **args)
{
    struct client client;
    const bool restore = !strcmp(args[1], "restore");
    uint64_t ns = 0;
    client_greet(&client, args[0]);
    if (restore)
        monitor(&client, "snapshot save x", "saved in");
    for (unsigned i = 0; i < TIMES; i++) {
        if (restore)
            change(&client, i);
        const uint64_t start = now_ns(CLOCK_MONOTONIC);
        monitor(&client, restore ? "snapshot restore x" : "snapshot save x",
                restore ? "restored in" : "saved in");
        ns += now_ns(CLOCK_MONOTONIC) - start;
        if (!restore)
            monitor(&client, "snapshot delete x", "deleted");
    }
    printf("%.3f\n", (double)ns / TIMES / 1e6);
    client_close(&client);
}
