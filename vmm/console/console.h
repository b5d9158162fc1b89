/* Bytes between the guest's console and the host: a file descriptor to write to, perhaps one to
 * read from, and the terminal's mode while stepvm owns it.
 *
 * Output is queued (any thread) and written by the thread that polls, so that a slow terminal never
 * stops a vCPU that holds the bus lock. Input is read by the polling thread only. */
#ifndef VMM_CONSOLE_H
#define VMM_CONSOLE_H

#include "error.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console;

/* WHERE as --serial takes it: stdio, none, stderr (output only), file:PATH (output only),
 * unix:PATH (listens, mode 0600, one peer at a time; output is dropped while there is none) or pty
 * (its name is printed to stderr). With stdio on a terminal, echo and line editing are turned off
 * until console_close; Ctrl-C, Ctrl-\ and Ctrl-Z still send their signals. 0 or -errno with ERROR.
 */
int console_open(struct console **out, const char *where, struct error *error);
/* The terminal as a whole, to be drawn on (screen_draw.h): standard input and output must be one.
 * It is taken at the first console_poll, and only while stepvm is in the foreground; all keys are
 * bytes, no key sends a signal. 0 or -errno with ERROR. */
int console_open_terminal(struct console **out, struct error *error);
/* Of one opened so: its size now. */
void console_terminal_size(const struct console *console, unsigned *columns, unsigned *rows);
/* Writes what is still queued, for at most a second, and restores the terminal. NULL is fine. */
void console_close(struct console *console);

/* Queues LEN bytes; returns how many fit (the queue is 64 KiB). Any thread. */
size_t console_write(struct console *console, const void *bytes, size_t len);
/* How many bytes would fit now. Any thread. */
size_t console_room(struct console *console);

#define CONSOLE_FDS 3
/* What to poll for now; WANT_INPUT false leaves typed bytes where they are. */
size_t console_poll(struct console *console, struct pollfd fds[CONSOLE_FDS], bool want_input);
/* Serves what poll(2) found, never blocks; input bytes go to INPUT_CB, which takes all of them. At
 * most 256 bytes a call. */
void console_dispatch(struct console *console, const struct pollfd *fds, size_t n,
                      void (*input_cb)(void *context, const uint8_t *bytes, size_t len),
                      void *context);

/* Gives the terminal its own mode back, and takes it again: around a stop by Ctrl-Z. */
void console_suspend(struct console *console);
void console_resume(struct console *console);

#endif
