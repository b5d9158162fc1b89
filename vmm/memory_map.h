/* The machine's guest-physical map, made of regions that become KVM's slots: docs/MEMORY.md. */
#ifndef VMM_MEMORY_MAP_H
#define VMM_MEMORY_MAP_H

#include "error.h"
#include "kvm.h"
#include "memory.h"

#include <stdint.h>

/* A map for VM with SIZE bytes of RAM, the VGA memory, the BIOS ROM and the windows that devices in
 * the kernel have. VM must outlive it. 0, or -errno with ERROR set and *OUT NULL. */
int memory_map_new(struct memory **out, struct kvm_vm *vm, uint64_t size, struct error *error);

#endif
