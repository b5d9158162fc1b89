/* The watchpoints that the client has set: where each lies in guest-physical memory, what carries
 * it, and which of them an access or a changed value concerns. Part of breakpoints.h, which decides
 * on the carriers; nobody else includes this.
 *
 * The list changes only while all vCPUs are parked; while they run, their threads read it, and
 * look at the remembered values one at a time. */
#ifndef VMM_DEBUG_WATCHES_H
#define VMM_DEBUG_WATCHES_H

#include "debug/breakpoint/breakpoints.h"

/* The part of a watched range that one page holds. */
struct watch_piece {
    uint64_t gpa, offset, len; /* OFFSET: from the watched range's start */
};

struct watch {
    uint64_t addr, len; /* linear */
    enum breakpoint_type type;
    enum breakpoint_carrier carrier; /* as of the last plan */
    struct watch_piece *pieces;
    size_t piece_count;
    bool mapped; /* PIECES cover all of it */
    uint8_t *value;
    size_t known; /* how many bytes of VALUE could be read when it was remembered */
};

struct watches;

struct watches *watches_new(void);
void watches_free(struct watches *set);

/* 0 (also for one that is there already), -EINVAL (no length, past the end of addresses),
 * -E2BIG (WATCH_MAX_LEN), -ENOSPC or -ENOMEM. */
int watches_insert(struct watches *set, enum breakpoint_type type, uint64_t addr, uint64_t len);
/* 0 or -ENOENT. */
int watches_remove(struct watches *set, enum breakpoint_type type, uint64_t addr, uint64_t len);
void watches_clear(struct watches *set);

size_t watches_count(const struct watches *set);
struct watch *watches_get(const struct watches *set, size_t i);

/* Looks up where WATCH lies by SPACE. A part that is not mapped leaves MAPPED false. */
void watch_map(struct watch *watch, const struct gva_space *space);
/* The aligned pieces of at most MOST (4 or 8) bytes that debug registers would watch it by, into
 * ADDR and LEN; 0 if there are more than DEBUGREG_COUNT. */
unsigned watch_debugregs(const struct watch *watch, unsigned most, uint64_t addr[DEBUGREG_COUNT],
                         unsigned len[DEBUGREG_COUNT]);

/* Whether an access of LEN bytes at guest-physical GPA is one that a watchpoint is set for. An
 * earlier hit in HIT is replaced only by one that weighs more: a write is seen by its changed value
 * as well, so it tells more than a read. */
bool watches_access(const struct watches *set, uint64_t gpa, uint64_t len, bool is_write,
                    struct watch_hit *hit);
/* Whether a watchpoint that debug registers carry is at linear ADDR to ADDR + LEN - 1. */
bool watches_at(const struct watches *set, uint64_t addr, uint64_t len, struct watch_hit *hit);

/* Remembers the present values of those that CARRIER carries (of reads: none), by SPACE; then tells
 * of the first that has changed since, and remembers it. */
void watches_remember(struct watches *set, const struct gva_space *space,
                      enum breakpoint_carrier carrier);
bool watches_changed(struct watches *set, const struct gva_space *space,
                     enum breakpoint_carrier carrier, struct watch_hit *hit);
/* breakpoints_watch_accessed. */
bool watches_accessed(const struct watches *set, const struct watch_accesses *accessed,
                      struct watch_hit *hit);
/* breakpoints_watch_stepped. */
bool watches_stepped(struct watches *set, const struct gva_space *space,
                     const struct watch_accesses *accessed, struct watch_hit *hit);

#endif
