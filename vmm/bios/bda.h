/* The BIOS data area at 0040:0000 (Ralf Brown's MEMORY.LST). Guests read it, and write it too: what
 * is read back here may be anything. */
#ifndef VMM_BIOS_BDA_H
#define VMM_BIOS_BDA_H

#include "memory/memory.h"

#include <stdint.h>

#define BDA_SEGMENT 0x40
#define BDA_BASE    0x400ull
#define BDA_SIZE    0x100

enum {
    BDA_SERIAL_PORTS = 0x00, /* 4 words */
    BDA_EBDA_SEGMENT = 0x0e,
    BDA_EQUIPMENT = 0x10,
    BDA_MEMORY_KIB = 0x13,
    BDA_SHIFT_FLAGS = 0x17, /* 2 bytes */
    BDA_ALT_CODE = 0x19,
    BDA_KEY_HEAD = 0x1a, /* the next key's offset in this segment */
    BDA_KEY_TAIL = 0x1c,
    BDA_KEYS = 0x1e, /* 16 words */
    BDA_KEYS_END = 0x3e,
    BDA_VIDEO_MODE = 0x49,
    BDA_COLUMNS = 0x4a,
    BDA_PAGE_SIZE = 0x4c,
    BDA_PAGE_OFFSET = 0x4e,
    BDA_CURSORS = 0x50, /* 8 pages: column, row */
    BDA_CURSOR_SHAPE = 0x60,
    BDA_ACTIVE_PAGE = 0x62,
    BDA_CRTC_PORT = 0x63,
    BDA_CRT_MODE = 0x65,
    BDA_CRT_PALETTE = 0x66,
    BDA_TICKS = 0x6c,
    BDA_MIDNIGHT = 0x70,
    BDA_RESET = 0x72,
    BDA_DISK_STATUS = 0x74,
    BDA_DISK_COUNT = 0x75,
    BDA_KEYS_FIRST = 0x80, /* BDA_KEYS */
    BDA_KEYS_LAST = 0x82,  /* BDA_KEYS_END */
    BDA_LAST_ROW = 0x84,
    BDA_CHAR_HEIGHT = 0x85,
    BDA_VIDEO_CONTROL = 0x87, /* 3 bytes */
    BDA_KEYBOARD = 0x96,
};

/* One field, as the guest's little-endian memory has it. */
uint8_t bda_get8(const struct memory *memory, unsigned offset);
uint16_t bda_get16(const struct memory *memory, unsigned offset);
uint32_t bda_get32(const struct memory *memory, unsigned offset);
void bda_set8(struct memory *memory, unsigned offset, uint8_t value);
void bda_set16(struct memory *memory, unsigned offset, uint16_t value);
void bda_set32(struct memory *memory, unsigned offset, uint32_t value);

#endif
