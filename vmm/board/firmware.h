/* The firmware: the BIOS services with what they serve, or the ROM image that --bios names. Whoever
 * has to know which of them there is asks here. */
#ifndef VMM_FIRMWARE_H
#define VMM_FIRMWARE_H

#include "bios/bios.h"
#include "board/bus.h"
#include "boot/boot.h"
#include "boot/firmware_image.h"
#include "disks/drives.h"
#include "error.h"
#include "memory/memory.h"
#include "options/options.h"
#include "vcpu/vcpu.h"

#include <stdbool.h>
#include <stdint.h>

struct firmware {
    struct firmware_image image; /* of size 0: the BIOS services are the firmware */
    struct memory *memory;
    struct bios *bios; /* NULL: the firmware is a ROM image */
};

struct firmware_config {
    const struct options *options;
    const struct drives *drives; /* 0x80 and so on; must outlive the firmware */
    struct memory *memory;
    struct bus *bus;
    uint16_t serial_ports[4]; /* 0: there is none */
    void (*console)(void *context, const char *bytes, size_t len);
    void *context;
};

/* First of all calls, for memory depends on it: which firmware OPTIONS ask for. 0, or -errno with
 * ERROR set; then there is nothing to free. */
int firmware_choose(struct firmware *firmware, const struct options *options, struct error *error);
/* Whether the firmware, and not this program, sets the machine up and boots it. */
bool firmware_is_image(const struct firmware *firmware);
/* Whether it can boot the file PATH, which is of FORMAT: a ROM image boots disks and CDs. 0, or
 * -EINVAL with ERROR set. */
int firmware_check_format(const struct firmware *firmware, const char *path,
                          enum boot_format format, struct error *error);

/* Makes the BIOS, if its services were chosen. 0, or -errno with ERROR set; then there is nothing
 * to free. */
int firmware_init(struct firmware *firmware, const struct firmware_config *config,
                  struct error *error);
/* All zero is fine. */
void firmware_free(struct firmware *firmware);

/* Power-on: what the firmware has in memory then. 0, or -errno with ERROR set. */
int firmware_reset(struct firmware *firmware, struct error *error);
/* Of a ROM image: where it is, for --verbose. */
void firmware_describe(const struct firmware *firmware, char *buf, size_t size);

/* Serves the BIOS call at whose trap VCPU stands, on the vCPU's own thread; its OUT may still be
 * pending in KVM, which then either steps over it or, if rip was changed, leaves it be. The bus
 * lock is held. POWEROFF as in bios_call. 0, or -errno if KVM did not give or
 * take the registers: then the guest must not go on. */
int firmware_trap(struct firmware *firmware, struct vcpu *vcpu, bool *poweroff);

#endif
