/* What is typed on a console, on its way to the guest: to a serial port, to the keyboard, or to a
 * port once the guest has a driver for it and to the keyboard before. What neither takes now waits
 * here.
 *
 * All calls under the bus lock. */
#ifndef VMM_TYPING_H
#define VMM_TYPING_H

#include "dev/i8042.h"
#include "dev/uart.h"
#include "input/key_decoder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TYPING_SIZE      256 /* bytes */
#define TYPING_SETTLE_MS 50  /* that a lone ESC is waited after */

struct typing {
    struct uart *uart;
    struct i8042 *keyboard;
    uint8_t bytes[TYPING_SIZE];
    size_t first, count;
    struct key_decoder decoder;
    struct key_stroke stroke; /* the next, if there is one */
    bool has_stroke;
};

/* UART and KEYBOARD must outlive it; one of them may be NULL. */
void typing_init(struct typing *typing, struct uart *uart, struct i8042 *keyboard);
/* Forgets what waits: the machine was reset. */
void typing_reset(struct typing *typing);
/* Whether typing_add would take TYPING_SIZE bytes now. */
bool typing_has_room(const struct typing *typing);
/* LEN more bytes, then as typing_feed. What does not fit is lost. */
void typing_add(struct typing *typing, const uint8_t *bytes, size_t len);
/* Hands over what the guest takes now: whoever takes it has room again. */
void typing_feed(struct typing *typing);

/* All there is was handed over but an ESC, which may be a key of its own or the first byte of one:
 * call typing_settle if nothing has come for TYPING_SETTLE_MS. */
bool typing_waits(const struct typing *typing);
void typing_settle(struct typing *typing);

#endif
