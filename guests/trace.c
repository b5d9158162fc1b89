/* A counter that loses a count now and then, for tracepoints: arguments, locals, memory and a loop
 * that only a debugger ends. Entered in protected mode; unoptimized. A test finds a line by the
 * comment behind it. */

#include "entry32.h"

struct account {
    unsigned id;
    int balance;
    struct account *next;
};

/* Where there is no memory. */
#define NOWHERE ((struct account *)0xe0000000)

static struct account accounts[2] = {{7, 100, &accounts[1]}, {8, 200, NOWHERE}};
static volatile unsigned rounds, done;

/* clang-format off */
static void __attribute__((noinline)) pay(struct account *to, int amount)
{
    int before = to->balance;
    int after = before + amount;
    to->balance = after;                                         /* paid */
    rounds++;
}
/* clang-format on */

static void __attribute__((noinline)) finished(void)
{
    done++;
}

void run(void)
{
    for (;;) {
        for (int i = 0; i < 20; i++)
            pay(&accounts[i % 2], i % 7 == 6 ? -1 : i);
        finished();
    }
}
