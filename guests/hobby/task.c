#include "task.h"

#include "console.h"
#include "interrupt.h"
#include "io.h"
#include "memory.h"
#include "paging.h"
#include "segment.h"
#include "user/programs.h"

#include <stddef.h>

enum { MAX_TASKS = 4 };
enum { EFLAGS_RESERVED = 1 << 1, EFLAGS_INTERRUPTS = 1 << 9 };

/* PM1a control of the PC that stepvm and QEMU are: sleep type 0, sleep enable (ACPI 4.8.3.2). */
enum { POWER_PORT = 0x604, POWER_OFF = 0x2000 };

static struct task tasks[MAX_TASKS];
struct task *current_task;
uint32_t task_preemptions;

/* entry.S */
void switch_stacks(uintptr_t *from, uintptr_t to);
void interrupt_return(void);

static uintptr_t stack_top(struct task *task)
{
    return (uintptr_t)task->kernel_stack + sizeof task->kernel_stack;
}

/* A task that has not run yet looks as if it had been interrupted before its first instruction: at
 * the top of its stack is what an interrupt leaves there, and below it what switch_stacks pops, the
 * way back from the interrupt being where that returns to. */
struct first_stack {
    uint32_t edi, esi, ebx, ebp;
    void (*eip)(void);
    struct frame frame;
};

static uintptr_t prepare_stack(struct task *task, void (*program)(void))
{
    struct first_stack *first = (struct first_stack *)stack_top(task) - 1;
    *first = (struct first_stack){
        .eip = interrupt_return,
        .frame = {.ds = USER_DATA,
                  .es = USER_DATA,
                  .ebx = (uintptr_t)program,
                  .eip = (uintptr_t)program_start,
                  .cs = USER_CODE,
                  .eflags = EFLAGS_RESERVED | EFLAGS_INTERRUPTS,
                  .esp = USER_STACK + PAGE_SIZE,
                  .ss = USER_DATA},
    };
    return (uintptr_t)first;
}

void task_new(const char *name, void (*program)(void))
{
    struct task *task = tasks;
    while (task->state != TASK_NONE)
        if (++task == tasks + MAX_TASKS)
            panic("too many tasks");
    task->name = name;
    task->directory = address_space_new();
    task->stack = prepare_stack(task, program);
    task->state = TASK_READY;
}

/* The task after CURRENT, in turn, that can run: CURRENT itself at last. NULL: none. */
static struct task *next_ready(struct task *current)
{
    for (size_t i = 1; i <= MAX_TASKS; i++) {
        struct task *task = &tasks[((size_t)(current - tasks) + i) % MAX_TASKS];
        if (task->state == TASK_READY)
            return task;
    }
    return NULL;
}

/* The CPU goes to NEXT, and *RESTS says where to go on with who has it now. */
static void switch_to(struct task *next, uintptr_t *rests)
{
    current_task = next;
    segment_set_kernel_stack(stack_top(next));
    address_space_enter(next->directory); /* the kernel is at the same place in all of them */
    switch_stacks(rests, next->stack);
}

bool task_switch(void)
{
    struct task *self = current_task, *next = next_ready(self);
    if (!next || next == self)
        return false;
    switch_to(next, &self->stack);
    return true;
}

_Noreturn void task_start(void)
{
    uintptr_t nobody;
    switch_to(tasks, &nobody);
    __builtin_unreachable();
}

_Noreturn void task_end(void)
{
    current_task->state = TASK_ENDED;
    task_switch();
    print("kernel: all tasks have ended; the timer has switched %s of them\n",
          task_preemptions ? "some" : "none");
    for (;;) {
        out16(POWER_PORT, POWER_OFF);
        asm volatile("hlt");
    }
}
