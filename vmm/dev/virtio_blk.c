#include "dev/virtio_blk.h"

#include <errno.h>
#include <stddef.h>

#define ID_BLOCK   2
#define CLASS_SCSI 0x010000 /* mass storage, as QEMU has it */

/* 5.2.3 */
#define F_SEG_MAX  (1u << 2)
#define F_RO       (1u << 5)
#define F_BLK_SIZE (1u << 6)
#define F_FLUSH    (1u << 9)

/* 5.2.6 */
enum { STATUS_OK, STATUS_IOERR, STATUS_UNSUPPORTED };

struct header {
    uint32_t type, reserved;
    uint64_t sector;
};

/* ---- Reading and writing */

/* The data of a request: LEN bytes, which begin at byte START of its readable or writable parts. */
struct transfer {
    const struct virtqueue_chain *chain;
    bool writable; /* the parts: a read of the disk */
    uint64_t start, len, sector;
};

/* Drivers put what parts they like together; a sector that lies in several goes through a buffer.
 */
static int move_split_sector(const struct virtio_blk_disk *disk, const struct transfer *t,
                             uint64_t offset, uint64_t sector)
{
    uint8_t buf[VIRTIO_BLK_SECTOR];
    if (!t->writable) {
        virtqueue_chain_read(t->chain, t->start + offset, buf, sizeof buf);
        return disk->write(disk->context, sector, buf, 1);
    }
    const int err = disk->read(disk->context, sector, buf, 1);
    if (!err)
        virtqueue_chain_write(t->chain, t->start + offset, buf, sizeof buf);
    return err;
}

static int move(const struct virtio_blk_disk *disk, const struct transfer *t)
{
    int err = 0;
    for (uint64_t done = 0; !err && done < t->len;) {
        const struct virtqueue_part part =
            virtqueue_chain_at(t->chain, t->writable, t->start + done);
        const uint64_t left = (t->len - done) / VIRTIO_BLK_SECTOR;
        const uint64_t here = part.len / VIRTIO_BLK_SECTOR;
        const uint64_t count = here < left ? here : left;
        const uint64_t sector = t->sector + done / VIRTIO_BLK_SECTOR;
        if (!count)
            err = move_split_sector(disk, t, done, sector);
        else if (t->writable)
            err = disk->read(disk->context, sector, part.bytes, count);
        else
            err = disk->write(disk->context, sector, part.bytes, count);
        done += (count ? count : 1) * VIRTIO_BLK_SECTOR;
    }
    return err;
}

static uint8_t transfer(const struct virtio_blk_disk *disk, const struct transfer *t)
{
    const uint64_t count = t->len / VIRTIO_BLK_SECTOR;
    if (t->len % VIRTIO_BLK_SECTOR || t->sector > disk->sectors ||
        count > disk->sectors - t->sector || (!t->writable && disk->read_only))
        return STATUS_IOERR;
    return move(disk, t) ? STATUS_IOERR : STATUS_OK;
}

/* ---- Requests: each returns its status. */

static uint8_t serve_in(struct virtio_blk *blk, const struct virtqueue_chain *chain,
                        uint64_t sector)
{
    const struct transfer t = {chain, true, 0, chain->write_len - 1, sector};
    return transfer(&blk->disk, &t);
}

static uint8_t serve_out(struct virtio_blk *blk, const struct virtqueue_chain *chain,
                         uint64_t sector)
{
    const uint64_t start = sizeof(struct header);
    const struct transfer t = {chain, false, start, chain->read_len - start, sector};
    return transfer(&blk->disk, &t);
}

static uint8_t serve_flush(struct virtio_blk *blk, const struct virtqueue_chain *chain,
                           uint64_t sector)
{
    (void)chain, (void)sector;
    return blk->disk.flush(blk->disk.context) ? STATUS_IOERR : STATUS_OK;
}

static uint8_t serve_get_id(struct virtio_blk *blk, const struct virtqueue_chain *chain,
                            uint64_t sector)
{
    (void)sector;
    if (chain->write_len != VIRTIO_BLK_ID + 1)
        return STATUS_IOERR;
    virtqueue_chain_write(chain, 0, blk->disk.id, VIRTIO_BLK_ID);
    return STATUS_OK;
}

static const struct {
    uint32_t type;
    uint8_t (*serve)(struct virtio_blk *blk, const struct virtqueue_chain *chain, uint64_t sector);
} requests[] = {
    {0, serve_in},
    {1, serve_out},
    {4, serve_flush},
    {8, serve_get_id},
};

/* The header comes first, the status is the last byte (5.2.6). */
static bool serve(void *device, const struct virtqueue_chain *chain)
{
    struct virtio_blk *blk = device;
    struct header header;
    if (!chain->write_len || !virtqueue_chain_read(chain, 0, &header, sizeof header))
        return false;
    uint8_t status = STATUS_UNSUPPORTED;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        if (requests[i].type == header.type)
            status = requests[i].serve(blk, chain, header.sector);
    virtqueue_chain_write(chain, chain->write_len - 1, &status, 1);
    return true;
}

void virtio_blk_init(struct virtio_blk *blk, const struct virtio_blk_disk *disk,
                     const struct dma *dma)
{
    static const struct virtio_type type = {
        .id = ID_BLOCK,
        .class_code = CLASS_SCSI,
        .config_len = sizeof(struct virtio_blk_config),
        .serve = serve,
    };
    const uint64_t features = F_SEG_MAX | F_BLK_SIZE | F_FLUSH | (disk->read_only ? F_RO : 0);
    blk->disk = *disk;
    blk->config = (struct virtio_blk_config){
        .capacity = disk->sectors,
        .seg_max = VIRTQUEUE_SIZE - 2, /* beside the header and the status */
        .block_size = VIRTIO_BLK_SECTOR,
    };
    virtio_pci_init(&blk->pci, &type, features, (const uint8_t *)&blk->config, blk, dma);
}

void virtio_blk_reset(struct virtio_blk *blk)
{
    virtio_pci_reset(&blk->pci);
}
