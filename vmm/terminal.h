/* The mode of the terminal that stepvm was started on, while its guest types there.
 *
 * A process has one such terminal, and leaving it without echo is a lasting nuisance. So its own
 * mode comes back also when the process dies of SIGSEGV, SIGABRT, SIGBUS, SIGFPE or SIGILL. The
 * signals that ask a process to end (SIGINT, SIGTERM, SIGHUP, SIGQUIT) belong to main, which comes
 * to terminal_give_back by console_close. One thread calls these functions. */
#ifndef VMM_TERMINAL_H
#define VMM_TERMINAL_H

#include <stdbool.h>

/* Turns off echo, line editing, flow control and CR translation on FD, which must stay open until
 * terminal_give_back; Ctrl-C, Ctrl-\ and Ctrl-Z still send signals, and output is still processed.
 * 0, -EBUSY if a terminal is taken already, or what the system said (-ENOTTY if it is none). */
int terminal_take(int fd);
/* Restores the terminal's own mode. Nothing happens if none is taken. */
void terminal_give_back(void);

/* False if FD is this process's terminal and another process group is at it now: reading from it
 * or changing its mode would stop the process (SIGTTIN, SIGTTOU). */
bool terminal_is_foreground(int fd);

#endif
