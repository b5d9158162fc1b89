/* The order in which a Multiboot kernel gets its places, is loaded and told of what there is. */
#include "multiboot.h"

#include "memory/e820.h"
#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INFO_ALIGN 16 /* MB2, 3.6: 8 */

uint32_t multiboot_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint32_t multiboot_mem_lower(const struct multiboot *mb)
{
    return (uint32_t)(e820_ebda(mb->request->ram) / KiB);
}

uint32_t multiboot_mem_upper(const struct multiboot *mb)
{
    return (uint32_t)((e820_high_end(mb->request->ram) - LAYOUT_HIGH_RAM) / KiB);
}

int multiboot_find_room(struct multiboot *mb, uint64_t size, uint64_t align, uint64_t *gpa)
{
    const uint64_t lowest[] = {mb->last + 1, LAYOUT_HIGH_RAM, LAYOUT_BOOT_INFO};
    int r = -ENOSPC;
    for (size_t i = 0; r && i < sizeof lowest / sizeof *lowest; i++) {
        const struct places_wish wish = {
            .size = size, .align = align, .low = lowest[i], .high = 4 * GiB};
        r = places_find(&mb->places, &wish, gpa);
    }
    return r;
}

static int read_header(struct multiboot *mb, struct error *error)
{
    uint8_t *bytes = malloc(mb->version->search);
    if (!bytes)
        return image_error(mb->image, error, -ENOMEM, "out of memory (free some)");
    ssize_t n = image_read(mb->image, 0, bytes, mb->version->search, error);
    int r = n < 0 ? (int)n : mb->version->parse(mb->image, bytes, (size_t)n, &mb->header, error);
    free(bytes);
    return r;
}

/* Information goes to low RAM, where kernels have little, and whoever debugs one finds it. */
static int place_info(struct multiboot *mb, size_t *size, struct error *error)
{
    struct info_block info = {NULL, 0, 0};
    mb->version->inform(mb, &info);
    *size = info.used;
    const struct places_wish wish = {.size = info.used,
                                     .align = INFO_ALIGN,
                                     .low = LAYOUT_BOOT_INFO,
                                     .high = LAYOUT_LOW_RAM_END};
    if (!places_find(&mb->places, &wish, &mb->info) ||
        !multiboot_find_room(mb, info.used, INFO_ALIGN, &mb->info))
        return 0;
    return image_error(mb->image, error, -ENOSPC,
                       "no room for 0x%zx bytes of information (give more --memory)", info.used);
}

static void write_info(const struct multiboot *mb, size_t size)
{
    struct info_block info = {memory_at(mb->memory, mb->info, size), mb->info, 0};
    mb->version->inform(mb, &info);
}

static void describe(const struct multiboot *mb, size_t info_size, struct boot_result *result)
{
    const struct multiboot_sections *s = &mb->sections;
    boot_describe(result,
                  "a %s kernel, %s at 0x%" PRIx64 "-0x%" PRIx64 "%s, entered at 0x%" PRIx64
                  " in protected mode",
                  mb->version->name,
                  !mb->is_elf       ? "placed by its header"
                  : mb->kernel.is64 ? "ELF64 for x86-64"
                                    : "ELF32 for i386",
                  mb->first, mb->last, mb->header.is_relocatable ? " (relocatable)" : "",
                  mb->entry);
    for (unsigned i = 0; i < mb->module_count; i++) {
        const struct multiboot_module *m = &mb->modules[i];
        boot_describe(result, "module %u, %.90s, at 0x%" PRIx64 "-0x%" PRIx64, i + 1, m->image.path,
                      m->gpa, m->gpa + m->image.size - 1);
    }
    if (s->size)
        boot_describe(result, "its ELF sections outside segments at 0x%" PRIx64 "-0x%" PRIx64,
                      s->gpa, s->gpa + s->size - 1);
    boot_describe(result, "information at 0x%" PRIx64 "-0x%" PRIx64, mb->info,
                  mb->info + info_size - 1);
}

static int find_places(struct multiboot *mb, size_t *info_size, struct error *error)
{
    int r = read_header(mb, error);
    if (!r)
        r = places_init(&mb->places, mb->memory, CPU_PROTECTED, mb->request, error);
    if (!r)
        r = multiboot_place_kernel(mb, error);
    if (!r)
        r = multiboot_place_modules(mb, error);
    if (!r)
        r = multiboot_place_sections(mb, error);
    return r ? r : place_info(mb, info_size, error);
}

static int load(struct multiboot *mb, struct boot_result *result, struct error *error)
{
    size_t info_size;
    int r = find_places(mb, &info_size, error);
    if (!r)
        r = boot_initial_state(CPU_PROTECTED, mb->entry, mb->memory, &result->state, error);
    if (!r)
        r = elf_load_segments(mb->image, &mb->kernel, mb->memory, error);
    if (!r)
        r = multiboot_load_modules(mb, error);
    if (!r)
        r = multiboot_load_sections(mb, error);
    if (r)
        return r;
    write_info(mb, info_size);
    result->mode = CPU_PROTECTED;
    result->state.gpr[CPU_RAX] = mb->version->magic;
    result->state.gpr[CPU_RBX] = mb->info;
    if (mb->is_elf)
        result->elf_bits = mb->kernel.is64 ? 64 : 32;
    describe(mb, info_size, result);
    return 0;
}

int multiboot_load_kernel(const struct multiboot_version *version,
                          const struct boot_request *request, const struct image *image,
                          struct memory *memory, struct boot_result *result, struct error *error)
{
    struct multiboot *mb = calloc(1, sizeof *mb);
    if (!mb)
        return image_error(image, error, -ENOMEM, "out of memory (free some)");
    mb->version = version;
    mb->request = request;
    mb->image = image;
    mb->memory = memory;
    int r = load(mb, result, error);
    for (unsigned i = 0; i < mb->module_count; i++)
        image_close(&mb->modules[i].image);
    free(mb->sections.table);
    free(mb);
    return r;
}
