#include "board/board_sound.h"

#include "bios/state.h"
#include "board/interrupts.h"
#include "dev/ata.h"
#include "dev/cmos.h"
#include "dev/i8042.h"
#include "dev/system_control.h"
#include "dev/uart.h"
#include "dev/vga.h"
#include "dev/virtio_blk.h"

#include <string.h>

/* What a compiler makes of a bool relies on its being 0 or 1. */
static bool is_bool(const void *state, size_t offset)
{
    return ((const uint8_t *)state)[offset] <= 1;
}

static bool are_bools(const void *state, const size_t *offsets, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count; i++)
        all &= is_bool(state, offsets[i]);
    return all;
}

/* Those at offsets. */
#define ARE_BOOLS(state, ...)                                                                      \
    are_bools(state, (const size_t[]){__VA_ARGS__},                                                \
              sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))

static bool is_fifo(const struct uart_fifo *fifo)
{
    return fifo->head < UART_FIFO && fifo->count <= UART_FIFO;
}

bool board_sound_uart(const void *state, const void *device)
{
    struct uart_state s;
    (void)device;
    memcpy(&s, state, sizeof s);
    return is_fifo(&s.rx) && is_fifo(&s.tx) &&
           ARE_BOOLS(state, offsetof(struct uart_state, thr_interrupt),
                     offsetof(struct uart_state, irq), offsetof(struct uart_state, configured));
}

bool board_sound_i8042(const void *state, const void *device)
{
    struct i8042_state s;
    bool all = ARE_BOOLS(
        state, offsetof(struct i8042_state, last_was_command),
        offsetof(struct i8042_state, timeout), offsetof(struct i8042_state, keyboard_irq),
        offsetof(struct i8042_state, auxiliary_irq), offsetof(struct i8042_state, break_code),
        offsetof(struct i8042_state, keyboard.scanning));
    (void)device;
    for (size_t i = 0; i < I8042_QUEUE; i++)
        all &= is_bool(state, offsetof(struct i8042_state, queue) + i * sizeof s.queue[0] +
                                  offsetof(struct i8042_byte, auxiliary));
    memcpy(&s, state, sizeof s);
    return all && s.head < I8042_QUEUE && s.count <= I8042_QUEUE &&
           (!s.command || i8042_takes_data(s.command)) && s.keyboard.head < PS2_KEYBOARD_BUFFER &&
           s.keyboard.count <= PS2_KEYBOARD_BUFFER;
}

bool board_sound_system_control(const void *state, const void *device)
{
    (void)device;
    return is_bool(state, offsetof(struct system_control_state, a20));
}

/* The offset is for arithmetic: what a guest can set, 9999 years, is less. */
bool board_sound_cmos(const void *state, const void *device)
{
    const int64_t far = INT64_C(1) << 40;
    struct cmos_state s;
    (void)device;
    memcpy(&s, state, sizeof s);
    return s.index < sizeof s.ram && -far < s.offset && s.offset < far &&
           is_bool(state, offsetof(struct cmos_state, nmi_masked));
}

/* ---- ATA */

static bool is_within(uint64_t first, uint64_t count, uint64_t all)
{
    return first <= all && count <= all - first;
}

/* What each kind of drive can be at, and the sectors that are still to come. A geometry is divided
 * by. */
static bool is_command(const struct ata_drive_state *s, const struct ata_medium *medium)
{
    switch (s->phase) {
    case ATA_IDLE:
        return true;
    case ATA_SEND:
        return medium->kind != ATA_NONE;
    case ATA_READ:
    case ATA_WRITE:
        return medium->kind == ATA_DISK && (s->phase == ATA_READ || medium->writable) && s->block &&
               is_within(s->sector, s->left, medium->sectors);
    case ATA_PACKET:
        return medium->kind == ATA_CD;
    case ATA_PACKET_DATA: /* the limit is what an endless loop would begin with */
        return medium->kind == ATA_CD && s->packet.limit &&
               is_within(s->packet.block, s->packet.left, medium->sectors / ATAPI_BLOCK_SECTORS);
    }
    return false;
}

static bool is_drive(const struct ata_drive_state *s, const struct ata_medium *medium)
{
    const struct atapi_state *p = &s->packet;
    return s->at <= s->end && s->end <= ATA_BUFFER && s->multiple <= ATA_MULTIPLE &&
           s->block <= ATA_MULTIPLE && p->filled <= ATA_BUFFER && p->sent <= p->filled &&
           (s->phase == ATA_IDLE || s->at < s->end) && is_command(s, medium) &&
           (medium->kind != ATA_DISK || (s->chs.heads && s->chs.sectors));
}

bool board_sound_ata(const void *state, const void *device)
{
    const struct ata *ata = device;
    struct ata_state s;
    bool all = is_bool(state, offsetof(struct ata_state, irq));
    memcpy(&s, state, sizeof s);
    for (size_t i = 0; i < 2; i++) {
        const size_t drive = offsetof(struct ata_state, drives) + i * sizeof s.drives[0];
        all &= ARE_BOOLS(state, drive + offsetof(struct ata_drive_state, interrupt),
                         drive + offsetof(struct ata_drive_state, standby),
                         drive + offsetof(struct ata_drive_state, ext)) &&
               is_drive(&s.drives[i], &ata->media[i]);
    }
    return all;
}

/* ---- */

bool board_sound_vga(const void *state, const void *device)
{
    struct vga_state s;
    (void)device;
    memcpy(&s, state, sizeof s);
    return s.dac_component < 3 && ARE_BOOLS(state, offsetof(struct vga_state, attribute_data),
                                            offsetof(struct vga_state, dac_reading));
}

/* A request that is not finished is so at a sector's end. */
bool board_sound_virtio_blk(const void *state, const void *device)
{
    struct virtio_pci_state s;
    (void)device;
    memcpy(&s, state, sizeof s);
    return s.done % VIRTIO_BLK_SECTOR == 0 &&
           is_bool(state, offsetof(struct virtio_pci_state, unfinished));
}

bool board_sound_virtqueue(const void *state, const void *device)
{
    struct virtqueue_state s;
    (void)device;
    memcpy(&s, state, sizeof s);
    return s.size && s.size <= VIRTQUEUE_SIZE && !(s.size & (s.size - 1)) &&
           is_bool(state, offsetof(struct virtqueue_state, enabled));
}

bool board_sound_interrupts(const void *state, const void *device)
{
    bool all = true;
    (void)device;
    for (size_t i = 0; i < INTERRUPT_LINES; i++)
        all &= is_bool(state, offsetof(struct interrupts_state, level) + i);
    return all;
}

bool board_sound_bios(const void *state, const void *device)
{
    size_t count;
    (void)device;
    memcpy(&count, (const char *)state + offsetof(struct bios_state, unknown_count), sizeof count);
    return count <= BIOS_MAX_UNKNOWN && is_bool(state, offsetof(struct bios_state, keyboard_held));
}
