#include "segment.h"

/* Intel SDM vol. 3, 3.4.5: segment descriptors. All are flat: base 0, limit 4 GiB; what keeps
 * programs out of the kernel is paging. */
#define FLAT     0x00cf00000000ffffull /* pages as unit, 32-bit, limit 0xfffff */
#define PRESENT  (1ull << 47)
#define LEVEL_3  (3ull << 45)
#define CODE     (0x1aull << 40) /* execute and read */
#define DATA     (0x12ull << 40) /* read and write */
#define TSS_FREE (0x09ull << 40) /* 32-bit TSS, not busy */

/* SDM vol. 3, 7.2.1. Tasks are switched by software (task.c): of all this the CPU reads ss0 and
 * esp0 only, and the I/O map's place, which is behind the limit: no ports for programs. */
struct task_state {
    uint32_t link, esp0, ss0;
    uint32_t unused[22];
    uint16_t trap, io_map;
};
_Static_assert(sizeof(struct task_state) == 104, "SDM vol. 3, figure 7-2");

static struct task_state task_state = {.ss0 = KERNEL_DATA, .io_map = sizeof task_state};

static uint64_t gdt[] = {
    [KERNEL_CODE / 8] = FLAT | PRESENT | CODE,
    [KERNEL_DATA / 8] = FLAT | PRESENT | DATA,
    [USER_CODE / 8] = FLAT | PRESENT | LEVEL_3 | CODE,
    [USER_DATA / 8] = FLAT | PRESENT | LEVEL_3 | DATA,
    [TASK_STATE / 8] = 0, /* an address is in pieces in it: filled below */
};

static uint64_t task_state_descriptor(void)
{
    const uint64_t base = (uintptr_t)&task_state;
    return PRESENT | TSS_FREE | (sizeof task_state - 1) | (base & 0xffffff) << 16 |
           (base >> 24) << 56;
}

void segment_init(void)
{
    const struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) pointer = {sizeof gdt - 1, (uintptr_t)gdt};

    gdt[TASK_STATE / 8] = task_state_descriptor();
    asm volatile("lgdt %0\n\t"
                 "ljmp %1, $1f\n"
                 "1:\tmovl %2, %%ds\n\t"
                 "movl %2, %%es\n\t"
                 "movl %2, %%fs\n\t"
                 "movl %2, %%gs\n\t"
                 "movl %2, %%ss\n\t"
                 "ltr %w3"
                 :
                 : "m"(pointer), "i"(KERNEL_CODE), "r"(KERNEL_DATA), "r"(TASK_STATE)
                 : "memory");
}

void segment_set_kernel_stack(uintptr_t top)
{
    task_state.esp0 = top;
}
