#include "dev/virtio_pci.h"

#include "dev/virtio_common.h"

#include <errno.h>
#include <string.h>

#define VENDOR       0x1af4
#define DEVICE_FIRST 0x1040 /* and the type's id: 4.1.2.1 */
#define SUBSYSTEM    0x1100 /* any from 0x40 on */

#define ISR_QUEUE         0x1
#define ISR_CONFIGURATION 0x2

void virtio_pci_reset(struct virtio_pci *v)
{
    v->state = (struct virtio_pci_state){0};
    virtqueue_reset(&v->queue);
    pci_function_interrupt(&v->function, false);
}

static void interrupt(struct virtio_pci *v, uint8_t cause)
{
    v->state.isr |= cause;
    pci_function_interrupt(&v->function, true);
}

/* The driver, which has set DRIVER_OK, is told (2.1.2). */
static void need_reset(struct virtio_pci *v)
{
    v->state.status |= VIRTIO_NEEDS_RESET;
    interrupt(v, ISR_CONFIGURATION);
}

/* ---- Serving the queue */

/* At most what is waiting now: whoever adds more notifies again. 1: no byte is LEFT, and the
 * request that comes next may have begun; 0; -EINVAL. */
static int serve_waiting(struct virtio_pci *v, struct virtio_progress *progress, bool *any)
{
    struct virtqueue_chain chain;
    for (unsigned n = 0; n < v->queue.state.size; n++) {
        const int taken = virtqueue_take(&v->queue, &chain);
        if (taken <= 0)
            return taken;
        const enum virtio_served served = v->type->serve(v->device, &chain, progress);
        if (served == VIRTIO_UNFINISHED) {
            virtqueue_put_back(&v->queue);
            return 1;
        }
        progress->done = 0;
        if (served == VIRTIO_BROKEN)
            return -EINVAL;
        const int err = virtqueue_give(&v->queue, &chain);
        if (err)
            return err;
        *any = true;
    }
    return 0;
}

static void serve_piece(struct virtio_pci *v)
{
    const uint8_t running = VIRTIO_DRIVER_OK | VIRTIO_NEEDS_RESET;
    const bool is_master = pci_function_get(&v->function, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;
    v->state.unfinished = false;
    if ((v->state.status & running) != VIRTIO_DRIVER_OK || !v->queue.state.enabled || !is_master)
        return;
    const struct dma *dma = &v->queue.dma;
    struct virtio_progress progress = {v->state.done, v->piece};
    bool any = false;
    dma->begin(dma->context);
    const int result = serve_waiting(v, &progress, &any);
    const bool tell = any && virtqueue_wants_interrupt(&v->queue);
    dma->end(dma->context);
    v->state.done = progress.done;
    v->state.unfinished = result > 0;
    if (tell)
        interrupt(v, ISR_QUEUE);
    if (result < 0)
        need_reset(v);
}

static void notify(struct virtio_pci *v)
{
    serve_piece(v);
    if (v->state.unfinished)
        v->queue.dma.unfinished(v->queue.dma.context);
}

bool virtio_pci_continue(struct virtio_pci *v)
{
    if (v->state.unfinished)
        serve_piece(v);
    return v->state.unfinished;
}

/* ---- The other structures */

/* Reading tells what was, and lowers the line (4.1.4.5). */
static uint64_t isr_read(struct virtio_pci *v, uint64_t offset, unsigned len)
{
    (void)len;
    if (offset)
        return UINT64_MAX;
    const uint8_t isr = v->state.isr;
    v->state.isr = 0;
    pci_function_interrupt(&v->function, false);
    return isr;
}

static uint64_t device_read(struct virtio_pci *v, uint64_t offset, unsigned len)
{
    uint64_t value = UINT64_MAX;
    if (offset < v->type->config_len && len <= v->type->config_len - offset)
        memcpy(&value, v->config + offset, len);
    return value;
}

static void notify_write(struct virtio_pci *v, uint64_t offset, uint64_t value, unsigned len)
{
    (void)value, (void)len;
    if (offset == 0)
        notify(v);
}

static const struct structure {
    uint8_t kind; /* cfg_type */
    uint32_t offset;
    uint64_t (*read)(struct virtio_pci *v, uint64_t offset, unsigned len);
    void (*write)(struct virtio_pci *v, uint64_t offset, uint64_t value, unsigned len);
} structures[] = {
    {1, VIRTIO_PCI_COMMON, virtio_common_read, virtio_common_write},
    {2, VIRTIO_PCI_NOTIFY, NULL, notify_write},
    {3, VIRTIO_PCI_ISR, isr_read, NULL},
    {4, VIRTIO_PCI_DEVICE, device_read, NULL},
};
#define STRUCTURES     (sizeof structures / sizeof *structures)
#define STRUCTURE_SIZE 0x1000u /* of the BAR, for each */

static const struct structure *find_structure(uint64_t offset)
{
    for (size_t i = 0; i < STRUCTURES; i++)
        if (offset >= structures[i].offset && offset - structures[i].offset < STRUCTURE_SIZE)
            return &structures[i];
    return NULL;
}

static uint64_t bar_read(void *device, uint64_t offset, unsigned len)
{
    const struct structure *s = find_structure(offset);
    return s && s->read ? s->read(device, offset - s->offset, len) : UINT64_MAX;
}

static void bar_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    const struct structure *s = find_structure(offset);
    if (s && s->write)
        s->write(device, offset - s->offset, value, len);
}

const struct bus_ops virtio_pci_ops = {.read = bar_read, .write = bar_write};

/* ---- Capabilities */

#define CAPABILITY_VENDOR 0x09
#define CONFIG_WINDOW     5 /* cfg_type of the configuration access capability */
#define WINDOW_DATA       16

/* struct virtio_pci_cap, and what two kinds have behind it (4.1.4). */
struct capability {
    uint8_t id, next, len, kind, bar, padding[3];
    uint32_t offset, length;
    uint32_t extra; /* the notification's multiplier, or the window's data */
};

static unsigned capability_len(uint32_t kind)
{
    return kind == 2 || kind == CONFIG_WINDOW ? 20 : 16;
}

static unsigned add_capability(struct virtio_pci *v, uint8_t kind, uint32_t offset, uint32_t length)
{
    const struct capability capability = {
        .len = (uint8_t)capability_len(kind),
        .kind = kind,
        .bar = VIRTIO_PCI_BAR,
        .offset = offset,
        .length = length,
    };
    return pci_function_add_capability(&v->function, CAPABILITY_VENDOR, &capability,
                                       capability.len);
}

/* The access that the window stands for; false: none that can be. */
static bool window_access(const struct virtio_pci *v, uint32_t *offset, uint32_t *len)
{
    const struct pci_function *f = &v->function;
    *offset = pci_function_get(f, v->window + 8, 4);
    *len = pci_function_get(f, v->window + 12, 4);
    const bool is_width = *len == 1 || *len == 2 || *len == 4;
    return is_width && pci_function_get(f, v->window + 4, 1) == VIRTIO_PCI_BAR &&
           *offset % *len == 0 && *offset < VIRTIO_PCI_BAR_SIZE;
}

static bool is_window_data(const struct virtio_pci *v, unsigned offset)
{
    return offset - (v->window + WINDOW_DATA) < 4;
}

static void before_config_read(void *device, unsigned offset, unsigned len)
{
    struct virtio_pci *v = device;
    uint32_t at, width;
    (void)len;
    if (is_window_data(v, offset) && window_access(v, &at, &width)) {
        const uint64_t value = bar_read(v, at, width);
        memcpy(v->function.state.config + v->window + WINDOW_DATA, &value, width);
    }
}

static void after_config_write(void *device, unsigned offset, unsigned len)
{
    struct virtio_pci *v = device;
    uint32_t at, width;
    (void)len;
    if (is_window_data(v, offset) && window_access(v, &at, &width))
        bar_write(v, at, pci_function_get(&v->function, v->window + WINDOW_DATA, width), width);
}

static void add_capabilities(struct virtio_pci *v)
{
    static const struct pci_config_hooks hooks = {before_config_read, after_config_write};
    for (size_t i = 0; i < STRUCTURES; i++) {
        const uint32_t lengths[] = {0, VIRTIO_COMMON_SIZE, 4, 1, v->type->config_len};
        add_capability(v, structures[i].kind, structures[i].offset, lengths[structures[i].kind]);
    }
    v->window = add_capability(v, CONFIG_WINDOW, 0, 0);
    pci_function_allow(&v->function, v->window + 4, 0xff, 1);
    for (unsigned offset = 8; offset < 20; offset += 4)
        pci_function_allow(&v->function, v->window + offset, UINT32_MAX, 4);
    v->function.hooks = &hooks;
}

void virtio_pci_init(struct virtio_pci *v, const struct virtio_type *type, uint64_t features,
                     const uint8_t *config, void *device, const struct dma *dma)
{
    const struct pci_identity identity = {
        .vendor = VENDOR,
        .device = DEVICE_FIRST + type->id,
        .class_code = type->class_code,
        .revision = 1, /* not a transitional one */
        .subsystem_vendor = VENDOR,
        .subsystem = SUBSYSTEM,
        .pin = PCI_PIN_A,
    };
    *v = (struct virtio_pci){
        .type = type,
        .features = features | VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC,
        .config = config,
        .device = device,
        .piece = VIRTIO_PIECE,
    };
    virtqueue_init(&v->queue, dma);
    pci_function_init(&v->function, &identity, v);
    pci_function_add_bar(&v->function, VIRTIO_PCI_BAR,
                         (struct pci_bar){VIRTIO_PCI_BAR_SIZE, BUS_MMIO, &virtio_pci_ops});
    add_capabilities(v);
}
