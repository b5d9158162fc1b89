#include "debug/step/step_memo.h"

#include "debug/step/step_state.h"
#include "vcpu/cpu_state.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS   128u /* instructions: those of a loop, mostly next to each other */
#define TARGETS 16u  /* handlers of exceptions */
#define INT3    0xcc
#define INTO    0xce

/* What step_plan_insn looks at. The other flags change all the time; into, which depends on one, is
 * not kept. */
#define FLAG_NT (1u << 14)
#define FLAG_VM (1u << 17)
#define FLAG_AC (1u << 18)
#define FLAGS   (CPU_FLAG_TF | CPU_FLAG_IF | FLAG_NT | FLAG_VM | FLAG_AC)

/* Compared as bytes, so there are none between the fields that nobody sets. */
struct key {
    uint64_t plans, memory_changes; /* what is watched, and where guest memory lies */
    uint64_t pc, rip, flags, takes_interrupts;
    uint64_t cr0, cr3, cr4, efer;
    struct kvm_segment cs, ldt;
    struct kvm_dtable gdt, idt;
};

struct slot {
    bool holds;
    struct key key;
    struct step_entry entry;
    struct debugregs registers;
    unsigned target_count, site_count;
    struct step_target targets[TARGETS];
    uint64_t sites[TARGETS]; /* guest-physical */
    struct read_log log;
};

struct step_memo {
    struct slot *open; /* between begin and keep */
    struct slot slots[SLOTS];
};

/* Most of it is never touched, and so never there. */
struct step_memo *step_memo_new(void)
{
    return calloc(1, sizeof(struct step_memo));
}

void step_memo_free(struct step_memo *memo)
{
    free(memo);
}

static struct slot *slot_of(struct step_memo *memo, uint64_t pc)
{
    return &memo->slots[pc % SLOTS];
}

static void make_key(struct key *key, const struct step *step, uint64_t pc,
                     const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
    *key = (struct key){
        .plans = breakpoints_plans(step->breakpoints),
        .memory_changes = memory_changes(step->memory),
        .pc = pc,
        .rip = regs->rip,
        .flags = regs->rflags & FLAGS,
        .takes_interrupts = step_takes_interrupts(step),
        .cr0 = sregs->cr0,
        .cr3 = sregs->cr3,
        .cr4 = sregs->cr4,
        .efer = sregs->efer,
        .cs = sregs->cs,
        .ldt = sregs->ldt,
        .gdt = sregs->gdt,
        .idt = sregs->idt,
    };
}

bool step_memo_recall(struct step *step, uint64_t pc, const struct kvm_regs *regs,
                      const struct kvm_sregs *sregs)
{
    struct key key;
    const struct slot *slot = step->memo ? slot_of(step->memo, pc) : NULL;
    if (!slot || step->phase != PHASE_INSN || !slot->holds || slot->key.pc != pc)
        return false;
    make_key(&key, step, pc, regs, sregs);
    if (memcmp(&key, &slot->key, sizeof key) || !read_log_holds(&slot->log) ||
        faultless_here(&slot->entry.proof, regs, sregs) != slot->entry.faultless)
        return false;
    step->entry = slot->entry;
    step->registers = slot->registers;
    step->plan.trap_flag = true;
    step->plan.count = slot->target_count;
    memcpy(step->plan.targets, slot->targets, slot->target_count * sizeof slot->targets[0]);
    step->site_count = slot->site_count;
    for (unsigned i = 0; i < slot->site_count; i++)
        step->sites[i].gpa = slot->sites[i];
    return true;
}

struct read_log *step_memo_begin(struct step *step, uint64_t pc, const struct kvm_regs *regs,
                                 const struct kvm_sregs *sregs)
{
    if (!step->memo)
        return NULL;
    struct slot *slot = slot_of(step->memo, pc);
    slot->holds = false;
    slot->log.count = 0;
    slot->log.incomplete = false;
    make_key(&slot->key, step, pc, regs, sregs);
    step->memo->open = slot;
    return &slot->log;
}

/* An int3 among the bytes may be another vCPU's (temp_int3_uncover). */
static bool has_int3(const struct step_report *report)
{
    return memchr(report->bytes, INT3, report->n);
}

static bool is_into(const struct step_report *report)
{
    const size_t i = insn_opcode(report->bytes, report->n, report->bits_before);
    return i < report->n && report->bytes[i] == INTO;
}

static bool is_kept(const struct step *step, const struct slot *slot)
{
    const enum insn_kind kind = step->entry.insn.kind;
    return step->phase == PHASE_INSN &&
           (kind == INSN_PLAIN || kind == INSN_PUSHF || kind == INSN_REP) && step->plan.trap_flag &&
           !step->entry.own_flag && step->plan.count <= TARGETS && !slot->log.incomplete &&
           !has_int3(&step->entry.report) && !is_into(&step->entry.report);
}

void step_memo_keep(struct step *step)
{
    struct slot *slot = step->memo ? step->memo->open : NULL;
    if (!slot || !is_kept(step, slot))
        return;
    slot->entry = step->entry;
    slot->registers = step->registers;
    slot->target_count = step->plan.count;
    memcpy(slot->targets, step->plan.targets, step->plan.count * sizeof slot->targets[0]);
    slot->site_count = step->site_count;
    for (unsigned i = 0; i < step->site_count; i++)
        slot->sites[i] = step->sites[i].gpa;
    slot->holds = true;
}
