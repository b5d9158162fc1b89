#include "places.h"

#include "file.h"
#include "memory/layout.h"
#include "reserved.h"

#include <errno.h>
#include <unistd.h>

/* Below are what the BIOS and the CPU's first mode need and the stacks that it starts with, which
 * an image may be put over, but nothing is that no one gave an address for. */
#define LOW_END (LAYOUT_BOOT_SECTOR + 512)

static int take_load_file(struct places *places, const struct file_source *files,
                          const struct boot_load_file *file, struct error *error)
{
    uint64_t size;
    int fd = file_open_by(files, file->path, &size, error);
    if (fd < 0)
        return fd;
    close(fd);
    if (size > UINT64_MAX - file->gpa)
        size = UINT64_MAX - file->gpa; /* it will be refused */
    return places_take(places, file->gpa, size);
}

int places_init(struct places *places, const struct memory *memory, enum cpu_mode mode,
                const struct boot_request *request, struct error *error)
{
    struct reserved range;
    *places = (struct places){.memory = memory};
    places_take(places, 0, LOW_END);
    for (unsigned i = 0; reserved_entry(memory, mode, i, &range); i++)
        places_take(places, range.gpa, range.size);
    int r = 0;
    for (unsigned i = 0; !r && i < request->load_count; i++)
        r = take_load_file(places, request->files, &request->loads[i], error);
    return r;
}

int places_take(struct places *places, uint64_t gpa, uint64_t size)
{
    if (places->count == PLACES_MAX)
        return -ENOSPC;
    places->taken[places->count++] = (struct place){gpa, size};
    return 0;
}

/* What is taken of the SIZE bytes at GPA, which do not wrap around, or NULL. */
static const struct place *find_taken(const struct places *places, uint64_t gpa, uint64_t size)
{
    for (size_t i = 0; i < places->count; i++) {
        const struct place *taken = &places->taken[i];
        if (gpa < taken->gpa + taken->size && taken->gpa < gpa + size)
            return taken;
    }
    return NULL;
}

/* Whether SIZE bytes at GPA are in LOW .. HIGH. */
static bool is_within(uint64_t gpa, uint64_t size, uint64_t low, uint64_t high)
{
    return low <= gpa && gpa <= high && size <= high - gpa;
}

bool places_free(const struct places *places, uint64_t gpa, uint64_t size)
{
    const struct memory_region *region = memory_find(places->memory, gpa);
    return region && reserved_is_ram(region) &&
           is_within(gpa, size, region->gpa, region->gpa + region->size) &&
           !find_taken(places, gpa, size);
}

/* The multiples of ALIGN nearest to GPA; ends of the address space stay what they are. */
static uint64_t align_up(uint64_t gpa, uint64_t align)
{
    uint64_t up;
    return __builtin_add_overflow(gpa, align - 1, &up) ? UINT64_MAX : up & ~(align - 1);
}

static uint64_t align_down(uint64_t gpa, uint64_t align)
{
    return gpa & ~(align - 1);
}

/* The lowest place for WISH in LOW .. HIGH, all of it RAM. Each range in the way is passed once. */
static bool find_lowest(const struct places *places, const struct places_wish *wish, uint64_t low,
                        uint64_t high, uint64_t *gpa)
{
    const struct place *taken;
    uint64_t at = align_up(low, wish->align);
    for (; is_within(at, wish->size, low, high);
         at = align_up(taken->gpa + taken->size, wish->align)) {
        taken = find_taken(places, at, wish->size);
        if (!taken) {
            *gpa = at;
            return true;
        }
    }
    return false;
}

static bool find_highest(const struct places *places, const struct places_wish *wish, uint64_t low,
                         uint64_t high, uint64_t *gpa)
{
    while (low <= high && wish->size <= high - low) {
        const uint64_t at = align_down(high - wish->size, wish->align);
        if (at < low)
            return false;
        const struct place *taken = find_taken(places, at, wish->size);
        if (!taken) {
            *gpa = at;
            return true;
        }
        high = taken->gpa;
    }
    return false;
}

/* The part of REGION that WISH can use is searched. */
static bool find_in_region(const struct places *places, const struct places_wish *wish,
                           const struct memory_region *region, uint64_t *gpa)
{
    const uint64_t end = region->gpa + region->size;
    const uint64_t low = wish->low > region->gpa ? wish->low : region->gpa;
    const uint64_t high = wish->high < end ? wish->high : end;
    return reserved_is_ram(region) &&
           (wish->highest ? find_highest : find_lowest)(places, wish, low, high, gpa);
}

int places_find(struct places *places, const struct places_wish *wish, uint64_t *gpa)
{
    bool found = false;
    for (const struct memory_region *r = memory_next(places->memory, 0);
         r && (!found || wish->highest); r = memory_next(places->memory, r->gpa + r->size))
        found |= find_in_region(places, wish, r, gpa);
    if (!found)
        return -ENOSPC;
    return wish->size ? places_take(places, *gpa, wish->size) : 0;
}
