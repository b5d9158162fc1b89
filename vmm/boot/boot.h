/* Image formats: what the file is, where its bytes go, and in which state the CPU starts.
 *
 * boot_load may be called again for the same image after a reset. It reads the file each time: a
 * rebuilt image is picked up. Each format has its loader (format.h). */
#ifndef VMM_BOOT_BOOT_H
#define VMM_BOOT_BOOT_H

#include "disks/disk.h"
#include "error.h"
#include "file.h"
#include "memory/memory.h"
#include "vcpu/cpu_state.h"

#include <stdbool.h>
#include <stdint.h>

enum boot_format {
    BOOT_AUTO,
    BOOT_DISK,
    BOOT_CD,
    BOOT_FLAT,
    BOOT_ELF,
    BOOT_LINUX,
    BOOT_PVH,
    BOOT_MULTIBOOT,
    BOOT_MULTIBOOT2,
};

/* The names that --format takes: "auto", "boot", "flat", "elf" and so on. -EINVAL if NAME is none.
 */
int boot_format_parse(const char *name, enum boot_format *format);
const char *boot_format_name(enum boot_format format);

#define BOOT_MAX_MODULES 64
#define BOOT_MAX_LOADS   64

/* Strings are not owned. */
struct boot_request {
    const char *path;
    enum boot_format format;
    /* Each for some formats only (the table in boot.c); giving one with another is an error. */
    bool has_address, has_entry, has_mode;
    uint64_t address, entry;
    enum cpu_mode mode;
    const char *append; /* the kernel's command line; NULL if none was given */
    const char *initrd; /* the path of its initial ramdisk, or NULL */
    struct boot_module {
        const char *path;
        const char *arguments; /* NULL if none were given */
    } modules[BOOT_MAX_MODULES];
    unsigned module_count;
    /* For each format: files whose bytes go to GPA once the image is loaded. */
    struct boot_load_file {
        const char *path;
        uint64_t gpa;
    } loads[BOOT_MAX_LOADS];
    unsigned load_count;
    uint64_t ram;   /* bytes, --memory: what boot protocols tell the guest of (e820.h) */
    bool has_drive; /* the BIOS has a drive 0x80 */
    /* Who opens all of these files; NULL: this process. */
    const struct file_source *files;
    bool keep_open; /* the file, in boot_result */
    /* Disks: the image as the guest has written it, which may not be the file. NULL: the file. */
    const struct disk *disk;
};

struct boot_result {
    enum boot_format format;
    unsigned elf_bits; /* the file is an ELF file, with symbols perhaps, of this class: 32 or 64;
                          else 0 */
    int file; /* if keep_open: the image as it was loaded, the caller's to close; else, or on error,
                 -1 */
    enum cpu_mode mode;
    struct cpu_state state; /* of the first CPU at the first instruction */
    char warning[200];      /* e.g. no 0x55aa at the sector's end; "" for none */
    /* What was recognised and where everything went, for --verbose: lines, separated by \n. */
    char description[4096];
};

/* Which format the image will be loaded as, without loading it. 0, or -errno with ERROR set. */
int boot_recognise(const struct boot_request *request, enum boot_format *format,
                   struct error *error);

/* Loads the image into MEMORY, whose RAM is there already. 0, or -errno with ERROR set; then
 * guest memory may have been written to, but nothing else is left. */
int boot_load(const struct boot_request *request, struct memory *memory, struct boot_result *result,
              struct error *error);

/* The state in which a CPU starts in MODE (one const template each), entered at ENTRY, with the GDT
 * and page tables that the mode needs written to MEMORY (layout.h). Real mode: CS:IP = 0:ENTRY
 * (0x20345 is 2000:0345), which must be below 1 MiB, DL = 0x80, SS:SP = 0:0x7c00, interrupts on, as
 * BIOSes leave it. Else ENTRY < 4 GiB. 0, or -ERANGE (ENTRY), -ENXIO (no RAM for the structures),
 * with ERROR set. */
int boot_initial_state(enum cpu_mode mode, uint64_t entry, struct memory *memory,
                       struct cpu_state *state, struct error *error);

/* For boot protocols that name the selectors: gives STATE, which is that of protected or long mode,
 * CODE and DATA (two of 0x08, 0x10, 0x18) for its flat segments and writes the GDT accordingly. 0
 * or -ENXIO as above. */
int boot_use_selectors(struct cpu_state *state, uint16_t code, uint16_t data, struct memory *memory,
                       struct error *error);

#endif
