/* Multiboot 2: its header, which is a list of tags. */
#include "multiboot2.h"

#include <errno.h>
#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define HEADER_MAGIC 0xe85250d6u
#define LOADER_MAGIC 0x36d76289u /* MB2, 3.5 */

enum { AT_ARCHITECTURE = 4, AT_LENGTH = 8, AT_CHECKSUM = 12, HEADER_SIZE = 16 };
enum { ARCHITECTURE_I386 = 0 };

enum { TAG_END = 0, TAG_HEAD = 8, TAG_ALIGN = 8, TAG_OPTIONAL = 1 << 0 };

#define FROM_THE_BEGIN UINT32_MAX /* a load address: MB2, 3.1.5 */

enum { CONSOLE_REQUIRED = 1 << 0, CONSOLE_TEXT_SUPPORTED = 1 << 1 };

/* A tag in the header. */
struct tag {
    unsigned type;
    bool is_optional;
    uint32_t size;
    const uint8_t *body; /* behind type, flags and size */
};

static int take_request(const struct image *image, const struct tag *tag,
                        struct multiboot_header *header, struct error *error)
{
    (void)header;
    for (uint32_t at = 0; at + 4 <= tag->size - TAG_HEAD; at += 4) {
        const uint32_t type = multiboot_u32(tag->body + at);
        if (type == 0 || type > MULTIBOOT2_LAST_TAG)
            return image_error(image, error, -ENOEXEC,
                               "its Multiboot 2 header requires information of type %" PRIu32
                               ", which is not known (is the tag meant to be optional?)",
                               type);
    }
    return 0;
}

static int take_address(const struct image *image, const struct tag *tag,
                        struct multiboot_header *header, struct error *error)
{
    (void)image, (void)error;
    header->has_address = true;
    header->header_addr = multiboot_u32(tag->body);
    header->load_addr = multiboot_u32(tag->body + 4);
    header->load_end_addr = multiboot_u32(tag->body + 8);
    header->bss_end_addr = multiboot_u32(tag->body + 12);
    if (header->load_addr == FROM_THE_BEGIN)
        header->load_addr = header->header_addr - (uint32_t)header->offset;
    return 0;
}

static int take_entry(const struct image *image, const struct tag *tag,
                      struct multiboot_header *header, struct error *error)
{
    (void)image, (void)error;
    header->has_entry = true;
    header->entry = multiboot_u32(tag->body);
    return 0;
}

static int take_console(const struct image *image, const struct tag *tag,
                        struct multiboot_header *header, struct error *error)
{
    (void)header;
    const uint32_t flags = multiboot_u32(tag->body);
    if (!(flags & CONSOLE_REQUIRED) || (flags & CONSOLE_TEXT_SUPPORTED))
        return 0;
    return image_error(image, error, -ENOEXEC,
                       "its Multiboot 2 header requires a console that is no text screen (console "
                       "flags 0x%" PRIx32 "), and there is no other",
                       flags);
}

static int take_relocatable(const struct image *image, const struct tag *tag,
                            struct multiboot_header *header, struct error *error)
{
    const uint32_t preference = multiboot_u32(tag->body + 12);
    header->is_relocatable = true;
    header->min_addr = multiboot_u32(tag->body);
    header->max_addr = multiboot_u32(tag->body + 4);
    header->align = multiboot_u32(tag->body + 8);
    if (header->align & (header->align - 1))
        return image_error(image, error, -ENOEXEC,
                           "its Multiboot 2 header wants it at a multiple of 0x%" PRIx32
                           ", which is no power of two",
                           header->align);
    header->preference = preference <= MULTIBOOT_HIGHEST ? (enum multiboot_preference)preference
                                                         : MULTIBOOT_ANYWHERE;
    return 0;
}

/* By type. Without a function there is nothing to do: the text screen is there whichever mode would
 * be preferred, modules are on pages, and what is said of EFI is for EFI (MB2, 3.1.6 to 3.1.13). */
static const struct tag_row {
    const char *name;
    uint32_t size; /* at least, with its head */
    int (*take)(const struct image *image, const struct tag *tag, struct multiboot_header *header,
                struct error *error);
} rows[] = {
    [1] = {"information request", 8, take_request},
    [2] = {"address", 24, take_address},
    [3] = {"entry address", 12, take_entry},
    [4] = {"console flags", 12, take_console},
    [5] = {"framebuffer", 20, NULL},
    [6] = {"module alignment", 8, NULL},
    [7] = {"EFI boot services", 8, NULL},
    [8] = {"EFI i386 entry address", 12, NULL},
    [9] = {"EFI amd64 entry address", 12, NULL},
    [10] = {"relocatable", 24, take_relocatable},
};

static int take_tag(const struct image *image, const struct tag *tag,
                    struct multiboot_header *header, struct error *error)
{
    const struct tag_row *row = tag->type < COUNT(rows) ? &rows[tag->type] : NULL;
    if (!row || !row->name)
        return tag->is_optional ? 0
                                : image_error(image, error, -ENOEXEC,
                                              "its Multiboot 2 header requires tag %u, which is "
                                              "not known (is it meant to be optional?)",
                                              tag->type);
    if (tag->size < row->size)
        return image_error(image, error, -ENOEXEC,
                           "its Multiboot 2 header's %s tag has %" PRIu32 " bytes, not %" PRIu32,
                           row->name, tag->size, row->size);
    int r = row->take ? row->take(image, tag, header, error) : 0;
    if (!r || !tag->is_optional)
        return r;
    error->text[0] = 0; /* what can't be had is done without */
    return 0;
}

static bool find_header(const uint8_t *bytes, size_t len, size_t *offset)
{
    if (len > MULTIBOOT2_SEARCH)
        len = MULTIBOOT2_SEARCH;
    for (size_t at = 0; at + HEADER_SIZE <= len; at += TAG_ALIGN) {
        const uint8_t *h = bytes + at;
        if (multiboot_u32(h) == HEADER_MAGIC && HEADER_MAGIC + multiboot_u32(h + AT_ARCHITECTURE) +
                                                        multiboot_u32(h + AT_LENGTH) +
                                                        multiboot_u32(h + AT_CHECKSUM) ==
                                                    0) {
            *offset = at;
            return true;
        }
    }
    return false;
}

/* The tags in the LENGTH bytes of the header, all of which are there. */
static int parse_tags(const struct image *image, const uint8_t *bytes, uint32_t length,
                      struct multiboot_header *header, struct error *error)
{
    for (uint32_t at = HEADER_SIZE; length - at >= TAG_HEAD;) {
        const uint32_t head = multiboot_u32(bytes + at);
        const struct tag tag = {
            .type = head & 0xffff,
            .is_optional = head >> 16 & TAG_OPTIONAL,
            .size = multiboot_u32(bytes + at + 4),
            .body = bytes + at + TAG_HEAD,
        };
        if (tag.type == TAG_END)
            return 0;
        if (tag.size < TAG_HEAD || tag.size > length - at)
            return image_error(image, error, -ENOEXEC,
                               "tag %u at offset 0x%" PRIx32
                               " of its Multiboot 2 header has %" PRIu32
                               " bytes: from 8 to the header's end, 0x%" PRIx32 ", are possible",
                               tag.type, at, tag.size, length);
        int r = take_tag(image, &tag, header, error);
        if (r)
            return r;
        const uint32_t padding = -tag.size % TAG_ALIGN;
        if (padding > length - at - tag.size)
            break;
        at += tag.size + padding;
    }
    return image_error(image, error, -ENOEXEC,
                       "its Multiboot 2 header, 0x%" PRIx32
                       " bytes, has no end tag (0, 0, and 8 as its size)",
                       length);
}

static int parse(const struct image *image, const uint8_t *bytes, size_t len,
                 struct multiboot_header *header, struct error *error)
{
    *header = (struct multiboot_header){.offset = 0};
    if (!find_header(bytes, len, &header->offset))
        return image_error(image, error, -ENOEXEC,
                           "no Multiboot 2 header in its first %d bytes: magic 0x%x on a multiple "
                           "of 8, with a checksum that is right (--format auto finds out what it "
                           "is)",
                           MULTIBOOT2_SEARCH, HEADER_MAGIC);
    const uint8_t *h = bytes + header->offset;
    const uint32_t architecture = multiboot_u32(h + AT_ARCHITECTURE);
    const uint32_t length = multiboot_u32(h + AT_LENGTH);
    if (architecture != ARCHITECTURE_I386)
        return image_error(image, error, -ENOEXEC,
                           "its Multiboot 2 header is for architecture %" PRIu32
                           ", not 0 (i386, for 32-bit and 64-bit kernels)",
                           architecture);
    if (length < HEADER_SIZE || length > len - header->offset)
        return image_error(image, error, -ENOEXEC,
                           "its Multiboot 2 header at offset 0x%zx is said to have 0x%" PRIx32
                           " bytes, which is too few or ends past the first 0x%zx of the file",
                           header->offset, length, len);
    return parse_tags(image, h, length, header, error);
}

bool multiboot2_recognise(const uint8_t *bytes, size_t len, bool is_elf)
{
    size_t at;
    struct error error;
    struct multiboot_header header;
    const struct image image = {.path = ""};
    return find_header(bytes, len, &at) &&
           (is_elf || (!parse(&image, bytes, len, &header, &error) && header.has_address));
}

const struct multiboot_version multiboot_version_2 = {
    .name = "Multiboot 2",
    .search = MULTIBOOT2_SEARCH,
    .magic = LOADER_MAGIC,
    .parse = parse,
    .inform = multiboot2_inform,
};

int multiboot2_load(const struct boot_request *request, const struct image *image,
                    struct memory *memory, struct boot_result *result, struct error *error)
{
    return multiboot_load_kernel(&multiboot_version_2, request, image, memory, result, error);
}
