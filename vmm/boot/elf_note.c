#include "elf_note.h"

#include <elf.h>
#include <string.h>

#define SEGMENT_MAX (64u * 1024)
#define OWNER_MAX   16u

/* An entry in the file: where its parts are. */
struct entry {
    Elf64_Nhdr header; /* the same in both classes */
    uint64_t owner, desc, next;
};

static uint64_t padded(uint64_t size)
{
    return (size + 3) & ~UINT64_C(3);
}

static bool read_exactly(const struct image *image, uint64_t offset, void *buf, size_t len)
{
    struct error ignored;
    return image_read(image, offset, buf, len, &ignored) == (ssize_t)len;
}

/* The entry at OFFSET, all of it before END. */
static bool read_entry(const struct image *image, uint64_t offset, uint64_t end,
                       struct entry *entry)
{
    if (end - offset < sizeof entry->header ||
        !read_exactly(image, offset, &entry->header, sizeof entry->header))
        return false;
    entry->owner = offset + sizeof entry->header;
    entry->desc = entry->owner + padded(entry->header.n_namesz);
    entry->next = entry->desc + padded(entry->header.n_descsz);
    return entry->desc + entry->header.n_descsz <= end;
}

static bool is_wanted(const struct image *image, const struct entry *entry,
                      const struct elf_note *note)
{
    char owner[OWNER_MAX];
    const size_t len = strlen(note->owner) + 1;
    return (note->type == ELF_NOTE_ANY || note->type == entry->header.n_type) &&
           entry->header.n_namesz == len && len <= sizeof owner &&
           read_exactly(image, entry->owner, owner, len) && !memcmp(owner, note->owner, len);
}

bool elf_find_note(const struct image *image, const struct elf_file *elf,
                   const struct elf_note *note, void *desc, size_t size, size_t *len)
{
    for (size_t i = 0; i < elf->note_count; i++) {
        const struct elf_range *range = &elf->notes[i];
        const uint64_t end =
            range->offset + (range->size < SEGMENT_MAX ? range->size : SEGMENT_MAX);
        struct entry entry;
        for (uint64_t at = range->offset; at < end && read_entry(image, at, end, &entry);
             at = entry.next)
            if (is_wanted(image, &entry, note)) {
                *len = entry.header.n_descsz < size ? entry.header.n_descsz : size;
                return read_exactly(image, entry.desc, desc, *len);
            }
    }
    return false;
}
