/* The machine's guest-physical map, made of regions that become KVM's slots: docs/MEMORY.md. */
#ifndef VMM_MEMORY_MAP_H
#define VMM_MEMORY_MAP_H

#include "error.h"
#include "kvm/kvm.h"
#include "memory/memory.h"

#include <stdint.h>

struct memory_map_config {
    uint64_t ram;      /* bytes: --memory */
    uint64_t firmware; /* bytes of ROM below 4 GiB (--bios), and RAM from 768 KiB to 1 MiB for it;
                          0: none, and the BIOS services' ROM below 1 MiB */
};

/* A map for VM with RAM, the VGA memory, ROM and the windows that devices in the kernel have. VM
 * must outlive it. 0, or -errno with ERROR set and *OUT NULL. */
int memory_map_new(struct memory **out, struct kvm_vm *vm, const struct memory_map_config *config,
                   struct error *error);

#endif
