/* What packet.c, who reads packets, and packet_frame.c, who writes them, know of their bytes. */
#ifndef GDBSTUB_PACKET_BYTES_H
#define GDBSTUB_PACKET_BYTES_H

#include "lanes.h"

/* Whether BYTE does not stand for itself within a packet. */
static inline bool packet_is_special(uint8_t byte)
{
    return byte == '#' || byte == '$' || byte == '}' || byte == '*';
}

/* Which of V are. */
static inline lanes packet_specials(lanes v)
{
    return lanes_equal_to(v, '#') | lanes_equal_to(v, '$') | lanes_equal_to(v, '}') |
           lanes_equal_to(v, '*');
}

/* What a packet's two digits say of the LEN bytes between '$' and '#'. */
static inline uint8_t packet_sum(const uint8_t *bytes, size_t len)
{
    lanes sums = {0};
    uint8_t sum = 0;
    for (; len >= LANES; bytes += LANES, len -= LANES)
        sums += lanes_load(bytes);
    for (; len; bytes++, len--)
        sum = (uint8_t)(sum + *bytes);
    return (uint8_t)(sum + lanes_sum(sums));
}

#endif
