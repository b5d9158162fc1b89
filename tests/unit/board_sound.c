/* board_sound.c: states that devices can be in, at their limits, and others that would let them
 * reach outside their arrays. */
#include "board/board_sound.h"
#include "bios/state.h"
#include "board/board_state.h"
#include "board/interrupts.h"
#include "dev/ata.h"
#include "dev/cmos.h"
#include "dev/i8042.h"
#include "dev/system_control.h"
#include "dev/uart.h"
#include "dev/vga.h"
#include "dev/virtio_blk.h"
#include "tests/check.h"

#include <string.h>

/* STATE is sound, is not with FIELD = BAD, and is once more with FIELD = GOOD. */
#define LIMIT_OF(sound, state, device, field, good, bad)                                           \
    do {                                                                                           \
        CHECK(sound(&(state), device));                                                            \
        (state).field = (bad);                                                                     \
        CHECK(!sound(&(state), device));                                                           \
        (state).field = (good);                                                                    \
        CHECK(sound(&(state), device));                                                            \
    } while (0)
#define LIMIT(sound, state, field, good, bad) LIMIT_OF(sound, state, NULL, field, good, bad)

/* A bool is 0 or 1, and sound with both. */
#define BOOL_OF(sound, state, device, field)                                                       \
    do {                                                                                           \
        for (unsigned value = 0; value < 256; value++) {                                           \
            memset(&(state).field, (int)value, 1);                                                 \
            CHECK_EQ(sound(&(state), device), value < 2);                                          \
        }                                                                                          \
        (state).field = false;                                                                     \
    } while (0)
#define BOOL(sound, state, field) BOOL_OF(sound, state, NULL, field)

static void queues(void)
{
    struct uart_state uart = {0};
    LIMIT(board_sound_uart, uart, rx.head, UART_FIFO - 1, UART_FIFO);
    LIMIT(board_sound_uart, uart, rx.count, UART_FIFO, UART_FIFO + 1);
    LIMIT(board_sound_uart, uart, tx.head, UART_FIFO - 1, 255);
    LIMIT(board_sound_uart, uart, tx.count, UART_FIFO, 255);
    struct i8042_state i8042 = {0};
    LIMIT(board_sound_i8042, i8042, count, I8042_QUEUE, I8042_QUEUE + 1);
    LIMIT(board_sound_i8042, i8042, keyboard.head, PS2_KEYBOARD_BUFFER - 1, PS2_KEYBOARD_BUFFER);
    LIMIT(board_sound_i8042, i8042, keyboard.count, PS2_KEYBOARD_BUFFER, PS2_KEYBOARD_BUFFER + 1);
    struct virtqueue_state queue = {.size = VIRTQUEUE_SIZE};
    LIMIT(board_sound_virtqueue, queue, size, 1, 0);
    LIMIT(board_sound_virtqueue, queue, size, 64, 65);
    LIMIT(board_sound_virtqueue, queue, size, VIRTQUEUE_SIZE, 2 * VIRTQUEUE_SIZE);
}

static void indexes(void)
{
    struct cmos_state cmos = {0};
    LIMIT(board_sound_cmos, cmos, index, 127, 128);
    struct vga_state vga = {0};
    LIMIT(board_sound_vga, vga, dac_component, 2, 3);
    struct bios_state bios;
    memset(&bios, 0, sizeof bios);
    LIMIT(board_sound_bios, bios, unknown_count, BIOS_MAX_UNKNOWN, BIOS_MAX_UNKNOWN + 1);
}

#define ATA(field, good, bad) LIMIT_OF(board_sound_ata, ata, &channel, field, good, bad)

/* A disk, a CD, a place with none. */
static void drives(void)
{
    static struct ata channel;
    static struct ata_state ata;
    channel.media[0] = (struct ata_medium){.kind = ATA_DISK, .writable = true, .sectors = 100};
    channel.media[1] = (struct ata_medium){.kind = ATA_CD, .sectors = 100};
    ata.drives[0].chs = (struct ata_geometry){1, 16, 63};
    ATA(drives[0].chs.heads, 1, 0);
    ATA(drives[0].chs.sectors, 1, 0);
    ATA(drives[1].end, ATA_BUFFER, ATA_BUFFER + 1);
    ATA(drives[1].at, ATA_BUFFER, ATA_BUFFER + 1);
    ATA(drives[0].multiple, ATA_MULTIPLE, ATA_MULTIPLE + 1);
    ATA(drives[0].block, ATA_MULTIPLE, ATA_MULTIPLE + 1);
    ATA(drives[0].packet.filled, ATA_BUFFER, ATA_BUFFER + 1);
    ATA(drives[0].packet.sent, ATA_BUFFER, ATA_BUFFER + 1);
    ATA(drives[0].phase, ATA_IDLE, (enum ata_phase)(ATA_PACKET_DATA + 1));
}

/* What a drive is at: what it can do, with sectors that there are. */
static void commands(void)
{
    static struct ata channel;
    static struct ata_state ata;
    struct ata_drive_state *disk = &ata.drives[0], *cd = &ata.drives[1];
    channel.media[0] = (struct ata_medium){.kind = ATA_DISK, .writable = true, .sectors = 100};
    channel.media[1] = (struct ata_medium){.kind = ATA_CD, .sectors = 100};
    disk->chs = (struct ata_geometry){1, 16, 63};
    disk->end = cd->end = 512;
    disk->block = 1;
    cd->packet.limit = 2;
    ATA(drives[0].phase, ATA_READ, ATA_PACKET);
    ATA(drives[0].phase, ATA_READ, ATA_PACKET_DATA);
    ATA(drives[0].at, 511, 512); /* a block is there to be moved */
    ATA(drives[0].block, 1, 0);
    ATA(drives[0].left, 100, 101);
    ATA(drives[0].sector, 0, 1);
    ATA(drives[0].sector, 0, UINT64_MAX);
    ATA(drives[1].phase, ATA_PACKET_DATA, ATA_READ);
    ATA(drives[1].phase, ATA_PACKET_DATA, ATA_WRITE);
    ATA(drives[1].packet.limit, 2, 0);
    ATA(drives[1].packet.left, 25, 26);
    ATA(drives[1].packet.block, 0, UINT32_MAX);
    ATA(drives[1].phase, ATA_PACKET, ATA_READ);
    disk->phase = ATA_WRITE;
    CHECK(board_sound_ata(&ata, &channel));
    channel.media[0].writable = false;
    CHECK(!board_sound_ata(&ata, &channel));
    disk->phase = cd->phase = ATA_IDLE;
    channel.media[0].kind = channel.media[1].kind = ATA_NONE;
    for (int phase = ATA_READ; phase <= ATA_PACKET_DATA; phase++)
        ATA(drives[1].phase, ATA_IDLE, (enum ata_phase)phase);
}

/* UndefinedBehaviorSanitizer's "not a valid value for type '_Bool'". */
static void bools(void)
{
    static struct ata channel;
    static struct ata_state ata;
    struct uart_state uart = {0};
    struct i8042_state i8042 = {0};
    struct cmos_state cmos = {0};
    struct vga_state vga = {0};
    struct system_control_state system = {0};
    struct virtio_pci_state virtio = {0};
    struct virtqueue_state queue = {.size = 1};
    struct interrupts_state interrupts = {0};
    static struct bios_state bios;
    BOOL(board_sound_uart, uart, thr_interrupt);
    BOOL(board_sound_uart, uart, irq);
    BOOL(board_sound_uart, uart, configured);
    BOOL(board_sound_i8042, i8042, last_was_command);
    BOOL(board_sound_i8042, i8042, timeout);
    BOOL(board_sound_i8042, i8042, keyboard_irq);
    BOOL(board_sound_i8042, i8042, auxiliary_irq);
    BOOL(board_sound_i8042, i8042, break_code);
    BOOL(board_sound_i8042, i8042, keyboard.scanning);
    for (unsigned i = 0; i < I8042_QUEUE; i++)
        BOOL(board_sound_i8042, i8042, queue[i].auxiliary);
    BOOL(board_sound_cmos, cmos, nmi_masked);
    BOOL(board_sound_vga, vga, attribute_data);
    BOOL(board_sound_vga, vga, dac_reading);
    BOOL(board_sound_system_control, system, a20);
    BOOL(board_sound_virtio_blk, virtio, unfinished);
    BOOL(board_sound_virtqueue, queue, enabled);
    BOOL(board_sound_bios, bios, keyboard_held);
    for (unsigned i = 0; i < INTERRUPT_LINES; i++)
        BOOL(board_sound_interrupts, interrupts, level[i]);
    BOOL_OF(board_sound_ata, ata, &channel, irq);
    for (unsigned i = 0; i < 2; i++) {
        BOOL_OF(board_sound_ata, ata, &channel, drives[i].interrupt);
        BOOL_OF(board_sound_ata, ata, &channel, drives[i].standby);
        BOOL_OF(board_sound_ata, ata, &channel, drives[i].ext);
    }
}

/* What is looked up, divided or added to. */
static void others(void)
{
    struct i8042_state i8042 = {0};
    LIMIT(board_sound_i8042, i8042, command, 0x60, 0x81); /* no command */
    LIMIT(board_sound_i8042, i8042, command, 0xd4, 0xaa); /* one without a data byte */
    LIMIT(board_sound_i8042, i8042, head, I8042_QUEUE - 1, I8042_QUEUE);
    struct cmos_state cmos = {0};
    LIMIT(board_sound_cmos, cmos, offset, 253402300800, INT64_MAX);
    LIMIT(board_sound_cmos, cmos, offset, -62167219200, INT64_MIN);
    struct virtio_pci_state virtio = {0};
    LIMIT(board_sound_virtio_blk, virtio, done, 1024, 1025);
}

/* By parts, each from a word's start on. */
static void says_which(void)
{
    struct uart_state uart = {0};
    struct cmos_state cmos = {0};
    uint8_t odd[3] = {0xff, 0xff, 0xff};
    uint64_t bytes[64];
    struct board_parts parts = {.count = 0};
    board_parts_add(&parts, "odd", odd, sizeof odd);
    board_parts_add(&parts, "COM1", &uart, sizeof uart);
    parts.list[1].sound = board_sound_uart;
    board_parts_add(&parts, "CMOS", &cmos, sizeof cmos);
    parts.list[2].sound = board_sound_cmos;
    CHECK(board_parts_size(&parts) <= sizeof bytes);
    board_parts_save(&parts, bytes);
    CHECK(!board_parts_unsound(&parts, bytes));
    cmos.index = 200;
    board_parts_save(&parts, bytes);
    CHECK(!strcmp(board_parts_unsound(&parts, bytes), "CMOS"));
}

int main(void)
{
    TEST(queues);
    TEST(indexes);
    TEST(drives);
    TEST(commands);
    TEST(bools);
    TEST(others);
    TEST(says_which);
    return check_done();
}
