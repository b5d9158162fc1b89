#include "fault.h"

#include "console.h"
#include "interrupt.h"
#include "task.h"

/* SDM vol. 3, 4.7: the error code of a page fault. */
enum { FAULT_PROTECTION = 1, FAULT_WRITE = 2 };

static void end(const struct frame *frame)
{
    if (!from_user_mode(frame))
        panic("a fault in the kernel");
    print("kernel: %s is ended\n", current_task->name);
    task_end();
}

void page_fault(const struct frame *frame)
{
    uint32_t address;
    asm volatile("movl %%cr2, %0" : "=r"(address));
    print("kernel: page fault at %x: %s %s %x, which is %s\n", frame->eip,
          from_user_mode(frame) ? current_task->name : "the kernel",
          frame->error & FAULT_WRITE ? "writes to" : "reads", address,
          frame->error & FAULT_PROTECTION ? "not allowed" : "not there");
    end(frame);
}

void other_fault(const struct frame *frame)
{
    print("kernel: exception %u at %x, error code %x\n", frame->vector, frame->eip, frame->error);
    end(frame);
}
