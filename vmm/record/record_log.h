/* The log of a recording: a bounded ring of entries, the oldest of which fall out, and a cursor
 * between two of them. It knows what each entry is, not what is in its delta.
 *
 * One thread at a time. An unused log takes address space and no memory. */
#ifndef VMM_RECORD_RECORD_LOG_H
#define VMM_RECORD_RECORD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_log;

/* What an entry is, any of them. */
enum {
    RECORD_INSN = 1, /* an instruction ended: a place to stop at, and it counts */
    RECORD_OUTSIDE =
        2,            /* no instruction: the debugger or a device's thread has changed something */
    RECORD_DEATH = 4, /* the guest's end: a triple fault, a debug exit */
    RECORD_FLAGS = 7,
};

struct record_entry {
    uint8_t cpu;    /* whose */
    uint8_t flags;  /* RECORD_... */
    int16_t vector; /* of the exception or interrupt that was delivered; -1: none */
    const uint8_t *delta;
    size_t len; /* may be 0 */
};

/* The smallest log that makes sense, the largest, and the usual one. */
#define RECORD_LOG_MIN   ((size_t)64 << 10)
#define RECORD_LOG_MAX   ((size_t)64 << 30)
#define RECORD_LOG_USUAL ((size_t)256 << 20)

/* An empty one of LIMIT bytes, RECORD_LOG_MIN to RECORD_LOG_MAX, its cursor at instruction 0.
 * NULL, with errno: EINVAL or ENOMEM. */
struct record_log *record_log_new(size_t limit);
void record_log_free(struct record_log *log); /* NULL is fine */

/* Forgets all entries and gives their memory back. The number at the cursor stays what it is. */
void record_log_clear(struct record_log *log);

/* Puts ENTRY at the cursor, which is after it then. What was after the cursor is dropped first,
 * then the oldest until there is room. The delta is copied; it may not be in the ring. 0, or
 * -E2BIG: it is larger than the whole ring, which is empty now: what was before can't be reached
 * any more. An instruction has been counted then too. -EINVAL: no such flags; nothing has changed.
 */
int record_log_append(struct record_log *log, const struct record_entry *entry);

/* Moves the cursor over the entry before it, or after it, and shows that. False, and nothing moves:
 * there is none. OUT's delta points into the ring, until the next append or clear, and DELTA_SLACK
 * bytes after it can be read. */
bool record_log_back(struct record_log *log, struct record_entry *out);
bool record_log_forward(struct record_log *log, struct record_entry *out);

bool record_log_at_begin(const struct record_log *log);
bool record_log_at_end(const struct record_log *log);

/* How many instructions were executed since recording began: before the cursor, and before the
 * first and the last place where it can be. */
uint64_t record_log_number(const struct record_log *log);
uint64_t record_log_first(const struct record_log *log);
uint64_t record_log_last(const struct record_log *log);

/* Entries that are in it, bytes that they take, bytes that they may take. */
uint64_t record_log_entries(const struct record_log *log);
size_t record_log_used(const struct record_log *log);
size_t record_log_limit(const struct record_log *log);

#endif
