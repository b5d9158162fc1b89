/* --load: files put beside the image, as they are. */
#include "format.h"

#include <errno.h>
#include <inttypes.h>

/* The ranges of memory that hold the files loaded so far. */
struct loaded {
    uint64_t size[BOOT_MAX_LOADS];
};

static int check_overlap(const struct boot_request *request, const struct loaded *loaded,
                         unsigned i, const struct image *image, struct error *error)
{
    const struct boot_load_file *file = &request->loads[i];
    for (unsigned k = 0; k < i; k++) {
        const struct boot_load_file *other = &request->loads[k];
        if (file->gpa - other->gpa < loaded->size[k] || other->gpa - file->gpa < image->size)
            return image_error(
                image, error, -ERANGE,
                "0x%" PRIx64 " bytes at 0x%" PRIx64 " would overwrite %.60s, at 0x%" PRIx64
                "-0x%" PRIx64 " (choose another address)",
                image->size, file->gpa, other->path, other->gpa, other->gpa + loaded->size[k] - 1);
    }
    return 0;
}

static int load_file(const struct boot_request *request, struct loaded *loaded, unsigned i,
                     struct memory *memory, struct boot_result *result, struct error *error)
{
    const struct boot_load_file *file = &request->loads[i];
    struct image image;
    int r = image_open(&image, request->files, file->path, error);
    if (r)
        return r;
    r = image_check_place(&image, memory, result->mode, "the file", file->gpa, image.size, error);
    if (!r)
        r = check_overlap(request, loaded, i, &image, error);
    if (!r)
        r = image_load(&image, 0, memory, file->gpa, image.size, error);
    if (!r)
        boot_describe(result, "%.90s at 0x%" PRIx64 "-0x%" PRIx64, file->path, file->gpa,
                      file->gpa + image.size - 1);
    loaded->size[i] = image.size;
    image_close(&image);
    return r;
}

int boot_load_files(const struct boot_request *request, struct memory *memory,
                    struct boot_result *result, struct error *error)
{
    struct loaded loaded;
    int r = 0;
    for (unsigned i = 0; !r && i < request->load_count; i++)
        r = load_file(request, &loaded, i, memory, result, error);
    return r;
}
