/* The interrupt that a vCPU would take next, from the state of its interrupt controllers: for a
 * host on which a debug register must be on the handler before it is entered. Pure. */
#ifndef VMM_DEBUG_PENDING_IRQ_H
#define VMM_DEBUG_PENDING_IRQ_H

#include "kvm/kvm.h"

/* The vector that the two PICs ask for (8259A data sheet: fully nested mode), or -1. */
int pending_irq_pics(const struct kvm_pic_state *master, const struct kvm_pic_state *slave);
/* The vector that the local APIC would deliver (SDM vol. 3, 10.8), or -1. */
int pending_irq_lapic(const struct kvm_lapic_state *lapic);
/* Whether the local APIC lets the PICs' interrupts through: LVT0 as ExtINT (10.5.1). */
bool pending_irq_takes_pics(const struct kvm_lapic_state *lapic);

#endif
