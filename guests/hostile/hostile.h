/* A guest that means harm, at random: each kind of harm in a file of its own, in rounds that all
 * follow from one seed. See main.c.
 *
 * Memory: below 1 MiB the real-mode stub at STUB and what rounds put there; the guest from 1 MiB
 * on; ARENA, which rounds may fill as they like. 8 MiB are enough. */
#ifndef GUESTS_HOSTILE_H
#define GUESTS_HOSTILE_H

#define STUB       0x8000  /* the real-mode stub, a page */
#define SCRATCH    0x20000 /* 64 KiB for 16-bit code and BIOS calls */
#define ARENA      0x400000
#define ARENA_SIZE 0x300000

/* ms until an attempt is ended: one that is likely not to come back, one that is long. */
#define ATTEMPT_TICKS 20
#define PATIENT_TICKS 1000

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

/* ---- main.c */

uint32_t random32(void); /* xorshift */
uint32_t below(uint32_t n);
bool one_in(uint32_t n);
uint64_t random64(void);
void print(const char *text);
extern uint32_t memory_end; /* of the RAM from 1 MiB on */

/* An address where something is, ends, or is not: RAM and its ends, VGA memory, ROM, devices,
 * holes; and what is near it. */
uint32_t place(void);
/* The same, and now and then above 4 GiB. */
uint64_t place64(void);

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint32_t base;
};

/* ---- recover.S and recover.c */

/* Runs ACT with exceptions and the timer caught: whatever it does to the CPU, as long as a handler
 * can still be reached, this returns. The vector that ended it, or -1. */
int attempt(void (*act)(void));
/* Lays the IDT of `attempt`, and starts the timer. */
void recover_init(void);
extern uint32_t attempt_limit; /* ticks of the timer that an attempt may last */

/* ---- Code that is run elsewhere; both end the attempt, when it returns or by a fault */

struct real_call {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
    uint16_t ds, es, ip, cs, sp, ss; /* as the stub takes them */
};
/* A far call to cs:ip in real mode with these registers. */
void run_real(const struct real_call *call);
/* Jumps to CODE in 64-bit mode, with tables that map the first 4 GiB to themselves. REGISTERS: as
 * they are encoded, but for RSP. */
void run_long(const void *code, const uint64_t registers[16]);

/* ---- A round of each kind */

void ports_round(void);
void devices_round(void);
void disk_round(void);
void flood_round(void);
void state_round(void);
void code_round(void);
void self_round(void);
void bios_round(void);

/* ---- Instructions */

static inline void out8(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
    asm volatile("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
    asm volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

#endif
#endif
