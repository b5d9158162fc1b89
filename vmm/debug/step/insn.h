/* What the debugger must know about an instruction before it steps it: whether the trap flag will
 * do, which registers and flags it changes in a way that shows, what it can raise. Pure. */
#ifndef VMM_DEBUG_INSN_H
#define VMM_DEBUG_INSN_H

#include <stddef.h>
#include <stdint.h>

#define INSN_MAX 15 /* SDM vol. 2, 2.3.11 */

enum insn_kind {
    INSN_PLAIN, /* or unknown, or cut off */
    INSN_INT,   /* int n, int3, int1, or an into that will be taken: VECTOR is set */
    INSN_PUSHF, /* of any width */
    INSN_POPF,
    INSN_IRET,
    INSN_LOAD_SS, /* mov ss, pop ss: interrupts and debug traps wait one instruction more */
    INSN_STI,     /* interrupts wait one instruction more; debug traps too on AMD */
    INSN_REP,     /* a string instruction with a repeat prefix: REPEAT is set */
    INSN_HLT,
    INSN_SYSCALL,
    INSN_SYSRET,
    INSN_SYSENTER,
    INSN_SYSEXIT,
    INSN_KINDS
};

enum insn_repeat { REPEAT_COUNT, REPEAT_WHILE_ZF, REPEAT_UNTIL_ZF };

struct insn {
    enum insn_kind kind;
    uint8_t vector;
    uint8_t length;       /* for LOAD_SS, STI, REP and HLT; else 0: not known */
    uint8_t operand_size; /* bytes: 2, 4 or 8 */
    uint8_t address_size;
    enum insn_repeat repeat;
    uint32_t raises; /* a bit for each exception that it is special in raising: see insn_raises.h */
};

/* The index of the opcode in the N BYTES, behind all prefixes; N if it is not among them. */
size_t insn_opcode(const uint8_t *bytes, size_t n, unsigned bits);

/* Bytes of ModRM, SIB and displacement (SDM vol. 2, tables 2-1 to 2-3), of which the N of BYTES are
 * the first; ADDR_SIZE is 2, 4 or 8. 0: cut off before it is known. */
size_t insn_modrm_length(const uint8_t *bytes, size_t n, unsigned addr_size);

/* The instruction in the first N of BYTES; BITS is 16, 32 or 64; RFLAGS as it is now. */
struct insn insn_decode(const uint8_t *bytes, size_t n, unsigned bits, uint64_t rflags);

#endif
