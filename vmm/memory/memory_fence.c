#include "memory/memory_state.h"

#include <errno.h>

static struct piece *find(const struct memory *memory, uint64_t gpa)
{
    const struct slots *slots = &memory->slots;
    const size_t i = slots_index(slots, gpa);
    return i < slots->count && slots->pieces[i].gpa <= gpa ? &slots->pieces[i] : NULL;
}

/* A slot's flags can't be changed while it is there: it goes and comes back. */
static int change_page(struct slots *slots, struct piece *page, enum memory_access access)
{
    const bool wanted = access != MEMORY_CLOSED;
    struct piece after = *page;
    after.access = access;
    if (page->present == wanted &&
        slots_is_read_only(slots, page) == slots_is_read_only(slots, &after)) {
        *page = after;
        return 0;
    }
    int rc = slots_withdraw_all(slots, page, 1);
    if (rc)
        return rc;
    after.present = false;
    if (wanted)
        rc = slots_announce(slots, &after);
    if (rc)
        slots_announce_missing(slots, page, 1);
    else
        *page = after;
    return rc;
}

/* The page at GPA and what of WHOLE lies on either side of it. The first takes over WHOLE's number,
 * the others have new ones. */
struct cut {
    struct piece parts[3];
    size_t count, page; /* PARTS[PAGE] is the page */
};

static void cut_add(struct cut *cut, const struct piece *whole, uint64_t gpa, uint64_t end)
{
    if (gpa == end)
        return;
    cut->parts[cut->count++] = (struct piece){
        .region = whole->region,
        .gpa = gpa,
        .size = end - gpa,
        .slot = whole->slot,
    };
}

static struct cut cut_at(const struct piece *whole, uint64_t gpa)
{
    struct cut cut = {.count = 0};
    cut_add(&cut, whole, whole->gpa, gpa);
    cut.page = cut.count;
    cut_add(&cut, whole, gpa, gpa + MEMORY_PAGE);
    cut_add(&cut, whole, gpa + MEMORY_PAGE, whole->gpa + whole->size);
    return cut;
}

static void number_parts(struct slots *slots, struct cut *cut)
{
    uint32_t from = 0;
    for (size_t i = 1; i < cut->count; i++) {
        cut->parts[i].slot = slots_number(slots, from);
        from = cut->parts[i].slot + 1;
    }
}

/* The page comes last, so that whenever it is there all others are too. */
static int announce_parts(const struct slots *slots, struct cut *cut)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cut->count; i++)
        if (i != cut->page)
            rc = slots_announce(slots, &cut->parts[i]);
    if (rc == 0 && cut->parts[cut->page].access != MEMORY_CLOSED)
        rc = slots_announce(slots, &cut->parts[cut->page]);
    return rc;
}

/* After announce_parts failed: WHOLE again, or, if even that can't be had, an open page in pieces.
 */
static void rejoin(struct slots *slots, size_t index, struct cut *cut)
{
    cut->parts[cut->page].access = MEMORY_OPEN;
    if (slots_withdraw_all(slots, cut->parts, cut->count) == 0) {
        slots_announce(slots, &slots->pieces[index]);
        return;
    }
    slots_announce_missing(slots, cut->parts, cut->count);
    slots_replace(slots, index, 1, cut->parts, cut->count);
}

static int fence_new(struct slots *slots, size_t index, uint64_t gpa, enum memory_access access)
{
    struct cut cut = cut_at(&slots->pieces[index], gpa);
    int rc = slots_reserve(slots, cut.count - 1);
    if (rc)
        return rc;
    number_parts(slots, &cut);
    cut.parts[cut.page].access = access;
    rc = slots_withdraw_all(slots, &slots->pieces[index], 1);
    if (rc)
        return rc;
    rc = announce_parts(slots, &cut);
    if (rc)
        rejoin(slots, index, &cut);
    else
        slots_replace(slots, index, 1, cut.parts, cut.count);
    return rc;
}

int memory_fence(struct memory *memory, uint64_t gpa, enum memory_access access)
{
    struct slots *slots = &memory->slots;
    struct piece *piece = find(memory, gpa);
    if (!piece)
        return -EFAULT;
    if (access == MEMORY_READ_ONLY && !slots->backend.has_read_only)
        return -ENOTSUP;
    if (piece->size == MEMORY_PAGE)
        return change_page(slots, piece, access);
    if (access == MEMORY_OPEN)
        return 0;
    return fence_new(slots, (size_t)(piece - slots->pieces), gpa & ~(uint64_t)(MEMORY_PAGE - 1),
                     access);
}

/* Makes the N pieces of a region, from FIRST on, one. On an error they stay as they are. */
static int join(struct slots *slots, size_t first, size_t n)
{
    struct piece *pieces = &slots->pieces[first];
    if (n == 1 && pieces->present && pieces->access == MEMORY_OPEN)
        return 0;
    struct piece whole = *pieces;
    whole.size = whole.region->size;
    whole.access = MEMORY_OPEN;
    int rc = slots_withdraw_all(slots, pieces, n);
    if (rc)
        return rc;
    rc = slots_announce(slots, &whole);
    if (rc)
        slots_announce_missing(slots, pieces, n);
    else
        slots_replace(slots, first, n, &whole, 1);
    return rc;
}

int memory_unfence_all(struct memory *memory)
{
    struct slots *slots = &memory->slots;
    int first_error = 0;
    for (size_t i = 0; i < slots->count; i += slots_of_region(slots, i)) {
        const int rc = join(slots, i, slots_of_region(slots, i));
        if (first_error == 0)
            first_error = rc;
    }
    return first_error;
}

enum memory_access memory_fenced(const struct memory *memory, uint64_t gpa)
{
    const struct piece *piece = find(memory, gpa);
    return piece ? piece->access : MEMORY_OPEN;
}
