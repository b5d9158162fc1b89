#include "debug/catch/fault_delivery.h"

#include "debug/cpu/exception.h"
#include "vcpu/cpu_state.h"

#include <inttypes.h>
#include <string.h>

#define TYPE_CONFORMING 0x4

enum { GATE_TASK = 5, GATE_16 = 6, GATE_TRAP_16 = 7, GATE_32 = 0xe, GATE_TRAP_32 = 0xf };

/* An entry of the IDT that could be read. */
struct gate {
    unsigned type; /* the S bit included */
    bool present, wide;
    uint16_t selector;
    uint64_t offset;
    unsigned ist;
};

/* SDM vol. 3, 6.3.1, 6.13: these push an error code outside of real mode. */
static bool has_error_code(unsigned vector)
{
    return (vector == EXCEPTION_DF || (vector >= EXCEPTION_TS && vector <= EXCEPTION_PF) ||
            vector == 17 || vector == 21 || vector == 29 || vector == 30);
}

static int no_entry(const struct fault_view *view, unsigned vector, unsigned size,
                    struct gdb_text *why)
{
    const struct kvm_dtable *idt = &view->sregs->idt;
    if ((vector + 1) * size - 1 > idt->limit)
        gdb_text_printf(why, "the IDT (at 0x%" PRIx64 ", limit 0x%x) has no entry %u",
                        (uint64_t)idt->base, idt->limit, vector);
    else
        gdb_text_printf(why, "entry %u of the IDT at 0x%" PRIx64 " lies where no memory is", vector,
                        (uint64_t)idt->base);
    return EXCEPTION_GP;
}

static bool read_entry(const struct fault_view *view, unsigned vector, void *entry, unsigned size)
{
    return (vector + 1) * size - 1 <= view->sregs->idt.limit &&
           gva_read(view->space, view->sregs->idt.base + (uint64_t)vector * size, entry, size) ==
               size;
}

static int deliver_in_real_mode(const struct fault_view *view, unsigned vector, uint64_t *handler,
                                struct gdb_text *why)
{
    uint16_t entry[2]; /* IP, CS */
    if (!read_entry(view, vector, entry, sizeof entry))
        return no_entry(view, vector, sizeof entry, why);
    *handler = (uint64_t)entry[1] * 16 + entry[0];
    return fault_of_push(view, &view->sregs->ss, view->regs->rsp, 3 * 2, why);
}

static struct gate decode_gate(const uint16_t *words, bool wide)
{
    struct gate gate = {
        .type = (words[2] >> 8) & 0x1f,
        .present = words[2] & 0x8000,
        .wide = wide,
        .selector = words[1],
        .offset = words[0],
        .ist = wide ? words[2] & 7 : 0,
    };
    if (gate.type != GATE_16 && gate.type != GATE_TRAP_16)
        gate.offset |= (uint64_t)words[3] << 16;
    if (wide)
        gate.offset |= (uint64_t)words[4] << 32 | (uint64_t)words[5] << 48;
    return gate;
}

static int fault_of_gate(const struct gate *gate, unsigned vector, struct gdb_text *why)
{
    const bool is_32 = gate->type == GATE_32 || gate->type == GATE_TRAP_32;
    const bool other =
        gate->type == GATE_16 || gate->type == GATE_TRAP_16 || gate->type == GATE_TASK;
    if (!is_32 && (gate->wide || !other)) {
        gdb_text_printf(why, "entry %u of the IDT is no gate (type 0x%x%s)", vector, gate->type,
                        gate->present ? "" : ", not present");
        return EXCEPTION_GP;
    }
    if (gate->present)
        return -1;
    gdb_text_printf(why, "entry %u of the IDT is marked not present", vector);
    return EXCEPTION_NP;
}

/* The stack of a more privileged handler: from the TSS (SDM vol. 3, figures 7-2 and 7-11). */
static int stack_of_tss(const struct fault_view *view, const struct gate *gate, unsigned dpl,
                        struct kvm_segment *ss, uint64_t *sp, struct gdb_text *why)
{
    const struct kvm_segment *tr = &view->sregs->tr;
    const unsigned size = gate->wide ? 8 : 6; /* RSPn or ISTn; ESPn and SSn */
    const unsigned offset = gate->ist ? 0x24 + 8 * (gate->ist - 1) : 4 + 8 * dpl;
    uint8_t bytes[8] = {0};
    uint32_t esp;
    uint16_t selector;
    if (offset + size - 1 > tr->limit ||
        gva_read(view->space, tr->base + offset, bytes, size) != size) {
        gdb_text_printf(why, "the TSS (at 0x%" PRIx64 ", limit 0x%x) has no stack for it",
                        (uint64_t)tr->base, tr->limit);
        return EXCEPTION_TS;
    }
    memcpy(sp, bytes, sizeof *sp);
    if (gate->wide)
        return -1;
    memcpy(&esp, bytes, sizeof esp);
    memcpy(&selector, bytes + 4, sizeof selector);
    *sp = esp;
    const int fault = fault_of_selector(view, selector, FAULT_STACK, ss, why);
    return fault == EXCEPTION_GP ? EXCEPTION_TS : fault;
}

static int fault_of_frame(const struct fault_view *view, const struct gate *gate, unsigned vector,
                          const struct kvm_segment *code, struct gdb_text *why)
{
    const unsigned cpl = view->sregs->cs.selector & 3;
    const bool inner = !(code->type & TYPE_CONFORMING) && code->dpl < cpl;
    const unsigned slot = gate->wide ? 8 : gate->type <= GATE_TRAP_16 ? 2 : 4;
    const unsigned slots = (inner || gate->wide ? 5 : 3) + has_error_code(vector);
    struct kvm_segment ss = view->sregs->ss;
    uint64_t sp = view->regs->rsp;
    if (inner || gate->ist) {
        const int fault = stack_of_tss(view, gate, code->dpl, &ss, &sp, why);
        if (fault >= 0)
            return fault;
    }
    if (!gate->wide)
        return fault_of_push(view, &ss, sp, slots * slot, why);
    const uint64_t top = (sp & ~15ull) - (uint64_t)slots * slot; /* SDM vol. 3, 6.14.2 */
    const int fault = fault_of_address(view, top, top + (uint64_t)slots * slot - 1, why);
    if (fault >= 0)
        gdb_text_printf(why, " (for the stack; sp is 0x%" PRIx64 ")", sp);
    return fault;
}

int fault_of_delivery(const struct fault_view *view, unsigned vector, uint64_t *handler,
                      struct gdb_text *why)
{
    const bool wide = view->sregs->efer & CPU_EFER_LMA;
    const unsigned size = wide ? 16 : 8;
    uint16_t words[8] = {0};
    struct kvm_segment code;
    if (!(view->sregs->cr0 & CPU_CR0_PE))
        return deliver_in_real_mode(view, vector, handler, why);
    if (!read_entry(view, vector, words, size))
        return no_entry(view, vector, size, why);
    const struct gate gate = decode_gate(words, wide);
    int fault = fault_of_gate(&gate, vector, why);
    if (fault >= 0)
        return fault;
    *handler = gate.offset;
    if (gate.type == GATE_TASK)
        return -1; /* what a task switch does is not looked into */
    fault = fault_of_selector(view, gate.selector, FAULT_CODE, &code, why);
    if (fault >= 0)
        return fault;
    if (wide && (!code.l || code.db)) {
        gdb_text_printf(why, "selector 0x%x of its gate does not name 64-bit code", gate.selector);
        return EXCEPTION_GP;
    }
    if (!wide)
        *handler = (uint32_t)(code.base + gate.offset);
    return fault_of_frame(view, &gate, vector, &code, why);
}
