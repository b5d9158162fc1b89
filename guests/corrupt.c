/* A program with a bug that shows only later: it names three tasks, runs them, and counts those
 * that are left. Entered in protected mode; unoptimized. docs/DEBUGGING.md finds out who spoils the
 * count, going back. */

#include "entry32.h"

struct table {
    char names[3][8];
    int left;
};

static struct table tasks;
static volatile unsigned work;

static void __attribute__((noinline)) name_task(int number, const char *name)
{
    char *to = tasks.names[number];
    while ((*to++ = *name++))
        ;
}

static void __attribute__((noinline)) run_task(int number)
{
    for (int i = 0; i < 8 && tasks.names[number][i]; i++)
        work++;
    tasks.left--;
}

static void __attribute__((noinline)) panic(int left)
{
    work = (unsigned)left;
    for (;;)
        asm volatile("hlt");
}

void run(void)
{
    tasks.left = 3;
    name_task(0, "disk");
    name_task(1, "clock");
    name_task(2, "keyboard");
    for (int i = 0; i < 3; i++)
        run_task(i);
    if (tasks.left)
        panic(tasks.left);
}
