#include "dev/ps2_keyboard.h"

#include <stdbool.h>
#include <string.h>

#define ACK    0xfa
#define RESEND 0xfe
#define PASSED 0xaa /* basic assurance test */

#define SET_SCAN_CODES 0xf0
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
    {0xf4, false, 1, {ACK}},             /* enable scanning */
    {0xf5, false, 1, {ACK}},             /* disable scanning, defaults */
    {0xf6, false, 1, {ACK}},             /* defaults */
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
    if (byte > 3)
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
    keyboard->command = command->parameter ? byte : 0;
    memcpy(reply, command->reply, command->length);
    return command->length;
}

void ps2_keyboard_reset(struct ps2_keyboard_state *keyboard)
{
    *keyboard = (struct ps2_keyboard_state){.scan_set = 2, .last = PASSED};
}

size_t ps2_keyboard_send(struct ps2_keyboard_state *keyboard, uint8_t byte,
                         uint8_t reply[PS2_KEYBOARD_REPLY])
{
    size_t n = keyboard->command && byte < FIRST_COMMAND ? take_parameter(keyboard, byte, reply)
                                                         : take_command(keyboard, byte, reply);
    keyboard->last = reply[n - 1];
    return n;
}
