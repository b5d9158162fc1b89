#include "dev/virtio_common.h"

#include <stddef.h>

#define NO_VECTOR 0xffff /* VIRTIO_MSI_NO_VECTOR */

static uint64_t get_device_features(const struct virtio_pci *v)
{
    const uint32_t select = v->state.device_feature_select;
    return select < 2 ? (uint32_t)(v->features >> (32 * select)) : 0;
}

static uint64_t get_driver_features(const struct virtio_pci *v)
{
    const uint32_t select = v->state.driver_feature_select;
    return select < 2 ? (uint32_t)(v->state.driver_features >> (32 * select)) : 0;
}

/* They are agreed upon once FEATURES_OK is set (3.1.1). */
static void set_driver_features(struct virtio_pci *v, uint64_t value)
{
    const uint32_t select = v->state.driver_feature_select;
    if (select >= 2 || (v->state.status & VIRTIO_FEATURES_OK))
        return;
    const uint64_t mask = (uint64_t)UINT32_MAX << (32 * select);
    v->state.driver_features = (v->state.driver_features & ~mask) | value << (32 * select);
}

static void set_device_feature_select(struct virtio_pci *v, uint64_t value)
{
    v->state.device_feature_select = (uint32_t)value;
}

static uint64_t get_device_feature_select(const struct virtio_pci *v)
{
    return v->state.device_feature_select;
}

static void set_driver_feature_select(struct virtio_pci *v, uint64_t value)
{
    v->state.driver_feature_select = (uint32_t)value;
}

static uint64_t get_driver_feature_select(const struct virtio_pci *v)
{
    return v->state.driver_feature_select;
}

static uint64_t get_no_vector(const struct virtio_pci *v)
{
    (void)v;
    return NO_VECTOR;
}

static uint64_t get_num_queues(const struct virtio_pci *v)
{
    (void)v;
    return 1;
}

static uint64_t get_zero(const struct virtio_pci *v)
{
    (void)v;
    return 0;
}

static uint64_t get_status(const struct virtio_pci *v)
{
    return v->state.status;
}

/* Writing 0 resets (2.1.2). Bits are set only; NEEDS_RESET is ours. FEATURES_OK stays clear if the
 * driver wants what it was not offered, or is one from before 1.0 (2.2.2). */
static void set_status(struct virtio_pci *v, uint64_t value)
{
    if (!value) {
        virtio_pci_reset(v);
        return;
    }
    const uint64_t wanted = v->state.driver_features;
    if ((wanted & ~v->features) || !(wanted & VIRTIO_F_VERSION_1))
        value &= ~(uint64_t)VIRTIO_FEATURES_OK;
    v->state.status |= (uint8_t)value & ~VIRTIO_NEEDS_RESET;
}

static uint64_t get_queue_select(const struct virtio_pci *v)
{
    return v->state.queue_select;
}

static void set_queue_select(struct virtio_pci *v, uint64_t value)
{
    v->state.queue_select = (uint16_t)value;
}

/* Of a queue that does not exist everything is 0 (4.1.4.3.1). */
static bool is_queue(const struct virtio_pci *v)
{
    return v->state.queue_select == 0;
}

/* One that is enabled is not moved any more. */
static bool can_set_queue(const struct virtio_pci *v)
{
    return is_queue(v) && !v->queue.state.enabled;
}

static uint64_t get_queue_size(const struct virtio_pci *v)
{
    return is_queue(v) ? v->queue.state.size : 0;
}

static void set_queue_size(struct virtio_pci *v, uint64_t value)
{
    if (can_set_queue(v) && value && value <= VIRTQUEUE_SIZE && !(value & (value - 1)))
        v->queue.state.size = (uint16_t)value;
}

static uint64_t get_queue_enable(const struct virtio_pci *v)
{
    return is_queue(v) && v->queue.state.enabled;
}

static void set_queue_enable(struct virtio_pci *v, uint64_t value)
{
    if (is_queue(v) && value == 1)
        v->queue.state.enabled = true;
}

static uint64_t get_queue_desc(const struct virtio_pci *v)
{
    return is_queue(v) ? v->queue.state.descriptors : 0;
}

static void set_queue_desc(struct virtio_pci *v, uint64_t value)
{
    if (can_set_queue(v))
        v->queue.state.descriptors = value;
}

static uint64_t get_queue_driver(const struct virtio_pci *v)
{
    return is_queue(v) ? v->queue.state.available : 0;
}

static void set_queue_driver(struct virtio_pci *v, uint64_t value)
{
    if (can_set_queue(v))
        v->queue.state.available = value;
}

static uint64_t get_queue_device(const struct virtio_pci *v)
{
    return is_queue(v) ? v->queue.state.used : 0;
}

static void set_queue_device(struct virtio_pci *v, uint64_t value)
{
    if (can_set_queue(v))
        v->queue.state.used = value;
}

static const struct field {
    uint8_t offset, size;
    uint64_t (*get)(const struct virtio_pci *v);
    void (*set)(struct virtio_pci *v, uint64_t value); /* NULL: read-only */
} fields[] = {
    {0x00, 4, get_device_feature_select, set_device_feature_select},
    {0x04, 4, get_device_features, NULL},
    {0x08, 4, get_driver_feature_select, set_driver_feature_select},
    {0x0c, 4, get_driver_features, set_driver_features},
    {0x10, 2, get_no_vector, NULL}, /* msix_config */
    {0x12, 2, get_num_queues, NULL},
    {0x14, 1, get_status, set_status},
    {0x15, 1, get_zero, NULL}, /* config_generation: the configuration never changes */
    {0x16, 2, get_queue_select, set_queue_select},
    {0x18, 2, get_queue_size, set_queue_size},
    {0x1a, 2, get_no_vector, NULL}, /* queue_msix_vector */
    {0x1c, 2, get_queue_enable, set_queue_enable},
    {0x1e, 2, get_zero, NULL}, /* queue_notify_off */
    {0x20, 8, get_queue_desc, set_queue_desc},
    {0x28, 8, get_queue_driver, set_queue_driver},
    {0x30, 8, get_queue_device, set_queue_device},
};

/* The field that an access lies in, or NULL. */
static const struct field *find_field(uint64_t offset, unsigned len)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (offset >= fields[i].offset && offset - fields[i].offset < fields[i].size)
            return len <= fields[i].offset + fields[i].size - offset ? &fields[i] : NULL;
    return NULL;
}

uint64_t virtio_common_read(struct virtio_pci *v, uint64_t offset, unsigned len)
{
    const struct field *field = find_field(offset, len);
    return field ? field->get(v) >> (8 * (offset - field->offset)) : UINT64_MAX;
}

/* A wide field is written in halves, too (4.1.3.1). */
void virtio_common_write(struct virtio_pci *v, uint64_t offset, uint64_t value, unsigned len)
{
    const struct field *field = find_field(offset, len);
    if (!field || !field->set)
        return;
    const unsigned shift = 8 * (unsigned)(offset - field->offset);
    const uint64_t mask = (len == 8 ? UINT64_MAX : (1ull << (8 * len)) - 1) << shift;
    field->set(v, (field->get(v) & ~mask) | (value << shift & mask));
}
