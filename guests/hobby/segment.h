/* Segments: flat ones for the kernel and for programs, and the task state segment. */
#ifndef HOBBY_SEGMENT_H
#define HOBBY_SEGMENT_H

/* Selectors: the descriptor's place in the GDT, and the privilege level that is asked for. Also
 * read by assembly. */
#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_CODE   (0x18 | 3)
#define USER_DATA   (0x20 | 3)
#define TASK_STATE  0x28

#ifndef __ASSEMBLER__
#include <stdint.h>

void segment_init(void);
/* Where the CPU puts its stack pointer when an interrupt ends user mode: the stack's end. */
void segment_set_kernel_stack(uintptr_t top);
#endif

#endif
