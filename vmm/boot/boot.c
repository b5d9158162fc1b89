#include "boot.h"

#include "format.h"
#include "linux_header.h"
#include "pvh.h"
#include "vmlinux.h"

#include "disks/disk.h"
#include "disks/el_torito.h"
#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *name;
    boot_loader *load;
    const char *what; /* an image that is loaded so */
} formats[] = {
    [BOOT_AUTO] = {"auto", NULL, NULL},
    [BOOT_DISK] = {"boot", boot_disk_load, "a disk"},
    [BOOT_CD] = {"cd", cd_load, "a CD"},
    [BOOT_FLAT] = {"flat", flat_load, "a flat binary"},
    [BOOT_ELF] = {"elf", elf_load, "an ELF file"},
    [BOOT_LINUX] = {"linux", linux_load, "a Linux kernel"},
    [BOOT_PVH] = {"pvh", pvh_load, "a PVH kernel"},
    [BOOT_MULTIBOOT] = {"multiboot", multiboot_load, "a Multiboot 1 kernel"},
    [BOOT_MULTIBOOT2] = {"multiboot2", multiboot2_load, "a Multiboot 2 kernel"},
};

int boot_format_parse(const char *name, enum boot_format *format)
{
    for (size_t i = 0; i < COUNT(formats); i++)
        if (!strcmp(name, formats[i].name)) {
            *format = (enum boot_format)i;
            return 0;
        }
    return -EINVAL;
}

const char *boot_format_name(enum boot_format format)
{
    return formats[format].name;
}

void boot_describe(struct boot_result *result, const char *format, ...)
{
    size_t len = strlen(result->description);
    va_list args;
    if (len && len + 1 < sizeof result->description)
        result->description[len++] = '\n';
    va_start(args, format);
    vsnprintf(result->description + len, sizeof result->description - len, format, args);
    va_end(args);
}

/* ---- auto */

/* The beginning of a file, zeros where it has no more. */
struct head {
    uint8_t bytes[32 * KiB]; /* as far as a Multiboot 2 header may be */
    size_t len;              /* that are the file's */
};

static bool has(const struct head *head, size_t offset, const void *magic, size_t len)
{
    return !memcmp(head->bytes + offset, magic, len);
}

/* Files that people give to a VMM and that would be taken for a disk or a flat binary. For those
 * without a boot signature: that says more than the first bytes do, which may be code. */
static int refuse_foreign(const struct image *image, const struct head *head, struct error *error)
{
    static const char raw[] = "make it raw: qemu-img convert -O raw";
    static const struct {
        size_t offset;
        const char *magic;
        size_t len;
        const char *what, *remedy;
    } foreign[] = {
        {0, "QFI\xfb", 4, "a qcow2 disk image", raw},
        {0, "KDMV", 4, "a VMDK disk image", raw},
        {0, "vhdxfile", 8, "a VHDX disk image", raw},
        {0x40, "\x7f\x10\xda\xbe", 4, "a VDI disk image", raw},
        {0, "\x1f\x8b\x08", 3, "compressed", "unpack it: gunzip"},
        {0, "\3757zXZ", 5, "compressed", "unpack it: unxz"},
        {0, "\x28\xb5\x2f\xfd", 4, "compressed", "unpack it: unzstd"},
    };
    for (size_t i = 0; i < COUNT(foreign); i++)
        if (has(head, foreign[i].offset, foreign[i].magic, foreign[i].len))
            return image_error(image, error, -ENOEXEC,
                               "the file is %s (%s; or force its bytes with --format boot or flat)",
                               foreign[i].what, foreign[i].remedy);
    return 0;
}

/* Which kind of Multiboot kernel a file is, the later one if it is of both; else OTHERWISE. */
static enum boot_format multiboot_or(const struct head *head, bool is_elf,
                                     enum boot_format otherwise)
{
    if (multiboot2_recognise(head->bytes, head->len, is_elf))
        return BOOT_MULTIBOOT2;
    return multiboot_recognise(head->bytes, head->len, is_elf) ? BOOT_MULTIBOOT : otherwise;
}

/* ELF files of kernels say by notes how they are booted. */
static enum boot_format recognise_elf(const struct image *image)
{
    struct elf_file elf;
    struct error ignored;
    uint64_t entry;
    if (elf_parse(image, &elf, &ignored))
        return BOOT_ELF; /* its loader says what is wrong */
    if (pvh_entry(image, &elf, &entry))
        return BOOT_PVH;
    return vmlinux_is_one(image, &elf) ? BOOT_LINUX : BOOT_ELF;
}

/* What IMAGE is. *CERTAIN is false if nothing in the file says so. */
static int recognise(const struct boot_request *request, const struct image *image,
                     enum boot_format *format, bool *certain, struct error *error)
{
    struct head head = {.len = 0};
    ssize_t n = image_read(image, 0, head.bytes, sizeof head.bytes, error);
    if (n < 0)
        return (int)n;
    head.len = (size_t)n;
    *certain = true;
    if (has(&head, 0, "\177ELF", 4)) {
        *format = multiboot_or(&head, true, recognise_elf(image));
        return 0;
    }
    const bool flat = request->has_address || request->has_entry || request->has_mode;
    const struct disk disk = image_as_disk(image);
    if (!flat && el_torito_is_there(&disk)) { /* many are disks, too: the user has a CD in mind */
        *format = BOOT_CD;
        return 0;
    }
    if (linux_header_is_there(head.bytes) && !request->has_address && !request->has_entry) {
        *format = BOOT_LINUX;
        return 0;
    }
    if (flat) {
        *format = BOOT_FLAT;
        return 0;
    }
    if (has(&head, DISK_SECTOR - 2, "\x55\xaa", 2)) {
        *format = BOOT_DISK; /* GRUB's disks have a Multiboot header, too */
        return 0;
    }
    int r = refuse_foreign(image, &head, error);
    if (r)
        return r;
    *format = multiboot_or(&head, false, BOOT_AUTO);
    *certain = *format != BOOT_AUTO;
    if (!*certain)
        *format = image->size % DISK_SECTOR ? BOOT_FLAT : BOOT_DISK;
    return 0;
}

/* Tells the user of a guess: in the warning if the image was loaded by it, else in the error. */
static void tell_guess(enum boot_format format, int r, struct boot_result *result,
                       struct error *error)
{
    static const struct {
        const char *loaded, *failed;
    } guesses[] = {
        [BOOT_DISK] = {"taken for a disk, as its size is in sectors (--format flat if it is a "
                       "program)",
                       "taken for a disk (see --format)"},
        [BOOT_FLAT] = {"no ELF, no boot signature, size not in sectors: taken for a flat binary at "
                       "0x7c00, real mode (see --format, --address, --mode)",
                       "taken for a flat binary (see --format)"},
    };
    char *text = r ? error->text : result->warning;
    size_t size = r ? sizeof error->text : sizeof result->warning;
    size_t len = strlen(text);
    snprintf(text + len, size - len, "%s%s", len ? "; " : "",
             r ? guesses[format].failed : guesses[format].loaded);
}

/* ---- */

#define TAKEN_BY(format) (1u << (format))

/* Which formats can use an option that was given. What is not listed, all can. */
static int check_options(const struct boot_request *request, const struct image *image,
                         enum boot_format format, struct error *error)
{
    enum {
        MULTIBOOT = TAKEN_BY(BOOT_MULTIBOOT) | TAKEN_BY(BOOT_MULTIBOOT2),
        LINUX = TAKEN_BY(BOOT_LINUX) | TAKEN_BY(BOOT_PVH),
    };
    static const char flat[] = "flat images",
                      force[] = ", or add --format flat to take its bytes as they are";
    const struct {
        const char *option;
        bool given;
        unsigned formats;
        const char *whose, *remedy;
    } options[] = {
        {"--address", request->has_address, TAKEN_BY(BOOT_FLAT), flat, force},
        {"--entry", request->has_entry, TAKEN_BY(BOOT_FLAT), flat, force},
        {"--mode", request->has_mode, TAKEN_BY(BOOT_FLAT) | TAKEN_BY(BOOT_LINUX),
         "flat images and Linux kernels", force},
        {"--append", request->append != NULL, LINUX | MULTIBOOT, "Linux, PVH and Multiboot kernels",
         ""},
        {"--initrd", request->initrd != NULL, LINUX, "Linux and PVH kernels",
         "; Multiboot kernels have --module"},
        {"--module", request->module_count > 0, MULTIBOOT, "Multiboot kernels",
         "; Linux and PVH kernels have --initrd"},
    };
    for (size_t i = 0; i < COUNT(options); i++)
        if (options[i].given && !(options[i].formats & TAKEN_BY(format)))
            return image_error(image, error, -EINVAL,
                               "%s is for %s, this one is loaded as %s (leave %s out%s)",
                               options[i].option, options[i].whose, formats[format].what,
                               options[i].option, options[i].remedy);
    return 0;
}

/* Which format the image is loaded as: what was asked for, or what it looks like. */
static int choose_format(const struct boot_request *request, const struct image *image,
                         enum boot_format *format, bool *certain, struct error *error)
{
    *format = request->format;
    *certain = true;
    int r = 0;
    if (*format == BOOT_AUTO)
        r = recognise(request, image, format, certain, error);
    return r ? r : check_options(request, image, *format, error);
}

int boot_recognise(const struct boot_request *request, enum boot_format *format,
                   struct error *error)
{
    struct image image;
    bool certain;
    int r = image_open(&image, request->files, request->path, error);
    if (r)
        return r;
    r = choose_format(request, &image, format, &certain, error);
    image_close(&image);
    return r;
}

int boot_load(const struct boot_request *request, struct memory *memory, struct boot_result *result,
              struct error *error)
{
    struct image image;
    enum boot_format format;
    bool certain;
    result->file = -1;
    int r = image_open(&image, request->files, request->path, error);
    if (r)
        return r;
    r = choose_format(request, &image, &format, &certain, error);
    if (!r) {
        *result = (struct boot_result){.format = format, .file = -1};
        r = formats[format].load(request, &image, memory, result, error);
        if (!certain)
            tell_guess(format, r, result, error);
    }
    if (!r)
        r = boot_load_files(request, memory, result, error);
    if (!r && request->keep_open)
        result->file = image.fd;
    else
        image_close(&image);
    return r;
}
