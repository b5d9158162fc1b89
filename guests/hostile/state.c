/* A CPU in a state that nobody sets up: tables, stacks, page tables and modes that point anywhere,
 * and then something that uses them. */
#include "guests/hostile/hostile.h"

static struct table_register drawn;

static void put64(uint32_t at, uint64_t value)
{
    ((volatile uint32_t *)at)[0] = (uint32_t)value;
    ((volatile uint32_t *)at)[1] = (uint32_t)(value >> 32);
}

/* ---- Descriptors */

static uint64_t descriptor(void)
{
    static const uint8_t types[] = {0x9b, 0x93, 0x9a, 0x92, 0xfb, 0xf3, 0x89, 0x8b, 0x82, 0x8c,
                                    0x8e, 0x8f, 0x85, 0x86, 0x87, 0x9f, 0x97, 0x13, 0x81, 0x83};
    const uint32_t base = place();
    if (one_in(8))
        return random64();
    return (uint64_t)(base & 0xff000000) << 32 | (uint64_t)(base & 0xffffff) << 16 |
           (uint64_t)types[below(sizeof types)] << 40 | (uint64_t)(random32() & 0xf0) << 48 |
           (one_in(3) ? random32() & 0xffff : 0xffff);
}

static uint64_t drawn_gate(void)
{
    static const uint8_t types[] = {0x8e, 0x8f, 0xee, 0x85, 0x86, 0x87, 0x8c, 0x0e};
    const uint32_t to = place();
    if (one_in(8))
        return random64();
    return (uint64_t)(to & 0xffff0000) << 32 | (uint64_t)types[below(sizeof types)] << 40 |
           (one_in(2) ? 8u : random32() & 0xffff) << 16 | (to & 0xffff);
}

/* At an address where there may be memory, or not; with the guest's own first ones, or not. */
static void load_table(bool is_idt)
{
    const uint32_t at = one_in(3) ? place() : ARENA + below(0x10000);
    if (at >= ARENA && at < ARENA + ARENA_SIZE)
        for (unsigned i = 0; i < 256; i++)
            put64(at + 8 * i, is_idt ? drawn_gate() : descriptor());
    if (one_in(2) && at >= ARENA && at < ARENA + ARENA_SIZE) {
        put64(at + 8, 0x00cf9b000000ffff);
        put64(at + 16, 0x00cf93000000ffff);
    }
    drawn = (struct table_register){(uint16_t)(one_in(3) ? random32() : 0x7ff), at};
    if (is_idt)
        asm volatile("lidt %0" ::"m"(drawn));
    else
        asm volatile("lgdt %0" ::"m"(drawn));
}

static void load_gdt(void)
{
    load_table(false);
}

static void load_idt(void)
{
    load_table(true);
}

static void load_tr(void)
{
    const uint16_t selector = (uint16_t)random32() & 0x7ff;
    if (one_in(2))
        asm volatile("ltr %0" ::"r"(selector));
    else
        asm volatile("lldt %0" ::"r"(selector));
}

/* A segment register with what the tables have. */
static void load_segment(void)
{
    const uint16_t selector = (uint16_t)(random32() & 0x7ff);
    switch (below(6)) {
    case 0:
        asm volatile("mov %0, %%ss" ::"r"(selector));
        break;
    case 1:
        asm volatile("mov %0, %%fs" ::"r"(selector));
        break;
    case 2:
        asm volatile("mov %0, %%gs" ::"r"(selector));
        break;
    default:
        asm volatile("mov %0, %%es" ::"r"(selector));
    }
}

/* ---- Paging */

static uint64_t entry(uint32_t tables)
{
    const uint64_t flags = one_in(3) ? random32() & 0xfff : 0x67;
    const uint64_t to = one_in(2) ? tables + (below(8) << 12) : place64() & 0x000ffffffffff000;
    return one_in(12) ? random64() : to | flags;
}

/* Tables that refer to one another, to themselves and to anywhere; the guest's own 4 MiB may be
 * mapped where they are. */
static void page(void)
{
    const uint32_t tables = one_in(8) ? place() & ~0xfffu : ARENA + 0x20000;
    if (tables >= ARENA && tables < ARENA + ARENA_SIZE)
        for (uint32_t i = 0; i < 8 * 512; i++)
            put64(tables + 8 * i, entry(tables));
    const uint32_t cr4 = one_in(3) ? random32() & 0x3ff7ff : below(2) << 5 | below(2) << 4;
    if (tables >= ARENA && tables < ARENA + ARENA_SIZE && !one_in(3)) { /* we are there ourselves */
        put64(tables, (cr4 & 0x20) ? (tables + 0x1000) | (one_in(2) ? 1 : 7) : 0x0040008300000083);
        put64(tables + 0x1000, one_in(2) ? 0x83 : (tables + 0x2000) | 7);
        put64(tables + 0x2000, 0x83);
        put64(tables + 0x2008, 0x200083);
        put64(tables + 0x2010, 0x400083);
    }
    asm volatile("mov %0, %%cr4" ::"r"(cr4));
    if (one_in(2))
        asm volatile("wrmsr" ::"c"(0xc0000080), "a"(one_in(4) ? random32() : 0x901), "d"(0));
    asm volatile("mov %0, %%cr3" ::"r"(tables | (one_in(4) ? random32() & 0xfff : 0)));
    asm volatile("mov %0, %%cr0" ::"r"(0x80000011 | (one_in(4) ? random32() : 0)) : "memory");
}

static void control(void)
{
    const uint32_t value = random32();
    switch (below(6)) {
    case 0:
        asm volatile("mov %0, %%cr0" ::"r"(one_in(2) ? value : 0x11 ^ (1u << below(32))));
        break;
    case 1:
        asm volatile("mov %0, %%cr4" ::"r"(one_in(2) ? value : 1u << below(32)));
        break;
    case 2:
        asm volatile("mov %0, %%dr7" ::"r"(value));
        break;
    case 3:
        asm volatile("mov %0, %%dr0" ::"r"(place()));
        break;
    case 4:
        asm volatile("mov %0, %%dr6" ::"r"(value));
        break;
    default:
        asm volatile("mov %0, %%cr2" ::"r"(value));
    }
}

/* Those that move something: the APIC, system calls, KVM's own pages in guest memory. */
static void msr(void)
{
    static const uint32_t numbers[] = {
        0x10,       0x1b,       0x1b,       0x2ff,      0x200,      0x201,      0x174,
        0x175,      0x176,      0x1d9,      0x277,      0xc0000080, 0xc0000081, 0xc0000082,
        0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, 0x11,       0x12,
        0x4b564d00, 0x4b564d01, 0x4b564d02, 0x4b564d03, 0x4b564d04, 0x40000000, 0x40000001,
        0x40000080, 0x802,      0x80b,      0x830,      0x6e0,      0x9e,       0xc0010117,
    };
    const uint32_t number =
        one_in(8) ? random32() : numbers[below(sizeof numbers / sizeof *numbers)];
    const uint64_t value = one_in(2) ? place64() | below(16) : random64();
    asm volatile("wrmsr" ::"c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* The local APIC's registers and the I/O APIC's; INIT and startup for whoever it hits. */
static void apic(void)
{
    const uint32_t base = one_in(3) ? 0xfec00000 : 0xfee00000;
    const uint32_t offset = base == 0xfec00000 ? 0x10 * below(5) : 0x10 * below(0x40);
    *(volatile uint32_t *)(base + offset) = one_in(2) ? random32() : 1u << below(20);
}

/* ---- What uses it all */

static void frame(uint32_t *at)
{
    for (unsigned i = 0; i < 6; i++)
        at[i] = one_in(2) ? random32() : place();
    if (one_in(2))
        at[1] = 8;
    if (one_in(3))
        at[2] = 0x20002; /* virtual-8086 mode */
}

static void act(void)
{
    static uint32_t frames[8], far[2];
    frame(frames);
    far[0] = place();
    far[1] = random32() & 0x7ff;
    switch (below(14)) {
    case 0:
        asm volatile("mov %0, %%esp; iretl" ::"r"(frames) : "memory");
        break;
    case 1:
        asm volatile("mov %0, %%esp; iretl" ::"r"(place()) : "memory");
        break;
    case 2:
        asm volatile("mov %0, %%esp; pushl %%eax; int $0x31" ::"r"(place()) : "memory");
        break;
    case 3:
        asm volatile("ljmp *(%0)" ::"r"(far) : "memory");
        break;
    case 4:
        asm volatile("lcall *(%0)" ::"r"(far) : "memory");
        break;
    case 5:
        asm volatile("jmp *%0" ::"r"(place()) : "memory");
        break;
    case 6:
        asm volatile("int3; ud2" ::: "memory");
        break;
    case 7:
        asm volatile("sti; hlt; hlt; hlt" ::: "memory");
        break;
    case 8:
        asm volatile("sysenter" ::"c"(place()), "d"(place()) : "memory");
        break;
    case 9:
        asm volatile("pushl $0x100; popfl; nop; nop" ::: "memory", "cc");
        break;
    case 10:
        *(volatile uint32_t *)place() = random32();
        break;
    case 11:
        (void)*(volatile uint32_t *)place();
        break;
    case 12:
        asm volatile("mov %0, %%esp; sti; nop; nop; nop; nop" ::"r"(place()) : "memory");
        break;
    default:
        asm volatile("divl %%ecx" ::"c"(0), "a"(1), "d"(1));
    }
}

void state_round(void)
{
    static void (*const steps[])(void) = {load_gdt, load_idt, load_tr, load_segment, page,
                                          control,  msr,      msr,     apic,         act};
    for (unsigned n = 1 + below(6); n; n--)
        steps[below(sizeof steps / sizeof *steps)]();
    act();
}
