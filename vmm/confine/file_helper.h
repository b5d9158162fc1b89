/* A process of its own for what the confined one may not do itself: open once more the files that
 * the command line names (a reset reads a rebuilt image), and remove its sockets at the end.
 *
 * It is forked off before there are threads and before anything was opened, knows a fixed list of
 * names, and is asked by their numbers: whoever has taken over the process that asks gets those
 * files, to read, and nothing else. It ends when nobody is left to ask, also if that one was
 * killed. */
#ifndef VMM_CONFINE_FILE_HELPER_H
#define VMM_CONFINE_FILE_HELPER_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FILE_HELPER_MAX 160 /* what a command line can name */

struct file_helper {
    const char *paths[FILE_HELPER_MAX]; /* not owned */
    bool sockets[FILE_HELPER_MAX]; /* it is a socket's, to be removed; else a file's, to open */
    size_t count;
    int channel; /* to the other process, or -1 */
    pid_t pid;   /* that process */
    bool took_over;
    uint32_t turn; /* requests so far */
};

/* Begins an empty list. */
void file_helper_init(struct file_helper *helper);
/* Adds PATH, which may be NULL: none. What is too much for the list is left out: it can't be opened
 * again then. */
void file_helper_add(struct file_helper *helper, const char *path, bool socket);

/* Forks. 0, or -errno with ERROR set. */
int file_helper_start(struct file_helper *helper, struct error *error);

/* A file_source's open, with a struct file_helper for CONTEXT. Until the helper has taken over,
 * this process opens PATH itself. Then PATH must be one of the list, by its words: -EACCES if it is
 * not, -EPIPE if the helper is gone. */
int file_helper_open(void *context, const char *path);

/* From now on the helper opens files. It takes note of the sockets as they are now, or a moment
 * later: these are removed at its end, those that others have put in their place are not. */
void file_helper_take_over(struct file_helper *helper);

/* Ends it, and returns when the sockets are gone. */
void file_helper_stop(struct file_helper *helper);

#endif
