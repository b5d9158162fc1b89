/* INT 09h: the keyboard's interrupt. Scan codes become the shift state and keys, both in the data
 * area, as in IBM's BIOS. */
#include "bios/bda.h"
#include "bios/keyboard.h"
#include "bios/rom.h"
#include "bios/state.h"
#include "input/us_layout.h"

#define BREAK    0x80
#define PREFIX_0 0xe0
#define PREFIX_1 0xe1 /* of Pause */

/* BDA_SHIFT_FLAGS */
#define RIGHT_SHIFT 0x01
#define LEFT_SHIFT  0x02
#define CTRL        0x04
#define ALT         0x08
#define SCROLL_LOCK 0x10
#define NUM_LOCK    0x20
#define CAPS_LOCK   0x40
#define INSERT      0x80
#define SHIFT       (RIGHT_SHIFT | LEFT_SHIFT)

/* The byte after it, of keys that are down; the locks and Insert have the same bits. */
#define LEFT_CTRL 0x01
#define LEFT_ALT  0x02

/* BDA_KEYBOARD */
#define RIGHT_CTRL 0x04
#define RIGHT_ALT  0x08
#define AFTER_E0   0x02
#define AFTER_E1   0x01

#define RESET_FLAG 0x1234 /* in BDA_RESET: no memory test is wanted */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

static void put_bits(struct memory *memory, unsigned field, uint8_t bits, bool set)
{
    const uint8_t old = bda_get8(memory, field);
    bda_set8(memory, field, set ? old | bits : old & (uint8_t)~bits);
}

/* ---- Keys that change what others mean */

static const struct modifier {
    uint8_t key;
    uint8_t field, bit; /* set while it is down */
    uint8_t either;     /* of BDA_SHIFT_FLAGS: either key of the two is down */
} modifiers[] = {
    {KEY_LEFT_SHIFT, BDA_SHIFT_FLAGS, LEFT_SHIFT, 0},
    {KEY_RIGHT_SHIFT, BDA_SHIFT_FLAGS, RIGHT_SHIFT, 0},
    {KEY_LEFT_CTRL, BDA_SHIFT_FLAGS + 1, LEFT_CTRL, CTRL},
    {KEY_RIGHT_CTRL, BDA_KEYBOARD, RIGHT_CTRL, CTRL},
    {KEY_LEFT_ALT, BDA_SHIFT_FLAGS + 1, LEFT_ALT, ALT},
    {KEY_RIGHT_ALT, BDA_KEYBOARD, RIGHT_ALT, ALT},
};

static const struct lock {
    uint8_t key, bit; /* of BDA_SHIFT_FLAGS, toggled; and in the byte after it while it is down */
} locks[] = {
    {KEY_SCROLL_LOCK, SCROLL_LOCK},
    {KEY_NUM_LOCK, NUM_LOCK},
    {KEY_CAPS_LOCK, CAPS_LOCK},
    {KEY_INSERT, INSERT},
};

static bool is_held(struct memory *memory, uint8_t either)
{
    for (unsigned i = 0; i < ARRAY_SIZE(modifiers); i++)
        if (modifiers[i].either == either &&
            (bda_get8(memory, modifiers[i].field) & modifiers[i].bit))
            return true;
    return false;
}

/* With Alt held, a character's code has been typed on the number pad. */
static void end_code(struct memory *memory)
{
    const uint8_t code = bda_get8(memory, BDA_ALT_CODE);
    bda_set8(memory, BDA_ALT_CODE, 0);
    if (code)
        keyboard_push(memory, code);
}

static bool take_modifier(struct memory *memory, uint8_t key, bool down)
{
    for (unsigned i = 0; i < ARRAY_SIZE(modifiers); i++) {
        const struct modifier *m = &modifiers[i];
        if (m->key != key)
            continue;
        put_bits(memory, m->field, m->bit, down);
        if (m->either)
            put_bits(memory, BDA_SHIFT_FLAGS, m->either, is_held(memory, m->either));
        if (m->either == ALT && !down)
            end_code(memory);
        return true;
    }
    return false;
}

static void take_lock(struct memory *memory, uint8_t key, bool down)
{
    for (unsigned i = 0; i < ARRAY_SIZE(locks); i++) {
        if (locks[i].key != key)
            continue;
        const uint8_t flags = bda_get8(memory, BDA_SHIFT_FLAGS);
        if (down)
            bda_set8(memory, BDA_SHIFT_FLAGS, flags ^ locks[i].bit);
        put_bits(memory, BDA_SHIFT_FLAGS + 1, locks[i].bit, down);
    }
}

/* ---- Keys that mean something */

static bool is_pad(uint8_t key)
{
    return key >= KEY_PAD_7 && key <= KEY_PAD_DOT;
}

/* The digit on a key of the number pad, or -1. */
static int pad_digit(uint8_t key)
{
    static const char digits[] = "789-456+1230.";
    const char c = is_pad(key) ? digits[key - KEY_PAD_7] : 0;
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

static bool is_letter(const struct us_layout_key *k)
{
    const uint8_t c = (uint8_t)k->plain;
    return c >= 'a' && c <= 'z';
}

static uint16_t meaning(const struct us_layout_key *k, uint8_t key, uint8_t flags)
{
    bool shifted = flags & SHIFT;
    if (flags & ALT)
        return k->alt;
    if (flags & CTRL)
        return k->ctrl;
    if (is_letter(k) && (flags & CAPS_LOCK))
        shifted = !shifted;
    if (is_pad(key) && (flags & NUM_LOCK))
        shifted = !shifted;
    return shifted ? k->shifted : k->plain;
}

static void take_key(struct memory *memory, uint8_t key)
{
    const uint8_t flags = bda_get8(memory, BDA_SHIFT_FLAGS);
    const struct us_layout_key *k = us_layout_key(key);
    if ((flags & ALT) && pad_digit(key) >= 0) {
        const unsigned code = bda_get8(memory, BDA_ALT_CODE) * 10u + (unsigned)pad_digit(key);
        bda_set8(memory, BDA_ALT_CODE, (uint8_t)code);
        return;
    }
    const uint16_t word = k ? meaning(k, key, flags) : 0;
    if (word)
        keyboard_push(memory, word); /* there is room: see hold */
}

static bool resets(struct memory *memory, uint8_t key)
{
    const uint8_t flags = bda_get8(memory, BDA_SHIFT_FLAGS);
    return (flags & CTRL) && (flags & ALT) && (key == KEY_DELETE || key == KEY_PAD_DOT);
}

/* ---- Scan codes */

/* The key whose code CODE completes, or 0. */
static uint8_t complete(struct memory *memory, uint8_t code)
{
    const uint8_t after = bda_get8(memory, BDA_KEYBOARD) & (AFTER_E0 | AFTER_E1);
    put_bits(memory, BDA_KEYBOARD, AFTER_E0 | AFTER_E1, false);
    if (code == PREFIX_0 || code == PREFIX_1) {
        put_bits(memory, BDA_KEYBOARD, code == PREFIX_0 ? AFTER_E0 : AFTER_E1, true);
        return 0;
    }
    const uint8_t key = code & (uint8_t)~BREAK;
    if (!(after & AFTER_E0))
        return key;
    /* E0 before shift is sent around grey keys for old programs; nobody has pressed it. */
    return key == KEY_LEFT_SHIFT || key == KEY_RIGHT_SHIFT ? 0 : key | KEY_EXTENDED;
}

/* True if the machine shall start anew. */
static bool take_scan_code(struct memory *memory, uint8_t code)
{
    const bool down = !(code & BREAK);
    const uint8_t key = complete(memory, code);
    if (!key || take_modifier(memory, key, down))
        return false;
    take_lock(memory, key, down);
    if (!down)
        return false;
    if (resets(memory, key))
        return true;
    take_key(memory, key);
    return false;
}

/* ---- The controller */

#define DATA        0x60
#define COMMAND     0x64
#define STATUS_FULL 0x01
#define STATUS_AUX  0x20
#define DISABLE     0xad
#define ENABLE      0xae
#define POLL_MAX    64 /* bytes: more than a keyboard holds */

/* While the buffer is full the keyboard is told to keep what is typed. */
static void hold(struct bios *bios)
{
    const bool full = keyboard_is_full(bios->config.memory);
    if (full == bios->state.keyboard_held)
        return;
    bios->config.out(bios->config.ports_context, COMMAND, full ? DISABLE : ENABLE);
    bios->state.keyboard_held = full;
}

static void start_over(struct call *call)
{
    bda_set16(call->bios->config.memory, BDA_RESET, RESET_FLAG);
    call_jump(call, ROM_SEGMENT, ROM_RESET);
}

void int09_serve(struct call *call)
{
    if (take_scan_code(call->bios->config.memory, call_get8(call, CALL_AL)))
        start_over(call);
    hold(call->bios);
}

static bool has_code(const struct bios *bios)
{
    const uint8_t status = bios->config.in(bios->config.ports_context, COMMAND);
    return (status & (STATUS_FULL | STATUS_AUX)) == STATUS_FULL;
}

void int09_poll(struct call *call)
{
    struct bios *bios = call->bios;
    hold(bios);
    if ((call_frame_get(call, 2) & CPU_FLAG_IF) && !rom_has_vector(bios->config.memory, 0x09))
        return; /* then the interrupt comes, and whoever has hooked it is asked */
    for (unsigned i = 0; i < POLL_MAX && !bios->state.keyboard_held && has_code(bios); i++) {
        take_scan_code(bios->config.memory, bios->config.in(bios->config.ports_context, DATA));
        hold(bios);
    }
}
