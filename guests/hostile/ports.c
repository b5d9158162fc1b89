/* Accesses of any width to any port and any device's memory: those that guests/fuzz.s, which comes
 * back from none of them, has not. */
#include "guests/hostile/hostile.h"

static uint16_t port(void)
{
    static const uint16_t ports[] = {0x00,  0x20,  0x40,  0x60,  0x70,  0x80,  0x92,  0xa0,  0xb0,
                                     0xc0,  0xe9,  0xf0,  0x170, 0x1f0, 0x2f8, 0x3b0, 0x3c0, 0x3d0,
                                     0x3f8, 0x402, 0x4d0, 0x510, 0x600, 0xcf8, 0xcfc};
    for (;;) {
        const uint16_t at = one_in(8) ? (uint16_t)random32()
                                      : ports[below(sizeof ports / sizeof *ports)] + below(16);
        /* Those that end the run, and the BIOS's trap, come seldom. */
        if (!((at >= 0xf1 && at <= 0xf7) || (at >= 0x5fd && at <= 0x607)) || one_in(200))
            return at;
    }
}

/* String I/O with a count, direction and address without bounds. */
static void string_io(void)
{
    const uint32_t how = below(6), at = place();
    uint32_t count = one_in(4) ? random32() : below(5000), address = at;
    if (one_in(3))
        asm volatile("std");
    switch (how) {
    case 0:
        asm volatile("rep insb" : "+D"(address), "+c"(count) : "d"(port()) : "memory");
        break;
    case 1:
        asm volatile("rep insw" : "+D"(address), "+c"(count) : "d"(port()) : "memory");
        break;
    case 2:
        asm volatile("rep insl" : "+D"(address), "+c"(count) : "d"(port()) : "memory");
        break;
    case 3:
        asm volatile("rep outsb" : "+S"(address), "+c"(count) : "d"(port()) : "memory");
        break;
    case 4:
        asm volatile("rep outsw" : "+S"(address), "+c"(count) : "d"(port()) : "memory");
        break;
    default:
        asm volatile("rep outsl" : "+S"(address), "+c"(count) : "d"(port()) : "memory");
    }
    asm volatile("cld");
}

void ports_round(void)
{
    for (unsigned n = 20; n; n--)
        switch (below(7)) {
        case 0:
            in8(port());
            break;
        case 1:
            asm volatile("inw %%dx, %%ax" ::"d"(port()) : "eax");
            break;
        case 2:
            in32(port());
            break;
        case 3:
            out8(port(), (uint8_t)random32());
            break;
        case 4:
            out16(port(), (uint16_t)random32());
            break;
        case 5:
            out32(port(), random32());
            break;
        default:
            string_io();
        }
}

/* ---- Memory that may be a device's, by instructions that access it in ways of their own */

static void copy_string(void)
{
    uint32_t from = place(), to = place(), count = one_in(8) ? random32() : below(300);
    if (one_in(4))
        asm volatile("std");
    switch (below(4)) {
    case 0:
        asm volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(count)::"memory");
        break;
    case 1:
        asm volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count)::"memory");
        break;
    case 2:
        asm volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(random32()) : "memory");
        break;
    default:
        asm volatile("repne scasb" : "+D"(to), "+c"(count) : "a"(0x55) : "memory", "cc");
    }
    asm volatile("cld");
}

static void sse(uint32_t at)
{
    asm volatile("movl $0x600, %%eax; movl %%eax, %%cr4; clts; fninit" ::: "eax");
    switch (below(8)) {
    case 0:
        asm volatile("movups (%0), %%xmm0" ::"r"(at));
        break;
    case 1:
        asm volatile("movups %%xmm0, (%0)" ::"r"(at) : "memory");
        break;
    case 2:
        asm volatile("movntps %%xmm0, (%0)" ::"r"(at) : "memory");
        break;
    case 3:
        asm volatile("fxsave (%0)" ::"r"(at) : "memory");
        break;
    case 4:
        asm volatile("fxrstor (%0)" ::"r"(at));
        break;
    case 5:
        asm volatile("fnsave (%0)" ::"r"(at) : "memory");
        break;
    case 6:
        asm volatile("fildll (%0); fistpll (%0)" ::"r"(at) : "memory");
        break;
    default:
        asm volatile("movq (%0), %%mm0; movq %%mm0, (%0)" ::"r"(at) : "memory");
    }
}

static void locked(uint32_t at)
{
    uint32_t a = random32(), d = random32();
    switch (below(5)) {
    case 0:
        asm volatile("lock cmpxchg8b (%2)"
                     : "+a"(a), "+d"(d)
                     : "r"(at), "b"(1), "c"(2)
                     : "memory", "cc");
        break;
    case 1:
        asm volatile("lock xaddl %0, (%1)" : "+r"(a) : "r"(at) : "memory", "cc");
        break;
    case 2:
        asm volatile("xchgl %0, (%1)" : "+r"(a) : "r"(at) : "memory");
        break;
    case 3:
        asm volatile("lock btsl %0, (%1)" ::"r"(a), "r"(at) : "memory", "cc");
        break;
    default:
        asm volatile("lock incb (%0)" ::"r"(at) : "memory", "cc");
    }
}

static void on_the_stack(uint32_t at)
{
    switch (below(4)) {
    case 0:
        asm volatile("movl %%esp, %%ebx; movl %0, %%esp; pushal; popal; movl %%ebx, %%esp" ::"r"(at)
                     : "ebx", "memory");
        break;
    case 1:
        asm volatile("movl %%esp, %%ebx; movl %0, %%esp; pushfl; popfl; movl %%ebx, %%esp" ::"r"(at)
                     : "ebx", "memory", "cc");
        break;
    case 2:
        asm volatile("pushl (%0); popl (%0)" ::"r"(at) : "memory");
        break;
    default:
        asm volatile("movl %%esp, %%ebx; movl %0, %%esp; call *%1; movl %%ebx, %%esp" ::"r"(at),
                     "r"(place())
                     : "ebx", "memory");
    }
}

static void tables(uint32_t at)
{
    switch (below(5)) {
    case 0:
        asm volatile("sgdt (%0)" ::"r"(at) : "memory");
        break;
    case 1:
        asm volatile("sidt (%0)" ::"r"(at) : "memory");
        break;
    case 2:
        asm volatile("lidt (%0)" ::"r"(at));
        break;
    case 3:
        asm volatile("smsw (%0); str (%0); sldt (%0)" ::"r"(at) : "memory");
        break;
    default:
        asm volatile("bound %%eax, (%0); lfs (%0), %%eax" ::"r"(at) : "eax");
    }
}

void devices_round(void)
{
    static void (*const acts[])(uint32_t at) = {sse, locked, on_the_stack, tables};
    for (unsigned n = 10; n; n--)
        if (one_in(5))
            copy_string();
        else
            acts[below(4)](place());
}
