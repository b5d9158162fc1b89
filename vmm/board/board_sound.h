/* Whether bytes that are to become a device's state can be one: for those from a file, which may be
 * anybody's. What is checked is what the device relies on by itself, its places in arrays and
 * buffers; a state may be sound that no guest brings about. */
#ifndef VMM_BOARD_SOUND_H
#define VMM_BOARD_SOUND_H

#include <stdbool.h>

/* STATE: a struct of that name with _state behind it; it need not be aligned. */
bool board_sound_uart(const void *state);
bool board_sound_i8042(const void *state);
bool board_sound_cmos(const void *state);
bool board_sound_ata(const void *state);
bool board_sound_vga(const void *state);
bool board_sound_virtqueue(const void *state);
bool board_sound_bios(const void *state);

#endif
