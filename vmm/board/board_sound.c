#include "board/board_sound.h"

#include "bios/state.h"
#include "dev/ata.h"
#include "dev/cmos.h"
#include "dev/i8042.h"
#include "dev/uart.h"
#include "dev/vga.h"
#include "dev/virtqueue.h"

#include <string.h>

static bool is_fifo(const struct uart_fifo *fifo)
{
    return fifo->head < UART_FIFO && fifo->count <= UART_FIFO;
}

bool board_sound_uart(const void *state)
{
    struct uart_state s;
    memcpy(&s, state, sizeof s);
    return is_fifo(&s.rx) && is_fifo(&s.tx);
}

bool board_sound_i8042(const void *state)
{
    struct i8042_state s;
    memcpy(&s, state, sizeof s);
    return s.count <= I8042_QUEUE && s.keyboard.head < PS2_KEYBOARD_BUFFER &&
           s.keyboard.count <= PS2_KEYBOARD_BUFFER;
}

bool board_sound_cmos(const void *state)
{
    struct cmos_state s;
    memcpy(&s, state, sizeof s);
    return s.index < sizeof s.ram;
}

/* The packet's limit is what an endless loop would begin with. */
static bool is_drive(const struct ata_drive_state *s)
{
    const struct atapi_state *p = &s->packet;
    return (unsigned)s->phase <= ATA_PACKET_DATA && s->at <= s->end && s->end <= ATA_BUFFER &&
           s->multiple <= ATA_MULTIPLE && s->block <= ATA_MULTIPLE && p->filled <= ATA_BUFFER &&
           p->sent <= p->filled && (s->phase != ATA_PACKET_DATA || p->limit) &&
           (s->phase == ATA_IDLE || s->at < s->end);
}

bool board_sound_ata(const void *state)
{
    struct ata_state s;
    memcpy(&s, state, sizeof s);
    return is_drive(&s.drives[0]) && is_drive(&s.drives[1]);
}

bool board_sound_vga(const void *state)
{
    struct vga_state s;
    memcpy(&s, state, sizeof s);
    return s.dac_component < 3;
}

bool board_sound_virtqueue(const void *state)
{
    struct virtqueue_state s;
    memcpy(&s, state, sizeof s);
    return s.size && s.size <= VIRTQUEUE_SIZE && !(s.size & (s.size - 1));
}

bool board_sound_bios(const void *state)
{
    size_t count;
    memcpy(&count, (const char *)state + offsetof(struct bios_state, unknown_count), sizeof count);
    return count <= BIOS_MAX_UNKNOWN;
}
