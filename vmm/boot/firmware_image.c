#include "firmware_image.h"

#include "image.h"
#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int check_size(const struct image *file, struct error *error)
{
    if (file->size > LAYOUT_FIRMWARE_MAX)
        return image_error(file, error, -EFBIG,
                           "%" PRIu64 " bytes are too large for a firmware ROM, %llu at most (name "
                           "the ROM with --bios, a disk without it)",
                           file->size, LAYOUT_FIRMWARE_MAX);
    if (file->size % LAYOUT_FIRMWARE_UNIT)
        return image_error(file, error, -EINVAL,
                           "%" PRIu64
                           " bytes are not the size of a firmware ROM, a multiple of %llu "
                           "(pad it at its beginning: its last 16 bytes are the reset vector's)",
                           file->size, LAYOUT_FIRMWARE_UNIT);
    return 0;
}

int firmware_image_look(struct firmware_image *image, const struct file_source *files,
                        const char *path, struct error *error)
{
    struct image file;
    int err = image_open(&file, files, path, error);
    if (err)
        return err;
    err = check_size(&file, error);
    image_close(&file);
    if (!err)
        *image = (struct firmware_image){.path = path, .files = files, .size = file.size};
    return err;
}

static int read_rom(const struct firmware_image *image, void *rom, struct error *error)
{
    struct image file;
    const int err = image_open(&file, image->files, image->path, error);
    if (err)
        return err;
    ssize_t n = -EINVAL;
    if (file.size != image->size)
        image_error(&file, error, -EINVAL,
                    "its size has changed from %" PRIu64 " to %" PRIu64 " bytes (start again)",
                    image->size, file.size);
    else
        n = image_read(&file, 0, rom, image->size, error);
    if (n >= 0 && (uint64_t)n < image->size)
        n = image_error(&file, error, -EIO, "it was cut short while it was read (try again)");
    image_close(&file);
    return n < 0 ? (int)n : 0;
}

int firmware_image_load(const struct firmware_image *image, struct memory *memory,
                        struct error *error)
{
    const uint64_t size = image->size, copy = size < LAYOUT_SHADOW_COPY ? size : LAYOUT_SHADOW_COPY;
    uint8_t *rom = memory_at(memory, LAYOUT_HOLE_END - size, size);
    uint8_t *shadow = memory_at(memory, LAYOUT_SHADOW, LAYOUT_SHADOW_SIZE);
    if (!rom || !shadow)
        return error_set(error, -EFAULT,
                         "firmware: no memory for its ROM (the machine must add it first)");
    const int err = read_rom(image, rom, error);
    if (err)
        return err;
    memset(shadow, 0, LAYOUT_SHADOW_SIZE - copy);
    memcpy(shadow + LAYOUT_SHADOW_SIZE - copy, rom + size - copy, copy);
    return 0;
}
