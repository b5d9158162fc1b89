/* BIOS calls with registers and buffers at random. */
#include "guests/hostile/hostile.h"

/* Most calls ask for what there is; most buffers do not lie over what comes back. */
static uint16_t segment(void)
{
    static const uint16_t segments[] = {0x2000, 0x2000, 0x2000, 0x2fff, 0x9000, 0xa000,
                                        0xb800, 0xc000, 0xf000, 0xffff, 0x0000, 0x0040};
    return one_in(3) ? (uint16_t)random32() : segments[below(sizeof segments / sizeof *segments)];
}

static uint16_t function(uint8_t vector)
{
    static const uint16_t disk[] = {0x0201, 0x027f, 0x0300, 0x0400, 0x0800, 0x1500,
                                    0x4100, 0x4200, 0x4300, 0x4400, 0x4800, 0x4b01};
    static const uint16_t memory[] = {0xe820, 0x8700, 0x8800, 0xe801, 0xc000,
                                      0x2401, 0x5300, 0x5303, 0x8600, 0xec00};
    static const uint16_t screen[] = {0x0000, 0x0003, 0x0600, 0x0700, 0x0900, 0x0a00,
                                      0x0e00, 0x1000, 0x1012, 0x1017, 0x1300, 0x1301};
    if (one_in(4))
        return (uint16_t)random32();
    switch (vector) {
    case 0x10:
        return screen[below(sizeof screen / sizeof *screen)] ^ (one_in(4) ? below(256) : 0);
    case 0x13:
        return disk[below(sizeof disk / sizeof *disk)] ^ (one_in(4) ? below(256) : 0);
    case 0x15:
        return memory[below(sizeof memory / sizeof *memory)];
    case 0x16:
        return (uint16_t)(0x0100 | below(0x100)); /* AH=00h would wait for a key */
    default:
        return (uint16_t)(below(16) << 8);
    }
}

/* For AH=42h and 43h: a disk address packet; for AH=87h of int 15h: a table of descriptors. */
static void fill_buffer(uint8_t *buffer)
{
    for (unsigned i = 0; i < 64; i++)
        buffer[i] = (uint8_t)random32();
    if (one_in(2)) {
        buffer[0] = (uint8_t)(one_in(8) ? random32() : 0x10);
        buffer[1] = 0;
        buffer[3] = one_in(4) ? buffer[3] : 0;
        for (unsigned i = 9; i < 16; i++)
            buffer[i] = one_in(30) ? buffer[i] : 0;
    }
}

void bios_round(void)
{
    static const uint8_t vectors[] = {0x10, 0x10, 0x13, 0x13, 0x13, 0x15, 0x15,
                                      0x16, 0x1a, 0x11, 0x12, 0x14, 0x17};
    const uint8_t vector = vectors[below(sizeof vectors)];
    uint8_t *const code = (uint8_t *)SCRATCH, *const buffer = code + 0x100;
    struct real_call call = {
        .eax = function(vector) | (random32() & 0xffff0000),
        .ebx = one_in(2) ? random32() : below(4),
        .ecx = one_in(2) ? random32() : 0x0001 | below(64),
        .edx = one_in(2) ? 0x80 | below(3) : random32(),
        .esi = 0x100,
        .edi = one_in(2) ? 0x100 : random32(),
        .ebp = random32(),
        .ds = one_in(6) ? segment() : SCRATCH / 16,
        .es = segment(),
        .cs = SCRATCH / 16,
        .ss = one_in(20) ? segment() : 0x3000,
        .sp = one_in(20) ? (uint16_t)random32() : 0xfffe,
    };
    if (vector == 0x15 && one_in(2))
        call.edx = 0x534d4150; /* "SMAP" */
    fill_buffer(buffer);
    code[0] = 0xcd; /* int */
    code[1] = vector;
    code[2] = 0xcb; /* retf */
    run_real(&call);
}
