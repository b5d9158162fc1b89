/* What the manual leaves open, or makes depend on the machine, about an instruction: for those who
 * compare two processors step by step. */
#ifndef TESTS_TOOLS_TRACE_INSN_H
#define TESTS_TOOLS_TRACE_INSN_H

#include "vmm/debug/step/insn.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { CF = 1 << 0, PF = 1 << 2, AF = 1 << 4, ZF = 1 << 6, SF = 1 << 7, OF = 1 << 11 };

enum trace_kind {
    TRACE_PLAIN,
    TRACE_HLT,
    TRACE_REP,     /* may take a step an iteration, and one more */
    TRACE_SHADOW,  /* may be stepped together with the next one */
    TRACE_IN,      /* rax from a device */
    TRACE_INS,     /* memory from a device, perhaps repeated */
    TRACE_OUT,     /* PORT is set if it is in the instruction */
    TRACE_MACHINE, /* rax, rbx, rcx, rdx from what this processor is: cpuid, rdtsc, rdmsr */
};

struct trace_insn {
    enum trace_kind kind;
    int port;           /* -1: DX */
    unsigned undefined; /* flags that it leaves undefined (SDM vol. 1, appendix A.2) */
};

static inline struct trace_insn trace_two_bytes(uint8_t opcode)
{
    struct trace_insn t = {.kind = TRACE_PLAIN, .port = -1};
    switch (opcode) {
    case 0x31: /* rdtsc */
    case 0x32: /* rdmsr */
    case 0x33: /* rdpmc */
    case 0xa2: /* cpuid */
        t.kind = TRACE_MACHINE;
        break;
    case 0xa4: /* shld, shrd */
    case 0xa5:
    case 0xac:
    case 0xad:
        t.undefined = AF | OF;
        break;
    case 0xaf: /* imul */
        t.undefined = SF | ZF | AF | PF;
        break;
    case 0xa3: /* bt, bts, btr, btc */
    case 0xab:
    case 0xb3:
    case 0xbb:
    case 0xba:
        t.undefined = OF | SF | AF | PF;
        break;
    case 0xbc: /* bsf, bsr */
    case 0xbd:
        t.undefined = CF | OF | SF | AF | PF;
        break;
    default:
        break;
    }
    return t;
}

static inline unsigned trace_undefined(uint8_t opcode, uint8_t reg)
{
    const bool alu = opcode < 0x40 && (opcode & 7) < 6, immediate = (opcode & 0xfc) == 0x80;
    const unsigned operation = immediate ? reg : opcode >> 3;
    if ((alu || immediate) && (operation == 1 || operation == 4 || operation == 6))
        return AF; /* or, and, xor */
    switch (opcode) {
    case 0x84: /* test */
    case 0x85:
    case 0xa8:
    case 0xa9:
        return AF;
    case 0x27: /* daa, das */
    case 0x2f:
        return OF;
    case 0x37: /* aaa, aas */
    case 0x3f:
        return OF | SF | ZF | PF;
    case 0xd4: /* aam, aad */
    case 0xd5:
        return OF | AF | CF;
    case 0x69: /* imul */
    case 0x6b:
        return SF | ZF | AF | PF;
    case 0xf6:
    case 0xf7:
        if (reg < 2) /* test */
            return AF;
        if (reg == 4 || reg == 5) /* mul, imul */
            return SF | ZF | AF | PF;
        return reg > 5 ? CF | OF | SF | ZF | AF | PF : 0; /* div, idiv */
    case 0xc0:
    case 0xc1:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return reg < 4 ? OF : AF | OF; /* rotates; shifts */
    default:
        return 0;
    }
}

static inline bool trace_is_string(uint8_t opcode)
{
    return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf);
}

/* The instruction in BYTES, all INSN_MAX of them; BITS is the code's. */
static inline struct trace_insn trace_insn_decode(const uint8_t *bytes, unsigned bits)
{
    const size_t at = insn_opcode(bytes, INSN_MAX - 2, bits);
    const uint8_t opcode = bytes[at], next = bytes[at + 1], reg = (next >> 3) & 7;
    const bool rep = memchr(bytes, 0xf3, at) || memchr(bytes, 0xf2, at);
    struct trace_insn t = {.kind = TRACE_PLAIN, .port = -1};
    if (opcode == 0x0f)
        return trace_two_bytes(next);
    t.undefined = trace_undefined(opcode, reg);
    if (opcode == 0xf4) {
        t.kind = TRACE_HLT;
    } else if (opcode == 0x6c || opcode == 0x6d) {
        t.kind = TRACE_INS;
    } else if (rep && (trace_is_string(opcode) || opcode == 0x6e || opcode == 0x6f)) {
        t.kind = TRACE_REP;
    } else if ((opcode == 0x8e && reg == 2) || opcode == 0x17 || opcode == 0xfb) {
        t.kind = TRACE_SHADOW;            /* mov to ss, pop ss, sti */
    } else if ((opcode & 0xf4) == 0xe4) { /* e4 to e7 with a number, ec to ef with DX */
        t.kind = opcode & 2 ? TRACE_OUT : TRACE_IN;
        t.port = opcode & 8 ? -1 : next;
    }
    return t;
}

#endif
