/* What insn_shape.h makes of every opcode, to be compared with what a disassembler does:
 *
 *     insn_sizes BITS FILE
 *
 * Writes instructions with an operand in memory to FILE, for 32- or 64-bit code: each opcode of
 * each map with each prefix that may make another one of it, each value of ModRM's reg field, and
 * VEX. One is at each multiple of 16 bytes. Prints a line for each: its place, INSN_* bits, the
 * operand's size, and the length that follows from ModRM and the immediate. */
#include "debug/step/insn_shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT = 16 };

struct writer {
    FILE *file;
    unsigned bits;
    unsigned long at;
};

/* HEAD, an opcode's bytes, is followed by ModRM with REG and a displacement of 32 bits. */
static void put(struct writer *w, const uint8_t *head, size_t n, unsigned reg)
{
    uint8_t bytes[SLOT];
    struct insn_parts parts;
    memset(bytes, 0x90, sizeof bytes);
    memcpy(bytes, head, n);
    bytes[n] = (uint8_t)(0x80 | reg << 3);
    memset(bytes + n + 1, 0x11, 8);
    insn_take_apart(&parts, bytes, INSN_MAX, w->bits);
    const struct insn_shape shape = insn_shape(&parts);
    const size_t modrm = insn_modrm_length(parts.bytes + parts.at + 1, INSN_MAX, parts.address);
    fwrite(bytes, 1, sizeof bytes, w->file);
    printf("%lx %u %u %zu\n", w->at, shape.does, shape.size,
           parts.at + 1 + modrm + shape.immediate);
    w->at += SLOT;
}

static void legacy(struct writer *w)
{
    static const uint8_t prefixes[] = {0, 0x66, 0xf3, 0xf2}, maps[] = {0, 0x0f, 0x38, 0x3a};
    for (unsigned i = 0; i < 4 * 4 * 2 * 256 * 8; i++) {
        const unsigned reg = i % 8, opcode = i / 8 % 256, map = i / 2048 % 4, rex = i / 8192 % 2;
        const uint8_t prefix = prefixes[i / 16384];
        uint8_t head[6];
        size_t n = 0;
        if (rex && w->bits != 64)
            continue;
        if (prefix)
            head[n++] = prefix;
        if (rex)
            head[n++] = 0x48;
        if (map)
            head[n++] = 0x0f;
        if (map > 1)
            head[n++] = maps[map];
        head[n++] = (uint8_t)opcode;
        put(w, head, n, reg);
    }
}

static void vex(struct writer *w)
{
    for (unsigned i = 0; i < 3 * 16 * 256; i++) {
        const unsigned opcode = i % 256, last = i / 256 % 16, map = i / 4096 + 1;
        const uint8_t head[] = {0xc4, (uint8_t)(0xe0 | map),
                                (uint8_t)((last & 8) << 4 | 0x78 | (last & 7)), (uint8_t)opcode};
        put(w, head, sizeof head, 2);
    }
}

int main(int argc, char **argv)
{
    struct writer w = {.bits = argc == 3 ? (unsigned)atoi(argv[1]) : 0};
    if (w.bits != 32 && w.bits != 64) {
        fprintf(stderr, "usage: insn_sizes 32|64 FILE\n");
        return 1;
    }
    w.file = fopen(argv[2], "w");
    if (!w.file) {
        perror(argv[2]);
        return 1;
    }
    legacy(&w);
    vex(&w);
    return fclose(w.file) ? 1 : 0;
}
