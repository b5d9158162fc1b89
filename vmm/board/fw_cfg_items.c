#include "board/fw_cfg_items.h"

#include "memory/layout.h"

/* RAM without the holes below 1 MiB, which firmware knows of itself, and what it can't know: the
 * pages that KVM keeps. Returns how many entries there are. */
static unsigned fill_e820(struct fw_cfg_e820 e820[FW_CFG_E820_MAX], uint64_t ram)
{
    const uint64_t below = ram < LAYOUT_HOLE ? ram : LAYOUT_HOLE;
    unsigned n = 0;
    e820[n++] = (struct fw_cfg_e820){0, below, E820_RAM};
    e820[n++] = (struct fw_cfg_e820){LAYOUT_KVM_IDENTITY, LAYOUT_KVM_SIZE, E820_RESERVED};
    if (ram > below)
        e820[n++] = (struct fw_cfg_e820){LAYOUT_HOLE_END, ram - below, E820_RAM};
    return n;
}

static void add_tables(struct loader *loader, struct fw_cfg *fw, const struct platform *platform)
{
    loader_fill(loader, platform);
    fw_cfg_add_file(fw, LOADER_RSDP_FILE, loader->rsdp, sizeof loader->rsdp);
    fw_cfg_add_file(fw, LOADER_TABLES_FILE, loader->tables, loader->tables_size);
    fw_cfg_add_file(fw, LOADER_COMMANDS_FILE, loader->commands,
                    loader->count * (uint32_t)sizeof loader->commands[0]);
}

void fw_cfg_items_init(struct fw_cfg_items *items, struct fw_cfg *fw, uint64_t ram,
                       const struct platform *platform)
{
    *items = (struct fw_cfg_items){
        .ram = ram, .cpus = (uint16_t)platform->cpus, .com1 = platform->uarts[0].port};
    const unsigned entries = fill_e820(items->e820, ram);
    fw_cfg_add(fw, FW_CFG_RAM_SIZE, &items->ram, sizeof items->ram);
    fw_cfg_add(fw, FW_CFG_NB_CPUS, &items->cpus, sizeof items->cpus);
    fw_cfg_add(fw, FW_CFG_MAX_CPUS, &items->cpus, sizeof items->cpus);
    fw_cfg_add(fw, FW_CFG_BOOT_MENU, &items->boot_menu, sizeof items->boot_menu);
    fw_cfg_add_file(fw, "etc/e820", items->e820, entries * sizeof items->e820[0]);
    /* SeaBIOS: the screen and the keyboard are (also) at this serial port... */
    fw_cfg_add_file(fw, "etc/sercon-port", &items->com1, sizeof items->com1);
    /* ...and what it prints there is not to go to its debug port too, which leads to the same place
     */
    fw_cfg_add_file(fw, "etc/screen-and-debug", &items->screen_and_debug,
                    sizeof items->screen_and_debug);
    add_tables(&items->loader, fw, platform);
}
