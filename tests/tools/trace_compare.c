/* Steps stepvm and QEMU's software CPU through the same program, and compares them after each
 * instruction.
 *
 *     trace_compare STEPVM-SOCKET QEMU-SOCKET COUNT
 *
 * Both are stopped before their first instruction (-S) and have as much RAM as each other. QEMU is
 * given stepvm's memory below 2 MiB, its BIOS included, and stepvm's registers: its own firmware
 * never runs. Compared are ip, the general registers, flags, selectors, CR0, 3, 4 and EFER, in the
 * end the memory below 2 MiB. Not compared, but taken over from stepvm, is what the machine around
 * the processor gives: what a port read brings, what a BIOS call does (an OUT to stepvm's trap port
 * in its ROM), what cpuid and its kind say, flags that the manual leaves undefined. Interrupts are
 * held back on both sides.
 *
 * It ends well after COUNT instructions, or where the guest halts, ends or resets the machine; the
 * last line says how far it came. Else it prints the first difference and exits with 1. */
#include <inttypes.h>

#include "tests/tools/trace_insn.h"
#include "tests/tools/trace_side.h"

enum {
    LOW_END = 0xa0000, /* RAM below the screen's memory */
    ROM = 0xf0000,
    HIGH = 0x100000,
    HIGH_END = 0x200000, /* how much of the high memory is given and compared */
    PAGE = 0x1000,
    HISTORY = 8,
    REP_MAX = 0x110000, /* steps that a repeated instruction may take */
    TRAP_PORT = 0xb8,   /* bios.h */
    ROM_SELECTOR = 0xf000,
    EFER_LMA = 1 << 10,
};

struct past {
    uint64_t pc;
    uint8_t bytes[INSN_MAX];
};

struct trace {
    struct side ours, qemu;
    enum gdb_arch arch;       /* of our side's code */
    struct gdb_x86_regs regs; /* our side's last */
    struct state is, should;  /* ours, QEMU's */
    const char *end;          /* why there is no next instruction */

    struct past past[HISTORY];
    unsigned long done;
    unsigned long rep_steps, bios_calls, taken_over, undefined;
    uint8_t before[LOW_END], after[LOW_END];
};

static void died(void *context, const char *what)
{
    printf("%s: %s\n", (const char *)context, what);
    exit(1);
}

/* ---- What both are */

static uint64_t linear_pc(const struct trace *t)
{
    return t->arch == GDB_ARCH_X86_64 ? t->is.ip
                                      : (uint32_t)(t->regs.raw_ip + t->regs.seg_base[GDB_CS]);
}

static unsigned bits(const struct trace *t)
{
    return t->arch == GDB_ARCH_X86_64 ? 64 : t->arch == GDB_ARCH_I386 ? 32 : 16;
}

/* The layout of our registers is that of the last description that was read. */
static void look_at_ours(struct trace *t)
{
    const struct state was = t->is;
    read_ours(&t->ours, t->arch, &t->regs);
    state_of_ours(&t->regs, &t->is);
    if (t->is.seg[GDB_CS] == was.seg[GDB_CS] && t->is.cr0 == was.cr0 && t->is.efer == was.efer)
        return;
    t->arch = described(&t->ours);
    read_ours(&t->ours, t->arch, &t->regs);
    state_of_ours(&t->regs, &t->is);
}

static void look_at_both(struct trace *t)
{
    ask(&t->qemu, "g"); /* it is the slower one: meanwhile ours is asked */
    look_at_ours(t);
    receive_qemu(&t->qemu, &t->should);
    /* RF says whether the next instruction may stop at a breakpoint; a handler in real mode may
     * have it set or not (SDM vol. 2, INT n), and the guest can't see it. */
    t->is.flags &= ~FLAG_RF;
    t->should.flags &= ~FLAG_RF;
    /* Outside of 64-bit code the upper halves are not there, and QEMU shows them as 0. */
    if (t->arch != GDB_ARCH_X86_64) {
        for (int i = 0; i < 16; i++)
            t->is.gpr[i] = i < 8 ? (uint32_t)t->is.gpr[i] : 0;
        t->is.ip = (uint32_t)t->is.ip;
    }
}

static void print_state(const char *name, const struct state *s)
{
    static const char *const names[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    printf("%s:\n ", name);
    for (int i = 0; i < 8; i++)
        printf(" r%s %" PRIx64, names[i], s->gpr[i]);
    printf("\n ");
    for (int i = 8; i < 16; i++)
        printf(" r%d %" PRIx64, i, s->gpr[i]);
    printf("\n  cs:ip %x:%" PRIx64 " flags %x es %x ss %x ds %x fs %x gs %x cr0 %" PRIx64
           " cr3 %" PRIx64 " cr4 %" PRIx64 " efer %" PRIx64 "\n",
           s->seg[GDB_CS], s->ip, s->flags, s->seg[GDB_ES], s->seg[GDB_SS], s->seg[GDB_DS],
           s->seg[GDB_FS], s->seg[GDB_GS], s->cr0, s->cr3, s->cr4, s->efer);
}

static _Noreturn void differ(const struct trace *t, const char *what)
{
    printf("after %lu instructions: %s\nthe last ones:\n", t->done, what);
    for (unsigned long i = t->done < HISTORY ? 0 : t->done - HISTORY + 1; i <= t->done; i++) {
        const struct past *p = &t->past[i % HISTORY];
        printf("  0x%" PRIx64 ":", p->pc);
        for (int j = 0; j < INSN_MAX; j++)
            printf(" %02x", p->bytes[j]);
        printf("\n");
    }
    print_state("stepvm", &t->is);
    print_state("QEMU", &t->should);
    exit(1);
}

/* ---- Making QEMU the same */

static bool is_zero(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

/* Its RAM is empty before its first instruction. */
static void give_memory(struct trace *t, uint64_t from, uint64_t end, bool empty)
{
    uint8_t piece[MEMORY_PIECE];
    for (uint64_t addr = from; addr < end; addr += sizeof piece) {
        read_memory(&t->ours, addr, piece, sizeof piece);
        if (!empty || !is_zero(piece, sizeof piece))
            write_memory(&t->qemu, addr, piece, sizeof piece);
    }
}

static void step_one(struct side *s)
{
    ask(s, "vCont;s:1");
}

/* The tables' registers, which no stub writes: QEMU executes a LIDT and a LGDT, in real mode. */
static void give_tables(struct trace *t)
{
    enum { CODE = 0x600, IDT = 0x610, GDT = 0x618, AFTER = 12 };
    uint8_t bytes[0x20] = {
        0x66, 0x0f, 0x01, 0x1e, IDT & 0xff, IDT >> 8, /* lidtl IDT */
        0x66, 0x0f, 0x01, 0x16, GDT & 0xff, GDT >> 8, /* lgdtl GDT */
    };
    struct state state;
    memcpy(bytes + IDT - CODE, &t->regs.idtr_limit, 2);
    memcpy(bytes + IDT - CODE + 2, &t->regs.idtr_base, 4);
    memcpy(bytes + GDT - CODE, &t->regs.gdtr_limit, 2);
    memcpy(bytes + GDT - CODE + 2, &t->regs.gdtr_base, 4);
    write_memory(&t->qemu, CODE, bytes, sizeof bytes);
    read_qemu(&t->qemu, &t->should);
    state = t->should;
    state.seg[GDB_CS] = 0;
    state.ip = CODE;
    write_qemu(&t->qemu, &t->should, &state);
    for (int i = 0; i < 2; i++) {
        step_one(&t->qemu);
        rsp_answer(&t->qemu.rsp);
    }
    read_qemu(&t->qemu, &t->should);
    if (t->should.ip != CODE + AFTER)
        differ(t, "QEMU does not execute LIDT and LGDT");
    memset(bytes, 0, sizeof bytes);
    write_memory(&t->qemu, CODE, bytes, sizeof bytes);
}

static void give_all(struct trace *t)
{
    t->arch = described(&t->ours);
    look_at_ours(t);
    give_tables(t);
    give_memory(t, 0, LOW_END, true);
    give_memory(t, ROM, HIGH, false);
    give_memory(t, HIGH, HIGH_END, true);
    look_at_both(t);
    struct state given = t->is;
    given.efer &= ~EFER_LMA; /* it comes with CR0.PG */
    write_qemu(&t->qemu, &t->should, &given);
}

/* What the instruction has changed of our memory below 640 KiB since t->before was read. */
static void give_changes(struct trace *t)
{
    read_memory(&t->ours, 0, t->after, LOW_END);
    for (size_t addr = 0; addr < LOW_END; addr += MEMORY_PIECE)
        if (memcmp(t->before + addr, t->after + addr, MEMORY_PIECE))
            write_memory(&t->qemu, addr, t->after + addr, MEMORY_PIECE);
}

/* ---- A step */

/* A guest may end at it: ours only, for QEMU has no port for that, and at a triple fault it resets
 * the machine. */
static bool stepped(struct trace *t, struct side *s)
{
    rsp_answer(&s->rsp);
    if (!strncmp(s->rsp.packet, "T05", 3))
        return true;
    t->end = s->rsp.packet[0] == 'T' ? "the guest dies" : "the guest ends";
    return false;
}

static bool step_both(struct trace *t)
{
    step_one(&t->qemu);
    step_one(&t->ours);
    return stepped(t, &t->ours) && stepped(t, &t->qemu);
}

/* A repeated instruction is left when the ip is another one: after as many steps as iterations, one
 * more (QEMU) or one fewer (kvm_pvm). QEMU, which is slow, is let run there. */
static void leave_rep(struct trace *t, uint64_t ip)
{
    for (unsigned steps = 0; t->is.ip == ip; steps++) {
        if (steps == REP_MAX)
            differ(t, "a repeated instruction does not end");
        step_one(&t->ours);
        if (!stepped(t, &t->ours))
            return;
        look_at_ours(t);
        t->rep_steps++;
    }
    if (t->should.ip == ip)
        run_qemu_to(&t->qemu, &t->should, linear_pc(t));
    look_at_both(t);
}

/* One side may have stepped the instruction behind a shadow too: the other catches up. */
static void leave_shadow(struct trace *t, uint64_t ip)
{
    if (t->is.ip == t->should.ip)
        return;
    const bool we_lag = t->is.ip - ip < t->should.ip - ip;
    struct side *laggard = we_lag ? &t->ours : &t->qemu;
    step_one(laggard);
    stepped(t, laggard);
    look_at_both(t);
}

static bool ends_here(struct trace *t, const struct trace_insn *insn)
{
    const uint16_t port = insn->port < 0 ? (uint16_t)t->is.gpr[GDB_RDX] : (uint16_t)insn->port;
    const uint8_t al = (uint8_t)t->is.gpr[GDB_RAX];
    if (insn->kind == TRACE_HLT)
        t->end = "the guest halts";
    if (insn->kind == TRACE_OUT && ((port == 0x64 && al == 0xfe) || (port == 0x92 && (al & 1))))
        t->end = "the guest resets the machine";
    return t->end;
}

static bool is_bios_call(const struct trace *t, const struct trace_insn *insn)
{
    return insn->kind == TRACE_OUT && insn->port == TRAP_PORT && t->is.seg[GDB_CS] == ROM_SELECTOR;
}

/* What the machine gives: our side has it, QEMU gets it. */
static void take_over(struct trace *t, const struct trace_insn *insn, bool bios_call)
{
    struct state given = t->should;
    if (bios_call || insn->kind == TRACE_INS) {
        give_changes(t);
        given = t->is;
        t->bios_calls += bios_call;
    } else if (insn->kind == TRACE_IN) {
        given.gpr[GDB_RAX] = t->is.gpr[GDB_RAX];
    } else if (insn->kind == TRACE_MACHINE) {
        memcpy(given.gpr, t->is.gpr, 4 * sizeof given.gpr[0]); /* rax, rcx, rdx, rbx */
    }
    const unsigned other = t->is.flags ^ t->should.flags;
    if (other && !(other & ~insn->undefined)) {
        given.flags = t->is.flags;
        t->undefined++;
    }
    if (!memcmp(&given, &t->should, sizeof given))
        return;
    t->taken_over++;
    write_qemu(&t->qemu, &t->should, &given);
    t->should = given;
}

static void step(struct trace *t)
{
    struct past *past = &t->past[t->done % HISTORY];
    past->pc = linear_pc(t);
    read_memory(&t->ours, past->pc, past->bytes, INSN_MAX);
    const struct trace_insn insn = trace_insn_decode(past->bytes, bits(t));
    const uint64_t ip = t->is.ip;
    const bool bios_call = is_bios_call(t, &insn);
    if (ends_here(t, &insn))
        return;
    if (bios_call || insn.kind == TRACE_INS)
        read_memory(&t->ours, 0, t->before, LOW_END);
    if (!step_both(t))
        return;
    look_at_both(t);
    if (insn.kind == TRACE_REP || insn.kind == TRACE_INS)
        leave_rep(t, ip);
    if (insn.kind == TRACE_SHADOW)
        leave_shadow(t, ip);
    if (t->end)
        return;
    take_over(t, &insn, bios_call);
    if (memcmp(&t->is, &t->should, sizeof t->is))
        differ(t, "they are not the same");
    t->done++;
}

/* A far jump marks the code segment's descriptor as accessed (SDM vol. 3, 3.4.5.1), which QEMU's
 * software CPU leaves out: bit 0 of a descriptor's sixth byte. */
static bool is_accessed_mark(const struct trace *t, uint64_t addr, uint8_t ours, uint8_t qemus)
{
    const uint64_t offset = addr - t->regs.gdtr_base;
    return ours == (qemus | 1) && offset <= t->regs.gdtr_limit && offset % 8 == 5;
}

static void compare_memory(struct trace *t, uint64_t from, uint64_t end)
{
    uint8_t ours[MEMORY_PIECE], qemus[MEMORY_PIECE];
    for (uint64_t addr = from; addr < end; addr += MEMORY_PIECE) {
        read_memory(&t->ours, addr, ours, MEMORY_PIECE);
        read_memory(&t->qemu, addr, qemus, MEMORY_PIECE);
        for (unsigned i = 0; i < MEMORY_PIECE; i++)
            if (ours[i] != qemus[i] && !is_accessed_mark(t, addr + i, ours[i], qemus[i])) {
                printf("memory at 0x%" PRIx64 ": %02x, in QEMU %02x\n", addr + i, ours[i],
                       qemus[i]);
                differ(t, "memory is not the same");
            }
    }
}

int main(int argc, char **argv)
{
    static struct trace t;
    if (argc != 4) {
        fprintf(stderr, "usage: trace_compare STEPVM-SOCKET QEMU-SOCKET COUNT\n");
        return 1;
    }
    const unsigned long count = strtoul(argv[3], NULL, 0);
    t.ours.rsp.die = t.qemu.rsp.die = died;
    t.ours.rsp.context = (char[]){"stepvm"};
    t.qemu.rsp.context = (char[]){"QEMU"};
    t.ours.piece = 0x10000;
    t.qemu.piece = MEMORY_PIECE;
    greet(&t.ours, argv[1]);
    greet(&t.qemu, argv[2]);
    command(&t.qemu, "qqemu.sstep=7"); /* interrupts and timers are held back */
    described(&t.qemu);                /* before that it takes no `P` */
    give_all(&t);
    look_at_both(&t);
    if (memcmp(&t.is, &t.should, sizeof t.is))
        differ(&t, "they do not start alike");
    while (t.done < count && !t.end)
        step(&t);
    if (!t.end) {
        compare_memory(&t, 0, LOW_END);
        compare_memory(&t, HIGH, HIGH_END);
    }
    printf("%lu instructions the same, until %s; %lu more steps in repeated ones, %lu BIOS calls, "
           "%lu values taken over, %lu undefined flags\n",
           t.done, t.end ? t.end : "the limit", t.rep_steps, t.bios_calls, t.taken_over,
           t.undefined);
    return 0;
}
