#include "debug/catch/triple_fault.h"

#include "debug/catch/fault_cause.h"
#include "debug/catch/fault_delivery.h"
#include "debug/cpu/exception.h"
#include "vcpu/vcpu.h"

#include <inttypes.h>

/* A benign exception whose handler can't be entered is followed by another, that one by a double
 * fault, and that by the end; page faults may add one. */
#define CHAIN_MAX 6

/* SDM vol. 3, table 6-5. */
static bool is_contributory(int vector)
{
    return vector == EXCEPTION_DE || (vector >= EXCEPTION_TS && vector <= EXCEPTION_GP);
}

/* What the processor handles when delivering FIRST has raised SECOND. */
static int combine(int first, int second)
{
    const bool is_double =
        (is_contributory(first) && is_contributory(second)) ||
        (first == EXCEPTION_PF && (is_contributory(second) || second == EXCEPTION_PF));
    return is_double ? EXCEPTION_DF : second;
}

static void print_vector(unsigned vector, struct gdb_text *out)
{
    if (vector < EXCEPTIONS)
        gdb_text_printf(out, "%s (%u)", exception_name(vector), vector);
    else
        gdb_text_printf(out, "interrupt 0x%x", vector);
}

/* Follows VECTOR until a handler can be entered or nothing is left: then true. */
static bool explain_chain(const struct fault_view *view, int vector, struct gdb_text *out)
{
    for (int i = 0; i < CHAIN_MAX; i++) {
        char buf[192];
        struct gdb_text why;
        uint64_t handler;
        gdb_text_init(&why, buf, sizeof buf);
        const int raised = fault_of_delivery(view, (unsigned)vector, &handler, &why);
        print_vector((unsigned)vector, out);
        if (raised < 0) {
            gdb_text_printf(out, " has a handler at 0x%" PRIx64 " that can be entered.\n", handler);
            return false;
        }
        gdb_text_printf(out, " can't be delivered: %s.", buf);
        if (vector == EXCEPTION_DF) {
            gdb_text_printf(out, " That is the triple fault.\n");
            return true;
        }
        vector = combine(vector, raised);
        gdb_text_printf(out, " That raises ");
        print_vector((unsigned)vector, out);
        gdb_text_printf(out, ".\n");
    }
    return false;
}

bool triple_fault_explain(const struct memory *memory, const struct kvm_regs *regs,
                          const struct kvm_sregs *sregs, struct gdb_text *out)
{
    char buf[192];
    struct gdb_text what;
    const struct gva_space space = gva_space(memory, sregs);
    const struct fault_view view = {&space, regs, sregs};
    const uint64_t pc = vcpu_linear_pc_of(regs, sregs);
    gdb_text_init(&what, buf, sizeof buf);
    const int vector = fault_of_insn(&view, &what);
    if (vector < 0) {
        gdb_text_printf(out, "At 0x%" PRIx64 " an exception was raised; which one does not show. ",
                        pc);
        explain_chain(&view, EXCEPTION_DF, out);
        return false;
    }
    gdb_text_printf(out, "At 0x%" PRIx64 ": %s. That raises ", pc, buf);
    print_vector((unsigned)vector, out);
    gdb_text_printf(out, ".\n");
    return explain_chain(&view, vector, out);
}
