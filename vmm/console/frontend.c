#include "console/frontend.h"

#include <string.h>
#include <time.h>

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* ---- What devices call, the bus lock being held */

static size_t count_shown(struct frontend *f, size_t len)
{
    f->shown += len;
    f->shown_ever += len;
    return len;
}

static size_t port_out(void *context, const uint8_t *bytes, size_t len)
{
    const struct frontend_port *port = context;
    return count_shown(port->owner, console_write(port->console, bytes, len));
}

static void port_has_room(void *context)
{
    struct frontend_port *port = context;
    typing_feed(&port->typing);
}

static size_t debug_out(void *context, const uint8_t *bytes, size_t len)
{
    struct frontend *f = context;
    return count_shown(f, console_write(f->ports[0].console, bytes, len));
}

/* Whoever types on the keyboard: the display, or else COM1's console. */
static struct typing *keyboard_typing(struct frontend *f)
{
    return f->has_display ? &f->keys : &f->ports[0].typing;
}

static void keyboard_idle(void *context)
{
    typing_feed(keyboard_typing(context));
}

/* The screen keeps what the console has no room for. */
void frontend_text(void *context, const char *bytes, size_t len)
{
    struct frontend *f = context;
    console_write(f->ports[0].console, bytes, len);
    count_shown(f, len);
}

/* ---- Set-up */

void frontend_init(struct frontend *f, const struct options *options, struct bus *bus,
                   struct devices *devices)
{
    *f = (struct frontend){.options = options,
                           .bus = bus,
                           .devices = devices,
                           .count = options->serial_count,
                           .has_display = options->display};
    for (unsigned i = 0; i < f->count; i++)
        f->ports[i] = (struct frontend_port){.owner = f, .uart = &devices->serial[i]};
}

void frontend_hosts(struct frontend *f, struct devices_host *host)
{
    host->serial_count = f->count;
    for (unsigned i = 0; i < f->count; i++)
        host->serial[i] = (struct uart_host){port_out, port_has_room, &f->ports[i]};
    host->debug = debug_out;
    host->keyboard = (struct i8042_host){keyboard_idle, f};
    host->frontend = f;
}

int frontend_open(struct frontend *f, bool bios_keys,
                  void (*screen)(void *context, struct text_screen *screen), void *context,
                  struct error *error)
{
    struct i8042 *keyboard = &f->devices->i8042;
    const bool com1_keys = bios_keys && !f->has_display;
    int err = 0;
    typing_init(&f->keys, NULL, keyboard);
    for (unsigned i = 0; !err && i < f->count; i++) {
        struct frontend_port *port = &f->ports[i];
        typing_init(&port->typing, port->uart, i == 0 && com1_keys ? keyboard : NULL);
        err = console_open(&port->console, f->options->serial[i], error);
    }
    return err || !f->has_display ? err : display_open(&f->display, screen, context, error);
}

void frontend_close(struct frontend *f)
{
    for (unsigned i = 0; i < f->count; i++)
        console_close(f->ports[i].console);
    display_close(&f->display);
}

void frontend_reset(struct frontend *f)
{
    typing_reset(&f->keys);
    for (unsigned i = 0; i < f->count; i++)
        typing_reset(&f->ports[i].typing);
}

void frontend_feed(struct frontend *f)
{
    if (f->has_display)
        typing_feed(&f->keys);
    for (unsigned i = 0; i < f->count; i++)
        typing_feed(&f->ports[i].typing);
}

/* ---- Input */

static void add_typed(struct frontend *f, struct typing *typing, const uint8_t *bytes, size_t len)
{
    bus_lock(f->bus);
    typing_add(typing, bytes, len);
    bus_unlock(f->bus);
}

static void port_input(void *context, const uint8_t *bytes, size_t len)
{
    struct frontend_port *port = context;
    add_typed(port->owner, &port->typing, bytes, len);
}

static void display_input(void *context, const uint8_t *typed, size_t len)
{
    struct frontend *f = context;
    uint8_t bytes[TYPING_SIZE];
    len = len < sizeof bytes ? len : sizeof bytes;
    memcpy(bytes, typed, len);
    const enum display_key wish = display_filter(&f->display, bytes, &len);
    if (wish != DISPLAY_NONE)
        f->wish = wish;
    add_typed(f, &f->keys, bytes, len);
    display_hurry(&f->display);
}

static bool has_room(struct frontend *f, const struct typing *typing)
{
    bus_lock(f->bus);
    const bool room = typing_has_room(typing);
    bus_unlock(f->bus);
    return room;
}

void frontend_type(struct frontend *f, uint8_t byte)
{
    struct typing *typing = keyboard_typing(f);
    if (has_room(f, typing))
        add_typed(f, typing, &byte, 1);
}

/* ---- The loop's turn */

/* Sums up what is to be polled for all consoles, in the order in which dispatch goes through them.
 */
size_t frontend_poll(struct frontend *f, struct pollfd fds[FRONTEND_FDS])
{
    size_t n = 0;
    for (unsigned i = 0; i < f->count; i++) {
        struct frontend_port *port = &f->ports[i];
        port->fds = console_poll(port->console, fds + n, has_room(f, &port->typing));
        n += port->fds;
    }
    /* Ctrl-A must be heard always: the guest may be stopped, or read no keys. */
    return f->has_display ? n + console_poll(f->display.console, fds + n, true) : n;
}

/* When an ESC that was typed is one by itself: in so many ms, or -1. */
static int settle_timeout(struct frontend *f, int64_t now)
{
    bus_lock(f->bus);
    const bool waits = typing_waits(keyboard_typing(f));
    bus_unlock(f->bus);
    if (!waits)
        f->settle_at = 0;
    else if (!f->settle_at)
        f->settle_at = now + TYPING_SETTLE_MS;
    return !waits ? -1 : f->settle_at > now ? (int)(f->settle_at - now) : 0;
}

int frontend_timeout(struct frontend *f)
{
    const int64_t now = milliseconds();
    const int settle = settle_timeout(f, now);
    const int draw = f->has_display ? display_refresh(&f->display, now) : -1;
    return settle < 0 || (draw >= 0 && draw < settle) ? draw : settle;
}

static void settle(struct frontend *f)
{
    if (!f->settle_at || milliseconds() < f->settle_at)
        return;
    bus_lock(f->bus);
    typing_settle(keyboard_typing(f));
    bus_unlock(f->bus);
}

static void drain(struct frontend *f)
{
    bus_lock(f->bus);
    for (unsigned i = 0; i < f->count; i++)
        uart_drain(f->ports[i].uart);
    bus_unlock(f->bus);
}

enum display_key frontend_dispatch(struct frontend *f, const struct pollfd *fds, size_t n)
{
    for (unsigned i = 0; i < f->count; i++) {
        struct frontend_port *port = &f->ports[i];
        console_dispatch(port->console, fds, port->fds, port_input, port);
        fds += port->fds;
        n -= port->fds;
    }
    if (f->has_display)
        console_dispatch(f->display.console, fds, n, display_input, f);
    drain(f);
    settle(f);
    const enum display_key wish = f->wish;
    f->wish = DISPLAY_NONE;
    return wish;
}

/* ---- The terminal */

/* One console at most is on it; the others have nothing to do. */
void frontend_suspend(struct frontend *f)
{
    for (unsigned i = 0; i < f->count; i++)
        console_suspend(f->ports[i].console);
    if (f->has_display)
        console_suspend(f->display.console);
}

void frontend_resume(struct frontend *f)
{
    for (unsigned i = 0; i < f->count; i++)
        console_resume(f->ports[i].console);
    if (!f->has_display)
        return;
    console_resume(f->display.console);
    display_redraw(&f->display);
}

void frontend_resize(struct frontend *f)
{
    if (f->has_display)
        display_redraw(&f->display);
}
