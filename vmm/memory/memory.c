#include "memory/memory_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define GPA_END (1ull << MEMORY_GPA_BITS)

struct memory *memory_new(const struct memory_backend *backend)
{
    struct memory *memory = calloc(1, sizeof *memory);
    if (memory)
        memory->slots.backend = *backend;
    return memory;
}

static void region_free(struct memory_region *region)
{
    munmap(region->hva, region->size);
    memory_region_log(region, false);
    memory_region_follow(region, false);
    free(region);
}

void memory_free(struct memory *memory)
{
    if (!memory)
        return;
    for (size_t i = 0; i < memory->count; i++) {
        region_free(memory->regions[i]);
    }
    free(memory->regions);
    free(memory->follow.bitmap);
    slots_free(&memory->slots);
    free(memory->windows);
    free(memory);
}

/* Index of the first region that ends after GPA; count if there is none. */
static size_t index_of(const struct memory *memory, uint64_t gpa)
{
    size_t low = 0, high = memory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct memory_region *region = memory->regions[middle];
        if (region->gpa + region->size > gpa)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int check_range(uint64_t gpa, uint64_t size, const char *name, struct error *error)
{
    uint64_t end;
    if (size == 0)
        return error_set(error, -EINVAL, "can't map %s at 0x%" PRIx64 ": its size is 0", name, gpa);
    if (gpa % MEMORY_PAGE || size % MEMORY_PAGE)
        return error_set(error, -EINVAL,
                         "can't map %s: address 0x%" PRIx64 " or size 0x%" PRIx64
                         " is misaligned (both must be multiples of 0x%x)",
                         name, gpa, size, MEMORY_PAGE);
    if (__builtin_add_overflow(gpa, size, &end) || end > GPA_END)
        return error_set(error, -EINVAL,
                         "can't map %s: 0x%" PRIx64 " bytes at 0x%" PRIx64
                         " reach past the end of guest-physical addresses, 2^%d",
                         name, size, gpa, MEMORY_GPA_BITS);
    return 0;
}

static int overlap_error(uint64_t gpa, uint64_t size, const char *name, const char *what,
                         const char *other, uint64_t other_gpa, uint64_t other_size,
                         struct error *error)
{
    return error_set(error, -EEXIST,
                     "can't map %s at 0x%" PRIx64 "-0x%" PRIx64 ": it overlaps %s %s at 0x%" PRIx64
                     "-0x%" PRIx64,
                     name, gpa, gpa + size - 1, what, other, other_gpa, other_gpa + other_size - 1);
}

static int check_free(const struct memory *memory, uint64_t gpa, uint64_t size, const char *name,
                      struct error *error)
{
    size_t i = index_of(memory, gpa);
    if (i < memory->count && memory->regions[i]->gpa < gpa + size) {
        const struct memory_region *r = memory->regions[i];
        return overlap_error(gpa, size, name, "region", r->name, r->gpa, r->size, error);
    }
    for (i = 0; i < memory->window_count; i++) {
        const struct window *w = &memory->windows[i];
        if (w->gpa < gpa + size && gpa < w->gpa + w->size)
            return overlap_error(gpa, size, name, "window", w->name, w->gpa, w->size, error);
    }
    return 0;
}

static int out_of_memory(const char *name, struct error *error)
{
    return error_set(error, -ENOMEM, "can't map %s: out of memory (free some and start again)",
                     name);
}

/* Makes room for one more region and its slot. What it may have grown stays grown: that changes
 * nothing seen. */
static int make_room(struct memory *memory, uint64_t gpa, const char *name, struct error *error)
{
    const int rc = slots_reserve(&memory->slots, 1);
    if (rc == -ENOSPC)
        return error_set(error, rc,
                         "can't map %s at 0x%" PRIx64 ": all %" PRIu32
                         " memory slots that the hypervisor has are taken",
                         name, gpa, memory->slots.backend.max_slots);
    if (rc)
        return out_of_memory(name, error);
    if (memory->count < memory->capacity)
        return 0;
    const size_t capacity = memory->capacity ? memory->capacity * 2 : 8;
    void *regions = reallocarray(memory->regions, capacity, sizeof *memory->regions);
    if (!regions)
        return out_of_memory(name, error);
    memory->regions = regions;
    memory->capacity = capacity;
    return 0;
}

static void region_insert(struct memory *memory, struct memory_region *region,
                          const struct piece *piece)
{
    size_t i = index_of(memory, region->gpa);
    memmove(&memory->regions[i + 1], &memory->regions[i],
            (memory->count - i) * sizeof memory->regions[0]);
    memory->regions[i] = region;
    memory->count++;
    slots_replace(&memory->slots, slots_index(&memory->slots, piece->gpa), 0, piece, 1);
}

/* Its host memory, and where it is to be. NULL, with *RC and ERROR set, if that can't be had. */
static struct memory_region *region_new(uint64_t gpa, uint64_t size, enum memory_kind kind,
                                        const char *name, int *rc, struct error *error)
{
    struct memory_region *region = malloc(sizeof *region);
    if (!region) {
        *rc = out_of_memory(name, error);
        return NULL;
    }
    void *hva = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (hva == MAP_FAILED) {
        *rc = error_set(error, -errno,
                        "can't reserve 0x%" PRIx64
                        " bytes for %s: mmap: %s (give the guest less memory, or look at"
                        " vm.overcommit_memory and ulimit -v)",
                        size, name, strerror(errno));
        free(region);
        return NULL;
    }
    *region =
        (struct memory_region){.name = name, .gpa = gpa, .size = size, .hva = hva, .kind = kind};
    return region;
}

int memory_add(struct memory *memory, uint64_t gpa, uint64_t size, enum memory_kind kind,
               const char *name, struct error *error)
{
    int rc = check_range(gpa, size, name, error);
    if (rc == 0)
        rc = check_free(memory, gpa, size, name, error);
    if (rc == 0)
        rc = make_room(memory, gpa, name, error);
    if (rc)
        return rc;

    struct memory_region *region = region_new(gpa, size, kind, name, &rc, error);
    if (!region)
        return rc;
    region->slot = slots_number(&memory->slots, 0);
    struct piece piece = {.region = region, .gpa = gpa, .size = size, .slot = region->slot};
    if ((memory->slots.log_dirty && memory_region_log(region, true)) ||
        (memory->follow.on && memory_region_follow(region, true))) {
        rc = out_of_memory(name, error);
        goto free_region;
    }
    rc = slots_announce(&memory->slots, &piece);
    if (rc < 0) {
        error_set(error, rc,
                  "can't map %s at 0x%" PRIx64 "-0x%" PRIx64 " as slot %" PRIu32 ": %s (%s)", name,
                  gpa, gpa + size - 1, region->slot, strerror(-rc), error_remedy(rc));
        goto free_region;
    }
    region_insert(memory, region, &piece);
    memory->changes++;
    return 0;

free_region:
    region_free(region);
    return rc;
}

int memory_remove(struct memory *memory, uint64_t gpa, struct error *error)
{
    size_t i = index_of(memory, gpa);
    if (i == memory->count || memory->regions[i]->gpa != gpa)
        return error_set(error, -ENOENT, "can't unmap 0x%" PRIx64 ": no region starts there", gpa);
    struct memory_region *region = memory->regions[i];
    struct slots *slots = &memory->slots;
    const size_t first = slots_index(slots, gpa), pieces = slots_of_region(slots, first);
    int rc = slots_withdraw_all(slots, &slots->pieces[first], pieces);
    if (rc < 0)
        return error_set(error, rc, "can't unmap %s at 0x%" PRIx64 ", slot %" PRIu32 ": %s",
                         region->name, gpa, region->slot, strerror(-rc));
    slots_replace(slots, first, pieces, NULL, 0);
    memory->count--;
    memory->changes++;
    memmove(&memory->regions[i], &memory->regions[i + 1],
            (memory->count - i) * sizeof memory->regions[0]);
    region_free(region);
    return 0;
}

uint64_t memory_changes(const struct memory *memory)
{
    return memory->changes;
}

int memory_reserve(struct memory *memory, uint64_t gpa, uint64_t size, const char *name,
                   struct error *error)
{
    int rc = check_range(gpa, size, name, error);
    if (rc == 0)
        rc = check_free(memory, gpa, size, name, error);
    if (rc)
        return rc;
    struct window *windows =
        reallocarray(memory->windows, memory->window_count + 1, sizeof *windows);
    if (!windows)
        return out_of_memory(name, error);
    windows[memory->window_count++] = (struct window){.name = name, .gpa = gpa, .size = size};
    memory->windows = windows;
    return 0;
}

const struct memory_region *memory_find(const struct memory *memory, uint64_t gpa)
{
    size_t i = index_of(memory, gpa);
    return i < memory->count && memory->regions[i]->gpa <= gpa ? memory->regions[i] : NULL;
}

const struct memory_region *memory_next(const struct memory *memory, uint64_t gpa)
{
    size_t i = index_of(memory, gpa);
    if (i < memory->count && memory->regions[i]->gpa < gpa)
        i++;
    return i < memory->count ? memory->regions[i] : NULL;
}

void *memory_at(const struct memory *memory, uint64_t gpa, uint64_t len)
{
    const struct memory_region *region = memory_find(memory, gpa);
    if (!region || len == 0)
        return NULL;
    uint64_t offset = gpa - region->gpa, have = region->size - offset;
    while (have < len) {
        const struct memory_region *next = memory_find(memory, region->gpa + region->size);
        if (!next || next->hva != region->hva + region->size)
            return NULL;
        region = next;
        have += region->size;
    }
    /* gpa + len - 1 lies in REGION, and all regions up to it lie side by side. */
    return region->hva + region->size - have;
}

void *memory_ram_at(const struct memory *memory, uint64_t gpa, uint64_t len)
{
    void *host = memory_at(memory, gpa, len);
    /* If all of it is there, see that no region on the way is ROM. */
    for (uint64_t at = gpa; host && at - gpa < len;) {
        const struct memory_region *region = memory_find(memory, at);
        if (region->kind != MEMORY_RAM)
            return NULL;
        at = region->gpa + region->size;
    }
    if (host)
        memory_note_own(memory, gpa, len);
    return host;
}

/* The host bytes from GPA to the end of its region, at most LEN: *PIECE is how many, 0 if none. */
static uint8_t *piece_at(const struct memory *memory, uint64_t gpa, size_t len, bool rom,
                         size_t *piece)
{
    const struct memory_region *region = memory_find(memory, gpa);
    *piece = 0;
    if (!region || (region->kind == MEMORY_ROM && !rom))
        return NULL;
    uint64_t offset = gpa - region->gpa, have = region->size - offset;
    *piece = len < have ? len : (size_t)have;
    return region->hva + offset;
}

size_t memory_read(const struct memory *memory, uint64_t gpa, void *buf, size_t len)
{
    size_t done = 0, piece = 0;
    for (; done < len; done += piece) {
        const uint8_t *host = piece_at(memory, gpa + done, len - done, true, &piece);
        if (!host)
            break;
        memcpy((uint8_t *)buf + done, host, piece);
    }
    return done;
}

static size_t write_pieces(struct memory *memory, uint64_t gpa, const void *buf, size_t len,
                           bool rom)
{
    size_t done = 0, piece = 0;
    for (; done < len; done += piece) {
        uint8_t *host = piece_at(memory, gpa + done, len - done, rom, &piece);
        if (!host)
            break;
        memcpy(host, (const uint8_t *)buf + done, piece);
        memory_note_own(memory, gpa + done, piece);
    }
    return done;
}

size_t memory_write(struct memory *memory, uint64_t gpa, const void *buf, size_t len)
{
    return write_pieces(memory, gpa, buf, len, false);
}

size_t memory_poke(struct memory *memory, uint64_t gpa, const void *buf, size_t len)
{
    return write_pieces(memory, gpa, buf, len, true);
}

void memory_clear_ram(struct memory *memory)
{
    const struct memory_region *region = memory_next(memory, 0);
    for (; region; region = memory_next(memory, region->gpa + region->size))
        if (region->kind == MEMORY_RAM) {
            if (madvise(region->hva, region->size, MADV_DONTNEED))
                memset(region->hva, 0, region->size);
            memory_note_own(memory, region->gpa, region->size);
        }
}
