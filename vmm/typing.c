#include "typing.h"

#include <string.h>

void typing_init(struct typing *typing, struct uart *com1, struct bios *bios,
                 struct irq_line keyboard)
{
    *typing = (struct typing){.com1 = com1, .bios = bios, .keyboard = keyboard};
}

void typing_reset(struct typing *typing)
{
    typing->first = typing->count = 0;
}

static void drop(struct typing *typing, size_t n)
{
    typing->first += n;
    typing->count -= n;
}

static void feed_keyboard(struct typing *typing)
{
    bool any = false;
    while (typing->count && bios_key(typing->bios, typing->bytes[typing->first])) {
        drop(typing, 1);
        any = true;
    }
    if (any) { /* an edge, which also ends a HLT */
        irq_set(&typing->keyboard, true);
        irq_set(&typing->keyboard, false);
    }
}

void typing_feed(struct typing *typing)
{
    if (!typing->count)
        return;
    if (!typing->bios || uart_configured(typing->com1))
        drop(typing, uart_receive(typing->com1, typing->bytes + typing->first, typing->count));
    else
        feed_keyboard(typing);
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
