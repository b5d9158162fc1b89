/* clang-format off */
/* What a row of the stepping table expects, as it stands in guests/exact/rows.s: the changes that a
 * step makes to the state before it. Words, applied from left to right:
 *
 *     REG=V  REG+=V  REG-=V   a b c d si di bp sp: of the mode's own width; eax ebx ecx edx: 32
 *                             bits; ax: 16; xa: the widest that there is; flags, or any register by
 *                             gdb's name. V may be ?: any value
 *     CF=0  IF=1 ...          one flag
 *     [V]=V  [V].N=V          memory: of the mode's own width, or of N bytes
 *     push=V  pop             as the mode's own push and pop move sp
 *     pc=V                    where it ends; without it, behind the row's instruction (next)
 *     trap=N[:V]              entered handler_N, which returns to next (or V)
 *     fault=N[:CODE]          entered handler_N, which returns to the instruction itself
 *     leave                   the handler's iret: back in the row's mode, at next
 *     at=LABEL                the step begins at this label
 *     then                    one more step, by what follows
 *
 * V is a sum of products of numbers, labels and registers; `return` is next as an offset in CS. In
 * [sp], sp is the linear address. */
/* clang-format on */
#ifndef TESTS_TOOLS_EXACT_EXPECT_H
#define TESTS_TOOLS_EXACT_EXPECT_H

#include "gdbstub/x86_regs.h"
#include "tests/tools/exact_guest.h"
#include <ctype.h>

enum { EXACT_DATA_MAX = 0x1000, FLAG_TF = 1 << 8, FLAG_IF = 1 << 9, FLAG_RF = 1 << 16 };

struct exact_state {
    enum gdb_arch arch;
    struct gdb_x86_regs regs;
    uint8_t data[EXACT_DATA_MAX]; /* the rows' data and stacks */
};

struct exact_expect {
    const struct exact_guest *guest;
    const struct exact_row *row;
    uint64_t data, data_size; /* where state.data is */
    struct exact_state state; /* what is expected: the state before, as far as changed */
    const struct exact_state *actual;
};

/* ---- Registers by name */

struct exact_reg {
    size_t offset;
    unsigned field, bytes; /* of the field; of what a value replaces */
    bool zero_extends;     /* into the rest of the field */
};

static bool exact_find_reg(const struct exact_expect *e, const char *name, size_t len,
                           struct exact_reg *reg)
{
    const unsigned width = (unsigned)e->guest->width, widest = e->guest->is_long ? 8 : 4;
    const struct {
        const char *name;
        unsigned gpr, bytes;
    } general[] = {
        {"a", GDB_RAX, width},   {"c", GDB_RCX, width},  {"d", GDB_RDX, width},
        {"b", GDB_RBX, width},   {"bp", GDB_RBP, width}, {"si", GDB_RSI, width},
        {"eax", GDB_RAX, 4},     {"ecx", GDB_RCX, 4},    {"edx", GDB_RDX, 4},
        {"ebx", GDB_RBX, 4},     {"di", GDB_RDI, width}, {"ax", GDB_RAX, 2},
        {"xa", GDB_RAX, widest},
    };
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++)
        if (strlen(general[i].name) == len && !strncmp(name, general[i].name, len)) {
            *reg = (struct exact_reg){offsetof(struct gdb_x86_regs, gpr[general[i].gpr]), 8,
                                      general[i].bytes, general[i].bytes == 4};
            return true;
        }
    if (len == 2 && !strncmp(name, "sp", 2)) {
        *reg = (struct exact_reg){offsetof(struct gdb_x86_regs, raw_sp), 8, width, width == 4};
        return true;
    }
    if (len == 5 && !strncmp(name, "flags", 5)) {
        *reg = (struct exact_reg){offsetof(struct gdb_x86_regs, eflags), 4, 4, true};
        return true;
    }
    for (size_t i = 0; i < x86_reg_rows; i++) {
        const struct x86_reg *r = &x86_regs[i];
        if (strlen(r->name) == len && !strncmp(name, r->name, len) && r->size <= 8) {
            *reg = (struct exact_reg){r->offset, (unsigned)r->size, (unsigned)r->size, false};
            return true;
        }
    }
    return false;
}

static uint64_t exact_get(const struct gdb_x86_regs *regs, const struct exact_reg *reg)
{
    uint64_t value = 0;
    memcpy(&value, (const uint8_t *)regs + reg->offset, reg->bytes);
    return value;
}

static void exact_set(struct gdb_x86_regs *regs, const struct exact_reg *reg, uint64_t value)
{
    if (reg->zero_extends)
        memset((uint8_t *)regs + reg->offset, 0, reg->field);
    memcpy((uint8_t *)regs + reg->offset, &value, reg->bytes);
}

/* ---- Values */

static _Noreturn void exact_bad_word(const struct exact_expect *e, const char *at)
{
    exact_give_up(e->row->name, at);
}

static uint64_t exact_name_value(const struct exact_expect *e, const char *name, size_t len,
                                 bool address)
{
    struct exact_reg reg;
    uint64_t value;
    const uint64_t next = exact_row_label(e->guest, e->row, "_next");
    if (len == 4 && !strncmp(name, "next", 4))
        return next;
    if (len == 6 && !strncmp(name, "return", 6))
        return next - exact_label(e->guest, "ORG");
    if (exact_find_reg(e, name, len, &reg)) {
        value = exact_get(&e->state.regs, &reg);
        const bool stack = address && reg.offset == offsetof(struct gdb_x86_regs, raw_sp);
        return stack && !e->guest->is_long ? value + e->state.regs.seg_base[GDB_SS] : value;
    }
    if (!exact_find_label(e->guest, name, len, &value))
        exact_bad_word(e, name);
    return value;
}

static uint64_t exact_factor(const struct exact_expect *e, const char **text, bool address)
{
    const char *start = *text;
    char *end;
    if (*start == '-') {
        *text = start + 1;
        return -exact_factor(e, text, address);
    }
    if (isdigit((unsigned char)*start)) {
        const uint64_t value = strtoull(start, &end, 0);
        *text = end;
        return value;
    }
    while (isalnum((unsigned char)**text) || **text == '_')
        ++*text;
    if (*text == start)
        exact_bad_word(e, start);
    return exact_name_value(e, start, (size_t)(*text - start), address);
}

/* Reads a value at *TEXT and leaves *TEXT behind it. ADDRESS: it is a linear address. */
static uint64_t exact_value(const struct exact_expect *e, const char **text, bool address)
{
    uint64_t sum = 0, sign = 1;
    for (;;) {
        uint64_t product = exact_factor(e, text, address);
        while (**text == '*') {
            ++*text;
            product *= exact_factor(e, text, address);
        }
        sum += sign * product;
        if (**text != '+' && **text != '-')
            return sum;
        sign = *(*text)++ == '+' ? 1 : (uint64_t)-1;
    }
}

/* ---- Memory and the stack */

static void exact_store(struct exact_expect *e, uint64_t addr, uint64_t value, uint64_t size)
{
    if (addr - e->data >= e->data_size || size > 8 || addr - e->data + size > e->data_size)
        exact_bad_word(e, "the table writes outside of the rows' data");
    memcpy(e->state.data + (addr - e->data), &value, size);
}

static void exact_push(struct exact_expect *e, uint64_t value)
{
    struct exact_reg sp;
    const char *address = "sp";
    exact_find_reg(e, "sp", 2, &sp);
    exact_set(&e->state.regs, &sp, exact_get(&e->state.regs, &sp) - e->guest->width);
    exact_store(e, exact_value(e, &address, true), value, e->guest->width);
}

/* The resume flag in pushed flags differs between processors (SDM vol. 3, 6.8.3): as it is there.
 */
static void exact_push_flags(struct exact_expect *e)
{
    const char *address = "sp";
    exact_push(e, e->state.regs.eflags & ~(uint32_t)FLAG_RF);
    const uint64_t at = exact_value(e, &address, true) - e->data;
    if (e->guest->width > 2)
        e->state.data[at + 2] |= e->actual->data[at + 2] & FLAG_RF >> 16;
}

/* ---- Handlers */

/* SDM vol. 3, 6.12.1 and 6.14.2, figures 6-4 and 6-9; real mode: 20.1.4. */
static void exact_enter(struct exact_expect *e, const char *vector, uint64_t return_pc,
                        bool has_code, uint64_t code)
{
    struct gdb_x86_regs *regs = &e->state.regs;
    const uint64_t org = exact_label(e->guest, "ORG"), sp = regs->raw_sp;
    const uint32_t ss = regs->seg[GDB_SS];
    char name[32];
    snprintf(name, sizeof name, "handler_%.*s", (int)strcspn(vector, ": "), vector);
    const bool inner = e->guest->user && (regs->seg[GDB_CS] & 3);
    if (inner) {
        regs->raw_sp = exact_label(e->guest, "KSTACK");
        regs->seg[GDB_SS] = e->guest->is_long ? 0 : 0x10;
    }
    if (e->guest->is_long)
        regs->raw_sp &= ~15ull;
    if (e->guest->is_long || inner) {
        exact_push(e, ss);
        exact_push(e, sp);
    }
    exact_push_flags(e);
    exact_push(e, regs->seg[GDB_CS]);
    exact_push(e, return_pc - org);
    if (has_code && !e->guest->real)
        exact_push(e, code);
    if (!e->guest->real)
        regs->seg[GDB_CS] = 0x08;
    regs->eflags &= ~(uint32_t)(FLAG_TF | FLAG_IF | FLAG_RF);
    regs->pc = exact_label(e->guest, name);
}

static void exact_trap(struct exact_expect *e, const char *text)
{
    const char *at = strpbrk(text, ": ");
    uint64_t return_pc = exact_row_label(e->guest, e->row, "_next");
    if (at && *at == ':') {
        at++;
        return_pc = exact_value(e, &at, false);
    }
    exact_enter(e, text, return_pc, false, 0);
}

static void exact_fault(struct exact_expect *e, const char *text, uint64_t pc)
{
    const char *at = strpbrk(text, ": ");
    const bool has_code = at && *at == ':';
    at += has_code;
    exact_enter(e, text, pc, has_code, has_code ? exact_value(e, &at, false) : 0);
}

static void exact_leave(struct exact_expect *e)
{
    struct gdb_x86_regs *regs = &e->state.regs;
    regs->pc = exact_row_label(e->guest, e->row, "_next");
    regs->raw_sp = exact_label(e->guest, "STACK");
    regs->eflags = (uint32_t)exact_label(e->guest, "FLAGS");
    regs->seg[GDB_CS] = (uint32_t)exact_label(e->guest, "CS_SEL");
    if (!e->guest->real)
        regs->seg[GDB_SS] = (uint32_t)exact_label(e->guest, "SS_SEL");
}

/* ---- Words */

static bool exact_flag(struct exact_expect *e, const char *word)
{
    static const struct {
        char name[4];
        unsigned bit;
    } flags[] = {{"CF=", 0}, {"PF=", 2}, {"AF=", 4},  {"ZF=", 6}, {"SF=", 7},
                 {"TF=", 8}, {"IF=", 9}, {"DF=", 10}, {"OF=", 11}};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        const uint32_t mask = 1u << flags[i].bit;
        if (strncmp(word, flags[i].name, 3))
            continue;
        const uint32_t from = word[3] == '?' ? e->actual->regs.eflags : word[3] == '1' ? mask : 0;
        e->state.regs.eflags = (e->state.regs.eflags & ~mask) | (from & mask);
        return true;
    }
    return false;
}

static void exact_assign_memory(struct exact_expect *e, const char *word)
{
    const char *text = word + 1;
    const uint64_t addr = exact_value(e, &text, true);
    uint64_t size = e->guest->width;
    if (*text++ != ']')
        exact_bad_word(e, word);
    if (*text == '.') {
        size = (uint64_t)(text[1] - '0');
        text += 2;
    }
    if (*text++ != '=')
        exact_bad_word(e, word);
    exact_store(e, addr, exact_value(e, &text, false), size);
}

static void exact_assign(struct exact_expect *e, const char *word)
{
    struct exact_reg reg;
    const size_t len = strcspn(word, "+-= ");
    const char *text = word + len, operation = *text;
    if (!exact_find_reg(e, word, len, &reg))
        exact_bad_word(e, word);
    text += operation != '=';
    if (*text++ != '=')
        exact_bad_word(e, word);
    if (*text == '?') {
        exact_set(&e->state.regs, &reg, exact_get(&e->actual->regs, &reg));
        return;
    }
    const uint64_t old = exact_get(&e->state.regs, &reg), value = exact_value(e, &text, false);
    exact_set(&e->state.regs, &reg,
              operation == '='   ? value
              : operation == '+' ? old + value
                                 : old - value);
}

/* Applies one WORD. PC is where the step began. */
static void exact_word(struct exact_expect *e, const char *word, uint64_t pc)
{
    const char *value = strchr(word, '=');
    value += value != NULL;
    if (!strncmp(word, "at=", 3))
        return;
    if (!strncmp(word, "push=flags", 10))
        exact_push_flags(e);
    else if (!strncmp(word, "push=", 5))
        exact_push(e, exact_value(e, &value, false));
    else if (!strncmp(word, "pop", 3))
        exact_assign(e, "sp+=W");
    else if (!strncmp(word, "pc=", 3))
        e->state.regs.pc = exact_value(e, &value, false);
    else if (!strncmp(word, "trap=", 5))
        exact_trap(e, value);
    else if (!strncmp(word, "fault=", 6))
        exact_fault(e, value, pc);
    else if (!strncmp(word, "leave", 5) && word[5] != '=')
        exact_leave(e);
    else if (*word == '[')
        exact_assign_memory(e, word);
    else if (!exact_flag(e, word))
        exact_assign(e, word);
}

/* What follows from the rest, or is not defined: pc and sp as offsets; with a null SS in long mode
 * its hidden part (SDM vol. 3, 6.14.4). */
static void exact_derive(struct exact_expect *e)
{
    struct gdb_x86_regs *regs = &e->state.regs;
    const struct gdb_x86_regs *actual = &e->actual->regs;
    const bool flat = e->state.arch == GDB_ARCH_X86_64;
    if (e->guest->is_long) {
        regs->seg_base[GDB_SS] = actual->seg_base[GDB_SS];
        regs->seg_limit[GDB_SS] = actual->seg_limit[GDB_SS];
    }
    regs->raw_ip = flat ? regs->pc : (uint32_t)(regs->pc - regs->seg_base[GDB_CS]);
    regs->gpr[GDB_RSP] = regs->raw_sp;
    if (!flat)
        regs->gpr[GDB_RSP] = (uint32_t)(regs->raw_sp + regs->seg_base[GDB_SS]);
    regs->eflags = (regs->eflags & ~(uint32_t)FLAG_RF) | (actual->eflags & FLAG_RF);
}

/* Makes e->state, which is the state before the step, what is expected after it, by the words from
 * *TEXT up to `then` or the end, behind which *TEXT is left; NULL there: it was the last step. */
static void exact_apply(struct exact_expect *e, const char **text)
{
    const uint64_t pc = e->state.regs.pc;
    const char *word = *text;
    *text = NULL;
    e->state.arch = e->actual->arch;
    e->state.regs.pc = exact_row_label(e->guest, e->row, "_next");
    while (*(word += strspn(word, " "))) {
        if (!strncmp(word, "then", 4)) {
            *text = word + 4;
            break;
        }
        exact_word(e, word, pc);
        word += strcspn(word, " ");
    }
    exact_derive(e);
}

#endif
