#include "dev/ps2_keyboard.h"

#include "dev/scan_codes.h"
#include "input/keys.h"

#include <string.h>

#define ACK    0xfa
#define RESEND 0xfe
#define PASSED 0xaa /* basic assurance test */

#define SET_SCAN_CODES 0xf0
#define ENABLE         0xf4
#define DISABLE        0xf5
#define SET_DEFAULTS   0xf6
#define SEND_AGAIN     0xfe
#define RESET          0xff
#define FIRST_COMMAND  0xed /* parameters are below it */

static const struct command {
    uint8_t code;
    bool parameter; /* a byte follows, which is acknowledged too */
    uint8_t length;
    uint8_t reply[PS2_KEYBOARD_REPLY];
} commands[] = {
    {0xed, true, 1, {ACK}},              /* set the LEDs */
    {0xee, false, 1, {0xee}},            /* echo */
    {SET_SCAN_CODES, true, 1, {ACK}},    /* 0 asks which */
    {0xf2, false, 3, {ACK, 0xab, 0x83}}, /* identify: MF2 keyboard */
    {0xf3, true, 1, {ACK}},              /* typematic rate */
    {ENABLE, false, 1, {ACK}},           /* enable scanning */
    {DISABLE, false, 1, {ACK}},          /* disable scanning, defaults */
    {SET_DEFAULTS, false, 1, {ACK}},     /* defaults */
    {0xf7, false, 1, {ACK}},             /* all keys typematic */
    {0xf8, false, 1, {ACK}},             /* all keys make and break */
    {0xf9, false, 1, {ACK}},             /* all keys make only */
    {0xfa, false, 1, {ACK}},             /* all keys typematic, make and break */
    {RESET, false, 2, {ACK, PASSED}},
};

static const struct command *find_command(uint8_t code)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].code == code)
            return &commands[i];
    return NULL;
}

static size_t take_parameter(struct ps2_keyboard_state *keyboard, uint8_t byte, uint8_t *reply)
{
    uint8_t command = keyboard->command;
    keyboard->command = 0;
    reply[0] = ACK;
    if (command != SET_SCAN_CODES)
        return 1;
    if (byte == 0) {
        reply[1] = keyboard->scan_set;
        return 2;
    }
    if (byte > 2)
        reply[0] = RESEND;
    else
        keyboard->scan_set = byte;
    return 1;
}

static size_t take_command(struct ps2_keyboard_state *keyboard, uint8_t byte, uint8_t *reply)
{
    const struct command *command = find_command(byte);
    if (!command) {
        reply[0] = byte == SEND_AGAIN ? keyboard->last : RESEND;
        return 1;
    }
    if (byte == RESET)
        ps2_keyboard_reset(keyboard);
    if (byte == ENABLE || byte == DISABLE || byte == SET_DEFAULTS) {
        keyboard->count = 0;
        keyboard->scanning = byte != DISABLE;
    }
    keyboard->command = command->parameter ? byte : 0;
    memcpy(reply, command->reply, command->length);
    return command->length;
}

void ps2_keyboard_reset(struct ps2_keyboard_state *keyboard)
{
    *keyboard = (struct ps2_keyboard_state){.scan_set = 2, .last = PASSED, .scanning = true};
}

size_t ps2_keyboard_send(struct ps2_keyboard_state *keyboard, uint8_t byte,
                         uint8_t reply[PS2_KEYBOARD_REPLY])
{
    size_t n = keyboard->command && byte < FIRST_COMMAND ? take_parameter(keyboard, byte, reply)
                                                         : take_command(keyboard, byte, reply);
    keyboard->last = reply[n - 1];
    return n;
}

/* ---- Keys */

#define CODE_MAX 3 /* bytes */

/* The code of KEY in the set that is in use; its length. */
static size_t scan_code(const struct ps2_keyboard_state *keyboard, uint8_t key, bool down,
                        uint8_t code[CODE_MAX])
{
    const uint8_t set1 = key & (uint8_t)~KEY_EXTENDED;
    size_t n = 0;
    if (key & KEY_EXTENDED)
        code[n++] = SCAN_EXTENDED;
    if (keyboard->scan_set == 1) {
        code[n++] = down ? set1 : set1 | 0x80;
        return n;
    }
    if (!down)
        code[n++] = SCAN_BREAK;
    code[n++] = scan_code_set2(set1);
    return n;
}

void ps2_keyboard_key(struct ps2_keyboard_state *keyboard, uint8_t key, bool down)
{
    uint8_t code[CODE_MAX];
    const size_t n = scan_code(keyboard, key, down, code);
    if (!keyboard->scanning || n > (size_t)(PS2_KEYBOARD_BUFFER - keyboard->count))
        return;
    for (size_t i = 0; i < n; i++)
        keyboard->buffer[(keyboard->head + keyboard->count++) % PS2_KEYBOARD_BUFFER] = code[i];
}

bool ps2_keyboard_idle(const struct ps2_keyboard_state *keyboard)
{
    return keyboard->scanning && !keyboard->count;
}

bool ps2_keyboard_take(struct ps2_keyboard_state *keyboard, uint8_t *byte)
{
    if (!keyboard->count)
        return false;
    *byte = keyboard->buffer[keyboard->head];
    keyboard->head = (uint8_t)((keyboard->head + 1) % PS2_KEYBOARD_BUFFER);
    keyboard->count--;
    return true;
}
