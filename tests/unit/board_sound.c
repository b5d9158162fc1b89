/* board_sound.c: states that devices can be in, at their limits, and others that would let them
 * reach outside their arrays. */
#include "board/board_sound.h"
#include "bios/state.h"
#include "board/board_state.h"
#include "dev/ata.h"
#include "dev/cmos.h"
#include "dev/i8042.h"
#include "dev/uart.h"
#include "dev/vga.h"
#include "dev/virtqueue.h"
#include "tests/check.h"

#include <string.h>

/* STATE is sound, is not with FIELD = BAD, and is once more with FIELD = GOOD. */
#define LIMIT(sound, state, field, good, bad)                                                      \
    do {                                                                                           \
        CHECK(sound(&(state)));                                                                    \
        (state).field = (bad);                                                                     \
        CHECK(!sound(&(state)));                                                                   \
        (state).field = (good);                                                                    \
        CHECK(sound(&(state)));                                                                    \
    } while (0)

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

static void drives(void)
{
    static struct ata_state ata;
    LIMIT(board_sound_ata, ata, drives[1].end, ATA_BUFFER, ATA_BUFFER + 1);
    LIMIT(board_sound_ata, ata, drives[1].at, ATA_BUFFER, ATA_BUFFER + 1);
    LIMIT(board_sound_ata, ata, drives[0].multiple, ATA_MULTIPLE, ATA_MULTIPLE + 1);
    LIMIT(board_sound_ata, ata, drives[0].block, ATA_MULTIPLE, ATA_MULTIPLE + 1);
    LIMIT(board_sound_ata, ata, drives[0].packet.filled, ATA_BUFFER, ATA_BUFFER + 1);
    LIMIT(board_sound_ata, ata, drives[0].packet.sent, ATA_BUFFER, ATA_BUFFER + 1);
    LIMIT(board_sound_ata, ata, drives[0].phase, ATA_IDLE, (enum ata_phase)(ATA_PACKET_DATA + 1));
    ata.drives[0].end = 512;
    ata.drives[0].phase = ATA_READ;
    LIMIT(board_sound_ata, ata, drives[0].at, 511, 512); /* a block is there to be moved */
    ata.drives[0].packet.limit = 2;
    ata.drives[0].phase = ATA_PACKET_DATA;
    LIMIT(board_sound_ata, ata, drives[0].packet.limit, 2, 0);
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
    TEST(says_which);
    return check_done();
}
