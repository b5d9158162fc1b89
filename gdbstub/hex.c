#include "hex.h"
#include "lanes.h"

int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static lanes digits_of(lanes nibbles)
{
    return nibbles + '0' + ((lanes)(nibbles > 9) & ('a' - '0' - 10));
}

/* LANES / 2 bytes, each widened to two lanes: its high nibble comes first. */
static void encode_lanes(char *out, const uint8_t *in)
{
    typedef uint8_t half __attribute__((vector_size(LANES / 2)));
    typedef uint16_t wide __attribute__((vector_size(LANES)));
    half bytes;
    memcpy(&bytes, in, sizeof bytes);
    const wide w = __builtin_convertvector(bytes, wide);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    lanes_store(out, digits_of((lanes)(w >> 4 | (w & 15) << 8)));
#else
    lanes_store(out, digits_of((lanes)(w >> 4 << 8 | (w & 15))));
#endif
}

void hex_encode(char *out, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = bytes;
    size_t i = 0;
    for (; n - i >= LANES / 2; i += LANES / 2)
        encode_lanes(out + 2 * i, in + i);
    for (; i < n; i++) {
        uint8_t byte = in[i]; /* read first: out may be about to overwrite it */
        out[2 * i] = digits[byte >> 4];
        out[2 * i + 1] = digits[byte & 15];
    }
}

bool hex_decode(void *out, const char *hex, size_t n)
{
    uint8_t *bytes = out;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

size_t hex_number(const char *s, size_t len, uint64_t *value)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; i < len && hex_digit(s[i]) >= 0; i++) {
        if (v >> 60)
            return 0;
        v = v << 4 | (uint64_t)hex_digit(s[i]);
    }
    *value = v;
    return i;
}
