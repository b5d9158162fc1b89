#include "debug/catch/explain.h"

#include "debug/catch/triple_fault.h"
#include "gdbstub/gdbstub.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int explain_signal(const struct vcpu_stop *stop)
{
    switch (stop->kind) {
    case VCPU_STOP_SHUTDOWN:
        return GDB_SIGSEGV;
    case VCPU_STOP_INTERNAL_ERROR:
        return GDB_SIGILL;
    default:
        return GDB_SIGABRT;
    }
}

/* On AMD the processor has reset itself by the time KVM returns (APM vol. 2, 15.14.3: the state is
 * undefined; KVM then makes it that of power-on, SDM vol. 3, table 9-1). */
static bool was_reset(struct vcpu *vcpu)
{
    struct cpu_state s;
    return !vcpu_read_state(vcpu, &s) && s.rip == 0xfff0 && s.seg[CPU_CS].base == 0xffff0000;
}

/* As triple_fault_explain, of the registers as they are. */
static bool explain_triple_fault(struct vcpu *vcpu, const struct memory *memory,
                                 struct gdb_text *out)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    return !kvm_get_regs(vcpu_kvm(vcpu), &regs) && !kvm_get_sregs(vcpu_kvm(vcpu), &sregs) &&
           triple_fault_explain(memory, &regs, &sregs, out);
}

static void explain_shutdown(struct vcpu *vcpu, const struct memory *memory, struct gdb_text *out)
{
    gdb_text_printf(out,
                    "CPU %u: triple fault: an exception could not be delivered, nor the double "
                    "fault that followed.\n",
                    vcpu_index(vcpu));
    if (was_reset(vcpu)) {
        gdb_text_printf(out, "This KVM backend has already reset the CPU: the registers are those "
                             "of power-on, not of the fault.\nTo see the fault: "
                             "`monitor break-on triple-fault`, `monitor reset`, `continue`.\n");
        return;
    }
    gdb_text_printf(out, "The registers are those of the faulting instruction.\n");
    explain_triple_fault(vcpu, memory, out);
}

static void explain_internal_error(struct vcpu *vcpu, const struct memory *memory,
                                   const struct vcpu_stop *stop, struct gdb_text *out)
{
    char text[1024];
    struct gdb_text cause;
    char bytes[3 * sizeof stop->insn + 1] = "";
    for (unsigned i = 0; i < stop->insn_len; i++)
        snprintf(bytes + 3 * i, sizeof bytes - 3 * i, " %02x", stop->insn[i]);
    static const char *const reasons[] = {
        [0] = "no reason given",
        [KVM_INTERNAL_ERROR_EMULATION] =
            ("KVM could not emulate the instruction, or deliver the exception it raised (on "
             "kvm_pvm also a triple fault)"),
        [KVM_INTERNAL_ERROR_SIMUL_EX] = "two exceptions at once",
        [KVM_INTERNAL_ERROR_DELIVERY_EV] = "an event could not be delivered",
    };
    const bool known = stop->suberror < sizeof reasons / sizeof reasons[0];
    gdb_text_printf(out, "CPU %u: KVM internal error, suberror %u: %s.%s%s\n", vcpu_index(vcpu),
                    stop->suberror, known ? reasons[stop->suberror] : "unknown to this stepvm",
                    bytes[0] ? " Bytes at the instruction:" : "", bytes);
    gdb_text_init(&cause, text, sizeof text);
    if (explain_triple_fault(vcpu, memory, &cause))
        gdb_text_printf(out, "It was a triple fault.\n%s", text);
}

void explain_death(struct vcpu *vcpu, const struct memory *memory, const struct vcpu_stop *stop,
                   char *buf, size_t size)
{
    struct gdb_text out;
    gdb_text_init(&out, buf, size);
    switch (stop->kind) {
    case VCPU_STOP_SHUTDOWN:
        explain_shutdown(vcpu, memory, &out);
        break;
    case VCPU_STOP_INTERNAL_ERROR:
        explain_internal_error(vcpu, memory, stop, &out);
        break;
    case VCPU_STOP_ENTRY_FAILED:
        snprintf(buf, size,
                 "CPU %u: the processor refuses to run this state (hardware reason 0x%" PRIx64
                 "): a control register or segment is not valid.\n",
                 vcpu_index(vcpu), stop->hardware_reason);
        break;
    case VCPU_STOP_HOST_ERROR:
        snprintf(buf, size, "CPU %u: KVM_RUN: %s (the kernel's log may say more: dmesg)\n",
                 vcpu_index(vcpu), strerror(-stop->error));
        break;
    default:
        snprintf(buf, size,
                 "CPU %u: KVM exit reason %u, which this stepvm does not know (please report it)\n",
                 vcpu_index(vcpu), stop->exit_reason);
        break;
    }
}
