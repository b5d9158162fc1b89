#include "handover.h"

#include "format.h"
#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int handover_take(struct places *places, const struct image *kernel, struct error *error)
{
    const uint64_t gpa = LAYOUT_HANDOVER,
                   size = LAYOUT_HANDOVER_LISTS + LAYOUT_HANDOVER_LISTS_SIZE - gpa;
    if (!places_free(places, gpa, size))
        return image_error(kernel, error, -ERANGE,
                           "the kernel or a --load file lies where its command line and the like "
                           "go, 0x%" PRIx64 "-0x%" PRIx64 " (place it elsewhere)",
                           gpa, gpa + size - 1);
    return places_take(places, gpa, size);
}

static const char *command_line(const struct boot_request *request)
{
    return request->append ? request->append : "";
}

int handover_check_command_line(const struct boot_request *request, const struct image *kernel,
                                uint32_t max, struct error *error)
{
    const size_t len = strlen(command_line(request));
    if (max > LAYOUT_COMMAND_LINE_SIZE - 1)
        max = LAYOUT_COMMAND_LINE_SIZE - 1;
    if (len <= max)
        return 0;
    return image_error(kernel, error, -EINVAL,
                       "--append has %zu bytes, this kernel takes %" PRIu32 " (shorten it)", len,
                       max);
}

void handover_write_command_line(const struct boot_request *request, struct memory *memory)
{
    const char *text = command_line(request);
    memory_write(memory, LAYOUT_COMMAND_LINE, text, strlen(text) + 1);
}

uint64_t handover_rsdp(const struct memory *memory)
{
    static const char signature[8] = "RSD PTR "; /* ACPI 6.4, 5.2.5.3; it has no 0 */
    char found[sizeof signature];
    return memory_read(memory, LAYOUT_RSDP, found, sizeof found) == sizeof found &&
                   !memcmp(found, signature, sizeof found)
               ? LAYOUT_RSDP
               : 0;
}

int initrd_open(struct initrd *initrd, const struct boot_request *request,
                const struct image *kernel, struct places *places, uint64_t low, uint64_t last,
                struct error *error)
{
    *initrd = (struct initrd){.file = {.fd = -1}};
    if (!request->initrd)
        return 0;
    int r = image_open(&initrd->file, request->files, request->initrd, error);
    if (r)
        return r;
    const struct places_wish wish = {
        .size = initrd->file.size,
        .align = MEMORY_PAGE,
        .low = low > LAYOUT_HIGH_RAM ? low : LAYOUT_HIGH_RAM,
        .high = last < LAYOUT_HOLE ? last + 1 : LAYOUT_HOLE,
        .highest = true,
    };
    if (places_find(places, &wish, &initrd->gpa))
        return image_error(kernel, error, -ERANGE,
                           "the initial ramdisk, 0x%" PRIx64 " bytes, has no room in RAM between "
                           "0x%" PRIx64 " and 0x%" PRIx64 " (give more --memory)",
                           wish.size, wish.low, wish.high);
    initrd->size = wish.size;
    return 0;
}

int initrd_load(const struct initrd *initrd, struct memory *memory, struct error *error)
{
    return initrd->size ? image_load(&initrd->file, 0, memory, initrd->gpa, initrd->size, error)
                        : 0;
}

void initrd_close(struct initrd *initrd)
{
    if (initrd->file.fd >= 0)
        image_close(&initrd->file);
}

void handover_describe(const struct boot_request *request, const struct initrd *initrd,
                       struct boot_result *result)
{
    if (request->append)
        boot_describe(result, "the command line at 0x%llx", LAYOUT_COMMAND_LINE);
    if (initrd->size)
        boot_describe(result, "%.90s, the initial ramdisk, at 0x%" PRIx64 "-0x%" PRIx64,
                      request->initrd, initrd->gpa, initrd->gpa + initrd->size - 1);
}
