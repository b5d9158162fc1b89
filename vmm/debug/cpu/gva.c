#include "debug/cpu/gva.h"

#include <string.h>

static size_t read_piece(const struct gva_space *space, uint64_t gpa, void *buf, size_t len)
{
    const size_t n = memory_read(space->memory, gpa, buf, len);
    if (space->log)
        read_log_note(space->log, n == len ? memory_at(space->memory, gpa, len) : NULL, buf, len);
    return n;
}

static bool read_entry(void *context, uint64_t gpa, unsigned size, uint64_t *value)
{
    *value = 0;
    return read_piece(context, gpa, value, size) == size;
}

struct gva_space gva_space(const struct memory *memory, const struct kvm_sregs *sregs)
{
    return (struct gva_space){
        .memory = memory,
        .mode = {.cr0 = sregs->cr0, .cr3 = sregs->cr3, .cr4 = sregs->cr4, .efer = sregs->efer},
    };
}

struct walk_memory gva_walk_memory(const struct gva_space *space)
{
    return (struct walk_memory){read_entry, (void *)(uintptr_t)space};
}

struct walk_result gva_walk(const struct gva_space *space, uint64_t gva)
{
    const struct walk_memory memory = gva_walk_memory(space);
    return walk(&space->mode, &memory, gva);
}

bool gva_translate(const struct gva_space *space, uint64_t gva, uint64_t *gpa)
{
    const struct walk_result result = gva_walk(space, gva);
    *gpa = result.gpa;
    return result.failure == WALK_OK;
}

bool gva_tables_use(const struct gva_space *space, uint64_t page)
{
    const struct walk_memory memory = gva_walk_memory(space);
    return walk_uses(&space->mode, &memory, page);
}

/* How many bytes of LEN at GVA one page holds, and where. 0 if it is not mapped. */
static size_t next_piece(const struct gva_space *space, uint64_t gva, size_t len, uint64_t *gpa)
{
    const struct walk_result result = gva_walk(space, gva);
    if (result.failure != WALK_OK)
        return 0;
    *gpa = result.gpa;
    return len < result.page_left ? len : result.page_left;
}

size_t gva_read(const struct gva_space *space, uint64_t gva, void *buf, size_t len)
{
    size_t done = 0;
    while (done < len) {
        uint64_t gpa;
        const size_t piece = next_piece(space, gva + done, len - done, &gpa);
        const size_t got = piece ? read_piece(space, gpa, (char *)buf + done, piece) : 0;
        done += got;
        if (!got || got < piece)
            break;
    }
    return done;
}

size_t gva_write(const struct gva_space *space, struct memory *memory, uint64_t gva,
                 const void *buf, size_t len)
{
    size_t done = 0;
    while (done < len) {
        uint64_t gpa;
        const size_t piece = next_piece(space, gva + done, len - done, &gpa);
        const size_t put = piece ? memory_poke(memory, gpa, (const char *)buf + done, piece) : 0;
        done += put;
        if (!put || put < piece)
            break;
    }
    return done;
}
