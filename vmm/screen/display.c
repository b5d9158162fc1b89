#include "screen/display.h"

#include "console/terminal.h"

#define CTRL_A     0x01
#define FRAME_SIZE 32768 /* bytes; what does not fit is drawn with the next */

int display_open(struct display *d, void (*read)(void *context, struct text_screen *screen),
                 void *context, struct error *error)
{
    *d = (struct display){.read = read, .context = context, .interval = DISPLAY_OFTEN_MS};
    return console_open_terminal(&d->console, error);
}

void display_close(struct display *d)
{
    console_close(d->console);
    d->console = NULL;
}

void display_redraw(struct display *d)
{
    d->taken = false; /* as if it had just come to us */
    d->next = 0;
}

void display_hurry(struct display *d)
{
    d->interval = DISPLAY_OFTEN_MS;
    d->next = d->last + DISPLAY_OFTEN_MS;
}

/* True if something was drawn. */
static bool draw(struct display *d)
{
    static const size_t whole_queue = 65536;
    char bytes[FRAME_SIZE];
    const bool taken = terminal_is_taken();
    if (taken && !d->taken) {
        unsigned columns, rows;
        console_terminal_size(d->console, &columns, &rows);
        screen_draw_begin(&d->draw, columns, rows);
    }
    d->taken = taken;
    if (!taken || console_room(d->console) < whole_queue)
        return false; /* in the background, or the last frame is still on its way */
    d->read(d->context, &d->screen);
    const size_t len = screen_draw(&d->draw, &d->screen, bytes, sizeof bytes);
    console_write(d->console, bytes, len);
    return len;
}

int display_refresh(struct display *d, int64_t now)
{
    if (now >= d->next) {
        const int slower = d->interval * 2;
        const bool changes = draw(d);
        d->interval = changes                      ? DISPLAY_OFTEN_MS
                      : slower < DISPLAY_SELDOM_MS ? slower
                                                   : DISPLAY_SELDOM_MS;
        d->last = now;
        d->next = now + d->interval;
    }
    return (int)(d->next - now);
}

static enum display_key command(struct display *d, uint8_t key)
{
    switch (key | 0x20) {
    case 'x':
        return DISPLAY_QUIT;
    case 'z':
        return DISPLAY_SUSPEND;
    case 'l':
        display_redraw(d);
        return DISPLAY_NONE;
    default:
        return DISPLAY_NONE;
    }
}

enum display_key display_filter(struct display *d, uint8_t *bytes, size_t *len)
{
    enum display_key wanted = DISPLAY_NONE;
    size_t n = 0;
    for (size_t i = 0; i < *len && wanted == DISPLAY_NONE; i++) {
        const bool after = d->ctrl_a;
        d->ctrl_a = bytes[i] == CTRL_A && !after;
        if (after && bytes[i] != CTRL_A)
            wanted = command(d, bytes[i]);
        else if (!d->ctrl_a)
            bytes[n++] = bytes[i];
    }
    *len = n;
    return wanted;
}
