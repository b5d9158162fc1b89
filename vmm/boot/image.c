#include "image.h"

#include "file.h"
#include "reserved.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int image_open(struct image *image, const struct file_source *files, const char *path,
               struct error *error)
{
    *image = (struct image){.path = path};
    image->fd = file_open_by(files, path, &image->size, error);
    return image->fd < 0 ? image->fd : 0;
}

void image_close(struct image *image)
{
    close(image->fd);
    image->fd = -1;
}

struct disk image_as_disk(const struct image *image)
{
    return (struct disk){
        .fd = image->fd,
        .sectors = image->size / DISK_SECTOR + (image->size % DISK_SECTOR != 0),
        .path = image->path,
    };
}

ssize_t image_read(const struct image *image, uint64_t offset, void *buf, size_t len,
                   struct error *error)
{
    ssize_t n = file_read(image->fd, offset, buf, len);
    if (n < 0)
        return image_error(image, error, (int)n, "reading %zu bytes at offset %" PRIu64 ": %s (%s)",
                           len, offset, strerror((int)-n), error_remedy((int)n));
    return n;
}

/* How many of the LEN bytes at GPA lie in the RAM region that holds GPA; 0 if none does. */
static uint64_t ram_run(const struct memory *memory, uint64_t gpa, uint64_t len)
{
    const struct memory_region *region = memory_find(memory, gpa);
    if (!region || !reserved_is_ram(region))
        return 0;
    uint64_t left = region->size - (gpa - region->gpa);
    return len < left ? len : left;
}

/* "0x0-0x9ffff, 0x100000-0x7ffffff": where a user may put things. */
static void list_ram(const struct memory *memory, char *buf, size_t size)
{
    size_t len = 0;
    buf[0] = 0;
    for (const struct memory_region *r = memory_next(memory, 0); r;
         r = memory_next(memory, r->gpa + r->size)) {
        if (!reserved_is_ram(r))
            continue;
        int n = snprintf(buf + len, size - len, "%s0x%" PRIx64 "-0x%" PRIx64, len ? ", " : "",
                         r->gpa, r->gpa + r->size - 1);
        if (n < 0 || (size_t)n >= size - len) {
            buf[len] = 0;
            return;
        }
        len += (size_t)n;
    }
}

static int check_ram(const struct image *image, const struct memory *memory, const char *what,
                     uint64_t gpa, uint64_t len, struct error *error)
{
    for (uint64_t done = 0; done < len;) {
        uint64_t n = ram_run(memory, gpa + done, len - done);
        if (!n) {
            char ram[80];
            list_ram(memory, ram, sizeof ram);
            return image_error(image, error, -ERANGE,
                               "%s, 0x%" PRIx64 " bytes at 0x%" PRIx64 ": no RAM at 0x%" PRIx64
                               "; it is at %s (place it elsewhere or give more --memory)",
                               what, len, gpa, gpa + done, ram);
        }
        done += n;
    }
    return 0;
}

static bool overlaps(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
    return a < b + b_len && b < a + a_len;
}

static int check_reserved(const struct image *image, const struct memory *memory,
                          enum cpu_mode mode, const char *what, uint64_t gpa, uint64_t len,
                          struct error *error)
{
    struct reserved range;
    for (unsigned i = 0; reserved_entry(memory, mode, i, &range); i++)
        if (overlaps(gpa, len, range.gpa, range.size))
            return image_error(image, error, -ERANGE,
                               "%s, 0x%" PRIx64 " bytes at 0x%" PRIx64
                               ", would overwrite the %s, at 0x%" PRIx64 "-0x%" PRIx64
                               " (place it elsewhere)",
                               what, len, gpa, range.name, range.gpa, range.gpa + range.size - 1);
    return 0;
}

int image_check_place(const struct image *image, const struct memory *memory, enum cpu_mode mode,
                      const char *what, uint64_t gpa, uint64_t len, struct error *error)
{
    uint64_t end;
    if (__builtin_add_overflow(gpa, len, &end))
        return image_error(image, error, -ERANGE,
                           "%s, 0x%" PRIx64 " bytes at 0x%" PRIx64
                           ", ends past the last address (place it elsewhere)",
                           what, len, gpa);
    int r = check_ram(image, memory, what, gpa, len, error);
    return r ? r : check_reserved(image, memory, mode, what, gpa, len, error);
}

int image_load(const struct image *image, uint64_t offset, struct memory *memory, uint64_t gpa,
               uint64_t len, struct error *error)
{
    for (uint64_t done = 0; done < len;) {
        uint64_t run = ram_run(memory, gpa + done, len - done);
        ssize_t n =
            image_read(image, offset + done, memory_at(memory, gpa + done, run), run, error);
        if (n < 0)
            return (int)n;
        if ((uint64_t)n < run)
            return image_error(image, error, -EIO,
                               "the file ended at offset %" PRIu64
                               " while it was read (is it being rebuilt?)",
                               offset + done + (uint64_t)n);
        done += run;
    }
    return 0;
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
    return len == 0 || (bytes[0] == 0 && !memcmp(bytes, bytes + 1, len - 1));
}

void image_clear(struct memory *memory, uint64_t gpa, uint64_t len)
{
    for (uint64_t done = 0; done < len;) {
        uint64_t run = MEMORY_PAGE - (gpa + done) % MEMORY_PAGE;
        if (run > len - done)
            run = len - done;
        uint8_t *bytes = memory_at(memory, gpa + done, run);
        if (!all_zero(bytes, run))
            memset(bytes, 0, run);
        done += run;
    }
}
