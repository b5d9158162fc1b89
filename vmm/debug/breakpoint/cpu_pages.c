#include "debug/breakpoint/cpu_pages.h"

#include <stdlib.h>

static void add(void *context, uint64_t page, bool written)
{
    struct cpu_pages *pages = context;
    if (pages->count == pages->room) {
        const size_t room = pages->room ? pages->room * 2 : 64;
        struct cpu_page *list = reallocarray(pages->list, room, sizeof *list);
        pages->incomplete = pages->incomplete || !list;
        if (!list)
            return;
        pages->list = list;
        pages->room = room;
    }
    pages->list[pages->count++] = (struct cpu_page){page, written};
}

static int by_page(const void *left, const void *right)
{
    const struct cpu_page *l = left, *r = right;
    return (l->page > r->page) - (l->page < r->page);
}

/* Each page once, written if anyone writes there. */
static void merge(struct cpu_pages *pages)
{
    size_t kept = 0;
    for (size_t i = 0; i < pages->count; i++)
        if (kept && pages->list[kept - 1].page == pages->list[i].page)
            pages->list[kept - 1].written |= pages->list[i].written;
        else
            pages->list[kept++] = pages->list[i];
    pages->count = kept;
}

void cpu_pages_collect(struct cpu_pages *pages, const struct cpu_view *views, size_t n)
{
    pages->count = 0;
    pages->incomplete = false;
    for (size_t i = 0; i < n; i++)
        cpu_view_pages(&views[i], add, pages);
    if (pages->count)
        qsort(pages->list, pages->count, sizeof pages->list[0], by_page);
    merge(pages);
}

void cpu_pages_free(struct cpu_pages *pages)
{
    free(pages->list);
    *pages = (struct cpu_pages){.count = 0};
}

bool cpu_pages_use(const struct cpu_pages *pages, uint64_t page, bool by_write_only)
{
    const struct cpu_page key = {.page = page};
    const struct cpu_page *found =
        pages->count ? bsearch(&key, pages->list, pages->count, sizeof key, by_page) : NULL;
    return pages->incomplete || (found && (found->written || !by_write_only));
}

bool cpu_pages_equal(const struct cpu_pages *a, const struct cpu_pages *b)
{
    bool equal = !a->incomplete && !b->incomplete && a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = a->list[i].page == b->list[i].page && a->list[i].written == b->list[i].written;
    return equal;
}
