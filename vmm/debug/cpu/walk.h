/* The walk from a linear address to a guest-physical one, as the processor makes it (SDM vol. 3,
 * chapter 4): no paging, 32-bit, PAE, 4- and 5-level. It sets no accessed or dirty flags and checks
 * no permissions: a debugger may look at everything that is mapped. Pure: memory comes by callback.
 */
#ifndef VMM_DEBUG_WALK_H
#define VMM_DEBUG_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk_mode {
    uint64_t cr0, cr3, cr4, efer;
};

struct walk_memory {
    /* SIZE (4 or 8) bytes of a table at GPA, little-endian; false if there is no memory. */
    bool (*read)(void *context, uint64_t gpa, unsigned size, uint64_t *value);
    void *context;
};

enum walk_failure {
    WALK_OK,
    WALK_NOT_CANONICAL,
    WALK_NOT_PRESENT,
    WALK_NO_MEMORY, /* a table lies where no memory is */
};

struct walk_result {
    enum walk_failure failure;
    unsigned level;     /* of the entry that decided: 5 to 1; 0 without paging */
    uint64_t entry;     /* that entry */
    uint64_t gpa;       /* if WALK_OK */
    uint64_t page_left; /* if WALK_OK: bytes from here to the page's end, this one included */
    bool writable, executable; /* if WALK_OK: as all entries on the way allow; CR0.WP is left out */
    uint64_t first, last;      /* the linear addresses that the same entry decides about */
};

#define WALK_LEVELS 5

/* An entry that was looked at on the way. */
struct walk_step {
    unsigned level;            /* 5 to 1 */
    uint64_t gpa;              /* where it is */
    uint64_t entry;            /* 0 if there is no memory */
    bool there, present, maps; /* there: in memory; maps: it names the page, not a table */
};

/* From the highest level down to the entry that decided. */
struct walk_path {
    unsigned count;
    struct walk_step steps[WALK_LEVELS];
};

/* Levels of tables: 2 to 5; 0 without paging. */
unsigned walk_levels(const struct walk_mode *mode);

/* The bits of ENTRY, which is present, that the processor wants to be 0, where an address has
 * PHYSICAL_BITS (CPUID.80000008H:EAX[7:0]): with one of them set it raises #PF, or for PAE's
 * highest entries #GP, when CR3 is loaded (SDM vol. 3, 4.4.1 and tables 4-4 to 4-20). walk itself
 * does not look at them. */
uint64_t walk_reserved(const struct walk_mode *mode, unsigned physical_bits, unsigned level,
                       uint64_t entry);

/* Whether the processor may read a table in the page at guest-physical PAGE (a multiple of 4096) to
 * translate any address. False without paging. True also if there are more than WALK_MAX_TABLES
 * tables above the last level (those of 4 TiB in pages of 4 KiB), when nobody has looked at all of
 * them. Reads each table above the last level once. Uses 64 KiB of stack. */
#define WALK_MAX_TABLES 4096u
bool walk_uses(const struct walk_mode *mode, const struct walk_memory *memory, uint64_t page);

/* Addresses outside 64-bit mode's tables are taken modulo 2^32. */
struct walk_result walk(const struct walk_mode *mode, const struct walk_memory *memory,
                        uint64_t linear);
/* The same, and what was looked at into *PATH. */
struct walk_result walk_with_path(const struct walk_mode *mode, const struct walk_memory *memory,
                                  uint64_t linear, struct walk_path *path);

#endif
