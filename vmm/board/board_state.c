#include "board/board_state.h"

#include "board/board_sound.h"

#include <assert.h>
#include <string.h>

void board_parts_add(struct board_parts *parts, const char *name, void *at, size_t size)
{
    assert(parts->count < BOARD_PARTS_MAX);
    parts->list[parts->count++] = (struct board_part){.name = name, .at = at, .size = size};
}

#define ADD(parts, name, object) board_parts_add(parts, name, &(object), sizeof(object))

/* Of the part that was added last. */
static void sound_if(struct board_parts *parts,
                     bool (*sound)(const void *state, const void *device), const void *device)
{
    parts->list[parts->count - 1].sound = sound;
    parts->list[parts->count - 1].device = device;
}

static void add_serial(struct board_parts *parts, struct devices *d)
{
    for (unsigned i = 0; i < d->serial_count; i++) {
        ADD(parts, devices_serial[i].name, d->serial[i].state);
        sound_if(parts, board_sound_uart, NULL);
    }
    for (unsigned i = 0; i < 2; i++)
        ADD(parts, "serial ports' interrupt", d->serial_lines[i].raised);
}

static void add_function(struct board_parts *parts, const char *name, struct pci_function *function)
{
    ADD(parts, name, function->state);
}

static void add_pci(struct board_parts *parts, struct devices *d)
{
    ADD(parts, "PCI", d->pci.state);
    for (unsigned i = 0; i < 2; i++)
        ADD(parts, "PCI interrupt", d->pci_lines[i].raised);
    add_function(parts, "PCI host bridge", &d->chipset.host_bridge);
    add_function(parts, "PCI ISA bridge", &d->chipset.isa_bridge);
    add_function(parts, "PCI IDE", &d->chipset.ide);
}

static void add_virtio(struct board_parts *parts, struct virtio_disks *disks)
{
    for (unsigned i = 0; i < disks->count; i++) {
        struct virtio_pci *pci = &disks->blk[i].pci;
        ADD(parts, "virtio disk", pci->state);
        sound_if(parts, board_sound_virtio_blk, NULL);
        ADD(parts, "virtio disk's queue", pci->queue.state);
        sound_if(parts, board_sound_virtqueue, NULL);
        add_function(parts, "virtio disk's configuration", &pci->function);
    }
}

void board_state_parts(struct board_parts *parts, struct devices *d, struct interrupts *interrupts,
                       struct virtio_disks *disks, struct bios *bios)
{
    parts->count = 0;
    ADD(parts, "interrupt lines", interrupts->state);
    sound_if(parts, board_sound_interrupts, NULL);
    add_serial(parts, d);
    ADD(parts, "debug console", d->debugcon.state);
    ADD(parts, "system control", d->system_control.state);
    sound_if(parts, board_sound_system_control, NULL);
    ADD(parts, "i8042", d->i8042.state);
    sound_if(parts, board_sound_i8042, NULL);
    ADD(parts, "reset control", d->reset_control.state);
    ADD(parts, "ACPI", d->acpi_pm.state);
    ADD(parts, "CMOS and RTC", d->cmos.state);
    sound_if(parts, board_sound_cmos, NULL);
    for (unsigned i = 0; i < 2; i++) {
        ADD(parts, i ? "ATA 1" : "ATA 0", d->ata[i].state);
        sound_if(parts, board_sound_ata, &d->ata[i]);
    }
    add_pci(parts, d);
    ADD(parts, "VGA", d->vga.state);
    sound_if(parts, board_sound_vga, NULL);
    ADD(parts, "firmware configuration", d->fw_cfg.state);
    add_virtio(parts, disks);
    if (bios) {
        size_t size;
        void *state = bios_state(bios, &size);
        board_parts_add(parts, "BIOS", state, size);
        sound_if(parts, board_sound_bios, NULL);
    }
}

size_t board_part_size(const struct board_part *part)
{
    return (part->size + 7) & ~(size_t)7;
}

size_t board_parts_size(const struct board_parts *parts)
{
    size_t size = 0;
    for (size_t i = 0; i < parts->count; i++)
        size += board_part_size(&parts->list[i]);
    return size;
}

void board_parts_save(const struct board_parts *parts, void *bytes)
{
    char *to = bytes;
    for (size_t i = 0; i < parts->count; i++) {
        const struct board_part *part = &parts->list[i];
        memset(to + board_part_size(part) - 8, 0, 8);
        memcpy(to, part->at, part->size);
        to += board_part_size(part);
    }
}

void board_parts_restore(const struct board_parts *parts, const void *bytes)
{
    const char *from = bytes;
    for (size_t i = 0; i < parts->count; i++) {
        const struct board_part *part = &parts->list[i];
        memcpy(part->at, from, part->size);
        from += board_part_size(part);
    }
}

const char *board_parts_unsound(const struct board_parts *parts, const void *bytes)
{
    const char *from = bytes;
    for (size_t i = 0; i < parts->count; i++) {
        const struct board_part *part = &parts->list[i];
        if (part->sound && !part->sound(from, part->device))
            return part->name;
        from += board_part_size(part);
    }
    return NULL;
}
