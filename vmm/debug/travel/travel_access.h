/* Watchpoints of reads on a journey: the log has no reads, so they are found from the state before
 * each instruction, by decoding it. */
#ifndef VMM_DEBUG_TRAVEL_ACCESS_H
#define VMM_DEBUG_TRAVEL_ACCESS_H

#include "debug/travel/travel.h"

/* Where the journey is: whether what vCPU CPU executes next accesses memory that a watchpoint of
 * reads or accesses is set for. Fills HIT and returns HIT->is_hit. */
bool travel_will_access(const struct travel *travel, unsigned cpu, struct watch_hit *hit);

/* Whether the entry at PLACE was a whole instruction. One that has faulted, or that an interrupt
 * was delivered in place of, has accessed nothing; after one that the guest's own trap flag was set
 * for comes a debug exception. */
bool travel_is_whole(const struct recorder_place *place);

#endif
