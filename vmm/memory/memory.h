/* Guest-physical memory: which ranges exist, and which host bytes stand behind them.
 *
 * Regions never overlap and keep their slot number for life. One thread changes the map (with every
 * vCPU parked); any thread may translate. This module knows no KVM: whoever makes it says how a
 * slot is announced (struct memory_backend). docs/MEMORY.md has the map that machine.c builds. */
#ifndef VMM_MEMORY_H
#define VMM_MEMORY_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_PAGE     4096u
#define MEMORY_GPA_BITS 52 /* of a guest-physical address: SDM vol. 3, 4.1.4 */

enum memory_kind {
    MEMORY_RAM,
    MEMORY_ROM, /* the guest reads and executes it; its writes are dropped */
};

struct memory_region {
    const char *name; /* static: "RAM below 640K" */
    uint64_t gpa, size;
    uint8_t *hva;
    uint32_t slot; /* its own, or while pages of it are fenced that of its first piece */
    enum memory_kind kind;
    uint64_t *dirty; /* memory_usage.c's: a bit a page, while memory_logs_dirty and for RAM */
    uint64_t *own;   /* memory_written.c's, of what the machine itself has written to */
};

/* A slot as the hypervisor has it: a range of guest-physical addresses and the host bytes there. */
struct memory_slot {
    uint32_t slot;
    uint64_t gpa, size;
    uint8_t *hva;
    bool read_only; /* the guest's writes exit */
    bool log_dirty; /* the hypervisor notes which pages the guest writes to */
};

/* How regions become the hypervisor's slots. */
struct memory_backend {
    /* Announces SLOT, or withdraws it, which was announced just so, if PRESENT is false. 0 or
     * -errno, and then nothing has changed. One that is there may be announced again, with another
     * log_dirty or the same, and changes in nothing else. */
    int (*set_slot)(void *context, const struct memory_slot *slot, bool present);
    /* Sets the bit in BITMAP (the slot's pages, the first one lowest; zero at first) of each page
     * that the guest has written to since this was last asked, or log_dirty was set. 0 or -errno.
     * NULL: the hypervisor has no such thing. */
    int (*get_dirty)(void *context, const struct memory_slot *slot, uint64_t *bitmap);
    void *context;
    uint32_t max_slots;
    bool has_read_only; /* else ROM is announced as RAM is */
};

struct memory;

/* An empty map. NULL if host memory is short. */
struct memory *memory_new(const struct memory_backend *backend);
/* Unmaps all regions. It does not withdraw them: the VM must be gone. NULL is fine. */
void memory_free(struct memory *memory);

/* Adds SIZE bytes at GPA, zeroed and untouched until the guest or a loader writes them.
 * GPA and SIZE in bytes, both multiples of 4096, SIZE > 0. NAME must outlive the region.
 * 0, or -EINVAL (alignment, size, past 2^52), -EEXIST (overlaps a region or a window),
 * -ENOSPC (no slot left), -ENOMEM, or what the backend said. On any error nothing has changed
 * and ERROR says why. */
int memory_add(struct memory *memory, uint64_t gpa, uint64_t size, enum memory_kind kind,
               const char *name, struct error *error);
/* Removes the region that starts at GPA. 0, -ENOENT, or what the backend said (nothing changed). */
int memory_remove(struct memory *memory, uint64_t gpa, struct error *error);

/* How often regions have come and gone: while it is the same, host addresses stay good. */
uint64_t memory_changes(const struct memory *memory);

/* Keeps SIZE bytes at GPA free of regions, for a device NAME. Alignment and errors as memory_add.
 */
int memory_reserve(struct memory *memory, uint64_t gpa, uint64_t size, const char *name,
                   struct error *error);

/* ---- Fences: pages that the guest can't use freely, although they are there
 *
 * What a fence keeps the guest from doing exits from KVM as an MMIO access before it happens; a
 * fetch from a closed page exits as an emulation failure (docs/ARCHITECTURE.md, "The fence").
 * Everyone else reads and writes the page as before: memory_at and the rest know no fences.
 *
 * Not for a page that the processor itself uses. Seen on kvm_amd and kvm_pvm of a stack's page:
 * interrupts are not delivered to it (an exception is a shutdown on kvm_pvm), pusha, far calls and
 * real mode's int lose all their pushes but the last, popa and far returns pop too much. */
enum memory_access {
    MEMORY_OPEN,      /* everything */
    MEMORY_READ_ONLY, /* reads and fetches */
    MEMORY_CLOSED,    /* nothing */
};

/* Sets what the guest may do with the page of region memory that holds GPA; OPEN is what its kind
 * lets it do. The first fence of a page cuts its region's slot around it (up to two slots more:
 * milliseconds if the region is large). The page keeps its slot, OPEN too, until
 * memory_unfence_all, and later calls touch only that. OPEN does nothing to a page without one.
 *
 * All vCPUs are parked. 0, -EFAULT (no region there), -ENOSPC (no slot left), -ENOMEM, -ENOTSUP
 * (READ_ONLY, and the backend has no such slots), or what the backend said. On any error nothing
 * has changed, unless the backend refused to take back what it had: then the guest may lack memory
 * around that page until memory_unfence_all. */
int memory_fence(struct memory *memory, uint64_t gpa, enum memory_access access);
/* Takes all fences away, also those that failed half-way. 0, or what the backend said first: the
 * region it was said of is as it was, the others have no fences. All vCPUs are parked. */
int memory_unfence_all(struct memory *memory);
/* As it is now; MEMORY_OPEN where no fence or no region is. Any thread while none is changed. */
enum memory_access memory_fenced(const struct memory *memory, uint64_t gpa);

/* The machine has written to guest memory what the processor may have in its TLB, or a hypervisor
 * that shadows page tables in those: makes both forget it, by taking the smallest slot out and
 * putting it back (KVM then drops all mappings). All vCPUs are parked. 0, or what the backend said:
 * then that memory is missing. */
int memory_forget_translations(struct memory *memory);

/* RAM as it was at first: zeroed, its pages given back to the host. All vCPUs are parked. */
void memory_clear_ram(struct memory *memory);

/* ---- Pages in use: memory_usage.c */

/* How many pages of REGION have host memory behind them, or -errno. */
int64_t memory_resident(const struct memory_region *region);

/* Has the pages of RAM noted that the guest writes to, or no longer; none is noted at first. What
 * the machine itself writes does not count. 0, -ENOTSUP (the backend can't), -ENOMEM, or what the
 * backend said: then nothing has changed. All vCPUs are parked. */
int memory_log_dirty(struct memory *memory, bool on);
bool memory_logs_dirty(const struct memory *memory);
/* How many pages of REGION the guest has written to since this was last asked; those are forgotten.
 * 0 while none are noted; or -errno. All vCPUs are parked. */
int64_t memory_take_dirty(struct memory *memory, const struct memory_region *region);
/* The guest has written LEN bytes at GPA and the backend has not seen it: a fence. Any thread. */
void memory_note_write(const struct memory *memory, uint64_t gpa, uint64_t len);

/* ---- Pages written to, one by one: memory_written.c */

/* Follows what is written to RAM, for one who asks after each instruction: memory_log_dirty, and
 * also what the machine itself writes, by memory_write, memory_poke, memory_clear_ram, or to what
 * memory_ram_at has given out (a pointer got before the last question is no longer seen). As
 * memory_log_dirty, which it turns on and off. All vCPUs are parked. */
int memory_follow(struct memory *memory, bool on);
bool memory_follows(const struct memory *memory);
/* Calls VISIT for each page of RAM written to since this was last asked. 0 or what the backend
 * said. Not while another thread asks. */
int memory_each_written(struct memory *memory,
                        void (*visit)(void *context, const struct memory_region *region,
                                      uint64_t gpa, uint8_t *page),
                        void *context);

/* The region that holds GPA, or NULL. */
const struct memory_region *memory_find(const struct memory *memory, uint64_t gpa);
/* The regions in ascending order: the first at or after GPA, or NULL. Next: its gpa + size. */
const struct memory_region *memory_next(const struct memory *memory, uint64_t gpa);

/* Host address of the LEN bytes at GPA, or NULL if one of them is not RAM or ROM, or if they do not
 * lie side by side in host memory. Any GPA and LEN may be given; LEN 0 gives NULL. */
void *memory_at(const struct memory *memory, uint64_t gpa, uint64_t len);
/* The same for who writes there as the guest could: RAM only. */
void *memory_ram_at(const struct memory *memory, uint64_t gpa, uint64_t len);

/* Copies as many of the LEN bytes at GPA as exist from the start on, across regions; returns how
 * many. memory_write writes RAM only, as the guest could; memory_poke writes ROM too, for loaders
 * and the debugger. */
size_t memory_read(const struct memory *memory, uint64_t gpa, void *buf, size_t len);
size_t memory_write(struct memory *memory, uint64_t gpa, const void *buf, size_t len);
size_t memory_poke(struct memory *memory, uint64_t gpa, const void *buf, size_t len);

#endif
