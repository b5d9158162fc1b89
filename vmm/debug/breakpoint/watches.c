#include "debug/breakpoint/watches.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct watches {
    struct watch *list; /* as set */
    size_t count, room;
    pthread_mutex_t values; /* over value and known of each, while vCPUs run */
};

struct watches *watches_new(void)
{
    struct watches *set = calloc(1, sizeof *set);
    if (set)
        pthread_mutex_init(&set->values, NULL);
    return set;
}

static void free_watch(struct watch *w)
{
    free(w->pieces);
    free(w->value);
}

void watches_free(struct watches *set)
{
    if (!set)
        return;
    watches_clear(set);
    free(set->list);
    pthread_mutex_destroy(&set->values);
    free(set);
}

static struct watch *find(const struct watches *set, enum breakpoint_type type, uint64_t addr,
                          uint64_t len)
{
    for (size_t i = 0; i < set->count; i++) {
        struct watch *w = &set->list[i];
        if (w->addr == addr && w->len == len && w->type == type)
            return w;
    }
    return NULL;
}

static int check(const struct watches *set, uint64_t addr, uint64_t len)
{
    if (!len || addr + (len - 1) < addr)
        return -EINVAL;
    if (len > WATCH_MAX_LEN)
        return -E2BIG;
    return set->count == BREAKPOINTS_MAX ? -ENOSPC : 0;
}

static int grow(struct watches *set)
{
    if (set->count < set->room)
        return 0;
    const size_t room = set->room ? set->room * 2 : 16;
    struct watch *list = reallocarray(set->list, room, sizeof *list);
    if (!list)
        return -ENOMEM;
    set->list = list;
    set->room = room;
    return 0;
}

int watches_insert(struct watches *set, enum breakpoint_type type, uint64_t addr, uint64_t len)
{
    if (find(set, type, addr, len))
        return 0;
    int err = check(set, addr, len);
    if (!err)
        err = grow(set);
    if (err)
        return err;
    const size_t pages = (addr % MEMORY_PAGE + len - 1) / MEMORY_PAGE + 1;
    struct watch w = {
        .addr = addr,
        .len = len,
        .type = type,
        .pieces = calloc(pages, sizeof *w.pieces),
        .value = malloc(len),
    };
    if (!w.pieces || !w.value) {
        free_watch(&w);
        return -ENOMEM;
    }
    set->list[set->count++] = w;
    return 0;
}

int watches_remove(struct watches *set, enum breakpoint_type type, uint64_t addr, uint64_t len)
{
    struct watch *w = find(set, type, addr, len);
    if (!w)
        return -ENOENT;
    free_watch(w);
    set->count--;
    memmove(w, w + 1, (size_t)(&set->list[set->count] - w) * sizeof *w);
    return 0;
}

void watches_clear(struct watches *set)
{
    for (size_t i = 0; i < set->count; i++)
        free_watch(&set->list[i]);
    set->count = 0;
}

size_t watches_count(const struct watches *set)
{
    return set->count;
}

struct watch *watches_get(const struct watches *set, size_t i)
{
    return i < set->count ? &set->list[i] : NULL;
}

/* ---- Where */

void watch_map(struct watch *w, const struct gva_space *space)
{
    uint64_t done = 0, gpa;
    w->piece_count = 0;
    for (uint64_t len; done < w->len; done += len) {
        const uint64_t at = w->addr + done, left = MEMORY_PAGE - at % MEMORY_PAGE;
        len = w->len - done < left ? w->len - done : left;
        if (gva_translate(space, at, &gpa))
            w->pieces[w->piece_count++] = (struct watch_piece){gpa, done, len};
        else
            w->mapped = false;
    }
    uint64_t covered = 0;
    for (size_t i = 0; i < w->piece_count; i++)
        covered += w->pieces[i].len;
    w->mapped = covered == w->len;
}

/* The longest of 8, 4, 2 and 1, not over MOST, that ADDR is aligned to and LEFT has. */
static unsigned aligned_piece(uint64_t addr, uint64_t left, unsigned most)
{
    unsigned size = most;
    while (addr % size || size > left)
        size /= 2;
    return size;
}

unsigned watch_debugregs(const struct watch *w, unsigned most, uint64_t addr[DEBUGREG_COUNT],
                         unsigned len[DEBUGREG_COUNT])
{
    unsigned n = 0;
    for (uint64_t done = 0; done < w->len; done += len[n++]) {
        if (n == DEBUGREG_COUNT)
            return 0;
        addr[n] = w->addr + done;
        len[n] = aligned_piece(addr[n], w->len - done, most);
    }
    return n;
}

/* ---- Accesses */

/* A write that changes nothing is a hit too: whether it matters is the client's to say. */
static bool concerns(const struct watch *w, bool is_write)
{
    return w->type == WATCH_ACCESS || (w->type == WATCH_WRITE) == is_write;
}

/* Whether the two ranges share a byte, and which is the first. */
static bool overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len, uint64_t *first)
{
    *first = a > b ? a : b;
    return a < b ? b - a < a_len : a - b < b_len;
}

static void note(struct watch_hit *hit, const struct watch *w, uint64_t addr)
{
    if (!hit->is_hit || (hit->type == WATCH_READ && w->type != WATCH_READ))
        *hit = (struct watch_hit){.is_hit = true, .type = w->type, .addr = addr};
}

bool watches_access(const struct watches *set, uint64_t gpa, uint64_t len, bool is_write,
                    struct watch_hit *hit)
{
    uint64_t first;
    for (size_t i = 0; i < set->count; i++) {
        const struct watch *w = &set->list[i];
        for (size_t n = 0; n < w->piece_count && concerns(w, is_write); n++) {
            const struct watch_piece *p = &w->pieces[n];
            if (overlap(gpa, len, p->gpa, p->len, &first))
                note(hit, w, w->addr + p->offset + (first - p->gpa));
        }
    }
    return hit->is_hit;
}

bool watches_at(const struct watches *set, uint64_t addr, uint64_t len, struct watch_hit *hit)
{
    uint64_t first;
    for (size_t i = 0; i < set->count; i++) {
        const struct watch *w = &set->list[i];
        if (w->carrier == CARRIER_DEBUGREG && overlap(addr, len, w->addr, w->len, &first))
            note(hit, w, first);
    }
    return hit->is_hit;
}

/* ---- Values */

static bool has_value(const struct watch *w, enum breakpoint_carrier carrier)
{
    return w->carrier == carrier && w->type != WATCH_READ;
}

void watches_remember(struct watches *set, const struct gva_space *space,
                      enum breakpoint_carrier carrier)
{
    pthread_mutex_lock(&set->values);
    for (size_t i = 0; i < set->count; i++) {
        struct watch *w = &set->list[i];
        if (has_value(w, carrier))
            w->known = gva_read(space, w->addr, w->value, w->len);
    }
    pthread_mutex_unlock(&set->values);
}

/* The offset of the first byte in which NOW, of N bytes, differs from what is remembered; bytes
 * that can be read now and could not be before, or the other way round, are no change of theirs. */
static bool first_change(const struct watch *w, const uint8_t *now, size_t n, size_t *offset)
{
    const size_t both = n < w->known ? n : w->known;
    if (!memcmp(w->value, now, both))
        return false;
    for (*offset = 0; w->value[*offset] == now[*offset];)
        ++*offset;
    return true;
}

static void compare(struct watch *w, const struct gva_space *space, struct watch_hit *hit)
{
    uint8_t few[64];
    uint8_t *now = w->len <= sizeof few ? few : malloc(w->len);
    size_t offset;
    if (!now)
        return;
    const size_t n = gva_read(space, w->addr, now, w->len);
    if (first_change(w, now, n, &offset))
        note(hit, w, w->addr + offset);
    memcpy(w->value, now, n);
    w->known = n;
    if (now != few)
        free(now);
}

bool watches_changed(struct watches *set, const struct gva_space *space,
                     enum breakpoint_carrier carrier, struct watch_hit *hit)
{
    pthread_mutex_lock(&set->values);
    for (size_t i = 0; i < set->count; i++)
        if (has_value(&set->list[i], carrier))
            compare(&set->list[i], space, hit);
    pthread_mutex_unlock(&set->values);
    return hit->is_hit;
}

/* ---- Steps */

/* Whether one of the accesses that write, or that read, touches W; *ADDR is where. */
static bool touches(const struct watch *w, const struct watch_accesses *accessed, bool write,
                    uint64_t *addr)
{
    uint64_t first;
    for (unsigned i = 0; i < accessed->count; i++) {
        const struct watch_access *a = &accessed->list[i];
        for (size_t n = 0; n < w->piece_count && (write ? a->writes : a->reads); n++) {
            const struct watch_piece *p = &w->pieces[n];
            if (overlap(a->gpa, a->len, p->gpa, p->len, &first)) {
                *addr = w->addr + p->offset + (first - p->gpa);
                return true;
            }
        }
    }
    return false;
}

static void look_at_access(const struct watch *w, const struct watch_accesses *accessed,
                           struct watch_hit *hit)
{
    uint64_t addr;
    if (w->type != WATCH_WRITE && (touches(w, accessed, false, &addr) ||
                                   (w->type == WATCH_ACCESS && touches(w, accessed, true, &addr))))
        note(hit, w, addr);
}

static void look_at_step(struct watch *w, const struct gva_space *space,
                         const struct watch_accesses *accessed, struct watch_hit *hit)
{
    uint64_t addr;
    if (w->type != WATCH_READ && (accessed->more || touches(w, accessed, true, &addr)))
        compare(w, space, hit);
    look_at_access(w, accessed, hit);
}

bool watches_stepped(struct watches *set, const struct gva_space *space,
                     const struct watch_accesses *accessed, struct watch_hit *hit)
{
    pthread_mutex_lock(&set->values);
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].carrier == CARRIER_STEP)
            look_at_step(&set->list[i], space, accessed, hit);
    pthread_mutex_unlock(&set->values);
    return hit->is_hit;
}

bool watches_accessed(const struct watches *set, const struct watch_accesses *accessed,
                      struct watch_hit *hit)
{
    for (size_t i = 0; i < set->count; i++)
        look_at_access(&set->list[i], accessed, hit);
    return hit->is_hit;
}
