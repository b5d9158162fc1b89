/* What a Multiboot 2 kernel is told: a list of tags, each of which begins with its type and size.
 */
#include "multiboot2.h"

#include "handover.h"
#include "memory/e820.h"

enum { TAG_ALIGN = 8 };

enum {
    TAG_END = 0,
    TAG_CMDLINE = 1,
    TAG_LOADER_NAME = 2,
    TAG_MODULE = 3,
    TAG_MEMORY = 4,
    TAG_BOOT_DEVICE = 5,
    TAG_MMAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_ELF_SECTIONS = 9,
    TAG_ACPI_1 = 14,
    TAG_ACPI_2 = 15,
    TAG_LOAD_BASE = 21,
};

#define NO_PARTITION UINT32_MAX

/* ACPI's root pointer, and the part of it that ACPI 1.0 knew: ACPI 6.4, 5.2.5.3. */
enum { RSDP_SIZE = 36, RSDP_1_SIZE = 20 };

struct tag_head {
    uint32_t type, size;
};

/* A tag is begun, filled by info_add, and ended: then it knows its size. */
static size_t begin_tag(struct info_block *info, uint32_t type)
{
    info_align(info, TAG_ALIGN);
    return info_add(info, &(struct tag_head){.type = type}, sizeof(struct tag_head));
}

static void end_tag(struct info_block *info, size_t begin)
{
    const uint32_t size = (uint32_t)(info->used - begin);
    info_set(info, begin + offsetof(struct tag_head, size), &size, sizeof size);
}

/* A tag of COUNT numbers. */
static void add_numbers(struct info_block *info, uint32_t type, const uint32_t *numbers,
                        size_t count)
{
    const size_t begin = begin_tag(info, type);
    info_add(info, numbers, count * sizeof *numbers);
    end_tag(info, begin);
}

static void add_string(struct info_block *info, uint32_t type, const char *string)
{
    const size_t begin = begin_tag(info, type);
    info_add_words(info, string, NULL);
    end_tag(info, begin);
}

/* Strings are the arguments alone, as with GRUB. */
static void add_modules(const struct multiboot *mb, struct info_block *info)
{
    for (unsigned i = 0; i < mb->module_count; i++) {
        const struct multiboot_module *m = &mb->modules[i];
        const uint32_t range[] = {(uint32_t)m->gpa, (uint32_t)(m->gpa + m->image.size)};
        const size_t begin = begin_tag(info, TAG_MODULE);
        info_add(info, range, sizeof range);
        info_add_words(info, mb->request->modules[i].arguments, NULL);
        end_tag(info, begin);
    }
}

static void add_mmap(const struct multiboot *mb, struct info_block *info)
{
    struct {
        uint64_t base, length;
        uint32_t type, reserved;
    } entry = {.reserved = 0};
    const uint32_t format[] = {sizeof entry, 0}; /* and version */
    const size_t begin = begin_tag(info, TAG_MMAP);
    struct e820_entry e;
    info_add(info, format, sizeof format);
    for (unsigned i = 0; e820_entry(mb->request->ram, i, &e); i++) {
        entry.base = e.base;
        entry.length = e.size;
        entry.type = e.type;
        info_add(info, &entry, sizeof entry);
    }
    end_tag(info, begin);
}

static void add_framebuffer(struct info_block *info)
{
    const struct {
        uint64_t addr;
        uint32_t pitch, width, height;
        uint8_t bpp, type, reserved[2];
    } text = {
        .addr = MULTIBOOT_TEXT_ADDR,
        .pitch = MULTIBOOT_TEXT_COLUMNS * MULTIBOOT_TEXT_BITS / 8,
        .width = MULTIBOOT_TEXT_COLUMNS,
        .height = MULTIBOOT_TEXT_ROWS,
        .bpp = MULTIBOOT_TEXT_BITS,
        .type = MULTIBOOT_TEXT_TYPE,
    };
    const size_t begin = begin_tag(info, TAG_FRAMEBUFFER);
    info_add(info, &text, sizeof text);
    end_tag(info, begin);
}

/* Three numbers of 32 bits before the table, as GRUB has them, not MB2's 16 bits. */
static void add_sections(const struct multiboot *mb, struct info_block *info)
{
    const struct multiboot_sections *s = &mb->sections;
    const uint32_t numbers[] = {s->count, s->entry_size, s->names};
    if (!s->count)
        return;
    const size_t begin = begin_tag(info, TAG_ELF_SECTIONS);
    info_add(info, numbers, sizeof numbers);
    info_add(info, s->table, (size_t)s->count * s->entry_size);
    end_tag(info, begin);
}

static void add_boot_device(struct info_block *info)
{
    static const uint32_t device[] = {0x80, NO_PARTITION, NO_PARTITION};
    add_numbers(info, TAG_BOOT_DEVICE, device, 3);
}

/* As it is in memory, in both shapes. */
static void add_rsdp(const struct multiboot *mb, struct info_block *info)
{
    static const struct {
        uint32_t type;
        size_t size;
    } shapes[] = {{TAG_ACPI_1, RSDP_1_SIZE}, {TAG_ACPI_2, RSDP_SIZE}};
    const uint64_t gpa = handover_rsdp(mb->memory);
    const void *rsdp = gpa ? memory_at(mb->memory, gpa, RSDP_SIZE) : NULL;
    for (size_t i = 0; rsdp && i < sizeof shapes / sizeof *shapes; i++) {
        const size_t begin = begin_tag(info, shapes[i].type);
        info_add(info, rsdp, shapes[i].size);
        end_tag(info, begin);
    }
}

static void add_tags(const struct multiboot *mb, struct info_block *info)
{
    const uint32_t memory[] = {multiboot_mem_lower(mb), multiboot_mem_upper(mb)};
    const uint32_t base = (uint32_t)mb->first;
    add_string(info, TAG_CMDLINE, mb->request->append);
    add_string(info, TAG_LOADER_NAME, MULTIBOOT_LOADER_NAME);
    add_modules(mb, info);
    add_numbers(info, TAG_MEMORY, memory, 2);
    if (mb->request->has_drive)
        add_boot_device(info);
    add_mmap(mb, info);
    add_framebuffer(info);
    add_sections(mb, info);
    add_rsdp(mb, info);
    if (mb->header.is_relocatable)
        add_numbers(info, TAG_LOAD_BASE, &base, 1);
    end_tag(info, begin_tag(info, TAG_END));
}

void multiboot2_inform(const struct multiboot *mb, struct info_block *info)
{
    const struct {
        uint32_t total_size, reserved;
    } head = {.total_size = 0};
    const size_t begin = info_add(info, &head, sizeof head);
    add_tags(mb, info);
    const uint32_t total = (uint32_t)(info->used - begin);
    info_set(info, begin, &total, sizeof total);
}
