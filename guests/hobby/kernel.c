/* A small operating system, of the kind that students write, to be debugged with stepvm
 * (docs/DEBUGGING.md has a session with it).
 *
 * The order of things is in kernel_main. Each noun has a file: console, segment (GDT and TSS),
 * interrupt (IDT and PICs; entry.S is where they arrive), fault, paging, timer, task, system_call,
 * ata. The programs that run on it are in user/. */
#include "ata.h"
#include "console.h"
#include "interrupt.h"
#include "multiboot.h"
#include "paging.h"
#include "segment.h"
#include "task.h"
#include "timer.h"
#include "user/programs.h"

#include <stddef.h>

/* Where physical memory ends, as the loader says. */
static uintptr_t memory_end(const struct multiboot_info *info)
{
    if (!(info->flags & MULTIBOOT_HAS_MEMORY))
        panic("the loader does not say how much memory there is");
    return 0x100000 + info->mem_upper * 1024;
}

static const char *command_line(const struct multiboot_info *info)
{
    return info->flags & MULTIBOOT_HAS_COMMAND_LINE ? (const char *)info->command_line : "";
}

/* "disk=1" in the command line: the second drive holds the archive. */
static unsigned chosen_drive(const char *text)
{
    static const char option[] = "disk=1";
    for (; *text; text++) {
        size_t same = 0;
        while (option[same] && text[same] == option[same])
            same++;
        if (!option[same])
            return 1;
    }
    return 0;
}

_Noreturn void kernel_main(uint32_t magic, const struct multiboot_info *info);
_Noreturn void kernel_main(uint32_t magic, const struct multiboot_info *info)
{
    console_init();
    print("kernel: hobby, a small operating system\n");
    if (magic != MULTIBOOT_MAGIC)
        panic("it wants a multiboot 1 loader");
    const uintptr_t memory = memory_end(info);
    const unsigned drive = chosen_drive(command_line(info));
    print("kernel: memory up to %x\n", memory);

    segment_init();
    interrupt_init();
    paging_init(memory);
    print("kernel: disk %u has %u blocks\n", drive, ata_init(drive));

    task_new("primes", primes);
    task_new("cat", cat);
    task_new("wild", wild);
    timer_init();
    task_start();
}
