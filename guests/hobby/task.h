/* Tasks: each a program in user mode with an address space and a kernel stack of its own. */
#ifndef HOBBY_TASK_H
#define HOBBY_TASK_H

#include <stdbool.h>
#include <stdint.h>

enum task_state { TASK_NONE, TASK_READY, TASK_ENDED };

struct task {
    const char *name;
    enum task_state state;
    uint32_t *directory;
    uintptr_t stack; /* while it rests: where its kernel stack has come to */
    uint8_t kernel_stack[4096] __attribute__((aligned(16)));
};

extern struct task *current_task;
extern uint32_t task_preemptions; /* how often the timer has taken the CPU from a task */

/* Makes a task that runs PROGRAM, one of user/programs.h. */
void task_new(const char *name, void (*program)(void));

/* Starts the first one. The kernel's own thread ends here. */
_Noreturn void task_start(void);

/* Lets the next task that can run do so; returns when it is this one's turn again. False: there is
 * no other, and nothing has happened. The caller has interrupts off. */
bool task_switch(void);

/* The current task has ended. When it was the last, so has the machine. */
_Noreturn void task_end(void);

#endif
