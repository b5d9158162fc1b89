/* Which interrupt comes next (8259A data sheet; SDM vol. 3, 10.8). */
#include "tests/check.h"

#include "debug/step/pending_irq.h"

static const struct kvm_pic_state slave_idle = {.irq_base = 0x28};

static void one_pic(void)
{
    struct kvm_pic_state m = {.irq_base = 0x20};
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), -1);
    m.irr = 0x0a; /* lines 1 and 3 */
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), 0x21);
    m.imr = 0x02;
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), 0x23);
    m.isr = 0x01; /* line 0 is in service, and more important */
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), -1);
    m.isr = 0x08; /* the same one */
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), -1);
    m.isr = 0x10;
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), 0x23);
    m.isr = 0x02; /* masked, in special mask mode */
    m.special_mask = 1;
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), 0x23);
}

static void rotated_priorities(void)
{
    struct kvm_pic_state m = {.irq_base = 0x20, .irr = 0x81, .priority_add = 1};
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), 0x27);
    m.isr = 0x80;
    CHECK_EQ(pending_irq_pics(&m, &slave_idle), -1);
}

static void cascaded(void)
{
    struct kvm_pic_state m = {.irq_base = 0x20, .irr = 0x04}, s = {.irq_base = 0x28, .irr = 0x40};
    CHECK_EQ(pending_irq_pics(&m, &s), 0x2e);
    s.irr = 0; /* gone meanwhile */
    CHECK_EQ(pending_irq_pics(&m, &s), 0x2f);
    s.irr = 0x40;
    m.isr = 0x04; /* one of the slave's is in service */
    CHECK_EQ(pending_irq_pics(&m, &s), -1);
    m.special_fully_nested_mode = 1;
    CHECK_EQ(pending_irq_pics(&m, &s), 0x2e);
}

static void set(struct kvm_lapic_state *lapic, unsigned offset, uint32_t value)
{
    memcpy(lapic->regs + offset, &value, sizeof value);
}

static void local_apic(void)
{
    struct kvm_lapic_state l = {{0}};
    set(&l, 0x200 + 0x10 * 7, 1u << 31); /* 0xff */
    CHECK_EQ(pending_irq_lapic(&l), -1); /* software-disabled */
    set(&l, 0xf0, 0x1ff);
    CHECK_EQ(pending_irq_lapic(&l), 0xff);
    set(&l, 0x200 + 0x10 * 7, 0);
    CHECK_EQ(pending_irq_lapic(&l), -1);
    set(&l, 0x200 + 0x10 * 1, 3); /* 0x20, 0x21 */
    CHECK_EQ(pending_irq_lapic(&l), 0x21);
    set(&l, 0x80, 0x1f);
    CHECK_EQ(pending_irq_lapic(&l), 0x21);
    set(&l, 0x80, 0x20);
    CHECK_EQ(pending_irq_lapic(&l), -1);
    set(&l, 0x80, 0);
    set(&l, 0x100 + 0x10 * 1, 1); /* 0x20 in service: the same class */
    CHECK_EQ(pending_irq_lapic(&l), -1);
}

static void what_lets_the_pics_through(void)
{
    struct kvm_lapic_state l = {{0}};
    CHECK(!pending_irq_takes_pics(&l));
    set(&l, 0x350, 0x700);
    CHECK(pending_irq_takes_pics(&l));
    set(&l, 0x350, 0x10700);
    CHECK(!pending_irq_takes_pics(&l));
}

int main(void)
{
    TEST(one_pic);
    TEST(rotated_priorities);
    TEST(cascaded);
    TEST(local_apic);
    TEST(what_lets_the_pics_through);
    return check_done();
}
