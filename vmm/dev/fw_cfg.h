/* QEMU's firmware configuration device, fw_cfg: by it firmware that was made for QEMU (SeaBIOS,
 * U-Boot, OVMF) learns what machine it is on. QEMU's docs/specs/fw_cfg.rst describes it.
 *
 * Two ports: a selector of 16 bits, to be written as one word, and behind its low byte the data
 * port, which gives the selected item's bytes one after the other, and zeros behind its end or if
 * there is no such item. Items are read-only. There is no DMA interface, which the item "ID" says.
 *
 * Items 0 (the signature "QEMU"), 1 (ID) and 0x19 (the directory of the files) are its own. Numbers
 * in other items are little-endian. */
#ifndef VMM_DEV_FW_CFG_H
#define VMM_DEV_FW_CFG_H

#include "board/bus.h"

#include <stdint.h>

#define FW_CFG_ITEMS_MAX 32
#define FW_CFG_FILES_MAX 16
#define FW_CFG_NAME_MAX  56 /* of a file, with its final 0 */

/* Selectors with a fixed meaning. */
enum {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_RAM_SIZE = 0x03,  /* 64 bits: bytes */
    FW_CFG_NB_CPUS = 0x05,   /* 16 bits */
    FW_CFG_BOOT_MENU = 0x0e, /* 16 bits: 1, if the user is to be asked */
    FW_CFG_MAX_CPUS = 0x0f,  /* 16 bits */
    FW_CFG_DIRECTORY = 0x19,
    FW_CFG_FIRST_FILE = 0x20,
};

struct fw_cfg_state {
    uint16_t selector;
    uint32_t offset; /* of the next byte in its item */
};

/* As the guest reads it; numbers are big-endian. */
struct fw_cfg_directory {
    uint32_t count;
    struct fw_cfg_file {
        uint32_t size;
        uint16_t selector, reserved;
        char name[FW_CFG_NAME_MAX];
    } files[FW_CFG_FILES_MAX];
};

struct fw_cfg {
    struct fw_cfg_state state;
    struct fw_cfg_item {
        uint16_t selector;
        const void *bytes;
        uint32_t size;
    } items[FW_CFG_ITEMS_MAX]; /* set up once */
    unsigned count, files;
    struct fw_cfg_directory directory;
};

extern const struct bus_ops fw_cfg_ops; /* 2 ports */

void fw_cfg_init(struct fw_cfg *fw_cfg); /* it may not be moved from then on */
void fw_cfg_reset(struct fw_cfg *fw_cfg);

/* Adds an item, or a file of the directory under NAME, of SIZE bytes, which are not copied. Before
 * the first access; not more than the maxima above, no selector and no name twice. */
void fw_cfg_add(struct fw_cfg *fw_cfg, uint16_t selector, const void *bytes, uint32_t size);
void fw_cfg_add_file(struct fw_cfg *fw_cfg, const char *name, const void *bytes, uint32_t size);

#endif
