/* The keyboard buffer: a ring of 15 keys in the BIOS data area. A key is its scan code in the high
 * byte and its character in the low one, as INT 16h gives it. */
#ifndef VMM_BIOS_KEYBOARD_H
#define VMM_BIOS_KEYBOARD_H

#include "memory/memory.h"

#include <stdbool.h>
#include <stdint.h>

void keyboard_clear(struct memory *memory);
/* False if it is full. */
bool keyboard_push(struct memory *memory, uint16_t key);
bool keyboard_is_full(struct memory *memory);
/* The next key, which stays. False if there is none. */
bool keyboard_peek(struct memory *memory, uint16_t *key);
/* Takes the next key away; nothing happens if there is none. */
void keyboard_drop(struct memory *memory);

#endif
