/* Multiboot 1: its header, and the information that its kernels are given. */
#include "multiboot.h"

#include "memory/e820.h"

#include <errno.h>
#include <inttypes.h>

/* ---- The header: MB1, 3.1 */

#define HEADER_MAGIC 0x1badb002u
#define LOADER_MAGIC 0x2badb002u /* MB1, 3.2 */

#define FLAG_ADDRESSES (1u << 16)
/* In the lower half, those flags that a loader must know: modules on pages, memory information,
 * video mode. The first two are always fulfilled, the third by the text mode that there is. */
#define FLAGS_REQUIRED 0x0000ffffu
#define FLAGS_KNOWN    0x00000007u

enum { AT_FLAGS = 4, AT_CHECKSUM = 8, AT_ADDRESSES = 12, HEADER_SIZE = 12, ADDRESSES_END = 32 };

static bool find_header(const uint8_t *bytes, size_t len, size_t *offset)
{
    if (len > MULTIBOOT_SEARCH)
        len = MULTIBOOT_SEARCH;
    for (size_t at = 0; at + HEADER_SIZE <= len; at += 4)
        if (multiboot_u32(bytes + at) == HEADER_MAGIC &&
            HEADER_MAGIC + multiboot_u32(bytes + at + AT_FLAGS) +
                    multiboot_u32(bytes + at + AT_CHECKSUM) ==
                0) {
            *offset = at;
            return true;
        }
    return false;
}

static void take_addresses(const uint8_t *bytes, struct multiboot_header *header)
{
    header->has_address = header->has_entry = true;
    header->header_addr = multiboot_u32(bytes);
    header->load_addr = multiboot_u32(bytes + 4);
    header->load_end_addr = multiboot_u32(bytes + 8);
    header->bss_end_addr = multiboot_u32(bytes + 12);
    header->entry = multiboot_u32(bytes + 16);
}

static int parse(const struct image *image, const uint8_t *bytes, size_t len,
                 struct multiboot_header *header, struct error *error)
{
    *header = (struct multiboot_header){.offset = 0};
    if (!find_header(bytes, len, &header->offset))
        return image_error(image, error, -ENOEXEC,
                           "no Multiboot 1 header in its first %d bytes: magic 0x%x on a multiple "
                           "of 4, with a checksum that is right (--format auto finds out what it "
                           "is)",
                           MULTIBOOT_SEARCH, HEADER_MAGIC);
    const uint32_t flags = multiboot_u32(bytes + header->offset + AT_FLAGS);
    const uint32_t unknown = flags & FLAGS_REQUIRED & ~FLAGS_KNOWN;
    if (unknown)
        return image_error(image, error, -ENOEXEC,
                           "its Multiboot header requires flag bit %d (flags 0x%" PRIx32
                           "), which has no meaning in version 1",
                           __builtin_ctz(unknown), flags);
    if (!(flags & FLAG_ADDRESSES))
        return 0;
    if (len - header->offset < ADDRESSES_END)
        return image_error(image, error, -ENOEXEC,
                           "its Multiboot header at offset 0x%zx is cut short: its address fields "
                           "end past the first %zu bytes",
                           header->offset, len);
    take_addresses(bytes + header->offset + AT_ADDRESSES, header);
    return 0;
}

bool multiboot_recognise(const uint8_t *bytes, size_t len, bool is_elf)
{
    size_t at;
    return find_header(bytes, len, &at) &&
           (is_elf || (multiboot_u32(bytes + at + AT_FLAGS) & FLAG_ADDRESSES));
}

/* ---- The information: MB1, 3.3 */

enum {
    HAS_MEMORY = 1 << 0,
    HAS_BOOT_DEVICE = 1 << 1,
    HAS_CMDLINE = 1 << 2,
    HAS_MODULES = 1 << 3,
    HAS_ELF_SECTIONS = 1 << 5,
    HAS_MMAP = 1 << 6,
    HAS_LOADER_NAME = 1 << 9,
    HAS_FRAMEBUFFER = 1 << 12,
};

/* Drive 0x80, no partition known. */
#define BOOT_DEVICE 0x80ffffffu

struct information {
    uint32_t flags;
    uint32_t mem_lower, mem_upper;
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t elf_count, elf_size, elf_addr, elf_names;
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr;
    uint32_t config_table;
    uint32_t boot_loader_name;
    uint32_t apm_table;
    uint32_t vbe[4];
    uint64_t framebuffer_addr;
    uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
    uint8_t framebuffer_bpp, framebuffer_type, color_info[6];
};
_Static_assert(offsetof(struct information, mmap_length) == 44, "as in the table of MB1, 3.3");
_Static_assert(offsetof(struct information, framebuffer_addr) == 88, "as in the table");
_Static_assert(offsetof(struct information, framebuffer_type) == 109, "as in the table");

struct module_entry {
    uint32_t start, end, string, reserved;
};

/* SIZE does not count itself. */
struct mmap_entry {
    uint32_t size, base[2], length[2], type;
};

static void add_modules(const struct multiboot *mb, struct info_block *info,
                        struct information *all)
{
    const size_t table = info_add(info, NULL, mb->module_count * sizeof(struct module_entry));
    for (unsigned i = 0; i < mb->module_count; i++) {
        const struct multiboot_module *m = &mb->modules[i];
        const size_t string =
            info_add_words(info, m->image.path, mb->request->modules[i].arguments);
        const struct module_entry entry = {
            .start = (uint32_t)m->gpa,
            .end = (uint32_t)(m->gpa + m->image.size),
            .string = info_address(info, string),
        };
        info_set(info, table + i * sizeof entry, &entry, sizeof entry);
    }
    all->flags |= HAS_MODULES;
    all->mods_count = mb->module_count;
    all->mods_addr = info_address(info, table);
}

static void add_sections(const struct multiboot *mb, struct info_block *info,
                         struct information *all)
{
    const struct multiboot_sections *s = &mb->sections;
    if (!s->count)
        return;
    info_align(info, 8);
    all->flags |= HAS_ELF_SECTIONS;
    all->elf_count = s->count;
    all->elf_size = s->entry_size;
    all->elf_names = s->names;
    all->elf_addr = info_address(info, info_add(info, s->table, (size_t)s->count * s->entry_size));
}

static void add_mmap(const struct multiboot *mb, struct info_block *info, struct information *all)
{
    info_align(info, 4);
    const size_t begin = info->used;
    struct e820_entry e;
    for (unsigned i = 0; e820_entry(mb->request->ram, i, &e); i++) {
        const struct mmap_entry entry = {
            .size = sizeof entry - sizeof entry.size,
            .base = {(uint32_t)e.base, (uint32_t)(e.base >> 32)},
            .length = {(uint32_t)e.size, (uint32_t)(e.size >> 32)},
            .type = e.type,
        };
        info_add(info, &entry, sizeof entry);
    }
    all->flags |= HAS_MMAP;
    all->mmap_addr = info_address(info, begin);
    all->mmap_length = (uint32_t)(info->used - begin);
}

/* Strings begin with the file's name, as with QEMU and the first GRUB. */
static void inform(const struct multiboot *mb, struct info_block *info)
{
    struct information all = {
        .flags = HAS_MEMORY | HAS_CMDLINE | HAS_LOADER_NAME | HAS_FRAMEBUFFER,
        .mem_lower = multiboot_mem_lower(mb),
        .mem_upper = multiboot_mem_upper(mb),
        .framebuffer_addr = MULTIBOOT_TEXT_ADDR,
        .framebuffer_pitch = MULTIBOOT_TEXT_COLUMNS * MULTIBOOT_TEXT_BITS / 8,
        .framebuffer_width = MULTIBOOT_TEXT_COLUMNS,
        .framebuffer_height = MULTIBOOT_TEXT_ROWS,
        .framebuffer_bpp = MULTIBOOT_TEXT_BITS,
        .framebuffer_type = MULTIBOOT_TEXT_TYPE,
    };
    const size_t begin = info_add(info, NULL, sizeof all);
    if (mb->request->has_drive) {
        all.flags |= HAS_BOOT_DEVICE;
        all.boot_device = BOOT_DEVICE;
    }
    add_modules(mb, info, &all);
    all.cmdline = info_address(info, info_add_words(info, mb->image->path, mb->request->append));
    all.boot_loader_name = info_address(info, info_add_words(info, MULTIBOOT_LOADER_NAME, NULL));
    add_sections(mb, info, &all);
    add_mmap(mb, info, &all);
    info_set(info, begin, &all, sizeof all);
}

const struct multiboot_version multiboot_version_1 = {
    .name = "Multiboot 1",
    .search = MULTIBOOT_SEARCH,
    .magic = LOADER_MAGIC,
    .parse = parse,
    .inform = inform,
};

int multiboot_load(const struct boot_request *request, const struct image *image,
                   struct memory *memory, struct boot_result *result, struct error *error)
{
    return multiboot_load_kernel(&multiboot_version_1, request, image, memory, result, error);
}
