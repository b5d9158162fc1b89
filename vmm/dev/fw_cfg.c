#include "dev/fw_cfg.h"

#include <assert.h>
#include <endian.h>
#include <stddef.h>
#include <string.h>

#define DATA_PORT 1 /* relative to the selector's */

/* Of a selector: the rest says which item. QEMU's items of one architecture (0x8000) have numbers
 * of their own; writing (0x4000) has no effect here. */
#define SELECTOR_WRITE 0x4000u

#define ID_TRADITIONAL 1u /* the two ports, no DMA */

_Static_assert(sizeof(struct fw_cfg_file) == 64 && offsetof(struct fw_cfg_directory, files) == 4,
               "the directory is read by the guest");

static const struct fw_cfg_item *find(const struct fw_cfg *fw, uint16_t selector)
{
    for (unsigned i = 0; i < fw->count; i++)
        if (fw->items[i].selector == selector)
            return &fw->items[i];
    return NULL;
}

static uint8_t next_byte(struct fw_cfg *fw)
{
    const struct fw_cfg_item *item = find(fw, fw->state.selector);
    if (!item || fw->state.offset >= item->size)
        return 0;
    return ((const uint8_t *)item->bytes)[fw->state.offset++];
}

/* A wider access than the data port's byte ends where there is nothing. */
static uint64_t fw_cfg_read(void *device, uint64_t offset, unsigned len)
{
    (void)len;
    return offset == DATA_PORT ? next_byte(device) | ~UINT64_C(0xff) : UINT64_MAX;
}

/* The word is one register: its bytes can't be written one by one, for the second one's port is the
 * data port, where writing has no effect. */
static void fw_cfg_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    struct fw_cfg *fw = device;
    if (offset == 0 && len == sizeof fw->state.selector)
        fw->state = (struct fw_cfg_state){.selector = (uint16_t)(value & ~SELECTOR_WRITE)};
}

const struct bus_ops fw_cfg_ops = {.read = fw_cfg_read, .write = fw_cfg_write};

void fw_cfg_add(struct fw_cfg *fw, uint16_t selector, const void *bytes, uint32_t size)
{
    assert(fw->count < FW_CFG_ITEMS_MAX && !find(fw, selector));
    fw->items[fw->count++] = (struct fw_cfg_item){selector, bytes, size};
}

void fw_cfg_add_file(struct fw_cfg *fw, const char *name, const void *bytes, uint32_t size)
{
    assert(fw->files < FW_CFG_FILES_MAX && strlen(name) < FW_CFG_NAME_MAX);
    const uint16_t selector = (uint16_t)(FW_CFG_FIRST_FILE + fw->files);
    struct fw_cfg_file *file = &fw->directory.files[fw->files++];
    *file = (struct fw_cfg_file){.size = htobe32(size), .selector = htobe16(selector)};
    memcpy(file->name, name, strlen(name));
    fw->directory.count = htobe32(fw->files);
    fw_cfg_add(fw, selector, bytes, size);
}

void fw_cfg_init(struct fw_cfg *fw)
{
    static const char signature[4] = {'Q', 'E', 'M', 'U'};
    static const uint32_t id = ID_TRADITIONAL;
    *fw = (struct fw_cfg){.count = 0};
    fw_cfg_add(fw, FW_CFG_SIGNATURE, signature, sizeof signature);
    fw_cfg_add(fw, FW_CFG_ID, &id, sizeof id);
    fw_cfg_add(fw, FW_CFG_DIRECTORY, &fw->directory, sizeof fw->directory);
}

void fw_cfg_reset(struct fw_cfg *fw)
{
    fw->state = (struct fw_cfg_state){0};
}
