/* --display: the terminal as the PC's screen and keyboard. It looks at the screen again and again,
 * often while it changes, seldom while it rests, and draws what is new (screen_draw.h); it takes
 * the keys that are for stepvm, which follow a Ctrl-A, from what is typed.
 *
 * The polling thread calls. */
#ifndef VMM_DISPLAY_H
#define VMM_DISPLAY_H

#include "console/console.h"
#include "screen/screen_draw.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISPLAY_OFTEN_MS  33 /* between two looks at a screen that changes */
#define DISPLAY_SELDOM_MS 250

/* Ctrl-A and ... */
enum display_key {
    DISPLAY_NONE,
    DISPLAY_QUIT,    /* x */
    DISPLAY_SUSPEND, /* z */
};

struct display {
    struct console *console; /* on a terminal; the display's own */
    void (*read)(void *context, struct text_screen *screen);
    void *context;
    struct screen_draw draw;
    struct text_screen screen;
    bool taken;  /* the terminal was ours when it was last looked at */
    bool ctrl_a; /* was typed, and nothing after it */
    int interval;
    int64_t last, next; /* look at the screen, in the caller's ms */
};

/* READ fills in what the guest's screen shows. 0, or -errno with ERROR set. */
int display_open(struct display *display, void (*read)(void *context, struct text_screen *screen),
                 void *context, struct error *error);
/* The terminal is as it was before. One that was never opened is fine, if it is all zero. */
void display_close(struct display *display);

/* Looks at the screen if it is time, NOW in ms of any monotonic clock; returns in how many ms it is
 * to be called again. */
int display_refresh(struct display *display, int64_t now);
/* The guest may be about to answer a key: look soon. */
void display_hurry(struct display *display);
/* The terminal has another size, or something else has been written onto it. */
void display_redraw(struct display *display);

/* Leaves in BYTES what of the *LEN typed ones is for the guest, and says what else is wanted. */
enum display_key display_filter(struct display *display, uint8_t *bytes, size_t *len);

#endif
