/* Instructions that nobody has written, in each width; and code that writes over itself. */
#include "guests/hostile/hostile.h"

enum { CODE_MAX = 512 };

/* Opcodes that do more than compute, each with what it needs behind it drawn at random. */
static const char *const starts[] = {
    "\xcc",         "\xcd",         "\xcf",         "\xf1",         "\xf4",         "\xfa",
    "\xfb",         "\x9c",         "\x9d",         "\x8e",         "\x8c",         "\x17",
    "\xea",         "\x9a",         "\xcb",         "\xca",         "\xe4",         "\xe6",
    "\xec",         "\xee",         "\xf3\x6c",     "\xf3\x6e",     "\xf3\xa4",     "\xf3\xaa",
    "\xf2\xae",     "\xc8",         "\xc9",         "\x60",         "\x61",         "\x62",
    "\x0f\x01",     "\x0f\x00",     "\x0f\x20",     "\x0f\x22",     "\x0f\x21",     "\x0f\x23",
    "\x0f\x30",     "\x0f\x32",     "\x0f\xa2",     "\x0f\x05",     "\x0f\x07",     "\x0f\x34",
    "\x0f\x35",     "\x0f\xc7",     "\x0f\xae",     "\x0f\x06",     "\x0f\x08",     "\x0f\x09",
    "\x0f\x0b",     "\x0f\x02",     "\x0f\x03",     "\x0f\xb2",     "\x0f\xa0",     "\x0f\xa9",
    "\x0f\x31",     "\x0f\x33",     "\xd9",         "\xdb",         "\xdd",         "\x9b",
    "\xff",         "\xfe",         "\xe3",         "\xe2",         "\x0f\x1f",     "\x0f\xff",
    "\x0f\x38\xf0", "\x0f\x3a\x0f", "\xc5\xf8\x77", "\x62\xf1\x7c", "\x0f\x01\xd9", "\x0f\x01\xc1",
};

static unsigned put_instruction(uint8_t *at)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x64, 0x48, 0x4f};
    unsigned n = 0;
    while (one_in(3) && n < 16)
        at[n++] = prefixes[below(sizeof prefixes)];
    if (one_in(2))
        for (const char *p = starts[below(sizeof starts / sizeof *starts)]; *p; p++)
            at[n++] = (uint8_t)*p;
    for (unsigned more = below(5); more; more--)
        at[n++] = (uint8_t)random32();
    return n;
}

static void fill(uint8_t *code)
{
    unsigned n = 0;
    while (n < CODE_MAX - 32)
        n += put_instruction(code + n);
    while (n < CODE_MAX)
        code[n++] = 0xcc;
}

/* Where code may lie, now and then across two pages. */
static uint8_t *code_at(uint32_t base)
{
    return (uint8_t *)(base + (one_in(3) ? 0x1000 - below(16) : below(0xf000)));
}

static uint32_t registers32[8];

static void run_protected(const void *code)
{
    for (unsigned i = 0; i < 8; i++)
        registers32[i] = one_in(3) ? random32() : place();
    registers32[4] = one_in(4) ? registers32[4] : ARENA + ARENA_SIZE - 64;
    asm volatile("movl %0, %%ebp\n"
                 "movl 0(%%ebp), %%ecx\n"
                 "movl 8(%%ebp), %%edx\n"
                 "movl 12(%%ebp), %%ebx\n"
                 "movl 16(%%ebp), %%esp\n"
                 "movl 24(%%ebp), %%esi\n"
                 "movl 28(%%ebp), %%edi\n"
                 "jmp *%%eax" ::"i"(registers32),
                 "a"(code)
                 : "memory");
}

static void run_sixteen(uint8_t *code)
{
    const uint32_t at = (uint32_t)code;
    struct real_call call = {
        random32(), random32(),           random32(),           random32(), random32(), random32(),
        random32(), (uint16_t)random32(), (uint16_t)random32(), 0,          0,          0,
        0};
    call.cs = (uint16_t)((at >> 4) - below(0x100));
    call.ip = (uint16_t)(at - 16u * call.cs);
    call.ss = one_in(4) ? (uint16_t)random32() : SCRATCH / 16;
    call.sp = one_in(4) ? (uint16_t)random32() : 0xfffe;
    run_real(&call);
}

void code_round(void)
{
    uint64_t registers[16];
    uint8_t *code = code_at(ARENA);
    switch (below(3)) {
    case 0:
        fill(code);
        run_protected(code);
        break;
    case 1:
        code = code_at(SCRATCH);
        fill(code);
        run_sixteen(code);
        break;
    default:
        fill(code);
        for (unsigned i = 0; i < 16; i++)
            registers[i] = one_in(3) ? random64() : place64();
        run_long(code, registers);
    }
}

/* ---- Code that changes while it runs: a client's breakpoints are set on these labels */

void self_target(void), self_target_end(void), self_loop(void);

/* Writes over what it is about to execute, over itself, and over the page, then goes on there. */
asm(".globl self_loop, self_target, self_next, self_target_end\n"
    ".balign 4096\n"
    "self_loop:\n"
    "        movb $0x90, self_next\n" /* nop, for what is there */
    "        jmp 1f\n"
    "1:\n"
    "self_next: .byte 0xcc\n"
    "        movl $self_target, %edi\n"
    "        movb $0xcc, (%edi)\n" /* as a breakpoint would be */
    "        movb $0x42, (%edi)\n" /* inc %edx */
    "        movl %edi, %esi\n"
    "        movl $self_target_end - self_target, %ecx\n"
    "        rep movsb\n" /* over itself, unchanged */
    "self_target:\n"
    "        incl %edx\n"
    "        incl %edx\n"
    "        movw $0xfeeb, self_last\n"
    "        movw $0x9090, self_last\n"
    "self_last: .byte 0xeb, 0xfe\n" /* stays here, if it was not written over */
    "        incl %edx\n"
    "self_target_end:\n"
    "        ret\n");

static uint8_t *const self_page = (uint8_t *)self_loop;

void self_round(void)
{
    for (unsigned n = 1 + below(40); n; n--) {
        self_page[self_target_end - self_loop] = 0xc3;
        asm volatile("call self_loop" ::: "eax", "ecx", "edx", "esi", "edi", "memory", "cc");
        if (one_in(10)) /* a byte of it becomes another one, the last time */
            self_page[below(0x50)] = one_in(2) ? 0xcc : (uint8_t)random32();
    }
}
