/* A small CD image with a boot catalog: block 17 the boot record, 18 the catalog, 20 and on blocks
 * that are filled with their number. */
#ifndef TESTS_UNIT_CD_IMAGE_H
#define TESTS_UNIT_CD_IMAGE_H

#include "tests/unit/temp_file.h"
#include "vmm/disks/el_torito.h"

#include <string.h>

#define CD_BLOCKS 40

struct cd_image {
    struct temp_file file;
    struct disk disk;
    uint8_t bytes[CD_BLOCKS][CD_BLOCK];
};

static inline void cd_put16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

/* An entry that boots SECTORS of block 20. */
static inline void cd_entry(uint8_t *entry, uint8_t indicator, uint8_t media, uint16_t segment,
                            uint16_t sectors)
{
    entry[0] = indicator;
    entry[1] = media;
    cd_put16(entry + 2, segment);
    cd_put16(entry + 6, sectors);
    entry[8] = 20;
}

/* The bytes, for a test to change; cd_image_open makes the file of them. */
static inline void cd_image_fill(struct cd_image *cd)
{
    uint8_t *catalog = cd->bytes[18];
    memset(cd, 0, sizeof *cd);
    memcpy(cd->bytes[17], "\0CD001\1EL TORITO SPECIFICATION", 31);
    cd->bytes[17][0x47] = 18;
    catalog[0] = 1;
    catalog[30] = 0x55;
    catalog[31] = 0xaa;
    cd_put16(catalog + 28, (uint16_t) - (0xaa55 + 1));
    cd_entry(catalog + 32, 0x88, 0, 0, 4);
    for (unsigned i = 20; i < CD_BLOCKS; i++)
        memset(cd->bytes[i], (int)i, CD_BLOCK);
}

static inline void cd_image_open(struct cd_image *cd)
{
    temp_file(&cd->file, cd->bytes, sizeof cd->bytes);
    cd->disk =
        (struct disk){.fd = cd->file.fd, .sectors = CD_BLOCKS * CD_BLOCK_SECTORS, .path = "cd"};
}

static inline void cd_image_close(struct cd_image *cd)
{
    temp_file_remove(&cd->file);
}

#endif
