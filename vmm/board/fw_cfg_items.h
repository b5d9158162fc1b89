/* What the machine tells firmware by fw_cfg: how much memory, how many CPUs, the map, ACPI's
 * tables, and how it shall boot. The numbers and names are those that QEMU uses and that SeaBIOS
 * and U-Boot look for.
 */
#ifndef VMM_FW_CFG_ITEMS_H
#define VMM_FW_CFG_ITEMS_H

#include "dev/fw_cfg.h"
#include "memory/e820.h"
#include "platform/loader.h"

#include <stdint.h>

/* An entry of the file "etc/e820", as the guest reads it. */
struct fw_cfg_e820 {
    uint64_t base, size; /* bytes */
    uint32_t type;
} __attribute__((packed));

#define FW_CFG_E820_MAX 3

/* The items' bytes. */
struct fw_cfg_items {
    uint64_t ram;
    uint16_t cpus, boot_menu, com1;
    uint8_t screen_and_debug;
    struct fw_cfg_e820 e820[FW_CFG_E820_MAX];
    struct loader loader;
};

/* Fills ITEMS for a machine of RAM bytes (--memory) that is as PLATFORM says, and adds them to
 * FW_CFG, which they must outlive. The firmware's screen is the first of PLATFORM's UARTs. */
void fw_cfg_items_init(struct fw_cfg_items *items, struct fw_cfg *fw_cfg, uint64_t ram,
                       const struct platform *platform);

#endif
