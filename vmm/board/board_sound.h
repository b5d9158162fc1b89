/* Whether bytes that are to become a device's state can be one: for those from a file, which may be
 * anybody's. What is checked is what the device relies on by itself: its places in arrays and
 * buffers, what it divides by, that there is a drive where one is at work; a state may be sound
 * that no guest brings about. */
#ifndef VMM_BOARD_SOUND_H
#define VMM_BOARD_SOUND_H

#include <stdbool.h>

/* STATE: a struct of that name with _state behind it (virtio_blk: virtio_pci's); it need not be
 * aligned. DEVICE: a struct ata; NULL for the others. */
bool board_sound_interrupts(const void *state, const void *device);
bool board_sound_uart(const void *state, const void *device);
bool board_sound_system_control(const void *state, const void *device);
bool board_sound_i8042(const void *state, const void *device);
bool board_sound_cmos(const void *state, const void *device);
bool board_sound_ata(const void *state, const void *device);
bool board_sound_vga(const void *state, const void *device);
bool board_sound_virtio_blk(const void *state, const void *device);
bool board_sound_virtqueue(const void *state, const void *device);
bool board_sound_bios(const void *state, const void *device);

#endif
