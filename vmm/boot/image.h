/* The file that is being booted, and the way of its bytes into guest RAM: read straight to where
 * the guest finds them, with no copy between. For the loaders of the formats only. */
#ifndef VMM_BOOT_IMAGE_H
#define VMM_BOOT_IMAGE_H

#include "disks/disk.h"
#include "error.h"
#include "file.h"
#include "memory/memory.h"
#include "vcpu/cpu_state.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct image {
    const char *path; /* not owned */
    int fd;
    uint64_t size; /* bytes, at least 1 */
};

/* Sets ERROR to "loading PATH: ..." and gives CODE. */
#define image_error(image, error, code, format, ...)                                               \
    error_set((error), (code), "loading %.90s: " format, (image)->path, ##__VA_ARGS__)

/* Opens PATH by FILES (NULL: ourselves). 0 or -errno with ERROR set. */
int image_open(struct image *image, const struct file_source *files, const char *path,
               struct error *error);
void image_close(struct image *image);

/* The file as a disk to read from, as long as IMAGE is open. */
struct disk image_as_disk(const struct image *image);

/* LEN bytes at OFFSET of the file, or fewer if it ends before. How many, or -errno with ERROR. */
ssize_t image_read(const struct image *image, uint64_t offset, void *buf, size_t len,
                   struct error *error);

/* Whether LEN bytes at GPA can be loaded: all of them RAM, none where the BIOS keeps its data or
 * where MODE needs its GDT or page tables (layout.h). WHAT is their name for the user: "segment 2".
 * 0, or -ERANGE with ERROR. Any GPA and LEN may be given. */
int image_check_place(const struct image *image, const struct memory *memory, enum cpu_mode mode,
                      const char *what, uint64_t gpa, uint64_t len, struct error *error);

/* Loads LEN bytes at OFFSET of the file to GPA, a place that was checked. 0 or -errno with ERROR:
 * the host's, or -EIO if the file has been cut short since it was opened. */
int image_load(const struct image *image, uint64_t offset, struct memory *memory, uint64_t gpa,
               uint64_t len, struct error *error);
/* Clears LEN bytes at GPA, a place that was checked. Pages that are clear stay untouched, so that a
 * large .bss takes no host memory. */
void image_clear(struct memory *memory, uint64_t gpa, uint64_t len);

#endif
