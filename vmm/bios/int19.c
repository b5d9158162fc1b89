/* INT 18h and 19h: booting. After a failure the CPU goes on into the ROM's halt loop. */
#include "bios/state.h"
#include "disks/el_torito.h"
#include "memory/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DRIVE 0x80

void int18_serve(struct call *call)
{
    bios_say(call->bios, "stepvm: no bootable device: the guest called INT 18h; it is halted now");
}

/* The CPU as boot sectors find it. */
static void enter(struct call *call, uint8_t drive, uint64_t at)
{
    static const int segments[] = {CPU_ES, CPU_SS, CPU_DS};
    for (unsigned i = 0; i < sizeof segments / sizeof *segments; i++)
        call_set_segment(call, segments[i], 0);
    call_set16(call, CPU_RSP, LAYOUT_BOOT_SECTOR);
    call_set8(call, CALL_DL, drive);
    call->state->rflags |= CPU_FLAG_IF;
    call->state->rflags &= ~(uint64_t)CPU_FLAG_DF;
    call_jump(call, (uint16_t)(at >> 4 & 0xf000), (uint16_t)at);
}

static void boot_cd(struct call *call, const struct disk *cd)
{
    struct el_torito_entry entry;
    struct error error;
    char text[sizeof error.text + 64];
    int err = el_torito_find(cd, &entry, &error);
    if (!err) {
        void *to = call_ram(call, entry.gpa, (uint64_t)entry.sectors * DISK_SECTOR);
        err = to ? el_torito_load(cd, &entry, to) : -EFAULT;
        if (err)
            error_set(&error, err, "loading its boot image: %s", strerror(-err));
    }
    if (!err) {
        enter(call, entry.drive, entry.gpa);
        return;
    }
    snprintf(text, sizeof text, "stepvm: no bootable CD: %s; the guest is halted", error.text);
    bios_say(call->bios, text);
}

static void boot_disk(struct call *call)
{
    const struct disk *disk = call->bios->config.drives[0];
    void *to = call_ram(call, LAYOUT_BOOT_SECTOR, DISK_SECTOR);
    if (!disk || !to)
        bios_say(call->bios, "stepvm: no bootable device: there is no disk; the guest is halted");
    else if (disk_read(disk, 0, to, 1) < 0)
        bios_say(call->bios, "stepvm: no bootable device: the disk's first sector can't be read; "
                             "the guest is halted");
    else
        enter(call, DRIVE, LAYOUT_BOOT_SECTOR);
}

/* The image is what is booted, so a CD comes first. */
void int19_serve(struct call *call)
{
    const struct disk *cd = call->bios->config.cd;
    if (cd)
        boot_cd(call, cd);
    else
        boot_disk(call);
}
