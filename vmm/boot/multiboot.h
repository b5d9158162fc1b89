/* Kernels by the Multiboot protocols, of either version: what their headers say, where they and
 * their modules go, and the information they are given. For the loaders of both only.
 *
 * Facts: Multiboot Specification version 0.6.96 ("MB1") and Multiboot2 Specification version 2.0
 * ("MB2"), by section. Where MB2's text and GRUB differ in a structure's layout, GRUB's is used:
 * kernels were tried with that. */
#ifndef VMM_BOOT_MULTIBOOT_H
#define VMM_BOOT_MULTIBOOT_H

#include "elf_segments.h"
#include "format.h"
#include "info_block.h"
#include "places.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT_SEARCH  8192  /* bytes of the file that hold the header: MB1, 3.1 */
#define MULTIBOOT2_SEARCH 32768 /* MB2, 3.1 */

enum multiboot_preference { MULTIBOOT_ANYWHERE, MULTIBOOT_LOWEST, MULTIBOOT_HIGHEST };

/* What a kernel's header says. Addresses are physical. */
struct multiboot_header {
    size_t offset; /* in the file */
    /* Where the file's bytes go, whatever else is in it: from load_addr on, so that the header
     * comes to header_addr. */
    bool has_address;
    uint32_t header_addr, load_addr;
    uint32_t load_end_addr; /* 0: at the file's end */
    uint32_t bss_end_addr;  /* 0: there is no bss */
    bool has_entry;
    uint32_t entry;
    bool is_relocatable; /* to a multiple of ALIGN in MIN_ADDR .. MAX_ADDR, both included */
    uint32_t min_addr, max_addr, align;
    enum multiboot_preference preference;
};

/* The ELF section headers, and the contents of those that no segment brings into memory. */
struct multiboot_sections {
    uint32_t count, entry_size, names; /* count 0: there are none to hand on */
    uint8_t *table;     /* as handed on, to be freed; contents have their address once loaded */
    uint64_t gpa, size; /* of the contents; size 0: they are not loaded */
    bool only_symbols;  /* there is no room for more than symbols and strings */
};

/* A kernel on its way into memory. */
struct multiboot {
    const struct multiboot_version *version;
    const struct boot_request *request;
    const struct image *image;
    struct memory *memory;
    struct places places;

    struct multiboot_header header;
    bool is_elf;
    struct elf_file kernel; /* at the addresses it is loaded to; if !is_elf, one segment */
    uint64_t entry;
    uint64_t first, last; /* of its bytes */

    struct multiboot_module {
        struct image image; /* open */
        uint64_t gpa;
    } modules[BOOT_MAX_MODULES];
    unsigned module_count; /* that are open */

    struct multiboot_sections sections;
    uint64_t info; /* GPA of the information */
};

/* What differs between the versions. */
struct multiboot_version {
    const char *name;
    size_t search;  /* bytes of the file in which the header is */
    uint32_t magic; /* in EAX */
    /* Finds and checks the header in the file's first LEN bytes. 0, or -ENOEXEC with ERROR set. */
    int (*parse)(const struct image *image, const uint8_t *bytes, size_t len,
                 struct multiboot_header *header, struct error *error);
    /* Adds the information to INFO, the same each time. */
    void (*inform)(const struct multiboot *mb, struct info_block *info);
};

extern const struct multiboot_version multiboot_version_1, multiboot_version_2;

/* Loads IMAGE and all that goes with it. As boot_loader. */
int multiboot_load_kernel(const struct multiboot_version *version,
                          const struct boot_request *request, const struct image *image,
                          struct memory *memory, struct boot_result *result, struct error *error);

/* ---- The steps of that, each 0 or -errno with ERROR set. First everything is given its place: */

/* Reads the kernel by its header or as an ELF file, moves it if it can be and has to, and takes its
 * place: kernel, is_elf, entry, first, last. */
int multiboot_place_kernel(struct multiboot *mb, struct error *error);
/* Opens the modules. Each is to begin on a page. */
int multiboot_place_modules(struct multiboot *mb, struct error *error);
/* Without room for all contents, those of symbol and string tables are taken; or none. */
int multiboot_place_sections(struct multiboot *mb, struct error *error);

/* ... then loaded to it. Sections get their addresses in the table. */
int multiboot_load_modules(struct multiboot *mb, struct error *error);
int multiboot_load_sections(struct multiboot *mb, struct error *error);

/* Takes SIZE bytes below 4 GiB, at a multiple of ALIGN: above the kernel, or else wherever there is
 * room. 0 or -ENOSPC. */
int multiboot_find_room(struct multiboot *mb, uint64_t size, uint64_t align, uint64_t *gpa);

/* ---- What both versions tell */

#define MULTIBOOT_LOADER_NAME "stepvm " STEPVM_VERSION

/* KiB of RAM from 0 on, and from 1 MiB to the first hole. */
uint32_t multiboot_mem_lower(const struct multiboot *mb);
uint32_t multiboot_mem_upper(const struct multiboot *mb);

/* The text screen as a framebuffer of characters: MB1, 3.3; MB2, 3.6.12. */
enum {
    MULTIBOOT_TEXT_ADDR = 0xb8000,
    MULTIBOOT_TEXT_COLUMNS = 80,
    MULTIBOOT_TEXT_ROWS = 25,
    MULTIBOOT_TEXT_BITS = 16, /* of a character with its attribute */
    MULTIBOOT_TEXT_TYPE = 2,
};

/* A little-endian number in a file. */
uint32_t multiboot_u32(const uint8_t *bytes);

#endif
