/* INT 16h: keyboard. Keys come by INT 09h. */
#include "bios/bda.h"
#include "bios/keyboard.h"
#include "bios/rom.h"
#include "bios/screen.h"
#include "bios/state.h"

#define ENHANCED     0x10 /* in AH: 10h, 11h and 12h know the keys that a PC/XT did not have */
#define GREY         0xe0 /* such a key's character */
#define LAST_XT_SCAN 0x84

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

static struct memory *memory_of(struct call *call)
{
    return call->bios->config.memory;
}

/* The next key as the caller can take it; to a plain caller a grey key is that of the number pad,
 * and F11 and F12 do not exist. */
static bool next_key(struct call *call, uint16_t *key)
{
    bool enhanced = call_get8(call, CALL_AH) & ENHANCED;
    while (keyboard_peek(memory_of(call), key)) {
        if (enhanced)
            return true;
        if ((*key & 0xff) == GREY && *key >> 8)
            *key &= 0xff00;
        if (*key >> 8 <= LAST_XT_SCAN)
            return true;
        keyboard_drop(memory_of(call));
    }
    return false;
}

/* With no key there the CPU waits in the ROM and comes back here; nothing has changed then, so that
 * the call begins again as it was. */
static void read_key(struct call *call)
{
    uint16_t key;
    if (next_key(call, &key)) {
        keyboard_drop(memory_of(call));
        call_set16(call, CPU_RAX, key);
        return;
    }
    screen_show_cursor(call->bios);
    call_jump(call, ROM_SEGMENT, rom_header()->wait_key);
}

static void peek_key(struct call *call)
{
    uint16_t key;
    bool there = next_key(call, &key);
    call_set_flag(call, CPU_FLAG_ZF, !there);
    if (there)
        call_set16(call, CPU_RAX, key);
    else
        screen_show_cursor(call->bios);
}

static void get_shift_flags(struct call *call)
{
    bool enhanced = call_get8(call, CALL_AH) & ENHANCED;
    const struct memory *memory = memory_of(call);
    call_set8(call, CALL_AL, bda_get8(memory, BDA_SHIFT_FLAGS));
    if (enhanced) /* keys that are down: Ctrl and Alt on either side, the locks */
        call_set8(call, CALL_AH,
                  (bda_get8(memory, BDA_SHIFT_FLAGS + 1) & 0x73) |
                      (bda_get8(memory, BDA_KEYBOARD) & 0x0c));
}

static void push_key(struct call *call)
{
    bool pushed = keyboard_push(memory_of(call), call_get16(call, CPU_RCX));
    call_set8(call, CALL_AL, !pushed);
}

static const struct call_function functions[] = {
    {0x00, read_key},        {0x01, peek_key},
    {0x02, get_shift_flags}, {0x03, call_ignore}, /* typematic rate: the terminal's */
    {0x05, push_key},        {0x10, read_key},
    {0x11, peek_key},        {0x12, get_shift_flags},
};

void int16_serve(struct call *call)
{
    int09_poll(call);
    call_serve(call, functions, ARRAY_SIZE(functions));
}
