/* The real-time clock and its battery-backed RAM: Motorola MC146818 behind an index port and a data
 * port, with the uses that IBM's and later BIOSes gave to the RAM.
 *
 * The clock shows the callback's time plus what the guest has set it ahead or back. No interrupts:
 * register C is always 0. "Update in progress" shows once in each second, in the first look at
 * register A, for those who wait for it to come and go; the time can be read at any moment. */
#ifndef VMM_DEV_CMOS_H
#define VMM_DEV_CMOS_H

#include "board/bus.h"

#include <stdbool.h>
#include <stdint.h>

struct cmos_state {
    uint8_t index;       /* of the register that the data port shows */
    bool nmi_masked;     /* bit 7 of the index port: stored only */
    uint8_t ram[128];    /* the time is in it only while register B's SET bit holds the clock */
    int64_t offset;      /* the guest's time minus the callback's, in seconds */
    int64_t last_update; /* the second in which UIP was last shown */
};

struct cmos {
    struct cmos_state state;
    /* Seconds since 1970; the RTC shows them as UTC. */
    int64_t (*clock)(void *context);
    void *context;
};

/* The RAM sizes that are stored for the guest, in bytes; each is cut to what its registers hold. */
struct cmos_memory {
    uint64_t base;     /* below 1 MiB, from 0 on: 0x15-0x16, in KiB */
    uint64_t extended; /* from 1 MiB on, below 4 GiB: 0x17-0x18 and 0x30-0x31, in KiB;
                          0x34-0x35, what lies above 16 MiB, in 64 KiB */
    uint64_t high;     /* from 4 GiB on: 0x5b-0x5d, in 64 KiB */
};

/* What a PC's set-up program, or QEMU, leaves there for firmware. */
struct cmos_setup {
    struct cmos_memory memory;
    unsigned cpus; /* 0x5f holds one less: 1 to 256; 0 is taken as 1 */
};

extern const struct bus_ops cmos_ops; /* 2 ports: index, data. The index port reads as 0xff. */

/* As with a fresh battery, with SETUP filled in; and as QEMU has it for SeaBIOS, the order in which
 * drives are booted (disk, CD, diskette) in 0x3d and 0x38. */
void cmos_init(struct cmos *cmos, const struct cmos_setup *setup, int64_t (*clock)(void *context),
               void *context);
/* ATA disk POSITION (0 to 3) is of that size: 0x39 says, as QEMU's does, how firmware makes INT
 * 13h's geometry for it: it is the disk's own (0), or where 1024 cylinders of 16 heads and 63
 * sectors are too few it is made from the size (1, LBA translation). Before the first access. */
void cmos_set_disk(struct cmos *cmos, unsigned position, uint64_t sectors);
/* The RESET pin: interrupts off. RAM (the shutdown byte 0x0f included) and time stay, as the
 * battery keeps them. */
void cmos_reset(struct cmos *cmos);

#endif
