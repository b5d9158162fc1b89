#include "debug/step/step_plan.h"

#include "debug/step/insn_raises.h"
#include "vcpu/cpu_state.h"

#define FLAG_VM   (1u << 17)
#define FLAG_AC   (1u << 18)
#define CR0_AM    (1u << 18)
#define CR4_CET   (1u << 23)
#define NO_VECTOR (-1)
#define DEDUPED   16u /* how many targets are compared with: the handlers of exceptions */

/* What is likelier to be raised comes first, since debug registers are few. */
static const uint8_t ranks[] = {
    EXCEPTION_DB, EXCEPTION_DE, EXCEPTION_BR, EXCEPTION_OF, EXCEPTION_NM, EXCEPTION_PF,
    EXCEPTION_GP, EXCEPTION_SS, EXCEPTION_UD, EXCEPTION_NP, EXCEPTION_TS, EXCEPTION_MF,
    EXCEPTION_XM, EXCEPTION_AC, EXCEPTION_CP, EXCEPTION_DF,
};

const struct step_target *step_plan_at(const struct step_plan *plan, uint64_t addr)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->targets[i].addr == addr)
            return &plan->targets[i];
    return NULL;
}

static void add(struct step_plan *plan, uint64_t addr, int vector)
{
    for (unsigned i = 0; i < plan->count && i < DEDUPED; i++)
        if (plan->targets[i].addr == addr)
            return;
    if (plan->count < STEP_TARGETS_MAX)
        plan->targets[plan->count++] = (struct step_target){addr, (int16_t)vector, false};
}

static uint64_t linear(const struct kvm_sregs *sregs, uint64_t rip)
{
    if ((sregs->efer & CPU_EFER_LMA) && sregs->cs.l)
        return rip;
    return (uint32_t)(sregs->cs.base + (sregs->cs.db ? (uint32_t)rip : (uint16_t)rip));
}

static uint64_t pc_of(const struct step_question *q)
{
    return linear(q->sregs, q->regs->rip);
}

/* A handler at the pc itself would end the step before it began. */
static bool add_handler(struct step_plan *plan, const struct step_question *q, uint8_t vector)
{
    uint64_t handler;
    if (!vector_handler(q->space, q->sregs, vector, &handler) || handler == pc_of(q))
        return false;
    add(plan, handler, vector);
    return true;
}

static void add_ranked(struct step_plan *plan, const struct step_question *q, uint32_t raises)
{
    for (unsigned i = 0; i < sizeof ranks; i++)
        if (raises & RAISES(ranks[i]))
            add_handler(plan, q, ranks[i]);
}

/* First what the instruction is special in raising: SPECIAL. */
static void add_faults(struct step_plan *plan, const struct step_question *q, uint32_t special)
{
    uint32_t raises = RAISES_ALWAYS;
    if (!(q->sregs->cr0 & CPU_CR0_PG))
        raises &= ~RAISES(EXCEPTION_PF);
    if ((q->sregs->cr0 & CR0_AM) && (q->regs->rflags & FLAG_AC))
        raises |= RAISES(EXCEPTION_AC);
    if (q->sregs->cr4 & CR4_CET)
        raises |= RAISES(EXCEPTION_CP);
    if ((q->regs->rflags & CPU_FLAG_TF) && !plan->trap_flag) /* else its trap is ours */
        special |= RAISES(EXCEPTION_DB);
    add_ranked(plan, q, special);
    add_ranked(plan, q, raises & ~special);
}

static void add_interrupts(struct step_plan *plan, const struct step_question *q)
{
    struct vector_handler handlers[VECTORS];
    if (!q->interrupts || !(q->regs->rflags & CPU_FLAG_IF))
        return;
    const size_t n = vector_handlers(q->space, q->sregs, handlers);
    for (size_t i = 0; i < n; i++)
        if (handlers[i].addr != pc_of(q))
            add(plan, handlers[i].addr, handlers[i].vector);
}

/* Where INSN goes on, if the trap flag is not to end its step. */
static bool goes_on_at(const struct step_question *q, uint64_t *addr)
{
    const struct insn *insn = q->insn;
    switch (insn->kind) {
    case INSN_INT:
        return vector_handler(q->space, q->sregs, insn->vector, addr);
    case INSN_LOAD_SS:
    case INSN_STI:
        *addr = linear(q->sregs, q->regs->rip + insn->length);
        return q->int3_exits;
    case INSN_HLT:
        *addr = linear(q->sregs, q->regs->rip + insn->length);
        return true;
    default:
        return transfer_target(insn, q->space, q->regs, q->sregs, q->msrs, addr);
    }
}

/* Where int3 does not exit, debug registers do not fire in user mode (kvm_pvm), and where the trap
 * flag alone is not enough, both are. iret: the same, and TF costs nothing that it does not restore
 * from its frame. */
static bool wants_both(const struct step_question *q, enum insn_kind kind)
{
    return kind == INSN_IRET || (!q->int3_exits && (kind == INSN_SYSRET || kind == INSN_SYSEXIT));
}

void step_plan_insn(struct step_plan *plan, const struct step_question *q)
{
    const struct insn *insn = q->insn;
    const bool virtual_8086 = (q->regs->rflags & FLAG_VM) && (q->sregs->cr0 & CPU_CR0_PE);
    uint64_t addr;
    plan->count = 0;
    plan->trap_flag = true;
    if (insn->kind == INSN_INT && virtual_8086) {
        add_handler(plan, q, insn->vector); /* or the task's own, by its IVT: SDM vol. 3, 20.3 */
    } else if (goes_on_at(q, &addr) && addr != pc_of(q)) {
        add(plan, addr, insn->kind == INSN_INT ? insn->vector : NO_VECTOR);
        plan->targets[0].by_int3 = insn->kind == INSN_LOAD_SS || insn->kind == INSN_STI;
        plan->trap_flag = wants_both(q, insn->kind);
    }
    if (!q->faultless)
        add_faults(plan, q, insn->raises);
    add_interrupts(plan, q);
}

void step_plan_wait(struct step_plan *plan, const struct step_question *q)
{
    plan->count = 0;
    plan->trap_flag = false;
    add(plan, pc_of(q), NO_VECTOR);
}

void step_plan_delivery(struct step_plan *plan, const struct step_question *q, int vector,
                        bool may_stay)
{
    uint64_t handler;
    plan->count = 0;
    plan->trap_flag = false;
    if (may_stay)
        add(plan, pc_of(q), NO_VECTOR);
    if (vector >= 0 && vector_handler(q->space, q->sregs, (uint8_t)vector, &handler))
        add(plan, handler, vector);
    add_faults(plan, q, RAISES_FAR);
    add_interrupts(plan, q);
}
