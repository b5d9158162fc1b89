/* The BIOS services with what they serve: drives, and the keyboard that the console types on. */
#ifndef VMM_FIRMWARE_H
#define VMM_FIRMWARE_H

#include "bios/bios.h"
#include "bus.h"
#include "drives.h"
#include "error.h"
#include "memory.h"
#include "options.h"
#include "vcpu.h"

#include <stdbool.h>
#include <stdint.h>

struct firmware {
    struct bios *bios;
};

struct firmware_config {
    const struct options *options;
    const struct drives *drives; /* 0x80 and so on; must outlive the firmware */
    struct memory *memory;
    struct bus *bus;
    uint16_t com1;
    void (*console)(void *context, const char *bytes, size_t len);
    void *context;
};

/* 0, or -errno with ERROR set; then there is nothing to free. */
int firmware_init(struct firmware *firmware, const struct firmware_config *config,
                  struct error *error);
/* All zero is fine. */
void firmware_free(struct firmware *firmware);

/* Serves the BIOS call at whose trap VCPU stands, on the vCPU's own thread; its OUT may still be
 * pending in KVM, which then either steps over it or, if rip was changed, leaves it be. The bus
 * lock is held. POWEROFF as in bios_call. */
void firmware_trap(struct firmware *firmware, struct vcpu *vcpu, bool *poweroff);

#endif
