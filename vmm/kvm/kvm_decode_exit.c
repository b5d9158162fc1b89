#include "kvm/kvm_decode.h"

#include <stdint.h>
#include <string.h>

typedef unsigned long long ull;

/* The SIZE bytes at P as the little-endian number that they are. */
static ull value_of(const void *p, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, p, size < sizeof value ? size : sizeof value);
    return value;
}

static void exit_io(struct kvm_line *line, const struct kvm_run *run)
{
    bool out = run->io.direction == KVM_EXIT_IO_OUT;
    kvm_line_add(line, "%s port=0x%x size=%u count=%u", out ? "out" : "in", run->io.port,
                 run->io.size, run->io.count);
    if (out)
        kvm_line_add(line, " value=0x%llx",
                     value_of((const char *)run + run->io.data_offset, run->io.size));
}

static void exit_mmio(struct kvm_line *line, const struct kvm_run *run)
{
    kvm_line_add(line, "%s addr=0x%llx len=%u", run->mmio.is_write ? "write" : "read",
                 run->mmio.phys_addr, run->mmio.len);
    if (run->mmio.is_write)
        kvm_line_add(line, " value=0x%llx", value_of(run->mmio.data, run->mmio.len));
}

static void exit_debug(struct kvm_line *line, const struct kvm_run *run)
{
    kvm_line_add(line, "exception=%u pc=0x%llx dr6=0x%llx dr7=0x%llx", run->debug.arch.exception,
                 run->debug.arch.pc, run->debug.arch.dr6, run->debug.arch.dr7);
}

static void exit_internal_error(struct kvm_line *line, const struct kvm_run *run)
{
    static const char *const names[] = {
        [KVM_INTERNAL_ERROR_EMULATION] = "EMULATION",
        [KVM_INTERNAL_ERROR_SIMUL_EX] = "SIMUL_EX",
        [KVM_INTERNAL_ERROR_DELIVERY_EV] = "DELIVERY_EV",
        [KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON] = "UNEXPECTED_EXIT_REASON",
    };
    uint32_t suberror = run->internal.suberror, count = run->internal.ndata;
    kvm_line_add(line, "suberror=%u", suberror);
    if (suberror < sizeof names / sizeof names[0] && names[suberror])
        kvm_line_add(line, " %s", names[suberror]);
    if (count > sizeof run->internal.data / sizeof run->internal.data[0])
        count = sizeof run->internal.data / sizeof run->internal.data[0];
    for (uint32_t i = 0; i < count; i++)
        kvm_line_add(line, "%s0x%llx", i ? "," : " data=", run->internal.data[i]);
}

static void exit_fail_entry(struct kvm_line *line, const struct kvm_run *run)
{
    kvm_line_add(line, "reason=0x%llx cpu=%u", run->fail_entry.hardware_entry_failure_reason,
                 run->fail_entry.cpu);
}

static void exit_unknown(struct kvm_line *line, const struct kvm_run *run)
{
    kvm_line_add(line, "hardware reason=0x%llx", run->hw.hardware_exit_reason);
}

static void exit_exception(struct kvm_line *line, const struct kvm_run *run)
{
    kvm_line_add(line, "exception=%u error=0x%x", run->ex.exception, run->ex.error_code);
}

static void exit_system_event(struct kvm_line *line, const struct kvm_run *run)
{
    kvm_line_add(line, "type=%u", run->system_event.type);
}

static void exit_msr(struct kvm_line *line, const struct kvm_run *run)
{
    kvm_line_add(line, "msr=0x%x", run->msr.index);
    if (run->exit_reason == KVM_EXIT_X86_WRMSR)
        kvm_line_add(line, " value=0x%llx", run->msr.data);
}

struct exit_reason {
    uint32_t reason;
    const char *name;
    void (*decode)(struct kvm_line *line, const struct kvm_run *run); /* NULL: no details */
};

static const struct exit_reason exit_reasons[] = {
    {KVM_EXIT_UNKNOWN, "UNKNOWN", exit_unknown},
    {KVM_EXIT_EXCEPTION, "EXCEPTION", exit_exception},
    {KVM_EXIT_IO, "IO", exit_io},
    {KVM_EXIT_HYPERCALL, "HYPERCALL", NULL},
    {KVM_EXIT_DEBUG, "DEBUG", exit_debug},
    {KVM_EXIT_HLT, "HLT", NULL},
    {KVM_EXIT_MMIO, "MMIO", exit_mmio},
    {KVM_EXIT_IRQ_WINDOW_OPEN, "IRQ_WINDOW_OPEN", NULL},
    {KVM_EXIT_SHUTDOWN, "SHUTDOWN", NULL},
    {KVM_EXIT_FAIL_ENTRY, "FAIL_ENTRY", exit_fail_entry},
    {KVM_EXIT_INTR, "INTR", NULL},
    {KVM_EXIT_SET_TPR, "SET_TPR", NULL},
    {KVM_EXIT_TPR_ACCESS, "TPR_ACCESS", NULL},
    {KVM_EXIT_NMI, "NMI", NULL},
    {KVM_EXIT_INTERNAL_ERROR, "INTERNAL_ERROR", exit_internal_error},
    {KVM_EXIT_SYSTEM_EVENT, "SYSTEM_EVENT", exit_system_event},
    {KVM_EXIT_IOAPIC_EOI, "IOAPIC_EOI", NULL},
    {KVM_EXIT_HYPERV, "HYPERV", NULL},
    {KVM_EXIT_X86_RDMSR, "X86_RDMSR", exit_msr},
    {KVM_EXIT_X86_WRMSR, "X86_WRMSR", exit_msr},
    {KVM_EXIT_X86_BUS_LOCK, "X86_BUS_LOCK", NULL},
};

static const struct exit_reason *find(uint32_t reason)
{
    for (size_t i = 0; i < sizeof exit_reasons / sizeof exit_reasons[0]; i++)
        if (exit_reasons[i].reason == reason)
            return &exit_reasons[i];
    return NULL;
}

const char *kvm_exit_name(uint32_t reason)
{
    const struct exit_reason *found = find(reason);
    return found ? found->name : NULL;
}

void kvm_decode_exit(struct kvm_line *line, const struct kvm_run *run)
{
    const struct exit_reason *found = find(run->exit_reason);
    if (!found) {
        kvm_line_add(line, "%u", run->exit_reason);
        return;
    }
    kvm_line_add(line, "%s", found->name);
    if (found->decode) {
        kvm_line_add(line, "(");
        found->decode(line, run);
        kvm_line_add(line, ")");
    }
}
