/* Guest memory written by packets, the same one again and again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static size_t add_escaped(char *out, uint8_t byte)
{
    if (!strchr("#$}*", byte) || !byte) {
        out[0] = (char)byte;
        return 1;
    }
    out[0] = '}';
    out[1] = (char)(byte ^ 0x20);
    return 2;
}

static size_t add_digits(char *out, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    out[0] = digits[byte >> 4];
    out[1] = digits[byte & 15];
    return 2;
}

/* A write of SIZE random bytes by the packet of that LETTER, framed; its length. */
static size_t make_write(char *out, char letter, size_t size)
{
    size_t len = (size_t)sprintf(out, "$%c%x,%zx:", letter, DATA, size);
    uint8_t sum = 0;
    srandom(1);
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)random();
        len += letter == 'X' ? add_escaped(out + len, byte) : add_digits(out + len, byte);
    }
    for (size_t i = 1; i < len; i++)
        sum = (uint8_t)(sum + (uint8_t)out[i]);
    return len + (size_t)sprintf(out + len, "#%02x", sum);
}

void bench_writes(char **args)
{
    struct client client;
    struct rate rate;
    const size_t size = number_of(args[2]);
    char *packet = malloc(2 * size + 64);
    client_greet(&client, args[0]);
    if (!packet)
        give_up("a packet");
    const size_t len = make_write(packet, args[1][0], size);
    rate_start(&rate, seconds_of(args[3]));
    do
        client_repeat(&client, "O", packet, len);
    while (rate_go_on(&rate, size));
    rate_print(&rate, 1e6);
    client_close(&client);
    free(packet);
}
