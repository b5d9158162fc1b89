/* One interrupt line that several devices hold: level-triggered, and raised while one of them
 * raises it (PCI 3.0, 2.2.6: INTx lines are open drain, which makes a wired OR). */
#ifndef VMM_IRQ_SHARE_H
#define VMM_IRQ_SHARE_H

#include "board/irq.h"

#include <stdint.h>

#define IRQ_SHARE_MAX 16 /* devices on one line */

struct irq_share {
    uint32_t raised; /* a bit a holder */
    struct irq_line line;
    struct irq_holder {
        struct irq_share *share;
        unsigned number;
    } holders[IRQ_SHARE_MAX];
    unsigned count;
};

/* Lowered, with nobody on it. It may not be moved afterwards. */
void irq_share_init(struct irq_share *share, struct irq_line line);
/* A line for one more device; IRQ_SHARE_MAX at most. */
struct irq_line irq_share_join(struct irq_share *share);

#endif
