/* The pages that are fenced for breakpoints and watchpoints (memory_fence), kept from one plan to
 * the next so that a plan that wants the same pages costs no call.
 *
 *     fences_begin -> fences_want ... -> fences_end        a plan, all vCPUs parked
 *     fences_open ... fences_close                          one vCPU runs alone, unhindered */
#ifndef VMM_DEBUG_FENCES_H
#define VMM_DEBUG_FENCES_H

#include "memory/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct fences;

/* NULL if memory is short. MEMORY must outlive it. */
struct fences *fences_new(struct memory *memory);
/* Leaves the fences as they are. NULL is fine. */
void fences_free(struct fences *fences);

void fences_begin(struct fences *fences);
/* Fences the page that holds GPA, as tightly as the tightest who wants it. 0, or memory_fence's
 * error, or -ENOMEM: then nothing has changed. */
int fences_want(struct fences *fences, uint64_t gpa, enum memory_access access);
/* Takes away those that nobody has wanted since fences_begin. */
void fences_end(struct fences *fences);

/* 0, or memory_fence's error. Both may be called again with no effect. */
int fences_open(struct fences *fences);
int fences_close(struct fences *fences);

/* What is kept from the guest at GPA while the fences are closed. */
enum memory_access fences_at(const struct fences *fences, uint64_t gpa);
bool fences_any(const struct fences *fences);

#endif
