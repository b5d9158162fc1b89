#include "board/memory_map.h"

#include "memory/layout.h"

#include <errno.h>

static int set_slot(void *context, const struct memory_slot *slot, bool present)
{
    const struct kvm_userspace_memory_region region = {
        .slot = slot->slot,
        .flags = (slot->read_only ? KVM_MEM_READONLY : 0u) |
                 (slot->log_dirty ? KVM_MEM_LOG_DIRTY_PAGES : 0u),
        .guest_phys_addr = slot->gpa,
        .memory_size = present ? slot->size : 0,
        .userspace_addr = (uintptr_t)slot->hva,
    };
    return kvm_set_user_memory_region(context, &region);
}

static int get_dirty(void *context, const struct memory_slot *slot, uint64_t *bitmap)
{
    const struct kvm_dirty_log log = {.slot = slot->slot, .dirty_bitmap = bitmap};
    return kvm_get_dirty_log(context, &log);
}

static int add_regions(struct memory *memory, const struct memory_map_config *config,
                       struct error *error)
{
    const uint64_t ram = config->ram, firmware = LAYOUT_HOLE_END - config->firmware;
    const uint64_t low = ram < LAYOUT_LOW_RAM_END ? ram : LAYOUT_LOW_RAM_END;
    const uint64_t below_hole = ram < LAYOUT_HOLE ? ram : LAYOUT_HOLE;
    struct region {
        uint64_t gpa, end;
        enum memory_kind kind;
        const char *name;
    };
    const struct region below_1m =
        config->firmware ? (struct region){LAYOUT_SHADOW, LAYOUT_HIGH_RAM, MEMORY_RAM, "shadow RAM"}
                         : (struct region){LAYOUT_ROM, LAYOUT_HIGH_RAM, MEMORY_ROM, "BIOS ROM"};
    const uint64_t tables = config->firmware ? 0 : LAYOUT_TABLES_SIZE;
    const struct region regions[] = {
        {0, low, MEMORY_RAM, "low RAM"},
        {LAYOUT_VGA, LAYOUT_VGA + LAYOUT_VGA_SIZE, MEMORY_RAM, "VGA memory"},
        {LAYOUT_TABLES, LAYOUT_TABLES + tables, MEMORY_ROM, "firmware tables"},
        below_1m,
        {LAYOUT_HIGH_RAM, below_hole, MEMORY_RAM, "RAM"},
        {firmware, LAYOUT_HOLE_END, MEMORY_ROM, "firmware ROM"},
        {LAYOUT_HOLE_END, LAYOUT_HOLE_END + (ram - below_hole), MEMORY_RAM, "RAM above 4 GiB"},
    };
    int err = 0;
    for (size_t i = 0; !err && i < sizeof regions / sizeof regions[0]; i++)
        if (regions[i].end > regions[i].gpa)
            err = memory_add(memory, regions[i].gpa, regions[i].end - regions[i].gpa,
                             regions[i].kind, regions[i].name, error);
    return err;
}

static int add_windows(struct memory *memory, struct error *error)
{
    static const struct {
        uint64_t gpa, size;
        const char *name;
    } windows[] = {
        {LAYOUT_PCI, LAYOUT_PCI_SIZE, "PCI"},
        {LAYOUT_IOAPIC, MEMORY_PAGE, "IOAPIC"},
        {LAYOUT_LAPIC, MEMORY_PAGE, "local APIC"},
        {LAYOUT_KVM_IDENTITY, MEMORY_PAGE, "KVM identity map"},
        {LAYOUT_KVM_TSS, 3 * MEMORY_PAGE, "KVM TSS"},
    };
    int err = 0;
    for (size_t i = 0; !err && i < sizeof windows / sizeof windows[0]; i++)
        err = memory_reserve(memory, windows[i].gpa, windows[i].size, windows[i].name, error);
    return err;
}

int memory_map_new(struct memory **out, struct kvm_vm *vm, const struct memory_map_config *config,
                   struct error *error)
{
    const struct memory_backend backend = {
        .set_slot = set_slot,
        .get_dirty = get_dirty,
        .context = vm,
        .max_slots = vm->host->max_slots,
        .has_read_only = vm->host->has_readonly_mem,
    };
    *out = NULL;
    struct memory *memory = memory_new(&backend);
    if (!memory)
        return error_set(error, -ENOMEM, "guest memory: out of memory (free some and start again)");
    int err = add_regions(memory, config, error);
    if (!err)
        err = add_windows(memory, error);
    if (err)
        memory_free(memory);
    else
        *out = memory;
    return err;
}
