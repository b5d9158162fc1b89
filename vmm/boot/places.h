/* What of guest RAM is taken while an image is being loaded, and where there is room for what has
 * no address of its own: modules, RAM disks, information structures. */
#ifndef VMM_BOOT_PLACES_H
#define VMM_BOOT_PLACES_H

#include "boot.h"
#include "error.h"
#include "memory/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACES_MAX 256 /* segments, modules, --load files and reserved ranges, at their most */

struct places {
    const struct memory *memory;
    size_t count;
    struct place {
        uint64_t gpa, size;
    } taken[PLACES_MAX];
};

/* A place that is looked for. */
struct places_wish {
    uint64_t size;      /* bytes */
    uint64_t align;     /* a power of two */
    uint64_t low, high; /* the first byte it may have, and the first behind it that it may not */
    bool highest;       /* that there is; else the lowest */
};

/* Taken is what MODE and the BIOS need (reserved.h), where first stacks are (all below 0x7e00), and
 * where REQUEST's --load files will go. 0, or
 * -errno with ERROR set if such a file can't be opened. */
int places_init(struct places *places, const struct memory *memory, enum cpu_mode mode,
                const struct boot_request *request, struct error *error);

/* Takes SIZE bytes at GPA, which image_check_place has found fit. 0, or -ENOSPC if PLACES is full.
 */
int places_take(struct places *places, uint64_t gpa, uint64_t size);

/* Whether SIZE bytes at GPA are RAM, in one region, of which nothing is taken. Any values will do.
 */
bool places_free(const struct places *places, uint64_t gpa, uint64_t size);

/* Takes a place that is free, in one region, as WISH has it: *GPA. 0, or -ENOSPC, then nothing has
 * changed. A wish for no bytes is granted, and takes nothing. */
int places_find(struct places *places, const struct places_wish *wish, uint64_t *gpa);

#endif
