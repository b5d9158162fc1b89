#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define PATIENCE_NS 10000000000u /* until something that never comes is given up */

int client_unix_socket(const char *path, struct sockaddr_storage *address, socklen_t *len)
{
    struct sockaddr_un *un = (struct sockaddr_un *)address;
    if (strlen(path) >= sizeof un->sun_path) {
        errno = ENAMETOOLONG;
        give_up(path);
    }
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    *len = sizeof *un;
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int tcp_socket(const char *port, struct sockaddr_storage *address, socklen_t *len)
{
    struct sockaddr_in *in = (struct sockaddr_in *)address;
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in->sin_port = htons((uint16_t)number_of(port));
    *len = sizeof *in;
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

void client_connect(struct client *client, const char *where)
{
    struct sockaddr_storage address = {0};
    socklen_t len;
    const uint64_t end = now_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    *client = (struct client){.acks = true, .buffer = malloc(REPLY_MAX)};
    client->fd = strchr(where, '/') ? client_unix_socket(where, &address, &len)
                                    : tcp_socket(where, &address, &len);
    if (!client->buffer || client->fd < 0)
        give_up(where);
    while (connect(client->fd, (struct sockaddr *)&address, len)) {
        if (now_ns(CLOCK_MONOTONIC) > end)
            give_up(where);
        sleep_ns(50000);
    }
    const struct timeval patience = {.tv_sec = PATIENCE_NS / 1000000000u};
    const int on = 1;
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* as gdb does */
}

void client_close(struct client *client)
{
    close(client->fd);
    free(client->buffer);
}

void client_send(const struct client *client, const char *bytes, size_t size)
{
    if (send(client->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        give_up("send");
}

/* The end of the packet in the first SIZE bytes received, or NULL if it is not there yet. Acks are
 * skipped, and nothing else is expected. The first SEEN bytes have been looked at before. */
static char *packet_end(struct client *client, size_t size, size_t seen)
{
    char *start = memchr(client->buffer, '$', size);
    char *from = client->buffer + seen;
    if (!start)
        return NULL;
    from = from > start ? from : start;
    char *hash = memchr(from, '#', (size_t)(client->buffer + size - from));
    if (!hash || hash + 3 > client->buffer + size)
        return NULL;
    client->reply = start + 1;
    client->len = (size_t)(hash - client->reply);
    return hash;
}

void client_receive(struct client *client)
{
    size_t size = 0, seen = 0;
    char *end;
    do {
        ssize_t n = recv(client->fd, client->buffer + size, REPLY_MAX - size, 0);
        if (n <= 0)
            give_up("no reply");
        seen = size > 2 ? size - 2 : 0; /* a '#' whose sum was not yet there */
        size += (size_t)n;
        end = packet_end(client, size, seen);
    } while (!end);
    *end = 0;
    if (client->acks)
        client_send(client, "+", 1);
}

size_t client_frame(char *out, size_t size, const char *packet)
{
    unsigned sum = 0;
    for (const char *p = packet; *p; p++)
        sum += (unsigned char)*p;
    return (size_t)snprintf(out, size, "$%s#%02x", packet, sum & 0xff);
}

static void tell(struct client *client, const char *format, va_list args)
{
    char packet[4096], framed[sizeof packet + 8];
    vsnprintf(packet, sizeof packet, format, args);
    client_send(client, framed, client_frame(framed, sizeof framed, packet));
}

static void ask(struct client *client, const char *format, va_list args)
{
    tell(client, format, args);
    client_receive(client);
}

void client_tell(struct client *client, const char *packet, ...)
{
    va_list args;
    va_start(args, packet);
    tell(client, packet, args);
    va_end(args);
}

void client_ask(struct client *client, const char *packet, ...)
{
    va_list args;
    va_start(args, packet);
    ask(client, packet, args);
    va_end(args);
}

static void check_first(const struct client *client, const char *first, const char *packet)
{
    if (client->len && strchr(first, client->reply[0]))
        return;
    fprintf(stderr, "bench: the answer to %s: %.100s\n", packet, client->reply);
    exit(1);
}

void client_expect(struct client *client, const char *first, const char *packet, ...)
{
    va_list args;
    va_start(args, packet);
    ask(client, packet, args);
    va_end(args);
    check_first(client, first, packet);
}

void client_repeat(struct client *client, const char *first, const char *frame, size_t size)
{
    client_send(client, frame, size);
    client_receive(client);
    check_first(client, first, frame);
}

void client_greet(struct client *client, const char *address)
{
    client_connect(client, address);
    client_ask(client, "qSupported:swbreak+;hwbreak+;vContSupported+");
    client_ask(client, "QStartNoAckMode");
    client->acks = strcmp(client->reply, "OK") != 0;
}

void client_begin(struct client *client, const char *address)
{
    client_greet(client, address);
    client_expect(client, "O", "Z1,%x,1", START);
    client_expect(client, "T", "vCont;c");
    client_expect(client, "O", "z1,%x,1", START);
}

unsigned client_rounds(struct client *client)
{
    client_ask(client, "g");
    const char *reply = client->reply;
    const char ax[] = {reply[2], reply[3], reply[0], reply[1], 0};
    return (unsigned)strtoul(ax, NULL, 16);
}
