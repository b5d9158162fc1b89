/* The mode of the terminal that stepvm was started on, while its guest types there.
 *
 * A process has one such terminal, and leaving it without echo is a lasting nuisance. So its own
 * mode comes back also when the process dies of SIGSEGV, SIGABRT, SIGBUS, SIGFPE or SIGILL. The
 * signals that ask a process to end (SIGINT, SIGTERM, SIGHUP, SIGQUIT) belong to main, which comes
 * to terminal_give_back by console_close. One thread calls these functions. */
#ifndef VMM_TERMINAL_H
#define VMM_TERMINAL_H

#include <stdbool.h>

/* How it is used. All zero: as a console beside which the shell's Ctrl-C and so on work. */
struct terminal_use {
    bool all_keys;     /* Ctrl-C, Ctrl-\ and Ctrl-Z are typed, too, and send no signals */
    int out;           /* where the next two are written, unless they are NULL */
    const char *enter; /* when it is taken */
    const char *leave; /* when it is given back */
};

/* Turns off echo, line editing, flow control and CR translation on FD, which must stay open until
 * terminal_give_back, as must USE's; output is still processed. 0, -EBUSY if a terminal is taken
 * already, or what the system said (-ENOTTY if it is none). */
int terminal_take(int fd, const struct terminal_use *use);
/* Restores the terminal's own mode. Nothing happens if none is taken. */
void terminal_give_back(void);
bool terminal_is_taken(void);

/* False if FD is this process's terminal and another process group is at it now: reading from it
 * or changing its mode would stop the process (SIGTTIN, SIGTTOU). */
bool terminal_is_foreground(int fd);

/* Its size in characters: 80 by 24 if it does not say. */
void terminal_size(int fd, unsigned *columns, unsigned *rows);

#endif
