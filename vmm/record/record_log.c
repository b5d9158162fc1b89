/* An entry lies in the ring in one piece:
 *
 *     kind [cpu] [vector, 2] length [more length, 8] delta [more size, 8] size
 *
 * kind has the flags, and which of the optional fields follow. length is the delta's, or LONG, and
 * then its 8 bytes follow; size is the whole entry's without these last fields, in the same way, so
 * that one can go back. Nearly all take three bytes more than their delta.
 *
 * What does not fit below the ring's upper end goes to its start. Then the oldest are in
 * [oldest, top), and the later ones in [0, end); else all are in [oldest, end). */
#include "record/record_log.h"

#include "record/delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    HAS_CPU = 16,
    HAS_VECTOR = 32,
    LONG = 255,
    OVERHEAD_MAX = 1 + 1 + 2 + 1 + 8 + 8 + 1,
    SLACK_PAGE = 4096,
};

_Static_assert((int)SLACK_PAGE >= (int)DELTA_SLACK, "");

struct record_log {
    uint8_t *ring;
    size_t limit;
    size_t oldest, end, top;
    bool wrapped;
    size_t at;              /* the cursor */
    uint64_t before, after; /* entries before the cursor and after it */
    uint64_t number, first, last;
};

struct record_log *record_log_new(size_t limit)
{
    if (limit < RECORD_LOG_MIN || limit > RECORD_LOG_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct record_log *log = calloc(1, sizeof *log);
    if (!log)
        return NULL;
    log->limit = limit;
    log->ring = mmap(NULL, limit + SLACK_PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (log->ring != MAP_FAILED) {
        madvise(log->ring, limit + SLACK_PAGE, MADV_DONTFORK); /* snapshots do without */
        return log;
    }
    free(log);
    errno = ENOMEM;
    return NULL;
}

void record_log_free(struct record_log *log)
{
    if (!log)
        return;
    munmap(log->ring, log->limit + SLACK_PAGE);
    free(log);
}

static void become_empty(struct record_log *log)
{
    log->oldest = log->end = log->at = 0;
    log->wrapped = false;
    log->before = log->after = 0;
    log->first = log->last = log->number;
}

void record_log_clear(struct record_log *log)
{
    become_empty(log);
    /* If it can't, the memory is used again later. */
    (void)madvise(log->ring, log->limit + SLACK_PAGE, MADV_DONTNEED);
}

/* ---- One entry */

static uint64_t get_long(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint8_t *put_long(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

/* Writes ENTRY, and returns where it ends. */
static uint8_t *put_entry(uint8_t *const start, const struct record_entry *entry)
{
    uint8_t *at = start;
    uint8_t kind = entry->flags;
    *at++ = 0;
    if (entry->cpu) {
        kind |= HAS_CPU;
        *at++ = entry->cpu;
    }
    if (entry->vector >= 0) {
        kind |= HAS_VECTOR;
        memcpy(at, &entry->vector, 2);
        at += 2;
    }
    *start = kind;
    if (entry->len < LONG) {
        *at++ = (uint8_t)entry->len;
    } else {
        *at++ = LONG;
        at = put_long(at, entry->len);
    }
    if (entry->len)
        memcpy(at, entry->delta, entry->len);
    at += entry->len;
    const size_t size = (size_t)(at - start);
    if (size >= LONG)
        at = put_long(at, size);
    *at++ = size < LONG ? (uint8_t)size : LONG;
    return at;
}

/* Reads the entry at START, and returns how many bytes it takes. */
static size_t get_entry(const uint8_t *const start, struct record_entry *out)
{
    const uint8_t *at = start;
    const uint8_t kind = *at++;
    *out = (struct record_entry){.flags = kind & RECORD_FLAGS, .vector = -1};
    if (kind & HAS_CPU)
        out->cpu = *at++;
    if (kind & HAS_VECTOR) {
        memcpy(&out->vector, at, 2);
        at += 2;
    }
    out->len = *at++;
    if (out->len == LONG) {
        out->len = get_long(at);
        at += 8;
    }
    out->delta = at;
    const size_t size = (size_t)(at - start) + out->len;
    return size + (size < LONG ? 1 : 9);
}

/* How many bytes the entry takes that ends at END. */
static size_t size_before(const uint8_t *end)
{
    return end[-1] < LONG ? end[-1] + 1u : get_long(end - 9) + 9;
}

/* ---- The ring */

/* Drops what is after the cursor. */
static void drop_future(struct record_log *log)
{
    if (log->before == 0) {
        become_empty(log);
        return;
    }
    /* Entries that follow can be at `end` or above it only in the older, upper part. */
    if (log->wrapped && log->at >= log->end)
        log->wrapped = false;
    log->end = log->at;
    log->after = 0;
}

/* The cursor is at the end, and there is an entry. */
static void drop_oldest(struct record_log *log)
{
    struct record_entry entry;
    log->oldest += get_entry(log->ring + log->oldest, &entry);
    if (entry.flags & RECORD_INSN)
        log->first++;
    log->before--;
    if (log->before == 0) {
        become_empty(log);
    } else if (log->wrapped && log->oldest == log->top) {
        log->oldest = 0;
        log->wrapped = false;
    }
}

/* Makes `end` a place with SIZE bytes of room, which is no more than the ring has. */
static void make_room(struct record_log *log, size_t size)
{
    for (;;) {
        if ((log->wrapped ? log->oldest : log->limit) - log->end >= size)
            return;
        if (log->wrapped) {
            drop_oldest(log);
        } else {
            log->top = log->end;
            log->end = 0;
            log->wrapped = true;
        }
    }
}

int record_log_append(struct record_log *log, const struct record_entry *entry)
{
    if (entry->flags & ~RECORD_FLAGS)
        return -EINVAL;
    if (log->after)
        drop_future(log);
    const bool counts = entry->flags & RECORD_INSN;
    log->number += counts;
    if (entry->len > log->limit - OVERHEAD_MAX) {
        become_empty(log);
        return -E2BIG;
    }
    make_room(log, entry->len + OVERHEAD_MAX);
    if (log->before == 0)
        log->first = log->number - counts;
    log->end = (size_t)(put_entry(log->ring + log->end, entry) - log->ring);
    log->at = log->end;
    log->before++;
    log->last = log->number;
    return 0;
}

/* ---- The cursor */

bool record_log_back(struct record_log *log, struct record_entry *out)
{
    if (log->before == 0)
        return false;
    if (log->at == 0)
        log->at = log->top;
    log->at -= size_before(log->ring + log->at);
    get_entry(log->ring + log->at, out);
    log->number -= out->flags & RECORD_INSN;
    log->before--;
    log->after++;
    return true;
}

bool record_log_forward(struct record_log *log, struct record_entry *out)
{
    if (log->after == 0)
        return false;
    if (log->wrapped && log->at == log->top)
        log->at = 0;
    log->at += get_entry(log->ring + log->at, out);
    log->number += out->flags & RECORD_INSN;
    log->before++;
    log->after--;
    return true;
}

bool record_log_at_begin(const struct record_log *log)
{
    return log->before == 0;
}

bool record_log_at_end(const struct record_log *log)
{
    return log->after == 0;
}

uint64_t record_log_number(const struct record_log *log)
{
    return log->number;
}

uint64_t record_log_first(const struct record_log *log)
{
    return log->first;
}

uint64_t record_log_last(const struct record_log *log)
{
    return log->last;
}

uint64_t record_log_entries(const struct record_log *log)
{
    return log->before + log->after;
}

size_t record_log_used(const struct record_log *log)
{
    return log->wrapped ? log->top - log->oldest + log->end : log->end - log->oldest;
}

size_t record_log_limit(const struct record_log *log)
{
    return log->limit;
}
