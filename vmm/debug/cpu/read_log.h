/* What was read of guest memory to find something out, so that it need not be found out again while
 * all of that is still the same. For a vCPU's own thread; the regions of memory must stay. */
#ifndef VMM_DEBUG_READ_LOG_H
#define VMM_DEBUG_READ_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READ_LOG_MAX   32 /* pieces: five levels for each of a few pages, and what lies there */
#define READ_LOG_BYTES 16 /* in one: the largest gate, or an instruction */

struct read_log {
    unsigned count;
    bool incomplete; /* something was read that is not in it: nothing can be said */
    struct read_log_piece {
        const void *at; /* in the host's memory */
        unsigned len;
        uint8_t bytes[READ_LOG_BYTES];
    } pieces[READ_LOG_MAX];
};

/* LEN bytes were read at the host address AT (NULL: there is no memory), and BYTES found there. LOG
 * may be NULL. */
void read_log_note(struct read_log *log, const void *at, const void *bytes, size_t len);
/* Whether all that was read would be read so again. */
bool read_log_holds(const struct read_log *log);

#endif
