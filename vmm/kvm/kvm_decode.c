#include "kvm/kvm_decode.h"
#include "kvm/kvm_call.h"

#include <stdarg.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef unsigned long long ull;

void kvm_line_add(struct kvm_line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line->text + line->len, sizeof line->text - line->len, format, args);
    va_end(args);
    if (n > 0)
        line->len += (size_t)n;
    if (line->len >= sizeof line->text)
        line->len = sizeof line->text - 1;
}

struct flag {
    uint32_t bit;
    const char *name;
};

/* "A|B", with what has no name as a number at the end; "0" if none is set. */
static void add_flags(struct kvm_line *line, uint32_t value, const struct flag *flags, size_t count)
{
    const char *separator = "";
    for (size_t i = 0; i < count; i++)
        if (value & flags[i].bit) {
            kvm_line_add(line, "%s%s", separator, flags[i].name);
            value &= ~flags[i].bit;
            separator = "|";
        }
    if (value || !*separator)
        kvm_line_add(line, value ? "%s%#x" : "%s%u", separator, value);
}

static void decode_capability(struct kvm_line *line, const void *arg)
{
    const char *name = kvm_capability_name((unsigned long)arg);
    if (name)
        kvm_line_add(line, "%s", name);
    else
        kvm_line_add(line, "%lu", (unsigned long)arg);
}

static void decode_id(struct kvm_line *line, const void *arg)
{
    kvm_line_add(line, "id=%lu", (unsigned long)arg);
}

static void decode_type(struct kvm_line *line, const void *arg)
{
    kvm_line_add(line, "type=%lu", (unsigned long)arg);
}

static void decode_enable_cap(struct kvm_line *line, const void *arg)
{
    const struct kvm_enable_cap *cap = arg;
    const char *name = kvm_capability_name(cap->cap);
    if (name)
        kvm_line_add(line, "%s", name);
    else
        kvm_line_add(line, "%u", cap->cap);
    kvm_line_add(line, " arg=%llu", (ull)cap->args[0]);
}

static void decode_address(struct kvm_line *line, const void *arg)
{
    kvm_line_add(line, "%#lx", (unsigned long)arg);
}

static void decode_identity_map(struct kvm_line *line, const void *arg)
{
    kvm_line_add(line, "%#llx", (ull) * (const uint64_t *)arg);
}

static void decode_pit_config(struct kvm_line *line, const void *arg)
{
    static const struct flag flags[] = {{KVM_PIT_SPEAKER_DUMMY, "SPEAKER_DUMMY"}};
    const struct kvm_pit_config *pit = arg;
    kvm_line_add(line, "flags=");
    add_flags(line, pit->flags, flags, COUNT(flags));
}

static void decode_memory_region(struct kvm_line *line, const void *arg)
{
    static const struct flag flags[] = {
        {KVM_MEM_LOG_DIRTY_PAGES, "LOG_DIRTY_PAGES"},
        {KVM_MEM_READONLY, "READONLY"},
    };
    const struct kvm_userspace_memory_region *slot = arg;
    kvm_line_add(line, "slot=%u flags=", slot->slot);
    add_flags(line, slot->flags, flags, COUNT(flags));
    kvm_line_add(line, " gpa=0x%llx size=0x%llx hva=0x%llx", (ull)slot->guest_phys_addr,
                 (ull)slot->memory_size, (ull)slot->userspace_addr);
}

static void decode_dirty_log(struct kvm_line *line, const void *arg)
{
    kvm_line_add(line, "slot=%u", ((const struct kvm_dirty_log *)arg)->slot);
}

static void decode_irq_line(struct kvm_line *line, const void *arg)
{
    const struct kvm_irq_level *irq = arg;
    kvm_line_add(line, "irq=%u level=%u", irq->irq, irq->level);
}

static void decode_irqchip(struct kvm_line *line, const void *arg)
{
    static const char *const names[] = {"PIC_MASTER", "PIC_SLAVE", "IOAPIC"};
    const struct kvm_irqchip *chip = arg;
    if (chip->chip_id < COUNT(names))
        kvm_line_add(line, "chip=%s", names[chip->chip_id]);
    else
        kvm_line_add(line, "chip=%u", chip->chip_id);
}

static void decode_regs(struct kvm_line *line, const void *arg)
{
    const struct kvm_regs *r = arg;
    kvm_line_add(line,
                 "rip=0x%llx rflags=0x%llx rax=0x%llx rbx=0x%llx rcx=0x%llx rdx=0x%llx rsp=0x%llx",
                 r->rip, r->rflags, r->rax, r->rbx, r->rcx, r->rdx, r->rsp);
}

static void decode_sregs(struct kvm_line *line, const void *arg)
{
    const struct kvm_sregs *s = arg;
    kvm_line_add(line,
                 "cs=%04x:0x%llx ds=%04x:0x%llx ss=%04x:0x%llx cr0=0x%llx cr3=0x%llx cr4=0x%llx "
                 "efer=0x%llx",
                 s->cs.selector, s->cs.base, s->ds.selector, s->ds.base, s->ss.selector, s->ss.base,
                 s->cr0, s->cr3, s->cr4, s->efer);
}

/* Words 0, 6 and 128-129 of the area: FCW and FSW, MXCSR, XSTATE_BV (SDM vol. 1, 13.4). */
static void decode_xsave(struct kvm_line *line, const void *arg)
{
    const struct kvm_xsave *xsave = arg;
    kvm_line_add(line, "fcw=0x%x fsw=0x%x mxcsr=0x%x components=0x%x", xsave->region[0] & 0xffff,
                 xsave->region[0] >> 16, xsave->region[6], xsave->region[128]);
}

static void decode_xcrs(struct kvm_line *line, const void *arg)
{
    const struct kvm_xcrs *xcrs = arg;
    for (uint32_t i = 0; i < xcrs->nr_xcrs && i < KVM_MAX_XCRS; i++)
        kvm_line_add(line, "%sxcr%u=0x%llx", i ? " " : "", xcrs->xcrs[i].xcr, xcrs->xcrs[i].value);
}

static void decode_debugregs(struct kvm_line *line, const void *arg)
{
    const struct kvm_debugregs *d = arg;
    kvm_line_add(line, "dr0=0x%llx dr1=0x%llx dr2=0x%llx dr3=0x%llx dr6=0x%llx dr7=0x%llx",
                 d->db[0], d->db[1], d->db[2], d->db[3], d->dr6, d->dr7);
}

static void decode_events(struct kvm_line *line, const void *arg)
{
    const struct kvm_vcpu_events *e = arg;
    if (e->exception.injected || e->exception.pending)
        kvm_line_add(line, "exception=%u ", e->exception.nr);
    if (e->interrupt.injected)
        kvm_line_add(line, "interrupt=%u%s ", e->interrupt.nr, e->interrupt.soft ? "(soft)" : "");
    kvm_line_add(line, "shadow=%u nmi=%u%u%u flags=0x%x", e->interrupt.shadow, e->nmi.injected,
                 e->nmi.pending, e->nmi.masked, e->flags);
}

static void decode_mp_state(struct kvm_line *line, const void *arg)
{
    static const char *const names[] = {"RUNNABLE", "UNINITIALIZED", "INIT_RECEIVED", "HALTED",
                                        "SIPI_RECEIVED"};
    const struct kvm_mp_state *mp = arg;
    if (mp->mp_state < COUNT(names))
        kvm_line_add(line, "%s", names[mp->mp_state]);
    else
        kvm_line_add(line, "%u", mp->mp_state);
}

static void decode_msrs(struct kvm_line *line, const void *arg)
{
    const struct kvm_msrs *msrs = arg;
    for (uint32_t i = 0; i < msrs->nmsrs; i++)
        kvm_line_add(line, "%s0x%x=0x%llx", i ? " " : "", msrs->entries[i].index,
                     (ull)msrs->entries[i].data);
}

static void decode_msr_list(struct kvm_line *line, const void *arg)
{
    kvm_line_add(line, "%u MSRs", ((const struct kvm_msr_list *)arg)->nmsrs);
}

static void decode_cpuid(struct kvm_line *line, const void *arg)
{
    kvm_line_add(line, "%u leaves", ((const struct kvm_cpuid2 *)arg)->nent);
}

static void decode_guest_debug(struct kvm_line *line, const void *arg)
{
    static const struct flag flags[] = {
        {KVM_GUESTDBG_ENABLE, "ENABLE"},       {KVM_GUESTDBG_SINGLESTEP, "SINGLESTEP"},
        {KVM_GUESTDBG_USE_SW_BP, "USE_SW_BP"}, {KVM_GUESTDBG_USE_HW_BP, "USE_HW_BP"},
        {KVM_GUESTDBG_INJECT_DB, "INJECT_DB"}, {KVM_GUESTDBG_INJECT_BP, "INJECT_BP"},
        {KVM_GUESTDBG_BLOCKIRQ, "BLOCKIRQ"},
    };
    const struct kvm_guest_debug *debug = arg;
    kvm_line_add(line, "control=");
    add_flags(line, debug->control, flags, COUNT(flags));
    if (!(debug->control & KVM_GUESTDBG_USE_HW_BP))
        return;
    for (unsigned i = 0; i < 4; i++)
        if (debug->arch.debugreg[7] & (3u << (2 * i))) /* its local or global enable bit */
            kvm_line_add(line, " dr%u=0x%llx", i, debug->arch.debugreg[i]);
    kvm_line_add(line, " dr7=0x%llx", debug->arch.debugreg[7]);
}

#define PASSES(request, decode)                                                                    \
    {                                                                                              \
        request, #request, false, decode                                                           \
    }
#define FILLS(request, decode)                                                                     \
    {                                                                                              \
        request, #request, true, decode                                                            \
    }

const struct kvm_ioctl kvm_ioctls[] = {
    PASSES(KVM_GET_API_VERSION, NULL),
    PASSES(KVM_CREATE_VM, decode_type),
    PASSES(KVM_CHECK_EXTENSION, decode_capability),
    PASSES(KVM_GET_VCPU_MMAP_SIZE, NULL),
    FILLS(KVM_GET_SUPPORTED_CPUID, decode_cpuid),
    FILLS(KVM_GET_MSR_INDEX_LIST, decode_msr_list),
    PASSES(KVM_ENABLE_CAP, decode_enable_cap),
    PASSES(KVM_SET_TSS_ADDR, decode_address),
    PASSES(KVM_SET_IDENTITY_MAP_ADDR, decode_identity_map),
    PASSES(KVM_CREATE_IRQCHIP, NULL),
    PASSES(KVM_CREATE_PIT2, decode_pit_config),
    PASSES(KVM_SET_USER_MEMORY_REGION, decode_memory_region),
    PASSES(KVM_GET_DIRTY_LOG, decode_dirty_log),
    PASSES(KVM_IRQ_LINE, decode_irq_line),
    PASSES(KVM_GET_IRQCHIP, decode_irqchip), /* the chip is asked for by its number in ARG */
    PASSES(KVM_SET_IRQCHIP, decode_irqchip),
    PASSES(KVM_GET_PIT2, NULL),
    PASSES(KVM_SET_PIT2, NULL),
    PASSES(KVM_CREATE_VCPU, decode_id),
    PASSES(KVM_RUN, NULL),
    FILLS(KVM_GET_REGS, decode_regs),
    PASSES(KVM_SET_REGS, decode_regs),
    FILLS(KVM_GET_SREGS, decode_sregs),
    PASSES(KVM_SET_SREGS, decode_sregs),
    FILLS(KVM_GET_XSAVE, decode_xsave),
    FILLS(KVM_GET_XSAVE2, decode_xsave),
    PASSES(KVM_SET_XSAVE, decode_xsave),
    FILLS(KVM_GET_XCRS, decode_xcrs),
    PASSES(KVM_SET_XCRS, decode_xcrs),
    FILLS(KVM_GET_DEBUGREGS, decode_debugregs),
    PASSES(KVM_SET_DEBUGREGS, decode_debugregs),
    FILLS(KVM_GET_VCPU_EVENTS, decode_events),
    PASSES(KVM_SET_VCPU_EVENTS, decode_events),
    FILLS(KVM_GET_MP_STATE, decode_mp_state),
    PASSES(KVM_SET_MP_STATE, decode_mp_state),
    PASSES(KVM_GET_LAPIC, NULL),
    PASSES(KVM_SET_LAPIC, NULL),
    PASSES(KVM_GET_MSRS, decode_msrs), /* ARG says which; stepvm zeroes the values beforehand */
    PASSES(KVM_SET_MSRS, decode_msrs),
    PASSES(KVM_SET_CPUID2, decode_cpuid),
    PASSES(KVM_SET_GUEST_DEBUG, decode_guest_debug),
};
const size_t kvm_ioctl_count = COUNT(kvm_ioctls);
