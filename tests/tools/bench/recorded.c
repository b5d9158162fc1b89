/* Recording by `monitor record`: instructions a second that are recorded and that a journey takes
 * back, bytes of log that one takes. The loop of guests/bench_loop.s. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bench.h"

#define LOOP 6 /* instructions */

/* The LEN bytes of a packet, its runs written out: "0* " is four zeros. */
static void expand(const char *packet, size_t len, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < size; i++) {
        unsigned repeat = 1;
        char byte = packet[i];
        if (byte == '*' && n && i + 1 < len) {
            byte = out[n - 1];
            repeat = (unsigned)(unsigned char)packet[++i] - 29;
        }
        for (; repeat && n + 1 < size; repeat--)
            out[n++] = byte;
    }
    out[n] = 0;
}

/* What COMMAND prints. It comes in packets of its own before OK, several of them at once. */
static void monitor(struct client *client, const char *command, char *text, size_t size)
{
    static char all[65536], hex[8192];
    size_t have = 0, n = 0;
    for (const char *c = command; *c; c++)
        n += (size_t)sprintf(hex + n, "%02x", (unsigned char)*c);
    client_tell(client, "qRcmd,%s", hex);
    do {
        const ssize_t got = recv(client->fd, all + have, sizeof all - 1 - have, 0);
        if (got <= 0)
            give_up("no reply");
        have += (size_t)got;
        all[have] = 0;
    } while (!strstr(all, "$OK#9a"));
    n = 0;
    for (const char *at = all; (at = strstr(at, "$O")) && at[2] != 'K'; at += 2) {
        expand(at + 2, strcspn(at + 2, "#"), hex, sizeof hex);
        for (size_t i = 0; hex[i] && hex[i + 1] && n + 1 < size; i += 2) {
            const char byte[3] = {hex[i], hex[i + 1], 0};
            text[n++] = (char)strtoul(byte, NULL, 16);
        }
    }
    text[n] = 0;
}

static double since(uint64_t start)
{
    return (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e9;
}

/* COUNT instructions by COMMAND, "undone" or what is inserted for it: those, or hits, a second. */
static double go_back(struct client *client, double count, const char *command)
{
    if (!strcmp(command, "watched"))
        client_expect(client, "OK", "Z3,500,4");
    if (!strcmp(command, "judged"))
        client_expect(client, "OK", "Z0,%x,1;" FALSE_CONDITION, START);
    const uint64_t back = now_ns(CLOCK_MONOTONIC);
    client_expect(client, "T", "bc");
    return count / since(back) / (strcmp(command, "judged") ? 1 : LOOP);
}

void bench_recorded(char **args)
{
    struct client client;
    char text[4096];
    client_begin(&client, args[0]);
    monitor(&client, "record on", text, sizeof text);
    const uint64_t start = now_ns(CLOCK_MONOTONIC);
    client_tell(&client, "vCont;c");
    sleep_ns(seconds_of(args[1]));
    client_send(&client, "\003", 1);
    client_receive(&client);
    const double recording = since(start);
    monitor(&client, "record status", text, sizeof text);
    const double count = strtod(text, NULL);
    const char *bytes = strstr(text, "KiB, ");
    if (!strcmp(args[2], "bytes")) {
        printf("%.1f\n", bytes ? strtod(bytes + 5, NULL) : 0);
    } else if (strcmp(args[2], "recorded")) {
        printf("%.0f\n", go_back(&client, count, args[2]));
    } else {
        printf("%.0f\n", count / recording);
    }
    client_close(&client);
}
