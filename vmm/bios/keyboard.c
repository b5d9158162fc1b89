#include "bios/keyboard.h"

#include "bios/bda.h"

struct ring {
    uint16_t head, tail;
};

static bool is_place(uint16_t offset)
{
    return offset >= BDA_KEYS && offset < BDA_KEYS_END && offset % 2 == 0;
}

static uint16_t after(uint16_t offset)
{
    return offset + 2 == BDA_KEYS_END ? BDA_KEYS : (uint16_t)(offset + 2);
}

void keyboard_clear(struct memory *memory)
{
    bda_set16(memory, BDA_KEY_HEAD, BDA_KEYS);
    bda_set16(memory, BDA_KEY_TAIL, BDA_KEYS);
}

/* Guests empty the ring by setting these words; if they set them to nonsense it is empty too. */
static struct ring get_ring(struct memory *memory)
{
    struct ring ring = {bda_get16(memory, BDA_KEY_HEAD), bda_get16(memory, BDA_KEY_TAIL)};
    if (is_place(ring.head) && is_place(ring.tail))
        return ring;
    keyboard_clear(memory);
    return (struct ring){BDA_KEYS, BDA_KEYS};
}

bool keyboard_is_full(struct memory *memory)
{
    const struct ring ring = get_ring(memory);
    return after(ring.tail) == ring.head;
}

bool keyboard_push(struct memory *memory, uint16_t key)
{
    struct ring ring = get_ring(memory);
    if (after(ring.tail) == ring.head)
        return false;
    bda_set16(memory, ring.tail, key);
    bda_set16(memory, BDA_KEY_TAIL, after(ring.tail));
    return true;
}

bool keyboard_peek(struct memory *memory, uint16_t *key)
{
    struct ring ring = get_ring(memory);
    *key = bda_get16(memory, ring.head);
    return ring.head != ring.tail;
}

void keyboard_drop(struct memory *memory)
{
    struct ring ring = get_ring(memory);
    if (ring.head != ring.tail)
        bda_set16(memory, BDA_KEY_HEAD, after(ring.head));
}
