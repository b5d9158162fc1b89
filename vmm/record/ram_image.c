#include "record/ram_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WORD sizeof(uint64_t)

/* Regions are added by `monitor memory add`; a machine begins with fewer than ten. */
struct shadow {
    const struct memory_region *region;
    uint64_t first, words; /* GPA / 8 */
    uint8_t *hva, *bytes;  /* the region's, and the copy's: as large, and sparse like it */
};

struct ram_image {
    struct memory *memory;
    uint64_t changes; /* memory_changes when it was made */
    struct shadow *shadows;
    size_t count, last; /* LAST: where apply found its word */
};

/* Pages that nobody has touched are zero in both. */
static int copy_pages(const struct shadow *shadow)
{
    enum { CHUNK = 4096 };
    unsigned char resident[CHUNK];
    const uint64_t size = shadow->words * WORD;
    for (uint64_t done = 0; done < size;) {
        const uint64_t left = size - done, most = (uint64_t)CHUNK * MEMORY_PAGE;
        const uint64_t len = left < most ? left : most;
        if (mincore(shadow->hva + done, len, resident))
            return -errno;
        for (size_t i = 0; i < len / MEMORY_PAGE; i++)
            if (resident[i] & 1)
                memcpy(shadow->bytes + done + i * MEMORY_PAGE, shadow->hva + done + i * MEMORY_PAGE,
                       MEMORY_PAGE);
        done += len;
    }
    return 0;
}

static int add_shadow(struct ram_image *image, const struct memory_region *region)
{
    struct shadow *shadows = reallocarray(image->shadows, image->count + 1, sizeof *image->shadows);
    if (!shadows)
        return -ENOMEM;
    image->shadows = shadows;
    uint8_t *bytes = mmap(NULL, region->size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED)
        return -errno;
    madvise(bytes, region->size, MADV_DONTFORK); /* snapshots do without */
    shadows[image->count++] =
        (struct shadow){region, region->gpa / WORD, region->size / WORD, region->hva, bytes};
    return copy_pages(&shadows[image->count - 1]);
}

struct ram_image *ram_image_new(struct memory *memory)
{
    struct ram_image *image = calloc(1, sizeof *image);
    if (!image)
        return NULL;
    image->memory = memory;
    image->changes = memory_changes(memory);
    int err = memory_follow(memory, true);
    const struct memory_region *region = memory_next(memory, 0);
    for (; !err && region; region = memory_next(memory, region->gpa + region->size))
        if (region->kind == MEMORY_RAM)
            err = add_shadow(image, region);
    if (!err)
        return image;
    ram_image_free(image);
    errno = -err;
    return NULL;
}

void ram_image_free(struct ram_image *image)
{
    if (!image)
        return;
    memory_follow(image->memory, false);
    for (size_t i = 0; i < image->count; i++)
        munmap(image->shadows[i].bytes, image->shadows[i].words * WORD);
    free(image->shadows);
    free(image);
}

/* ---- */

struct comparison {
    struct ram_image *image;
    struct delta *delta;
};

static void compare_page(void *context, const struct memory_region *region, uint64_t gpa,
                         uint8_t *page)
{
    const struct comparison *c = context;
    for (size_t i = 0; i < c->image->count; i++) {
        const struct shadow *shadow = &c->image->shadows[i];
        if (shadow->region == region)
            delta_compare(c->delta, DELTA_RAM, gpa / WORD, shadow->bytes + (gpa - region->gpa),
                          page, MEMORY_PAGE);
    }
}

int ram_image_compare(struct ram_image *image, struct delta *delta)
{
    struct comparison c = {image, delta};
    return memory_each_written(image->memory, compare_page, &c);
}

static void change(uint8_t *at, uint64_t flips)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    value ^= flips;
    memcpy(at, &value, sizeof value);
}

static bool apply_to(const struct shadow *shadow, uint64_t word, uint64_t flips)
{
    const uint64_t offset = word - shadow->first;
    if (offset >= shadow->words)
        return false;
    change(shadow->hva + offset * WORD, flips);
    change(shadow->bytes + offset * WORD, flips);
    return true;
}

bool ram_image_apply(struct ram_image *image, uint64_t word, uint64_t flips)
{
    if (image->count && apply_to(&image->shadows[image->last], word, flips))
        return true;
    for (size_t i = 0; i < image->count; i++)
        if (apply_to(&image->shadows[i], word, flips)) {
            image->last = i;
            return true;
        }
    return false;
}

bool ram_image_is_outdated(const struct ram_image *image)
{
    return image->changes != memory_changes(image->memory);
}
