/* A counter that loses a count now and then, for tracepoints: arguments, locals, memory and a loop
 * that only a debugger ends. Entered in protected mode; unoptimized. A test finds a line by the
 * comment behind it. */

void run(void);

struct account {
    unsigned id;
    int balance;
    struct account *next;
};

/* Where there is no memory. */
#define NOWHERE ((struct account *)0xe0000000)

static struct account accounts[2] = {{7, 100, &accounts[1]}, {8, 200, NOWHERE}};
static volatile unsigned rounds, done;
static unsigned char stack[4096] __attribute__((used));

asm(".globl _start\n"
    "_start: cld\n"
    "        movl $stack + 4096, %esp\n"
    "        xorl %ebp, %ebp\n"
    "        call run\n"
    "stop:   hlt\n"
    "        jmp stop\n");

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
