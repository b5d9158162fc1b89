/* What a terminal sends -> strokes. */
#include "input/key_decoder.h"

#include "tests/check.h"

enum { SHIFT = US_LAYOUT_SHIFT, CTRL = US_LAYOUT_CTRL, ALT = US_LAYOUT_ALT, CODE = 0x80 };

/* The strokes of TEXT as `modifiers<<8 | key`, or CODE<<8 | code. */
static size_t decode(const char *text, uint16_t *strokes, size_t max)
{
    struct key_decoder decoder = {.count = 0};
    struct key_stroke stroke;
    size_t n = 0;
    for (; *text; text++) {
        CHECK(decoder.count < KEY_DECODER_SEQUENCE);
        if (key_decoder_byte(&decoder, (uint8_t)*text, &stroke) && n < max)
            strokes[n++] = (uint16_t)(stroke.key ? stroke.modifiers << 8 | stroke.key
                                                 : CODE << 8 | stroke.code);
    }
    if (key_decoder_settle(&decoder, &stroke) && n < max)
        strokes[n++] = (uint16_t)(stroke.modifiers << 8 | stroke.key);
    CHECK(!key_decoder_waits(&decoder));
    return n;
}

static void decodes(void)
{
    static const struct {
        const char *text;
        uint16_t strokes[3];
    } cases[] = {
        {"a", {0x1e}},
        {"A*", {SHIFT << 8 | 0x1e, SHIFT << 8 | 0x09}},
        {"\x03\x1a", {CTRL << 8 | 0x2e, CTRL << 8 | 0x2c}},
        {"\r\n\t", {KEY_ENTER, KEY_ENTER, KEY_TAB}},
        {"\b\x7f", {KEY_BACKSPACE, KEY_BACKSPACE}},
        {"\x1c\x1d\x1f", {CTRL << 8 | 0x2b, CTRL << 8 | 0x1b, CTRL << 8 | 0x0c}},
        {"\033[A\033OA", {KEY_UP, KEY_UP}},
        {"\033[1;2A\033[1;3A\033[1;8A",
         {SHIFT << 8 | KEY_UP, ALT << 8 | KEY_UP, (SHIFT | ALT | CTRL) << 8 | KEY_UP}},
        {"\033[3~\033[3;5~", {KEY_DELETE, CTRL << 8 | KEY_DELETE}},
        {"\033[24~\033OP\033[[E", {KEY_F12, KEY_F1, KEY_F1 + 4}},
        {"\033[Z", {SHIFT << 8 | KEY_TAB}},
        {"\033x\033X", {ALT << 8 | 0x2d, (ALT | SHIFT) << 8 | 0x2d}},
        {"\033\003", {(ALT | CTRL) << 8 | 0x2e}},
        {"\033", {KEY_ESC}},
        {"\033\033", {KEY_ESC, KEY_ESC}},
        {"\033\033[A", {KEY_ESC, KEY_UP}},
        {"\033[", {ALT << 8 | 0x1a}},
        {"\033O", {(ALT | SHIFT) << 8 | 0x18}},
        {"\033[12", {0}}, /* never ended */
        {"\033[?1;2cx", {0x2d}},
        {"\033[1111111x", {0x02, 0x2d}}, /* too long */
        {"\xc3\xa9\xe2\x94\x80", {CODE << 8 | 0x82, CODE << 8 | 0xc4}},
        {"\033\xc3\xa9", {KEY_ESC, CODE << 8 | 0x82}},
        {"\xe2\x82\xac\xf0\x9f\x98\x80x", {0x2d}}, /* what code page 437 does not have */
        {"\xe2x\x80\xff\xbf", {0x2d}},             /* what is no UTF-8 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t strokes[4] = {0}, expected[4] = {0};
        memcpy(expected, cases[i].strokes, sizeof cases[i].strokes);
        decode(cases[i].text, strokes, 4);
        for (unsigned s = 0; s < 4; s++)
            if (strokes[s] != expected[s])
                check_fail(__FILE__, __LINE__, "case %zu, stroke %u: expected %04x, got %04x", i, s,
                           expected[s], strokes[s]);
    }
}

/* Each ASCII character's key has that character, by the table that the BIOS uses. */
static void keys_make_their_characters(void)
{
    for (unsigned c = 0; c < 0x80; c++) {
        uint8_t modifiers;
        const uint8_t key = us_layout_find((uint8_t)c, &modifiers);
        const struct us_layout_key *k = us_layout_key(key);
        CHECK(k != NULL);
        if (!k)
            continue;
        const uint16_t word = modifiers == CTRL    ? k->ctrl
                              : modifiers == SHIFT ? k->shifted
                                                   : k->plain;
        CHECK_EQ(word & 0xff, c == '\n' ? '\r' : c == 0x7f ? '\b' : c);
        CHECK(word != 0);
    }
}

static void no_bytes_break_it(void)
{
    struct key_decoder decoder = {.count = 0};
    struct key_stroke stroke;
    uint32_t random = 1;
    for (unsigned i = 0; i < 200000; i++) {
        static const uint8_t likely[] = {0x1b, '[', 'O', ';', '1', '~', 0xe2, 0x94};
        random = random * 1664525 + 1013904223;
        const uint8_t byte = random >> 31 ? likely[random >> 20 & 7] : (uint8_t)(random >> 16);
        if (key_decoder_byte(&decoder, byte, &stroke) && stroke.key)
            CHECK(us_layout_key(stroke.key) != NULL);
        CHECK(decoder.count < KEY_DECODER_SEQUENCE);
        if (random % 97 == 0)
            key_decoder_settle(&decoder, &stroke);
    }
}

int main(void)
{
    TEST(decodes);
    TEST(keys_make_their_characters);
    TEST(no_bytes_break_it);
    return check_done();
}
