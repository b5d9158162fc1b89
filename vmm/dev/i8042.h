/* The keyboard controller of a PC: status and command port, data port, the output port with the
 * A20 gate and the reset line, and a keyboard (ps2_keyboard.h) on its first channel. The second
 * channel is there, with nothing plugged in. A key's scan code is fetched from the keyboard when
 * the output buffer is empty and the interface is enabled, byte by byte.
 * Source: IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device
 * Controller"; command names are its. */
#ifndef VMM_DEV_I8042_H
#define VMM_DEV_I8042_H

#include "board/bus.h"
#include "board/irq.h"
#include "dev/ps2_keyboard.h"
#include "dev/system_control.h"

#include <stdbool.h>
#include <stdint.h>

#define I8042_QUEUE 16 /* the output buffer and what waits behind it */

struct i8042_state {
    uint8_t ram[32];       /* [0] is the command byte ("configuration") */
    uint8_t command;       /* whose data byte is awaited on the data port, or 0 */
    bool last_was_command; /* status bit 3: the last write was to the command port */
    bool timeout;          /* status bit 6: the last byte was for the empty second channel */
    uint8_t last_data;     /* what the data port still shows when its buffer is empty */
    bool keyboard_irq, auxiliary_irq; /* levels */
    struct i8042_byte {
        uint8_t value;
        bool auxiliary; /* from the second channel */
    } queue[I8042_QUEUE];
    uint8_t head, count;
    bool break_code; /* translating: the keyboard has sent F0, which goes with the next byte */
    struct ps2_keyboard_state keyboard;
};

/* The outside, called with the bus lock held. */
struct i8042_host {
    /* The keyboard has become idle (i8042_idle). May be NULL. */
    void (*idle)(void *context);
    void *context;
};

struct i8042 {
    struct i8042_state state;
    struct system_control *system; /* not owned */
    struct irq_line keyboard_irq, auxiliary_irq;
    struct i8042_host host;
};

extern const struct bus_ops i8042_data_ops;    /* 1 port, 0x60 on a PC */
extern const struct bus_ops i8042_command_ops; /* 1 port, 0x64 on a PC: reads give the status */

void i8042_init(struct i8042 *i8042, struct system_control *system, struct irq_line keyboard_irq,
                struct irq_line auxiliary_irq, const struct i8042_host *host);
/* As a PC's BIOS leaves it: self-test passed, keyboard enabled with interrupt and translation to
 * scan set 1, second channel off. */
void i8042_reset(struct i8042 *i8042);

/* Whether a data byte follows this command: it then is what COMMAND of the state may be. */
bool i8042_takes_data(uint8_t command);

/* A key of the keyboard goes down or up, as ps2_keyboard_key has it. */
void i8042_key(struct i8042 *i8042, uint8_t key, bool down);
/* As ps2_keyboard_idle: who types faster than the guest reads waits for this. */
bool i8042_idle(const struct i8042 *i8042);

#endif
