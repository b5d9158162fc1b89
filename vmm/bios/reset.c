/* The machine's memory as a BIOS leaves it after power-on. */
#include "bios/bda.h"
#include "bios/keyboard.h"
#include "bios/rom.h"
#include "bios/screen.h"
#include "bios/state.h"
#include "memory/e820.h"
#include "memory/layout.h"

#include <errno.h>

#define TEXT_MODE          3
#define SECONDS_A_DAY      86400
#define TIMER_HZ           1193182 /* of the PIT: a tick is 65536 of these */
#define TIMER_DIVIDER      65536
#define KEYBOARD_101       0x10   /* in BDA_KEYBOARD: an enhanced keyboard */
#define EQUIPMENT          0x0022 /* coprocessor, 80x25 colour text */
#define EQUIPMENT_DISKETTE 0x0001
#define EQUIPMENT_PORTS    9        /* the number of serial ports begins at this bit */
#define VIDEO_CONTROL      0x11f960 /* 3 bytes: 256 KiB; all features; a VGA with 400 lines */

static uint32_t ticks_of_day(const struct bios_config *config)
{
    int64_t seconds = config->clock ? config->clock(config->clock_context) % SECONDS_A_DAY : 0;
    if (seconds < 0)
        seconds += SECONDS_A_DAY;
    return (uint32_t)(seconds * TIMER_HZ / TIMER_DIVIDER);
}

static void fill_equipment(const struct bios *bios)
{
    const struct bios_config *config = &bios->config;
    const uint16_t diskette = bios->diskette.sectors ? EQUIPMENT_DISKETTE : 0;
    unsigned ports = 0, drives = 0;
    for (unsigned i = 0; i < 4; i++) {
        ports += config->serial_ports[i] != 0;
        bda_set16(config->memory, BDA_SERIAL_PORTS + 2 * i, config->serial_ports[i]);
    }
    for (unsigned i = 0; i < BIOS_MAX_DRIVES; i++)
        drives += config->drives[i] != NULL;
    bda_set16(config->memory, BDA_EQUIPMENT,
              (uint16_t)(EQUIPMENT | diskette | ports << EQUIPMENT_PORTS));
    bda_set8(config->memory, BDA_DISK_COUNT, (uint8_t)drives);
}

static void fill_memory_sizes(const struct bios_config *config)
{
    uint64_t ebda = e820_ebda(config->ram_size);
    uint8_t size_kib = 1;
    bda_set16(config->memory, BDA_EBDA_SEGMENT, (uint16_t)(ebda >> 4));
    bda_set16(config->memory, BDA_MEMORY_KIB, (uint16_t)(ebda / KiB));
    memory_write(config->memory, ebda, &size_kib, sizeof size_kib);
}

static void fill_data_area(struct bios *bios)
{
    struct memory *memory = bios->config.memory;
    for (unsigned i = 0; i < BDA_SIZE; i++)
        bda_set8(memory, i, 0);
    fill_equipment(bios);
    fill_memory_sizes(&bios->config);
    keyboard_clear(memory);
    bda_set16(memory, BDA_KEYS_FIRST, BDA_KEYS);
    bda_set16(memory, BDA_KEYS_LAST, BDA_KEYS_END);
    bda_set8(memory, BDA_KEYBOARD, KEYBOARD_101);
    bda_set32(memory, BDA_VIDEO_CONTROL, VIDEO_CONTROL);
    bda_set32(memory, BDA_TICKS, ticks_of_day(&bios->config));
}

int bios_reset(struct bios *bios, struct error *error)
{
    const struct memory *memory = bios->config.memory;
    if (!memory_at(memory, BDA_BASE, BDA_SIZE) ||
        !memory_at(memory, SCREEN_MEMORY, SCREEN_MEMORY_SIZE))
        return error_set(error, -EFAULT,
                         "BIOS: no RAM for its data area at 0x%llx or the text screen at 0x%llx "
                         "(the machine must add it first)",
                         BDA_BASE, SCREEN_MEMORY);
    int result = rom_install(bios->config.memory, error);
    if (result < 0)
        return result;
    fill_data_area(bios);
    bios->state.keyboard_held = false;
    screen_set_mode(bios, TEXT_MODE, true);
    return 0;
}
