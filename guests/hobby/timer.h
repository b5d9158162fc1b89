/* The PIT's channel 0: a hundred interrupts a second, at each of which the next task is due. */
#ifndef HOBBY_TIMER_H
#define HOBBY_TIMER_H

#include <stdint.h>

enum { TIMER_HZ = 100 };

extern volatile uint32_t ticks; /* interrupts until now */

void timer_init(void);
void timer_interrupt(void);

#endif
