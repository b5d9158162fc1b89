/* A PS/2 keyboard: commands in, replies out; keys pressed, scan codes out. It has scan sets 1 and
 * 2; its keys do not repeat (that is the terminal's work). Source: IBM PS/2 Hardware Interface
 * Technical Reference, "Keyboard and Auxiliary Device". */
#ifndef VMM_DEV_PS2_KEYBOARD_H
#define VMM_DEV_PS2_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS2_KEYBOARD_BUFFER 16 /* bytes of scan codes: three keys held, one hit */

struct ps2_keyboard_state {
    uint8_t command;  /* whose parameter byte is awaited, or 0 */
    uint8_t scan_set; /* 1 or 2 */
    uint8_t last;     /* reply byte, for FE (resend) */
    bool scanning;
    uint8_t buffer[PS2_KEYBOARD_BUFFER]; /* scan codes that nobody has taken */
    uint8_t head, count;
};

#define PS2_KEYBOARD_REPLY 3 /* bytes at most */

void ps2_keyboard_reset(struct ps2_keyboard_state *keyboard);

/* The host has sent BYTE. Writes the reply, in scan set 2's codes, and returns its length. */
size_t ps2_keyboard_send(struct ps2_keyboard_state *keyboard, uint8_t byte,
                         uint8_t reply[PS2_KEYBOARD_REPLY]);

/* KEY (keys.h) goes down or up. Nothing happens unless it scans and has room for the whole code. */
void ps2_keyboard_key(struct ps2_keyboard_state *keyboard, uint8_t key, bool down);
/* It scans, and all that was typed has been taken: there is room for a key hit with three others
 * held. */
bool ps2_keyboard_idle(const struct ps2_keyboard_state *keyboard);
/* Takes the next byte of a scan code. False if there is none. */
bool ps2_keyboard_take(struct ps2_keyboard_state *keyboard, uint8_t *byte);

#endif
