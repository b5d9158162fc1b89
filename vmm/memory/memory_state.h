/* What memory.c, memory_slots.c, memory_fence.c, memory_usage.c and memory_written.c share. Nobody else includes it.
 */
#ifndef VMM_MEMORY_STATE_H
#define VMM_MEMORY_STATE_H

#include "memory/memory.h"

struct window {
    const char *name;
    uint64_t gpa, size;
};

/* A part of a region that is a slot of its own: all of it, or by fences a page or what lies between
 * two such pages. The pieces of a region cover it, and its first one has the region's slot. */
struct piece {
    const struct memory_region *region;
    uint64_t gpa, size;
    uint32_t slot;             /* taken even while the piece is closed */
    enum memory_access access; /* other than OPEN for single pages only */
    bool present;              /* the backend has it */
};

struct slots {
    struct memory_backend backend;
    struct piece *pieces; /* ascending by gpa, never overlapping */
    bool log_dirty;       /* all of RAM's are announced so */
    /* Which numbers are taken, and one below which all are. The lowest free ones are always given,
     * so numbers stay below how many pieces ever existed at once, which is below capacity. */
    bool *taken;
    uint32_t lowest;
    size_t count, capacity;
};

struct memory {
    /* Ascending by gpa, never overlapping. Each region is an allocation of its own, so that the
     * pointers which memory_find gave out stay good while others come and go. */
    struct memory_region **regions;
    size_t count, capacity;
    uint64_t changes; /* how often a region came or went */
    struct window *windows;
    size_t window_count;
    struct slots slots;
    struct {
        bool on;
        bool logged; /* memory_log_dirty was on before */
        uint64_t *bitmap; /* room for what the backend says of a slot, all 0 */
        size_t words;
    } follow;
};

/* Makes room for N more pieces and as many numbers. 0, -ENOSPC or -ENOMEM. Pieces may move. */
int slots_reserve(struct slots *slots, size_t n);
void slots_free(struct slots *slots);
/* Index of the first piece that ends after GPA; count if there is none. */
size_t slots_index(const struct slots *slots, uint64_t gpa);
/* How many pieces from FIRST on are of the same region. */
size_t slots_of_region(const struct slots *slots, size_t first);
/* The lowest free number from FROM on; there is one if room was reserved. */
uint32_t slots_number(struct slots *slots, uint32_t from);

/* PIECE as the backend has it, or shall have it. */
struct memory_slot slots_slot(const struct slots *slots, const struct piece *piece);
/* Tells the backend of PIECE, which need not be in the table yet. 0 or what the backend said. */
int slots_announce(const struct slots *slots, struct piece *piece);
/* Withdraws those of N pieces that are there. On an error, which is returned, they come back. */
int slots_withdraw_all(struct slots *slots, struct piece *pieces, size_t n);
/* Announces those of N pieces that should be there and are not, as far as the backend lets it. */
void slots_announce_missing(const struct slots *slots, struct piece *pieces, size_t n);
/* Whether the guest can't write to PIECE. */
bool slots_is_read_only(const struct slots *slots, const struct piece *piece);

/* Puts the N pieces WITH in place of the OLD pieces from FIRST on. Room was reserved. */
void slots_replace(struct slots *slots, size_t first, size_t old, const struct piece *with,
                   size_t n);

/* Notes in its region which pages of PIECE the backend says are dirty: it forgets that over this,
 * and when the slot goes. 0, -ENOMEM or what the backend said. */
int slots_collect(const struct slots *slots, const struct piece *piece);
/* The machine has written, or is about to, to the LEN bytes at GPA, all of them in regions. */
void memory_note_own(const struct memory *memory, uint64_t gpa, uint64_t len);
/* Notes that for one page of REGION, which has such bits. */
void memory_mark_own(const struct memory_region *region, uint64_t page);
/* Makes or frees REGION's bits for that. 0 or -ENOMEM. */
int memory_region_follow(struct memory_region *region, bool on);
/* Makes or frees REGION's own notes of dirty pages. 0 or -ENOMEM. */
int memory_region_log(struct memory_region *region, bool on);

#endif
