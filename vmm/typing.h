/* What is typed on the console, on its way to the guest: to COM1 once the guest has a driver for
 * it, before that to the BIOS's keyboard. What does not fit there now waits here.
 *
 * All calls under the bus lock. */
#ifndef VMM_TYPING_H
#define VMM_TYPING_H

#include "bios/bios.h"
#include "dev/uart.h"
#include "irq.h"

#include <stddef.h>
#include <stdint.h>

#define TYPING_SIZE 256 /* bytes */

struct typing {
    struct uart *com1;
    struct bios *bios;
    struct irq_line keyboard;
    uint8_t bytes[TYPING_SIZE];
    size_t first, count;
};

/* COM1 and BIOS must outlive it. BIOS NULL: all goes to COM1. KEYBOARD is pulsed when the BIOS has
 * taken keys. */
void typing_init(struct typing *typing, struct uart *com1, struct bios *bios,
                 struct irq_line keyboard);
/* Forgets what waits: the machine was reset. */
void typing_reset(struct typing *typing);
/* LEN more bytes, then as typing_feed. TYPING_SIZE of them fit while nothing waits; what does not
 * fit is lost. */
void typing_add(struct typing *typing, const uint8_t *bytes, size_t len);
/* Hands over what the guest takes now. */
void typing_feed(struct typing *typing);

#endif
