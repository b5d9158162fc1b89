#include "linux_params.h"

#include "memory/e820.h"
#include "memory/layout.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(struct boot_params) == 4096, "the zero page is a page");

#define VIDEO_MODE_ASK_NOT 0xffffu /* vid_mode "normal": whatever the screen is in */

void linux_params_fill_header(struct setup_header *header, uint16_t version,
                              const struct linux_handover *handover)
{
    header->type_of_loader = LINUX_LOADER_OTHER;
    header->vid_mode = VIDEO_MODE_ASK_NOT;
    header->code32_start = handover->kernel;
    header->ramdisk_image = handover->initrd;
    header->ramdisk_size = handover->initrd_size;
    header->cmd_line_ptr = handover->command_line;
    if (version >= 0x209)
        header->setup_data = handover->setup_data;
}

static void fill_memory_map(struct boot_params *params, uint64_t ram)
{
    struct e820_entry entry;
    unsigned i = 0;
    for (; e820_entry(ram, i, &entry); i++) {
        assert(i < E820_MAX_ENTRIES_ZEROPAGE);
        params->e820_table[i] = (struct boot_e820_entry){entry.base, entry.size, entry.type};
    }
    params->e820_entries = (uint8_t)i;
    /* For kernels that know no E820 map: KiB above 1 MiB, the first 64 MiB of them in 16 bits. */
    const uint64_t above = (e820_high_end(ram) - LAYOUT_HIGH_RAM) / KiB;
    params->alt_mem_k = (uint32_t)above;
    params->screen_info.ext_mem_k = (uint16_t)(above < 0xfc00 ? above : 0xfc00);
}

/* As the kernel's 16-bit code finds it by INT 10h: mode 3, 80x25, characters of 16 lines, on a VGA
 * with 256 KiB. The cursor is at the top left: nothing has been printed. */
static void fill_screen(struct screen_info *screen)
{
    screen->orig_video_mode = 3;
    screen->orig_video_cols = 80;
    screen->orig_video_lines = 25;
    screen->orig_video_ega_bx = 3;
    screen->orig_video_isVGA = 1;
    screen->orig_video_points = 16;
}

void linux_params_fill(struct boot_params *params, const struct linux_header *header,
                       const struct linux_handover *handover)
{
    memset(params, 0, sizeof *params);
    params->hdr = header->raw;
    linux_params_fill_header(&params->hdr, header->version, handover);
    params->acpi_rsdp_addr = handover->rsdp;
    fill_screen(&params->screen_info);
    fill_memory_map(params, handover->ram);
}
