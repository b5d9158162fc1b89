/* Each CPU counts ROUNDS times, under a lock, and then once more without one: there the others'
 * counts get lost. */
#include "smp_count.h"

#define ROUNDS  100
#define CONSOLE 0xe9
#define EXIT    0xf4

/* Of the lock; or BETWEEN having read the unguarded counter and writing it. */
enum where { OUTSIDE, WAITING, INSIDE, BETWEEN };

static struct cpu {
    volatile enum where where;
    volatile unsigned seen; /* of the unguarded counter */
    volatile unsigned rounds;
} cpus[MAX_CPUS];

static struct acpi acpi;
/* Who takes a ticket waits until it is served: each in turn, so that nobody waits for ever. */
static volatile unsigned next_ticket, now_served, guarded;
static volatile unsigned unguarded ALONE_IN_ITS_PAGE;
static unsigned arrived, finished;

static void take_lock(struct cpu *me)
{
    me->where = WAITING;
    const unsigned ticket = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&now_served, __ATOMIC_ACQUIRE) != ticket)
        asm volatile("pause");
    me->where = INSIDE;
}

static void free_lock(struct cpu *me)
{
    me->where = OUTSIDE;
    __atomic_store_n(&now_served, now_served + 1, __ATOMIC_RELEASE);
}

static void work(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        asm volatile("pause");
}

static void count_guarded(void)
{
    unsigned seen = guarded;
    work(5);
    guarded = seen + 1;
}

static void count_unguarded(struct cpu *me)
{
    me->seen = unguarded;
    me->where = BETWEEN;
    work(50);
    unguarded = me->seen + 1;
    me->where = OUTSIDE;
}

/* Waits until all CPUs have come here. */
static void meet(unsigned *count)
{
    __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < acpi.cpus)
        asm volatile("pause");
}

void cpu_main(void)
{
    struct cpu *me = &cpus[cpu_id(acpi.lapic)];
    meet(&arrived);
    while (me->rounds < ROUNDS) {
        take_lock(me);
        count_guarded();
        free_lock(me);
        count_unguarded(me);
        me->rounds++;
    }
    meet(&finished);
}

static void print(const char *text)
{
    while (*text)
        out8(CONSOLE, (uint8_t)*text++);
}

static void print_number(unsigned n)
{
    if (n >= 10)
        print_number(n / 10);
    out8(CONSOLE, (uint8_t)('0' + n % 10));
}

static void print_count(const char *text, unsigned n)
{
    print(text);
    print_number(n);
}

void boot_main(void)
{
    acpi_read(&acpi);
    print_count("CPUs: ", acpi.cpus);
    if (acpi.cpus) {
        cpus_start(&acpi);
        cpu_main();
    }
    print_count("\nrounds: ", acpi.cpus * ROUNDS);
    print_count("\nguarded: ", guarded);
    print_count("\nunguarded: ", unguarded);
    print("\n");
    out8(EXIT, 0);
}
