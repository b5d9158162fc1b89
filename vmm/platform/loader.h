/* ACPI's tables for firmware that places them itself: as files of QEMU's fw_cfg, and a list of
 * commands that says how they are linked once they have addresses. SeaBIOS, U-Boot and OVMF
 * execute it ("etc/table-loader": QEMU's hw/acpi/bios-linker-loader.c describes the commands).
 *
 * Pure; numbers are little-endian. */
#ifndef VMM_PLATFORM_LOADER_H
#define VMM_PLATFORM_LOADER_H

#include "platform/platform.h"

#include <stdint.h>

#define LOADER_RSDP_FILE     "etc/acpi/rsdp"
#define LOADER_TABLES_FILE   "etc/acpi/tables"
#define LOADER_COMMANDS_FILE "etc/table-loader"

#define LOADER_NAME_MAX     56 /* of a file, with its final 0 */
#define LOADER_RSDP_SIZE    36
#define LOADER_TABLES_MAX   (16 * 1024)
#define LOADER_COMMANDS_MAX 32

enum loader_operation {
    LOADER_ALLOCATE = 1, /* memory for a file, and read it there */
    LOADER_ADD_POINTER,  /* to a number in a file, the address of a file */
    LOADER_ADD_CHECKSUM, /* make the sum of bytes of a file 0 by one of them */
};

enum loader_zone { LOADER_HIGH = 1, LOADER_BELOW_1M /* 0xf0000 or above */ };

struct loader_command {
    uint32_t operation;
    union {
        struct {
            char file[LOADER_NAME_MAX];
            uint32_t alignment;
            uint8_t zone;
        } allocate;
        struct {
            char in[LOADER_NAME_MAX], to[LOADER_NAME_MAX];
            uint32_t offset; /* of the number, of SIZE bytes: an offset in TO until then */
            uint8_t size;
        } pointer;
        struct {
            char file[LOADER_NAME_MAX];
            uint32_t offset, start, length;
        } checksum;
        uint8_t bytes[124];
    };
};

/* The files' bytes. */
struct loader {
    uint8_t rsdp[LOADER_RSDP_SIZE];
    uint8_t tables[LOADER_TABLES_MAX]; /* addresses in them are offsets: FACS is first, at 0 */
    uint32_t tables_size;              /* bytes */
    struct loader_command commands[LOADER_COMMANDS_MAX];
    uint32_t count;
};

void loader_fill(struct loader *loader, const struct platform *platform);

#endif
