#include "debug/breakpoint/fences.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MASK (~(uint64_t)(MEMORY_PAGE - 1))

struct fence {
    uint64_t page;
    enum memory_access access; /* while closed */
    enum memory_access wanted; /* by the plan that is being made */
};

struct fences {
    struct memory *memory;
    struct fence *list; /* ascending by page */
    size_t count, room;
    bool open;
};

struct fences *fences_new(struct memory *memory)
{
    struct fences *f = calloc(1, sizeof *f);
    if (f)
        f->memory = memory;
    return f;
}

void fences_free(struct fences *f)
{
    if (f)
        free(f->list);
    free(f);
}

/* Where PAGE is or would be. */
static size_t position(const struct fences *f, uint64_t page)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (f->list[mid].page < page)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct fence *find(const struct fences *f, uint64_t gpa)
{
    const size_t i = position(f, gpa & PAGE_MASK);
    return i < f->count && f->list[i].page == (gpa & PAGE_MASK) ? &f->list[i] : NULL;
}

void fences_begin(struct fences *f)
{
    for (size_t i = 0; i < f->count; i++)
        f->list[i].wanted = MEMORY_OPEN;
}

static int grow(struct fences *f)
{
    if (f->count < f->room)
        return 0;
    const size_t room = f->room ? f->room * 2 : 16;
    struct fence *list = reallocarray(f->list, room, sizeof *list);
    if (!list)
        return -ENOMEM;
    f->list = list;
    f->room = room;
    return 0;
}

static int add(struct fences *f, uint64_t page, enum memory_access access)
{
    int err = grow(f);
    if (!err)
        err = memory_fence(f->memory, page, f->open ? MEMORY_OPEN : access);
    if (err)
        return err;
    const size_t i = position(f, page);
    memmove(&f->list[i + 1], &f->list[i], (f->count - i) * sizeof f->list[0]);
    f->list[i] = (struct fence){.page = page, .access = access, .wanted = access};
    f->count++;
    return 0;
}

int fences_want(struct fences *f, uint64_t gpa, enum memory_access access)
{
    struct fence *fence = find(f, gpa);
    if (!fence)
        return add(f, gpa & PAGE_MASK, access);
    if (access > fence->access) {
        int err = f->open ? 0 : memory_fence(f->memory, gpa, access);
        if (err)
            return err;
        fence->access = access;
    }
    if (access > fence->wanted)
        fence->wanted = access;
    return 0;
}

/* A page that can't be opened stays fenced: its accesses are still served, only more slowly. */
void fences_end(struct fences *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        struct fence fence = f->list[i];
        if (fence.wanted < fence.access &&
            (f->open || !memory_fence(f->memory, fence.page, fence.wanted)))
            fence.access = fence.wanted;
        if (fence.access != MEMORY_OPEN)
            f->list[kept++] = fence;
    }
    f->count = kept;
    if (!kept)
        memory_unfence_all(f->memory);
}

static int set_all(struct fences *f, bool open)
{
    int first = 0;
    if (f->open == open)
        return 0;
    f->open = open;
    for (size_t i = 0; i < f->count; i++) {
        int err = memory_fence(f->memory, f->list[i].page, open ? MEMORY_OPEN : f->list[i].access);
        if (!first)
            first = err;
    }
    return first;
}

int fences_open(struct fences *f)
{
    return set_all(f, true);
}

int fences_close(struct fences *f)
{
    return set_all(f, false);
}

enum memory_access fences_at(const struct fences *f, uint64_t gpa)
{
    const struct fence *fence = find(f, gpa);
    return fence ? fence->access : MEMORY_OPEN;
}

bool fences_any(const struct fences *f)
{
    return f->count > 0;
}
