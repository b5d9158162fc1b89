/* A port that prints: each byte written to it goes to the console, with no set-up and no waiting.
 *
 * Emulators have it at 0xe9 (Bochs; reading it gives 0xe9, which is how a guest finds it) and 0x402
 * (QEMU's isa-debugcon as SeaBIOS uses it). A guest can't be told to wait here: what the host does
 * not take is dropped, and counted. */
#ifndef VMM_DEV_DEBUGCON_H
#define VMM_DEV_DEBUGCON_H

#include "board/bus.h"

#include <stddef.h>
#include <stdint.h>

struct debugcon_state {
    uint64_t dropped; /* bytes */
};

struct debugcon {
    struct debugcon_state state;
    size_t (*write)(void *context, const uint8_t *bytes, size_t len); /* returns how many it took */
    void *context;
};

extern const struct bus_ops debugcon_ops; /* 1 port */

void debugcon_init(struct debugcon *debugcon,
                   size_t (*write)(void *context, const uint8_t *bytes, size_t len), void *context);
void debugcon_reset(struct debugcon *debugcon);

#endif
