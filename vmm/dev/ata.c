#include "dev/ata.h"

#include "dev/ata_drive.h"
#include "dev/byte_registers.h"

#include <string.h>

#define PORT_ERROR   0 /* offsets behind the data port; features, if written */
#define PORT_DEVICE  5
#define PORT_COMMAND 6 /* status, if read */
#define PORTS        7

#define DEVICE_ONES       0xa0 /* obsolete bits, which drives show as ones */
#define DEVICE_DIAGNOSTIC 0x90

/* ---- Drives */

static struct ata_drive drive_of(struct ata *ata, unsigned unit)
{
    return (struct ata_drive){&ata->state.drives[unit], &ata->media[unit], &ata->state.device};
}

static bool is_there(const struct ata *ata, unsigned unit)
{
    return ata->media[unit].kind != ATA_NONE;
}

static unsigned selected(const struct ata *ata)
{
    return ata->state.device & ATA_DEVICE_ONE ? 1 : 0;
}

/* Whose registers are read: the selected one's; device 0's if it answers for an absent device 1.
 * NULL: nobody's. */
static struct ata_drive_state *answering(struct ata *ata)
{
    const unsigned unit = is_there(ata, selected(ata)) ? selected(ata) : 0;
    return is_there(ata, unit) ? &ata->state.drives[unit] : NULL;
}

static void drive_irq(struct ata *ata)
{
    struct ata_state *s = &ata->state;
    const bool wanted = is_there(ata, selected(ata)) && s->drives[selected(ata)].interrupt &&
                        !(s->control & ATA_CONTROL_NIEN);
    if (s->irq == wanted)
        return;
    s->irq = wanted;
    irq_set(&ata->irq, wanted);
}

/* Both drives reset themselves and say who they are; device 0 is selected (9.2, 9.12). */
static void reset_drives(struct ata *ata)
{
    ata->state.device = 0;
    for (unsigned unit = 0; unit < 2; unit++) {
        struct ata_drive drive = drive_of(ata, unit);
        drive.state->phase = ATA_IDLE;
        drive.state->interrupt = false;
        drive.state->standby = false;
        drive.state->packet = (struct atapi_state){0};
        if (is_there(ata, unit))
            ata_show_signature(&drive);
    }
}

/* ---- The data port */

enum direction { NOWHERE, TO_HOST, TO_DRIVE };

/* How many of LEN bytes the drive's buffer has, or has room for, up to the end of the block. */
static uint32_t movable(const struct ata_drive_state *s, uint32_t len, enum direction direction)
{
    static const enum direction directions[] = {
        [ATA_IDLE] = NOWHERE, [ATA_READ] = TO_HOST,    [ATA_WRITE] = TO_DRIVE,
        [ATA_SEND] = TO_HOST, [ATA_PACKET] = TO_DRIVE, [ATA_PACKET_DATA] = TO_HOST,
    };
    if (directions[s->phase] != direction)
        return 0;
    return len < s->end - s->at ? len : s->end - s->at;
}

static void moved(struct ata_drive *drive, uint32_t len)
{
    drive->state->at += len;
    if (drive->state->at == drive->state->end)
        ata_block_moved(drive);
}

/* LEN bytes, on into the blocks that follow. What the drive has not is zero. */
static void read_data(struct ata *ata, uint8_t *buf, uint32_t len)
{
    struct ata_drive drive = drive_of(ata, selected(ata));
    struct ata_drive_state *s = drive.state;
    uint32_t done = 0;
    for (uint32_t n; (n = movable(s, len - done, TO_HOST)) != 0; done += n) {
        memcpy(buf + done, s->buffer + s->at, n);
        moved(&drive, n);
    }
    memset(buf + done, 0, len - done);
    drive_irq(ata);
}

/* What the drive has not asked for is dropped. */
static void write_data(struct ata *ata, const uint8_t *buf, uint32_t len)
{
    struct ata_drive drive = drive_of(ata, selected(ata));
    struct ata_drive_state *s = drive.state;
    uint32_t done = 0;
    for (uint32_t n; (n = movable(s, len - done, TO_DRIVE)) != 0; done += n) {
        memcpy(s->buffer + s->at, buf + done, n);
        moved(&drive, n);
    }
    drive_irq(ata);
}

static uint64_t data_read(void *device, uint64_t offset, unsigned len)
{
    uint64_t value = 0;
    (void)offset;
    read_data(device, (uint8_t *)&value, len);
    return value;
}

static void data_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    (void)offset;
    write_data(device, (const uint8_t *)&value, len);
}

static void data_read_string(void *device, uint64_t offset, void *data, unsigned len,
                             uint32_t count)
{
    (void)offset;
    read_data(device, data, len * count);
}

static void data_write_string(void *device, uint64_t offset, const void *data, unsigned len,
                              uint32_t count)
{
    (void)offset;
    write_data(device, data, len * count);
}

/* ---- The command block */

static uint8_t read_status(struct ata *ata, bool acknowledge)
{
    if (!is_there(ata, selected(ata)))
        return 0;
    struct ata_drive_state *s = &ata->state.drives[selected(ata)];
    if (acknowledge)
        s->interrupt = false;
    drive_irq(ata);
    return s->status;
}

static uint8_t register_read(void *device, unsigned offset)
{
    struct ata *ata = device;
    struct ata_drive_state *s = answering(ata);
    if (!s)
        return 0;
    if (offset == PORT_ERROR)
        return s->error;
    if (offset == PORT_DEVICE)
        return ata->state.device | DEVICE_ONES;
    if (offset == PORT_COMMAND)
        return read_status(ata, true);
    const struct ata_register *reg = &s->reg[offset];
    return ata->state.control & ATA_CONTROL_HOB ? reg->before : reg->now;
}

/* 8.11: both drives run it, and device 0 gives the result. */
static void diagnose(struct ata *ata)
{
    reset_drives(ata);
    ata->state.drives[0].interrupt = true;
}

static void start_command(struct ata *ata, uint8_t command)
{
    const unsigned unit = selected(ata);
    struct ata_drive drive = drive_of(ata, unit);
    if (command == DEVICE_DIAGNOSTIC)
        diagnose(ata);
    else if (is_there(ata, unit))
        ata_command(&drive, command);
}

/* A drive that is held in reset takes nothing (BSY). */
static void register_write(void *device, unsigned offset, uint8_t value)
{
    struct ata *ata = device;
    struct ata_state *s = &ata->state;
    if (s->control & ATA_CONTROL_SRST)
        return;
    s->control &= (uint8_t)~ATA_CONTROL_HOB;
    if (offset == PORT_DEVICE)
        s->device = value;
    else if (offset == PORT_COMMAND)
        start_command(ata, value);
    else
        for (unsigned unit = 0; unit < 2; unit++) {
            struct ata_register *reg = &s->drives[unit].reg[offset];
            *reg = (struct ata_register){.now = value, .before = reg->now};
        }
    drive_irq(ata);
}

BYTE_REGISTER_OPS(ata_command_ops, PORTS, register_read, register_write);

/* ---- Device control */

/* Reads are of the alternate status: the interrupt stays. */
static uint8_t control_read(void *device, unsigned offset)
{
    (void)offset;
    return read_status(device, false);
}

static void control_write(void *device, unsigned offset, uint8_t value)
{
    struct ata *ata = device;
    const bool was_held = ata->state.control & ATA_CONTROL_SRST;
    (void)offset;
    ata->state.control = value;
    if (value & ATA_CONTROL_SRST) {
        reset_drives(ata);
        for (unsigned unit = 0; unit < 2; unit++)
            ata->state.drives[unit].status = ATA_STATUS_BSY;
    } else if (was_held) {
        reset_drives(ata);
    }
    drive_irq(ata);
}

BYTE_REGISTER_OPS(ata_control_ops, 1, control_read, control_write);

const struct bus_ops ata_data_ops = {
    .read = data_read,
    .write = data_write,
    .read_string = data_read_string,
    .write_string = data_write_string,
};

/* ---- */

void ata_init(struct ata *ata, struct irq_line irq)
{
    *ata = (struct ata){.irq = irq};
}

void ata_attach(struct ata *ata, unsigned unit, const struct ata_medium *medium)
{
    ata->media[unit] = *medium;
    ata_reset(ata);
}

void ata_reset(struct ata *ata)
{
    struct ata_state *s = &ata->state;
    s->control = 0;
    for (unsigned unit = 0; unit < 2; unit++)
        s->drives[unit] =
            (struct ata_drive_state){.chs = ata_default_geometry(ata->media[unit].sectors)};
    reset_drives(ata);
    drive_irq(ata);
}
