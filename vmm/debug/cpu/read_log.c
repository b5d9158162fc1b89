#include "debug/cpu/read_log.h"

#include <string.h>

static bool has(const struct read_log *log, const void *at, size_t len)
{
    for (unsigned i = 0; i < log->count; i++)
        if (log->pieces[i].at == at && log->pieces[i].len == len)
            return true;
    return false;
}

void read_log_note(struct read_log *log, const void *at, const void *bytes, size_t len)
{
    if (!log || log->incomplete)
        return;
    if (!at || len > READ_LOG_BYTES) {
        log->incomplete = true;
        return;
    }
    if (has(log, at, len)) /* if it was another value the first time, it does not hold */
        return;
    if (log->count == READ_LOG_MAX) {
        log->incomplete = true;
        return;
    }
    struct read_log_piece *piece = &log->pieces[log->count++];
    piece->at = at;
    piece->len = (unsigned)len;
    memcpy(piece->bytes, bytes, len);
}

/* The sizes of what is read most often are constants here, so that no call is made. */
static bool is_same(const struct read_log_piece *piece)
{
    switch (piece->len) {
    case 4:
        return !memcmp(piece->at, piece->bytes, 4);
    case 8:
        return !memcmp(piece->at, piece->bytes, 8);
    case 15:
        return !memcmp(piece->at, piece->bytes, 15);
    case 16:
        return !memcmp(piece->at, piece->bytes, 16);
    default:
        return !memcmp(piece->at, piece->bytes, piece->len);
    }
}

bool read_log_holds(const struct read_log *log)
{
    for (unsigned i = 0; i < log->count; i++)
        if (!is_same(&log->pieces[i]))
            return false;
    return !log->incomplete;
}
