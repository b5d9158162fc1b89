/* INT 13h AH=4Bh: what the CD was booted as (El Torito 1.0, figure 1 and "INT 13 Function 4A-4C").
 */
#include "bios/int13.h"
#include "disks/el_torito.h"

struct specification_packet {
    uint8_t size, media, drive, controller;
    uint32_t block;
    uint16_t device, buffer_segment, load_segment, sectors;
    uint8_t ch, cl, dh;
} __attribute__((packed));

/* AL = 0 ends an emulation, which stays all the same; AL = 1 asks only. Both give the packet. */
void int13_cd_status(struct call *call)
{
    const struct disk *cd = call->bios->config.cd;
    struct el_torito_entry entry;
    struct error ignored;
    if (!cd)
        call_unknown(call);
    if (!cd || call_get8(call, CALL_AL) > 1 || el_torito_find(cd, &entry, &ignored)) {
        int13_done(call, INT13_BAD_COMMAND);
        return;
    }
    const struct specification_packet packet = {
        .size = sizeof packet,
        .media = entry.media,
        .drive = entry.drive,
        .block = entry.block,
        .load_segment = (uint16_t)(entry.gpa >> 4),
        .sectors = entry.sectors,
    };
    const bool done = call_write(call, CPU_DS, call_get16(call, CPU_RSI), &packet, sizeof packet);
    int13_done(call, done ? INT13_OK : INT13_BAD_COMMAND);
}
