#include "interrupt.h"

#include "console.h"
#include "fault.h"
#include "io.h"
#include "segment.h"
#include "system_call.h"
#include "timer.h"

#include <stddef.h>

/* SDM vol. 3, 6.11: gates of the IDT. Interrupt gates: interrupts are off in the handler. */
struct gate {
    uint16_t offset_low, selector, type, offset_high;
};
enum { GATE_INTERRUPT = 0x8e00, GATE_USER_MAY = 0x6000 };

static struct gate idt[256];

/* entry.S: where each vector is entered. */
extern const struct {
    uint32_t vector;
    void (*enter)(void);
} vectors[];
extern const uint32_t vector_count;

/* The two PICs (8259A), as the PC has them. */
enum { PIC1 = 0x20, PIC1_MASK = 0x21, PIC2 = 0xa0, PIC2_MASK = 0xa1 };
enum { PIC_INIT = 0x11, PIC_8086 = 0x01, PIC_END_OF_INTERRUPT = 0x20 };

static void init_pics(void)
{
    out8(PIC1, PIC_INIT);
    out8(PIC2, PIC_INIT);
    out8(PIC1_MASK, VECTOR_IRQ);
    out8(PIC2_MASK, VECTOR_IRQ + 8);
    out8(PIC1_MASK, 1 << 2); /* the second PIC is on line 2 of the first */
    out8(PIC2_MASK, 2);
    out8(PIC1_MASK, PIC_8086);
    out8(PIC2_MASK, PIC_8086);
    out8(PIC1_MASK, 0xfe); /* line 0, the timer, is open */
    out8(PIC2_MASK, 0xff);
}

static void set_gate(uint32_t vector, uintptr_t enter)
{
    idt[vector] = (struct gate){
        .offset_low = (uint16_t)enter,
        .selector = KERNEL_CODE,
        .type = vector == SYSTEM_CALL_VECTOR ? GATE_INTERRUPT | GATE_USER_MAY : GATE_INTERRUPT,
        .offset_high = (uint16_t)(enter >> 16),
    };
}

void interrupt_init(void)
{
    const struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) pointer = {sizeof idt - 1, (uintptr_t)idt};

    for (uint32_t i = 0; i < vector_count; i++)
        set_gate(vectors[i].vector, (uintptr_t)vectors[i].enter);
    asm volatile("lidt %0" : : "m"(pointer));
    init_pics();
}

void interrupt(struct frame *frame)
{
    switch (frame->vector) {
    case VECTOR_TIMER:
        out8(PIC1, PIC_END_OF_INTERRUPT); /* before another task runs, which may take long */
        timer_interrupt();
        break;
    case SYSTEM_CALL_VECTOR:
        system_call(frame);
        break;
    case VECTOR_PAGE_FAULT:
        page_fault(frame);
        break;
    default:
        other_fault(frame);
    }
}
