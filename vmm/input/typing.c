#include "input/typing.h"

#include <string.h>

void typing_init(struct typing *typing, struct uart *uart, struct i8042 *keyboard)
{
    *typing = (struct typing){.uart = uart, .keyboard = keyboard};
}

void typing_reset(struct typing *typing)
{
    typing_init(typing, typing->uart, typing->keyboard);
}

static void drop(struct typing *typing, size_t n)
{
    typing->first += n;
    typing->count -= n;
}

/* ---- The keyboard */

static const struct {
    uint8_t modifier, key;
} modifiers[] = {{US_LAYOUT_SHIFT, KEY_LEFT_SHIFT},
                 {US_LAYOUT_CTRL, KEY_LEFT_CTRL},
                 {US_LAYOUT_ALT, KEY_LEFT_ALT}};

static void hold(struct i8042 *keyboard, uint8_t held, bool down)
{
    for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++)
        if (held & modifiers[i].modifier)
            i8042_key(keyboard, modifiers[i].key, down);
}

static void hit(struct i8042 *keyboard, uint8_t key)
{
    i8042_key(keyboard, key, true);
    i8042_key(keyboard, key, false);
}

/* A character that no key has: its code on the number pad, with Alt held. */
static void type_code(struct i8042 *keyboard, uint8_t code)
{
    static const uint8_t digits[10] = {0x52, 0x4f, 0x50, 0x51, 0x4b, 0x4c, 0x4d, 0x47, 0x48, 0x49};
    hold(keyboard, US_LAYOUT_ALT, true);
    for (unsigned divisor = 100; divisor; divisor /= 10)
        hit(keyboard, digits[code / divisor % 10]);
    hold(keyboard, US_LAYOUT_ALT, false);
}

static void type(struct i8042 *keyboard, const struct key_stroke *stroke)
{
    if (!stroke->key) {
        type_code(keyboard, stroke->code);
        return;
    }
    hold(keyboard, stroke->modifiers, true);
    hit(keyboard, stroke->key);
    hold(keyboard, stroke->modifiers, false);
}

/* Makes sure of a stroke, if what was typed has one. */
static bool next_stroke(struct typing *typing)
{
    while (!typing->has_stroke && typing->count) {
        const uint8_t byte = typing->bytes[typing->first];
        drop(typing, 1);
        typing->has_stroke = key_decoder_byte(&typing->decoder, byte, &typing->stroke);
    }
    return typing->has_stroke;
}

static void feed_keyboard(struct typing *typing)
{
    while (i8042_idle(typing->keyboard) && next_stroke(typing)) {
        typing->has_stroke = false;
        type(typing->keyboard, &typing->stroke);
    }
}

/* ---- Either */

static bool is_for_uart(const struct typing *typing)
{
    return typing->uart && (!typing->keyboard || uart_configured(typing->uart));
}

void typing_feed(struct typing *typing)
{
    if (!is_for_uart(typing))
        feed_keyboard(typing);
    else if (typing->count)
        drop(typing, uart_receive(typing->uart, typing->bytes + typing->first, typing->count));
}

bool typing_has_room(const struct typing *typing)
{
    return !typing->count;
}

void typing_add(struct typing *typing, const uint8_t *bytes, size_t len)
{
    if (!typing->count)
        typing->first = 0;
    const size_t end = typing->first + typing->count, room = TYPING_SIZE - end;
    const size_t n = len < room ? len : room;
    memcpy(typing->bytes + end, bytes, n);
    typing->count += n;
    typing_feed(typing);
}

bool typing_waits(const struct typing *typing)
{
    return !typing->count && !typing->has_stroke && key_decoder_waits(&typing->decoder);
}

void typing_settle(struct typing *typing)
{
    if (!typing_waits(typing))
        return;
    typing->has_stroke = key_decoder_settle(&typing->decoder, &typing->stroke);
    feed_keyboard(typing);
}
