#include "timer.h"

#include "io.h"
#include "task.h"

enum { PIT_CHANNEL_0 = 0x40, PIT_CONTROL = 0x43, PIT_HZ = 1193182 };
enum { PIT_RATE_GENERATOR = 0x34 }; /* channel 0, low byte then high byte, mode 2 */

volatile uint32_t ticks;

void timer_init(void)
{
    const uint16_t divisor = PIT_HZ / TIMER_HZ;
    out8(PIT_CONTROL, PIT_RATE_GENERATOR);
    out8(PIT_CHANNEL_0, divisor & 0xff);
    out8(PIT_CHANNEL_0, divisor >> 8);
}

void timer_interrupt(void)
{
    ticks++;
    if (task_switch())
        task_preemptions++;
}
