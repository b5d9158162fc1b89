/* Lines of C for a debugger to step: loops, calls, a repeated instruction, port I/O, and a loop that
 * only a debugger ends. Entered in protected mode. A test finds a line by the comment behind it. */

#include "entry32.h"

#define CONSOLE 0xe9
#define PUT(c)  asm volatile("outb %0, %1" ::"a"((char)(c)), "Nd"((unsigned short)CONSOLE))

static volatile unsigned total, calls, flag;
static volatile unsigned char room[256];

static void __attribute__((noinline)) called(unsigned n)
{
    calls += n;
}

/* clang-format off */
static void loops(void)
{
    total = 1;                                                   /* begin */
    for (unsigned i = 0; i < 100; i++) total += i;               /* short */
    for (unsigned i = 0; i < 10000; i++) total++;                /* long */
    for (unsigned i = 0; i < 3; i++) called(i);                  /* calls */
    for (unsigned i = 0; i < 20; i++) PUT('.');                  /* output */
    void *to = (void *)room;                                     /* repeat */
    unsigned n = sizeof room;
    asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(7) : "memory"); /* rep */
    while (!flag) total++;                                       /* endless */
    total = 2;                                                   /* end */
}

void run(void)
{
    loops();
}
