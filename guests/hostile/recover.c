/* What brings the guest back from its own attempts: the tables of the protected-mode, real-mode and
 * 64-bit handlers. Laid anew before each use, as the last one may lie over them. */
#include "guests/hostile/hostile.h"

extern uint64_t own_idt[256], long_idt[512], long_pml4[6 * 512];
extern char trap_stubs[], long_stubs[], own_gdt_register[];
extern char stub[], stub_end[], stub_call[], stub_trap_at[], stub_timer_at[];
extern uint32_t stub_gdt_at;
extern const void *long_code;
extern uint64_t long_registers[16];
void run_real_stub(void);
void run_long_code(void);

static uint32_t real_vectors[256]; /* as the BIOS has them */

static void copy(volatile void *to, const volatile void *from, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        ((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
}

/* IRQ 0 to 15 at vectors 0x20 to 0x2f, the timer alone let in, a thousand times a second. */
static void init_timer(void)
{
    static const uint8_t words[][2] = {{0x20, 0x11}, {0xa0, 0x11}, {0x21, 0x20}, {0xa1, 0x28},
                                       {0x21, 4},    {0xa1, 2},    {0x21, 1},    {0xa1, 1},
                                       {0x21, 0xfe}, {0xa1, 0xff}, {0x43, 0x34}, {0x40, 0xa9},
                                       {0x40, 0x04}};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        out8(words[i][0], words[i][1]);
}

/* Real mode's: 0 is an address here. */
static volatile uint32_t *vectors(void)
{
    volatile uint32_t *at = 0;
    asm("" : "+r"(at));
    return at;
}

static uint64_t gate(uint32_t to, uint16_t selector)
{
    return (uint64_t)(to & 0xffff0000) << 32 | 0x8e0000000000 | (uint32_t)selector << 16 |
           (to & 0xffff);
}

static void init_long_tables(void)
{
    const uint32_t pml4 = (uint32_t)long_pml4;
    long_pml4[0] = (pml4 + 0x1000) | 7;
    for (unsigned i = 0; i < 4; i++)
        long_pml4[512 + i] = (pml4 + 0x2000 + 0x1000 * i) | 7;
    for (unsigned i = 0; i < 4 * 512; i++)
        long_pml4[1024 + i] = (uint64_t)i << 21 | 0x87;
}

void recover_init(void)
{
    for (unsigned i = 0; i < 256; i++) {
        own_idt[i] = gate((uint32_t)trap_stubs + 8 * i, 0x08);
        long_idt[2 * i] = gate((uint32_t)long_stubs + 8 * i, 0x28);
    }
    init_long_tables();
    copy(real_vectors, vectors(), sizeof real_vectors);
    init_timer();
}

void run_real(const struct real_call *call)
{
    copy(vectors(), real_vectors, sizeof real_vectors);
    for (unsigned i = 0; i < 14; i++)
        if (i < 8 || i == 12 || i == 13)
            vectors()[i] = (uint32_t)stub_trap_at;
    vectors()[0x20] = (uint32_t)stub_timer_at;
    copy((void *)STUB, stub, (unsigned)(stub_end - stub));
    copy((void *)(STUB + (stub_call - stub)), call, sizeof *call);
    copy((void *)stub_gdt_at, own_gdt_register + 2, 4);
    run_real_stub();
}

void run_long(const void *code, const uint64_t registers[16])
{
    init_long_tables();
    long_code = code;
    copy(long_registers, registers, sizeof long_registers);
    run_long_code();
}
