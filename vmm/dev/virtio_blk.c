#include "dev/virtio_blk.h"

#include <errno.h>
#include <stddef.h>

#define ID_BLOCK   2
#define CLASS_SCSI 0x010000 /* mass storage, as QEMU has it */

#define FLUSH_BYTES 0x100000 /* that take about as long as a flush */

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

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* From p->done on: all of it, or until nothing is left of what may be moved now. */
static int move(const struct virtio_blk_disk *disk, const struct transfer *t,
                struct virtio_progress *p)
{
    int err = 0;
    while (!err && p->done < t->len && p->left) {
        const struct virtqueue_part part =
            virtqueue_chain_at(t->chain, t->writable, t->start + p->done);
        const uint64_t most = least((t->len - p->done), p->left) / VIRTIO_BLK_SECTOR;
        const uint64_t count = least(part.len / VIRTIO_BLK_SECTOR, most);
        const uint64_t sector = t->sector + p->done / VIRTIO_BLK_SECTOR;
        if (!count)
            err = move_split_sector(disk, t, p->done, sector);
        else if (t->writable)
            err = disk->read(disk->context, sector, part.bytes, count);
        else
            err = disk->write(disk->context, sector, part.bytes, count);
        const uint64_t moved = (count ? count : 1) * VIRTIO_BLK_SECTOR;
        p->done += moved;
        p->left -= least(moved, p->left);
    }
    return err;
}

/* A status, or: */
enum { UNFINISHED = -1 };

static int transfer(const struct virtio_blk_disk *disk, const struct transfer *t,
                    struct virtio_progress *progress)
{
    const uint64_t count = t->len / VIRTIO_BLK_SECTOR;
    if (t->len % VIRTIO_BLK_SECTOR || t->sector > disk->sectors ||
        count > disk->sectors - t->sector || (!t->writable && disk->read_only))
        return STATUS_IOERR;
    if (move(disk, t, progress))
        return STATUS_IOERR;
    return progress->done < t->len ? UNFINISHED : STATUS_OK;
}

/* ---- Requests: each returns as transfer does. */

static int serve_in(struct virtio_blk *blk, const struct virtqueue_chain *chain, uint64_t sector,
                    struct virtio_progress *progress)
{
    const struct transfer t = {chain, true, 0, chain->write_len - 1, sector};
    return transfer(&blk->disk, &t, progress);
}

static int serve_out(struct virtio_blk *blk, const struct virtqueue_chain *chain, uint64_t sector,
                     struct virtio_progress *progress)
{
    const uint64_t start = sizeof(struct header);
    const struct transfer t = {chain, false, start, chain->read_len - start, sector};
    return transfer(&blk->disk, &t, progress);
}

static int serve_flush(struct virtio_blk *blk, const struct virtqueue_chain *chain, uint64_t sector,
                       struct virtio_progress *progress)
{
    (void)chain, (void)sector;
    if (!progress->left)
        return UNFINISHED;
    progress->left -= least(FLUSH_BYTES, progress->left);
    return blk->disk.flush(blk->disk.context) ? STATUS_IOERR : STATUS_OK;
}

static int serve_get_id(struct virtio_blk *blk, const struct virtqueue_chain *chain,
                        uint64_t sector, struct virtio_progress *progress)
{
    (void)sector, (void)progress;
    if (chain->write_len != VIRTIO_BLK_ID + 1)
        return STATUS_IOERR;
    virtqueue_chain_write(chain, 0, blk->disk.id, VIRTIO_BLK_ID);
    return STATUS_OK;
}

static const struct {
    uint32_t type;
    int (*serve)(struct virtio_blk *blk, const struct virtqueue_chain *chain, uint64_t sector,
                 struct virtio_progress *progress);
} requests[] = {
    {0, serve_in},
    {1, serve_out},
    {4, serve_flush},
    {8, serve_get_id},
};

/* The header comes first, the status is the last byte (5.2.6). */
static enum virtio_served serve(void *device, const struct virtqueue_chain *chain,
                                struct virtio_progress *progress)
{
    struct virtio_blk *blk = device;
    struct header header;
    if (!chain->write_len || !virtqueue_chain_read(chain, 0, &header, sizeof header))
        return VIRTIO_BROKEN;
    int result = STATUS_UNSUPPORTED;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
        if (requests[i].type == header.type)
            result = requests[i].serve(blk, chain, header.sector, progress);
    if (result == UNFINISHED)
        return VIRTIO_UNFINISHED;
    const uint8_t status = (uint8_t)result;
    virtqueue_chain_write(chain, chain->write_len - 1, &status, 1);
    return VIRTIO_SERVED;
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
