/* INT 13h: disks, by cylinder, head and sector. int13_extension.c has the functions by LBA. */
#include "bios/int13.h"
#include "bios/bda.h"

#include <errno.h>
#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

void int13_done(struct call *call, uint8_t status)
{
    call_set8(call, CALL_AH, status);
    call_set_flag(call, CPU_FLAG_CF, status != INT13_OK);
    bda_set8(call->bios->config.memory, BDA_DISK_STATUS, status);
}

/* What the host said, as a controller says it. */
static uint8_t status_of(int error)
{
    static const struct {
        int error;
        uint8_t status;
    } statuses[] = {
        {0, INT13_OK},
        {-EROFS, INT13_WRITE_PROTECTED},
        {-ENXIO, INT13_SECTOR_NOT_FOUND},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(statuses); i++)
        if (error == statuses[i].error)
            return statuses[i].status;
    return INT13_CONTROLLER_FAILED;
}

uint8_t int13_transfer(struct call *call, const struct disk *disk,
                       const struct int13_transfer *transfer)
{
    if (transfer->sector > disk->sectors || transfer->count > disk->sectors - transfer->sector)
        return INT13_SECTOR_NOT_FOUND;
    if (transfer->direction == INT13_VERIFY || transfer->count == 0)
        return INT13_OK;
    uint64_t len = transfer->count * (uint64_t)DISK_SECTOR;
    if (transfer->direction == INT13_WRITE) {
        const void *from = memory_at(call->bios->config.memory, transfer->gpa, len);
        return from ? status_of(disk_write(disk, transfer->sector, from, transfer->count))
                    : INT13_BAD_BUFFER;
    }
    void *to = call_ram(call, transfer->gpa, len);
    return to ? status_of(disk_read(disk, transfer->sector, to, transfer->count))
              : INT13_BAD_BUFFER;
}

/* ---- Functions */

/* Those that only need the drive to be there: reset, seek, recalibrate, ready, diagnose. */
static void nothing_to_do(struct call *call)
{
    struct int13_drive drive;
    if (int13_drive(call, &drive))
        int13_done(call, INT13_OK);
}

static void last_status(struct call *call)
{
    struct int13_drive drive;
    if (int13_drive(call, &drive))
        int13_done(call, bda_get8(call->bios->config.memory, BDA_DISK_STATUS));
}

/* CX has the cylinder's low byte in CH, its two high bits and the sector (from 1) in CL. */
static bool chs_to_sector(const struct call *call, const struct disk_geometry *g, uint64_t *sector)
{
    uint32_t cylinder = call_get8(call, CALL_CH) | (call_get8(call, CALL_CL) & 0xc0u) << 2;
    uint32_t head = call_get8(call, CALL_DH), number = call_get8(call, CALL_CL) & 0x3fu;
    if (cylinder >= g->cylinders || head >= g->heads || number < 1 || number > g->sectors)
        return false;
    *sector = ((uint64_t)cylinder * g->heads + head) * g->sectors + number - 1;
    return true;
}

static void transfer_chs(struct call *call, enum int13_direction direction)
{
    struct int13_drive drive;
    struct int13_transfer transfer = {
        .direction = direction,
        .count = call_get8(call, CALL_AL),
        .gpa = call_linear(call, CPU_ES, call_get16(call, CPU_RBX)),
    };
    if (!int13_chs_drive(call, &drive))
        return;
    uint8_t status = INT13_SECTOR_NOT_FOUND;
    if (transfer.count == 0)
        status = INT13_BAD_COMMAND;
    else if (chs_to_sector(call, &drive.geometry, &transfer.sector))
        status = int13_transfer(call, drive.disk, &transfer);
    if (status != INT13_OK)
        call_set8(call, CALL_AL, 0); /* sectors transferred */
    int13_done(call, status);
}

static void read_chs(struct call *call)
{
    transfer_chs(call, INT13_READ);
}

static void write_chs(struct call *call)
{
    transfer_chs(call, INT13_WRITE);
}

static void verify_chs(struct call *call)
{
    transfer_chs(call, INT13_VERIFY);
}

static unsigned drive_count(const struct bios *bios)
{
    unsigned count = 0;
    for (unsigned i = 0; i < BIOS_MAX_DRIVES; i++)
        count += bios->config.drives[i] != NULL;
    return count;
}

/* BL: a diskette's kind, as CMOS has it. */
static uint8_t diskette_type(const struct disk_geometry *g)
{
    return g->sectors == 15 ? 2 : g->sectors == 18 ? 4 : 6;
}

static void get_geometry(struct call *call)
{
    struct int13_drive drive;
    if (!int13_chs_drive(call, &drive))
        return;
    const bool diskette = drive.kind == INT13_DISKETTE;
    const struct disk_geometry *g = &drive.geometry;
    uint32_t last = g->cylinders - 1;
    call_set8(call, CALL_AL, 0);
    call_set8(call, CALL_BL, diskette ? diskette_type(g) : 0);
    call_set8(call, CALL_CH, (uint8_t)last);
    call_set8(call, CALL_CL, (uint8_t)(g->sectors | (last >> 2 & 0xc0)));
    call_set8(call, CALL_DH, (uint8_t)(g->heads - 1));
    call_set8(call, CALL_DL, diskette ? 1 : (uint8_t)drive_count(call->bios));
    int13_done(call, INT13_OK);
}

/* The one function that has no status in AH: 1 is a diskette, 3 a hard disk of CX:DX sectors. */
static void get_type(struct call *call)
{
    struct int13_drive drive;
    if (!int13_chs_drive(call, &drive))
        return;
    if (drive.kind == INT13_HARD_DISK) {
        const uint64_t sectors = drive.disk->sectors;
        call_set16(call, CPU_RCX, (uint16_t)((sectors > UINT32_MAX ? UINT32_MAX : sectors) >> 16));
        call_set16(call, CPU_RDX, (uint16_t)(sectors > UINT32_MAX ? UINT32_MAX : sectors));
    }
    int13_done(call, INT13_OK);
    call_set8(call, CALL_AH, drive.kind == INT13_HARD_DISK ? 3 : 1);
}

static void unsupported(struct call *call)
{
    call_unknown(call);
    int13_done(call, INT13_BAD_COMMAND);
}

static const struct call_function functions[] = {
    {0x00, nothing_to_do},    {0x01, last_status},
    {0x02, read_chs},         {0x03, write_chs},
    {0x04, verify_chs},       {0x08, get_geometry},
    {0x09, nothing_to_do},    {0x0c, nothing_to_do},
    {0x0d, nothing_to_do},    {0x10, nothing_to_do},
    {0x11, nothing_to_do},    {0x14, nothing_to_do},
    {0x15, get_type},         {0x41, int13_extensions_there},
    {0x42, int13_read_lba},   {0x43, int13_write_lba},
    {0x44, int13_verify_lba}, {0x47, int13_seek_lba},
    {0x48, int13_parameters}, {0x4b, int13_cd_status},
};

void int13_serve(struct call *call)
{
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i].ah == call_get8(call, CALL_AH)) {
            functions[i].serve(call);
            return;
        }
    unsupported(call);
}
