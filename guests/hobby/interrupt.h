/* Interrupts: exceptions, the PICs' lines, and system calls, all by way of one handler. */
#ifndef HOBBY_INTERRUPT_H
#define HOBBY_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/* Vectors: 0 to 31 are the CPU's exceptions, then come the PICs' 16 lines. */
#define VECTOR_PAGE_FAULT 14
#define VECTOR_IRQ        32
#define VECTOR_TIMER      (VECTOR_IRQ + 0)

/* What entry.S has saved of whoever was interrupted, in the order of the stack. */
struct frame {
    uint32_t es, ds;
    uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax; /* as pushal does */
    uint32_t vector, error;                             /* error: 0 where the CPU gives none */
    uint32_t eip, cs, eflags;                           /* from here on the CPU has pushed it */
    uint32_t esp, ss;                                   /* only if it came from user mode */
};

static inline bool from_user_mode(const struct frame *frame)
{
    return (frame->cs & 3) == 3;
}

/* The IDT and the PICs. All lines but the timer's are closed; the CPU takes no interrupts yet. */
void interrupt_init(void);

/* Called by entry.S, with interrupts off. Returns to what was interrupted. */
void interrupt(struct frame *frame);

#endif
