/* The BIOS services that boot sectors call, served by the VMM.
 *
 * Each interrupt vector of the IVT points into a small ROM (rom.S, at LAYOUT_ROM). Its entry traps
 * to the VMM by an OUT to a private port; the VMM hands the CPU's state to bios_call, which does
 * the work in C and changes that state and guest memory; the ROM's IRET returns to the guest.
 *
 *     int $0x13 -> IVT -> rom.S: out, iret -> machine.c -> bios_call -> int13.c -> disk
 *
 * No KVM here, and no threads: the machine calls with the bus lock held. */
#ifndef VMM_BIOS_BIOS_H
#define VMM_BIOS_BIOS_H

#include "disks/disk.h"
#include "memory/memory.h"
#include "vcpu/cpu_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIOS_MAX_DRIVES 4    /* 0x80 .. 0x83 */
#define BIOS_TRAP_PORT  0xb8 /* the ROM's OUT; 8 bits so that it needs no register */

struct bios_config {
    struct memory *memory;
    const struct disk *drives[BIOS_MAX_DRIVES]; /* [0] is drive 0x80; NULL: none. Not owned. */
    const struct disk *cd;    /* drive 0xe0, of blocks of 2048 bytes; NULL: none. Not owned. */
    uint64_t ram_size;        /* total, as --memory gave it */
    uint16_t serial_ports[4]; /* I/O bases for the BIOS data area, 0: none */
    /* The machine's I/O ports, a byte at a time. */
    uint8_t (*in)(void *context, uint16_t port);
    void (*out)(void *context, uint16_t port, uint8_t value);
    void *ports_context;
    /* What is shown on the screen as text goes here too, as a terminal wants it. May be NULL. */
    void (*console)(void *context, const char *bytes, size_t len);
    void *console_context;
    /* The wall clock for INT 1Ah: seconds since 1970, local time not considered. */
    int64_t (*clock)(void *context);
    void *clock_context;
};

struct bios;

struct bios *bios_new(const struct bios_config *config); /* NULL if host memory is short */
void bios_free(struct bios *bios);

/* Power-on: writes the ROM, the IVT and the BIOS data area, clears the screen and the keyboard
 * buffer. The ROM region and low RAM must be there. 0 or -errno with ERROR set. */
int bios_reset(struct bios *bios, struct error *error);

/* The ROM's OUT has been executed: serves it. STATE is the CPU's at the trap, wherever in the OUT
 * its rip stands (at it or after it); rip, registers and the guest's stack are changed as needed so
 * that the CPU can simply go on. A service that has to wait (a key) sends the CPU into the ROM's
 * wait loop, where interrupts are on, and is called again. False if STATE is not in the ROM: then
 * nothing was done. POWEROFF is set to true if the guest asked for power-off. */
bool bios_call(struct bios *bios, struct cpu_state *state, bool *poweroff);

/* Calls for functions that are not there, by vector and AH, for `monitor` and the final summary. */
struct bios_unknown {
    uint8_t vector, ah;
    uint64_t count;
};
size_t bios_unknown_calls(const struct bios *bios, struct bios_unknown *list, size_t max);

/* What calls change beside registers and memory: *SIZE plain bytes, to be compared and put back. */
void *bios_state(struct bios *bios, size_t *size);

#endif
