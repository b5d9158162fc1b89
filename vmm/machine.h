/* The machine: the order of set-up and of a reset, and who reaches whom (devices.h has the
 * devices).
 *
 * All calls are the polling thread's. */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include "console/frontend.h"
#include "debug/debug.h"
#include "error.h"
#include "options/options.h"
#include "traces.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;

/* Makes all of it but what the image brings: KVM, memory, devices, disks, vCPUs (parked, with no
 * threads yet). OPTIONS, TRACES and SANDBOX, which `monitor info host` shows, must outlive it. 0,
 * or -errno with ERROR set and *OUT NULL. */
int machine_new(struct machine **out, const struct options *options, const struct traces *traces,
                const char *sandbox, struct error *error);
/* Stops everything and frees it; the terminal is as it was. NULL is fine. */
void machine_free(struct machine *machine);

/* Power-on or reset: devices, BIOS, image, CPUs as at the first instruction. The vCPUs are parked
 * and stay so. RESULT says what the image is. 0 or -errno with ERROR set. */
int machine_power_on(struct machine *machine, struct boot_result *result, struct error *error);
/* Makes the vCPUs' threads: the last of the set-up. They have the rights that the caller has kept
 * (confine/confine.h). 0 or -errno with ERROR set. */
int machine_start(struct machine *machine, struct error *error);
/* With --snapshot-file: after machine_start, and after all that can be given up is, for what is in
 * a file may be anybody's. If there is a snapshot in it, the machine goes on from there, and *NAME
 * is its name; else NULL. 0 or -errno with ERROR set. */
int machine_begin(struct machine *machine, const char **name, struct error *error);
/* Sets all vCPUs going, with no debugger having a say. */
void machine_run(struct machine *machine);

struct debug *machine_debug(struct machine *machine);
struct frontend *machine_frontend(struct machine *machine);
struct vcpu *machine_cpu(struct machine *machine, unsigned index);
/* True once the debugger has asked for the machine's end. */
bool machine_is_killed(const struct machine *machine);

/* Calls VISIT for each BIOS function that the guest wanted and that is not there. */
void machine_unknown_bios_calls(struct machine *machine,
                                void (*visit)(void *context, unsigned vector, unsigned ah,
                                              uint64_t count),
                                void *context);

#endif
