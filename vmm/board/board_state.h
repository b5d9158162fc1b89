/* All that a guest's accesses change in devices, as plain bytes: to be compared, kept, and put
 * back.
 *
 * Each device keeps it in one struct of its own, apart from what it is wired to. Not here: what the
 * outside world has of it. Bytes that a console has shown stay shown, those typed and not yet taken
 * wait as they do, time goes on. What KVM has of the board is struct interrupts_kernel
 * (board/interrupts.h), a disk's content is the disk's. */
#ifndef VMM_BOARD_STATE_H
#define VMM_BOARD_STATE_H

#include "bios/bios.h"
#include "board/devices.h"
#include "board/interrupts.h"
#include "disks/virtio_disks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOARD_PARTS_MAX 64

struct board_part {
    const char *name; /* of a device, perhaps of several parts */
    void *at;
    size_t size;
    /* board_sound.h; NULL: any bytes are */
    bool (*sound)(const void *state, const void *device);
    const void *device; /* for SOUND */
};

/* Always the same of one machine, in the same order; and of another of the same devices. */
struct board_parts {
    struct board_part list[BOARD_PARTS_MAX];
    size_t count;
};

void board_parts_add(struct board_parts *parts, const char *name, void *at, size_t size);

/* All of them, BIOS if it is not NULL. They outlive PARTS. The bytes are read and written with the
 * bus lock held. */
void board_state_parts(struct board_parts *parts, struct devices *devices,
                       struct interrupts *interrupts, struct virtio_disks *disks,
                       struct bios *bios);

/* Bytes of one, rounded up to words of 64 bits, and of all parts so. */
size_t board_part_size(const struct board_part *part);
size_t board_parts_size(const struct board_parts *parts);
/* So many bytes to BYTES, and from there; what rounds a part up is zero. */
void board_parts_save(const struct board_parts *parts, void *bytes);
void board_parts_restore(const struct board_parts *parts, const void *bytes);
/* The first part that BYTES, from a file, have no state for: its name; NULL: all can be. */
const char *board_parts_unsound(const struct board_parts *parts, const void *bytes);

#endif
