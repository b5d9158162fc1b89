/* What people see and type on: the consoles of the serial ports, and with --display the terminal as
 * the PC's screen and keyboard. Without it COM1's console is for those as well: the BIOS's text
 * goes there, and what is typed there goes to the keyboard until the guest has a driver for COM1.
 *
 * Calls are the polling thread's, but for those that say that the bus lock is held: they come from
 * any thread. */
#ifndef VMM_FRONTEND_H
#define VMM_FRONTEND_H

#include "board/bus.h"
#include "board/devices.h"
#include "console/console.h"
#include "input/typing.h"
#include "options/options.h"
#include "screen/display.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRONTEND_FDS (CONSOLE_FDS * (DEVICES_SERIAL + 1))

struct frontend {
    const struct options *options;
    struct bus *bus;
    struct devices *devices;
    struct frontend_port {
        struct frontend *owner;
        struct console *console;
        struct uart *uart;
        struct typing typing;
        size_t fds; /* how many it is polled for */
    } ports[DEVICES_SERIAL];
    unsigned count;
    bool has_display;
    struct display display;
    struct typing keys; /* typed on the display */
    int64_t settle_at;  /* ms: when an ESC that was typed is a key of its own; 0: there is none */
    enum display_key wish; /* what was typed for us */
    /* Bytes that guests have written to consoles, under the bus lock: since the start, and up to
     * where the machine is, which may have gone back since. */
    uint64_t shown_ever, shown;
};

/* First of all calls: what the others need, but nothing is opened. All must outlive it. */
void frontend_init(struct frontend *frontend, const struct options *options, struct bus *bus,
                   struct devices *devices);
/* The ends of the devices that are people's, for devices_init. */
void frontend_hosts(struct frontend *frontend, struct devices_host *host);
/* Once the devices are there. BIOS_KEYS: the machine's own BIOS reads what is typed on COM1's
 * console. SCREEN fills in what the screen shows, for the display. 0, or -errno with ERROR set. */
int frontend_open(struct frontend *frontend, bool bios_keys,
                  void (*screen)(void *context, struct text_screen *screen), void *context,
                  struct error *error);
/* Terminals are as they were. One that was never opened is fine, if it is all zero. */
void frontend_close(struct frontend *frontend);

/* Text of the BIOS, for COM1's console; with the bus lock held. */
void frontend_text(void *frontend, const char *bytes, size_t len);
/* Power-on; with the bus lock held. */
/* A device may have room now without having said so: gives it what was typed. The bus lock is held.
 */
void frontend_feed(struct frontend *frontend);
void frontend_reset(struct frontend *frontend);

/* What to poll for, and for how many ms (-1: as long as it takes); then what poll(2) found. What is
 * typed for stepvm itself is returned. */
size_t frontend_poll(struct frontend *frontend, struct pollfd fds[FRONTEND_FDS]);
int frontend_timeout(struct frontend *frontend);
enum display_key frontend_dispatch(struct frontend *frontend, const struct pollfd *fds, size_t n);
/* A byte as if typed on the console or display, lost if the guest takes none now. */
void frontend_type(struct frontend *frontend, uint8_t byte);

/* Gives the terminal its own mode back, and takes it again: around a stop, or for a message. */
void frontend_suspend(struct frontend *frontend);
void frontend_resume(struct frontend *frontend);
/* The terminal has changed its size. */
void frontend_resize(struct frontend *frontend);

#endif
