/* INT 18h and 19h: booting. After a failure the CPU goes on into the ROM's halt loop. */
#include "bios/state.h"
#include "layout.h"

#define DRIVE 0x80

void int18_serve(struct call *call)
{
    bios_say(call->bios, "stepvm: no bootable device: the guest called INT 18h; it is halted now");
}

/* The CPU as boot sectors find it. */
static void enter_boot_sector(struct call *call)
{
    static const int segments[] = {CPU_ES, CPU_SS, CPU_DS};
    for (unsigned i = 0; i < sizeof segments / sizeof *segments; i++)
        call_set_segment(call, segments[i], 0);
    call_set16(call, CPU_RSP, LAYOUT_BOOT_SECTOR);
    call_set8(call, CALL_DL, DRIVE);
    call->state->rflags |= CPU_FLAG_IF;
    call->state->rflags &= ~(uint64_t)CPU_FLAG_DF;
    call_jump(call, 0, LAYOUT_BOOT_SECTOR);
}

void int19_serve(struct call *call)
{
    const struct disk *disk = call->bios->config.drives[0];
    void *to = call_ram(call, LAYOUT_BOOT_SECTOR, DISK_SECTOR);
    if (!disk || !to)
        bios_say(call->bios, "stepvm: no bootable device: there is no disk; the guest is halted");
    else if (disk_read(disk, 0, to, 1) < 0)
        bios_say(call->bios, "stepvm: no bootable device: the disk's first sector can't be read; "
                             "the guest is halted");
    else
        enter_boot_sector(call);
}
