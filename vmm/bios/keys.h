/* What a terminal sends -> the PC's keys (US layout), into the keyboard buffer.
 *
 * An escape sequence becomes one key when it is complete. An ESC that nothing follows is the key
 * ESC as soon as the guest asks for a key two ticks (about 0.1 s) later. */
#ifndef VMM_BIOS_KEYS_H
#define VMM_BIOS_KEYS_H

#include "memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_MAX_SEQUENCE 8

struct keys {
    uint8_t pending[KEYS_MAX_SEQUENCE]; /* the beginning of a sequence */
    size_t count;
    uint32_t since; /* the tick at which it began */
};

/* Takes one byte. False if the buffer is full: nothing was taken. */
bool keys_byte(struct keys *keys, struct memory *memory, uint8_t byte);
/* The guest asks for keys: an ESC that has waited long enough goes into the buffer. */
void keys_settle(struct keys *keys, struct memory *memory);

#endif
