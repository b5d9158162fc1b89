/* A snapshot's file that somebody has changed, with checksums that are right: it is refused, or its
 * machine stays within its buffers whatever the guest then does with its devices. What is changed
 * is a good file's: parts of devices' state, each at any offset, or anything in the file.
 *
 * The first byte says how many changes; each is a device's part (or the file), an offset, a width
 * and a value. The rest are accesses. */
#include "fuzz.h"

#include "snapshot_board.h"
#include "vmm/record/snapshot_id.h"
#include "vmm/record/snapshots.h"
#include "vmm/record/stream.h"

const unsigned fuzz_rounds = 500;
const char *const fuzz_goals[] = {"a file that is refused", "a device that is refused",
                                  "a machine that goes on", "data of a disk",
                                  "a ring that is served",  NULL};

enum {
    FILE_MAX = 1 << 17,
    AT_BODY = 24, /* in the file's head */
    AT_LEN = 32,
    AT_SUM = 40,
    AT_HEAD_SUM = 48 + sizeof(struct snapshot_id)
};

struct file {
    uint8_t bytes[FILE_MAX];
    size_t size;
    size_t parts[BOARD_PARTS_MAX]; /* where each begins */
};

/* ---- The file */

static void save(struct board *b)
{
    struct snapshots *s = snapshots_new(&b->parts);
    struct error error;
    CHECK_EQ(snapshots_use_file(s, b->paths[4], &error), 0);
    CHECK_EQ(snapshots_save(s, "one", &error), 0);
    CHECK_EQ(snapshots_write(s, &error), 0);
    snapshots_free(s);
}

static uint64_t get(const uint8_t *bytes, size_t at)
{
    uint64_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

static void put(uint8_t *bytes, size_t at, uint64_t value)
{
    memcpy(bytes + at, &value, sizeof value);
}

/* As someone does who wants it to be believed. */
static void seal(uint8_t *bytes, size_t size)
{
    const uint64_t body = get(bytes, AT_BODY), len = get(bytes, AT_LEN);
    if (body <= size && len <= size - body)
        put(bytes, AT_SUM, stream_checksum(0, bytes + body, len));
    put(bytes, AT_HEAD_SUM, stream_checksum(0, bytes, AT_HEAD_SUM));
}

/* The file has the board as it is now. */
static void find_parts(const struct board *b, struct file *file)
{
    const size_t board_size = board_parts_size(&b->parts.board);
    void *board = malloc(board_size);
    board_parts_save(&b->parts.board, board);
    const uint8_t *at = memmem(file->bytes, file->size, board, board_size);
    free(board);
    CHECK(at != NULL);
    for (size_t i = 0; at && i < b->parts.board.count; i++) {
        file->parts[i] = (size_t)(at - file->bytes);
        at += board_part_size(&b->parts.board.list[i]);
    }
}

/* A device's part, or one of: what is in front, the first part of the body, the whole. */
static void change(const struct board *b, struct file *file, struct fuzz_input *in)
{
    const size_t count = b->parts.board.count;
    const size_t starts[] = {0, 4096, 0}, sizes[] = {AT_HEAD_SUM, 512, file->size};
    const size_t part = fuzz_number(in, 1) % (count + 3);
    const uint64_t offset = fuzz_number(in, 3);
    const size_t width = (size_t)1 << fuzz_number(in, 1) % 4;
    const uint64_t value = fuzz_number(in, width);
    const size_t start = part < count ? file->parts[part] : starts[part - count];
    const size_t size = part < count ? b->parts.board.list[part].size : sizes[part - count];
    const size_t at = start + offset % size;
    if (at + width <= file->size)
        memcpy(file->bytes + at, &value, width);
}

static void change_file(const struct board *b, struct fuzz_input *in)
{
    struct file *file = calloc(1, sizeof *file);
    const ssize_t size = pread(b->files[4], file->bytes, FILE_MAX, 0);
    CHECK(size > 0 && size < FILE_MAX);
    file->size = (size_t)size;
    find_parts(b, file);
    for (uint64_t n = fuzz_number(in, 1) % 12; n; n--)
        change(b, file, in);
    seal(file->bytes, file->size);
    CHECK_EQ(pwrite(b->files[4], file->bytes, file->size, 0), size);
    free(file);
}

/* ---- What the guest does then */

static void ring_doorbell(struct board *b)
{
    const uint16_t before = b->virtio.blk[0].pci.queue.state.next_used;
    bus_write(b->bus, BUS_MMIO, virtio_bar(b) + VIRTIO_PCI_NOTIFY, 0, 2);
    for (unsigned i = 0; i < 4 && virtio_disks_continue(&b->virtio); i++)
        ;
    if (b->virtio.blk[0].pci.queue.state.next_used != before)
        fuzz_reached("a ring that is served");
}

static void move_data(struct board *b, uint64_t dice)
{
    uint8_t data[512] = {0x28};
    const uint64_t port = dice & 1 ? 0x1f0 : 0x170;
    const uint32_t count = 1 + (uint32_t)(dice >> 8) % 256;
    if (dice & 2)
        bus_write_string(b->bus, BUS_PIO, port, data, 2, count);
    else
        bus_read_string(b->bus, BUS_PIO, port, data, 2, count);
    fuzz_reached("data of a disk");
}

static void access_port(struct board *b, uint64_t dice, uint64_t value)
{
    const struct range *r = &b->ranges[(dice >> 8) % b->range_count];
    const uint64_t in_it = (dice >> 16) % (r->size < 64 ? r->size : 64);
    const uint64_t at = r->space == BUS_MMIO ? virtio_bar(b) + in_it : r->base + in_it;
    const unsigned len = 1u << (dice >> 24) % 3;
    if (dice & 0x80)
        bus_write(b->bus, r->space, at, value, len);
    else
        bus_read(b->bus, r->space, at, len);
}

static void act_as_host(struct board *b, uint64_t dice)
{
    const uint8_t bytes[3] = {(uint8_t)dice};
    struct uart *uart = &b->devices.serial[dice % 4];
    uart_drain(uart);
    uart_receive(uart, bytes, sizeof bytes);
    i8042_key(&b->devices.i8042, (uint8_t)(1 + (dice >> 8) % 80), dice >> 7 & 1);
}

static void use(struct board *b, struct fuzz_input *in)
{
    struct bios_unknown unknown[BIOS_MAX_UNKNOWN];
    bios_unknown_calls(&b->bios, unknown, BIOS_MAX_UNKNOWN);
    ring_doorbell(b);
    while (in->left && !check_failures) {
        const uint64_t dice = fuzz_number(in, 4), value = fuzz_number(in, 4);
        switch (dice % 8) {
        case 0:
            ring_doorbell(b);
            break;
        case 1:
            move_data(b, dice >> 8);
            break;
        case 2:
            act_as_host(b, value);
            break;
        default:
            access_port(b, dice, value);
        }
    }
}

static void go_on(struct board *b, struct fuzz_input *in)
{
    struct snapshots *s = snapshots_new(&b->parts);
    struct error error = {.text = ""};
    const char *name = NULL;
    int err = snapshots_use_file(s, b->paths[4], &error);
    if (!err)
        err = snapshots_begin(s, &name, &error);
    if (err) {
        CHECK(error.text[0]);
        fuzz_reached(strstr(error.text, "no such device can be in") ? "a device that is refused"
                                                                    : "a file that is refused");
    } else {
        CHECK(name && name[0]);
        fuzz_reached("a machine that goes on");
        use(b, in);
    }
    snapshots_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct board *b = board_begin();
    board_use_devices(b);
    save(b);
    change_file(b, &in);
    go_on(b, &in);
    board_end(b);
    return fuzz_verdict();
}
