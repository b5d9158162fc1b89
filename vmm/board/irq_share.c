#include "board/irq_share.h"

#include <assert.h>

void irq_share_init(struct irq_share *share, struct irq_line line)
{
    *share = (struct irq_share){.line = line};
}

static void set(void *context, bool level)
{
    const struct irq_holder *holder = context;
    struct irq_share *share = holder->share;
    const uint32_t before = share->raised, bit = 1u << holder->number;
    share->raised = level ? before | bit : before & ~bit;
    if (!before != !share->raised)
        irq_set(&share->line, share->raised);
}

struct irq_line irq_share_join(struct irq_share *share)
{
    assert(share->count < IRQ_SHARE_MAX);
    struct irq_holder *holder = &share->holders[share->count];
    *holder = (struct irq_holder){.share = share, .number = share->count++};
    return (struct irq_line){set, holder};
}
