#include "system_call.h"

#include "ata.h"
#include "console.h"
#include "interrupt.h"
#include "paging.h"
#include "task.h"

#include <stdint.h>

enum { FAILED = -1 };

static int32_t sys_write(uint32_t text, uint32_t size)
{
    if (!user_may_access(current_task->directory, text, size, false))
        return FAILED;
    console_write((const char *)text, size);
    return 0;
}

static int32_t sys_yield(uint32_t unused1, uint32_t unused2)
{
    (void)unused1, (void)unused2;
    task_switch();
    return 0;
}

static int32_t sys_exit(uint32_t unused1, uint32_t unused2)
{
    (void)unused1, (void)unused2;
    task_end();
}

static int32_t sys_read_block(uint32_t number, uint32_t buffer)
{
    if (!user_may_access(current_task->directory, buffer, ATA_BLOCK, true))
        return FAILED;
    return ata_read(number, (void *)buffer) ? 0 : FAILED;
}

static int32_t (*const calls[])(uint32_t, uint32_t) = {
    [SYSTEM_WRITE] = sys_write,
    [SYSTEM_YIELD] = sys_yield,
    [SYSTEM_EXIT] = sys_exit,
    [SYSTEM_READ_BLOCK] = sys_read_block,
};

void system_call(struct frame *frame)
{
    int32_t result = FAILED;
    if (frame->eax < sizeof calls / sizeof calls[0])
        result = calls[frame->eax](frame->ebx, frame->ecx);
    frame->eax = (uint32_t)result;
}
