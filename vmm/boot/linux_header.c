#include "linux_header.h"

#include "memory/layout.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define JUMP_OFFSET 0x201u /* the short jump's distance; its target is the end of the header */
#define JUMP_END    0x202u

_Static_assert(offsetof(struct boot_params, hdr) == LINUX_HEADER_OFFSET, "boot.rst");
_Static_assert(offsetof(struct setup_header, header) + LINUX_HEADER_OFFSET == 0x202, "boot.rst");

/* What versions before the field take for granted. */
#define DEFAULT_SETUP_SECTORS    4u
#define DEFAULT_INITRD_MAX       0x37ffffffu /* before 2.03 */
#define DEFAULT_COMMAND_LINE_MAX 255u        /* before 2.06 */

bool linux_header_is_there(const uint8_t head[1024])
{
    uint32_t magic;
    memcpy(&magic, head + 0x202, sizeof magic);
    return magic == LINUX_HEADER_MAGIC && head[0x1fe] == 0x55 && head[0x1ff] == 0xaa;
}

/* The header ends where its first instruction jumps to: what lies beyond is code. */
static size_t header_size(const uint8_t *head)
{
    const size_t end = JUMP_END + head[JUMP_OFFSET], size = end - LINUX_HEADER_OFFSET;
    return size < sizeof(struct setup_header) ? size : sizeof(struct setup_header);
}

static int check_version(const struct image *image, const struct linux_header *header,
                         struct error *error)
{
    if (header->version < LINUX_PROTOCOL_OLDEST)
        return image_error(
            image, error, -ENOEXEC,
            "the kernel's boot protocol is %u.%02u, of before Linux 2.4: 2.02 is the "
            "oldest taken (boot it by a boot loader, from a disk image)",
            header->version >> 8, header->version & 0xff);
    if (!(header->raw.loadflags & LOADED_HIGH))
        return image_error(image, error, -ENOEXEC,
                           "the kernel is a zImage, to be loaded below 640 KiB (build a bzImage, "
                           "or boot it by a boot loader, from a disk image)");
    return 0;
}

/* The size that the kernel was built with, in units of 16 bytes; 16 bits of it before 2.04. */
static int check_size(const struct image *image, struct linux_header *header, struct error *error)
{
    const uint32_t sectors = header->raw.setup_sects;
    const uint32_t paragraphs =
        header->version >= 0x204 ? header->raw.syssize : header->raw.syssize & 0xffff;
    header->setup_size = ((sectors ? sectors : DEFAULT_SETUP_SECTORS) + 1) * LINUX_SECTOR;
    const uint64_t end = header->setup_size + (uint64_t)paragraphs * 16;
    if (image->size <= header->setup_size || end > image->size + 15)
        return image_error(image, error, -ENOEXEC,
                           "the kernel is cut short: it has %" PRIu64
                           " bytes in the file, of %" PRIu64,
                           image->size, end);
    header->kernel_size = image->size - header->setup_size;
    return 0;
}

static bool is_power_of_2(uint64_t n)
{
    return n && !(n & (n - 1));
}

/* A kernel that can be moved is loaded where it would move itself to, so that it need not; and
 * until it has unpacked itself it needs init_size bytes from there on. */
static int find_place(const struct image *image, struct linux_header *header, struct error *error)
{
    const struct setup_header *raw = &header->raw;
    header->address = raw->code32_start;
    header->memory_size = header->kernel_size;
    if (header->version >= 0x205 && raw->relocatable_kernel &&
        !is_power_of_2(raw->kernel_alignment))
        return image_error(image, error, -ENOEXEC,
                           "the kernel's alignment 0x%" PRIx32
                           " is no power of 2; is the file damaged?",
                           raw->kernel_alignment);
    if (header->version < 0x20a)
        return 0;
    if (raw->relocatable_kernel)
        header->address = raw->pref_address;
    if (raw->init_size > header->memory_size)
        header->memory_size = raw->init_size;
    return 0;
}

/* Fields by the version that brought them. */
static void take_fields(struct linux_header *header)
{
    const struct setup_header *raw = &header->raw;
    header->is64 = header->version >= 0x20c && (raw->xloadflags & XLF_KERNEL_64);
    header->initrd_max = header->version >= 0x203 ? raw->initrd_addr_max : DEFAULT_INITRD_MAX;
    header->command_line_max =
        header->version >= 0x206 ? raw->cmdline_size : DEFAULT_COMMAND_LINE_MAX;
}

/* kernel_version points to the text, less 0x200. A kernel need not have one. */
static int read_name(const struct image *image, struct linux_header *header, struct error *error)
{
    const uint32_t offset = header->raw.kernel_version + 0x200u;
    header->name[0] = 0;
    if (!header->raw.kernel_version || offset >= header->setup_size)
        return 0;
    ssize_t n = image_read(image, offset, header->name, sizeof header->name - 1, error);
    if (n < 0)
        return (int)n;
    size_t len = 0;
    while (len < (size_t)n && isprint((unsigned char)header->name[len]))
        len++;
    header->name[len] = 0;
    return 0;
}

int linux_header_parse(const struct image *image, struct linux_header *header, struct error *error)
{
    uint8_t head[1024] = {0};
    ssize_t n = image_read(image, 0, head, sizeof head, error);
    if (n < 0)
        return (int)n;
    if (!linux_header_is_there(head))
        return image_error(image, error, -ENOEXEC,
                           "not a Linux kernel: no 55 aa at offset 510 and \"HdrS\" at 514 "
                           "(--format auto finds out what it is)");
    *header = (struct linux_header){0};
    header->raw_size = header_size(head);
    memcpy(&header->raw, head + LINUX_HEADER_OFFSET, header->raw_size);
    header->version = header->raw.version;
    int r = check_version(image, header, error);
    if (!r)
        r = check_size(image, header, error);
    if (!r)
        r = find_place(image, header, error);
    if (!r)
        r = read_name(image, header, error);
    if (!r)
        take_fields(header);
    return r;
}
