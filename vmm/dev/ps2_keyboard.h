/* A PS/2 keyboard's side of a conversation: commands in, replies out. No keys are ever pressed on
 * it; what is typed reaches the guest by the serial port or the BIOS's keyboard service.
 * Source: IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device". */
#ifndef VMM_DEV_PS2_KEYBOARD_H
#define VMM_DEV_PS2_KEYBOARD_H

#include <stddef.h>
#include <stdint.h>

struct ps2_keyboard_state {
    uint8_t command;  /* whose parameter byte is awaited, or 0 */
    uint8_t scan_set; /* 1 to 3 */
    uint8_t last;     /* reply byte, for FE (resend) */
};

#define PS2_KEYBOARD_REPLY 3 /* bytes at most */

void ps2_keyboard_reset(struct ps2_keyboard_state *keyboard);

/* The host has sent BYTE. Writes the reply, in scan set 2's codes, and returns its length. */
size_t ps2_keyboard_send(struct ps2_keyboard_state *keyboard, uint8_t byte,
                         uint8_t reply[PS2_KEYBOARD_REPLY]);

#endif
