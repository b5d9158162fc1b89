/* An interrupt line as a device sees it: something to raise and to lower. Where it leads is known
 * only where the machine is put together. */
#ifndef VMM_IRQ_H
#define VMM_IRQ_H

#include <stdbool.h>

struct irq_line {
    void (*set)(void *context, bool level); /* NULL: not connected */
    void *context;
};

static inline void irq_set(const struct irq_line *line, bool level)
{
    if (line->set)
        line->set(line->context, level);
}

#endif
