/* A process that keeps the memory of this one as it was when it was forked off: both share all
 * pages, and the kernel copies one when it is written to here. It has no descriptor but its socket,
 * takes no signal but SIGKILL, and ends when nobody is left to ask it, also if we were killed. */
#ifndef VMM_RECORD_RAM_KEEPER_H
#define VMM_RECORD_RAM_KEEPER_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ram_keeper;

/* What is not private memory of this process, or has MADV_DONTFORK, is not kept. Other threads may
 * run. 0, or -errno: the host does not let us. */
int ram_keeper_start(struct ram_keeper **keeper);
/* Returns when it has ended; NULL is fine. */
void ram_keeper_stop(struct ram_keeper *keeper);

/* 0, or -ESRCH with ERROR set to how it has ended. */
int ram_keeper_check(struct ram_keeper *keeper, struct error *error);

#define RAM_KEEPER_MOST 256u

/* The COUNT pages (RAM_KEEPER_MOST at most) at PAGES, which are kept, as they were: *BYTES is the
 * first one, the others follow; good until it is asked again. 0, or -errno with ERROR set. */
int ram_keeper_get(struct ram_keeper *keeper, const uint8_t *const *pages, size_t count,
                   const uint8_t **bytes, struct error *error);

#endif
