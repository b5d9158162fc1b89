#include "debug/step/pending_irq.h"

#include <string.h>

#define PIC_LINES    8u
#define PIC_CASCADE  2 /* the master's line that the slave is on */
#define PIC_SPURIOUS 7

/* Offsets of the local APIC's registers: SDM vol. 3, table 10-1. */
#define APIC_TPR  0x80
#define APIC_SVR  0xf0
#define APIC_ISR  0x100
#define APIC_IRR  0x200
#define APIC_LVT0 0x350

#define SVR_ENABLED (1u << 8)
#define LVT_MASKED  (1u << 16)
#define LVT_MODE    (7u << 8)
#define LVT_EXTINT  (7u << 8)

/* The line of the highest priority in LINES, counted from the one that has it; 8 if there is none.
 */
static unsigned priority(const struct kvm_pic_state *pic, unsigned lines)
{
    unsigned p = 0;
    while (p < PIC_LINES && !(lines >> ((p + pic->priority_add) % PIC_LINES) & 1))
        p++;
    return p;
}

static int pic_line(const struct kvm_pic_state *pic, bool is_master)
{
    unsigned in_service = pic->isr;
    const unsigned wanted = priority(pic, (unsigned)pic->irr & ~(unsigned)pic->imr);
    if (pic->special_mask)
        in_service &= ~(unsigned)pic->imr;
    if (is_master && pic->special_fully_nested_mode)
        in_service &= ~(1u << PIC_CASCADE);
    if (wanted == PIC_LINES || wanted >= priority(pic, in_service))
        return -1;
    return (int)((wanted + pic->priority_add) % PIC_LINES);
}

int pending_irq_pics(const struct kvm_pic_state *master, const struct kvm_pic_state *slave)
{
    const int line = pic_line(master, true);
    if (line != PIC_CASCADE)
        return line < 0 ? -1 : master->irq_base + line;
    const int second = pic_line(slave, false);
    return slave->irq_base + (second < 0 ? PIC_SPURIOUS : second);
}

static uint32_t apic_register(const struct kvm_lapic_state *lapic, unsigned offset)
{
    uint32_t value;
    memcpy(&value, lapic->regs + offset, sizeof value);
    return value;
}

/* The highest bit of the eight registers from OFFSET on, 16 bytes apart; -1: none. */
static int highest(const struct kvm_lapic_state *lapic, unsigned offset)
{
    for (int i = 7; i >= 0; i--) {
        const uint32_t bits = apic_register(lapic, offset + (unsigned)i * 16);
        if (bits)
            return i * 32 + 31 - __builtin_clz(bits);
    }
    return -1;
}

int pending_irq_lapic(const struct kvm_lapic_state *lapic)
{
    const int requested = highest(lapic, APIC_IRR), in_service = highest(lapic, APIC_ISR);
    const int task = (int)(apic_register(lapic, APIC_TPR) & 0xff);
    const int threshold = (in_service > task ? in_service : task) >> 4;
    if (!(apic_register(lapic, APIC_SVR) & SVR_ENABLED) || requested < 0 ||
        requested >> 4 <= threshold)
        return -1;
    return requested;
}

bool pending_irq_takes_pics(const struct kvm_lapic_state *lapic)
{
    const uint32_t lvt0 = apic_register(lapic, APIC_LVT0);
    return !(lvt0 & LVT_MASKED) && (lvt0 & LVT_MODE) == LVT_EXTINT;
}
