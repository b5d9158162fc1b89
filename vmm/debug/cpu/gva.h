/* Guest memory by linear address, as one vCPU maps it now. For a parked vCPU or its own thread. */
#ifndef VMM_DEBUG_GVA_H
#define VMM_DEBUG_GVA_H

#include "debug/cpu/read_log.h"
#include "debug/cpu/walk.h"
#include "memory/memory.h"
#include "vcpu/vcpu.h"

/* What translates a vCPU's linear addresses; made of its control registers. */
struct gva_space {
    const struct memory *memory;
    struct walk_mode mode;
    struct read_log *log; /* of what is read by it; NULL: none */
};

struct gva_space gva_space(const struct memory *memory, const struct kvm_sregs *sregs);

/* The walk itself (walk.h). */
struct walk_result gva_walk(const struct gva_space *space, uint64_t gva);
/* The same memory for walk; SPACE must outlive it. */
struct walk_memory gva_walk_memory(const struct gva_space *space);

/* GVA's guest-physical address. False if it is not mapped. */
bool gva_translate(const struct gva_space *space, uint64_t gva, uint64_t *gpa);
/* Whether a table that translates any address lies in the page at guest-physical PAGE (walk_uses).
 */
bool gva_tables_use(const struct gva_space *space, uint64_t page);
/* Copies what exists of the LEN bytes from GVA on, page by page; returns how many. Writes reach
 * ROM too. Devices' windows are never touched: they count as not existing. */
size_t gva_read(const struct gva_space *space, uint64_t gva, void *buf, size_t len);
size_t gva_write(const struct gva_space *space, struct memory *memory, uint64_t gva,
                 const void *buf, size_t len);

#endif
