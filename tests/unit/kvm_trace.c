/* --trace kvm: each line as it must be, from structs made here. No KVM. */
#include "kvm/kvm_trace.h"
#include "kvm/kvm.h"
#include "kvm/kvm_decode.h"
#include "tests/check.h"

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdlib.h>

#define US 1000u

struct recorder {
    char *text;
    size_t size;
    FILE *out;
    struct kvm_trace *trace;
};

static void record(struct recorder *r)
{
    r->text = NULL;
    r->out = open_memstream(&r->text, &r->size);
    r->trace = kvm_trace_new(r->out, true);
}

static void stop_recording(struct recorder *r)
{
    kvm_trace_free(r->trace);
    fclose(r->out);
}

/* One call gives exactly LINE. */
static void check_line(const char *who, unsigned long request, const void *arg,
                       const struct kvm_run *run, int result, const char *line)
{
    struct recorder r;
    record(&r);
    kvm_trace_ioctl(r.trace, who, request, arg, run, result, 12 * US);
    fflush(r.out);
    CHECK_STR(r.text, line);
    stop_recording(&r);
    free(r.text);
}

static void numbers(void)
{
    check_line("host", KVM_GET_API_VERSION, NULL, NULL, 12,
               "[host] KVM_GET_API_VERSION() = 12 <12 us>\n");
    check_line("host", KVM_CREATE_VM, NULL, NULL, 4, "[host] KVM_CREATE_VM(type=0) = 4 <12 us>\n");
    check_line("host", KVM_CHECK_EXTENSION, (const void *)KVM_CAP_IRQCHIP, NULL, 1,
               "[host] KVM_CHECK_EXTENSION(KVM_CAP_IRQCHIP) = 1 <12 us>\n");
    check_line("host", KVM_CHECK_EXTENSION, (const void *)0xffffUL, NULL, 0,
               "[host] KVM_CHECK_EXTENSION(65535) = 0 <12 us>\n");
    check_line("vm", KVM_CREATE_VCPU, (const void *)3UL, NULL, -EEXIST,
               "[vm] KVM_CREATE_VCPU(id=3) = -EEXIST <12 us>\n");
    check_line("vm", KVM_SET_TSS_ADDR, (const void *)0xfffbd000UL, NULL, 0,
               "[vm] KVM_SET_TSS_ADDR(0xfffbd000) = 0 <12 us>\n");
    check_line("vm", 0xbeef, (const void *)0x10UL, NULL, -ENOTTY,
               "[vm] ioctl 0xbeef(0x10) = -ENOTTY <12 us>\n");
}

static void memory_regions(void)
{
    struct kvm_userspace_memory_region slot = {
        .slot = 2,
        .flags = KVM_MEM_READONLY,
        .guest_phys_addr = 0xf0000,
        .memory_size = 0x10000,
        .userspace_addr = 0x7f0012345000,
    };
    check_line("vm", KVM_SET_USER_MEMORY_REGION, &slot, NULL, 0,
               "[vm] KVM_SET_USER_MEMORY_REGION(slot=2 flags=READONLY gpa=0xf0000 size=0x10000 "
               "hva=0x7f0012345000) = 0 <12 us>\n");
    check_line("vm", KVM_GET_DIRTY_LOG, &(struct kvm_dirty_log){.slot = 3}, NULL, 0,
               "[vm] KVM_GET_DIRTY_LOG(slot=3) = 0 <12 us>\n");
    slot = (struct kvm_userspace_memory_region){.slot = 7, .flags = 0x83};
    check_line("vm", KVM_SET_USER_MEMORY_REGION, &slot, NULL, -EINVAL,
               "[vm] KVM_SET_USER_MEMORY_REGION(slot=7 flags=LOG_DIRTY_PAGES|READONLY|0x80 "
               "gpa=0x0 size=0x0 hva=0x0) = -EINVAL <12 us>\n");
    slot.flags = 0;
    check_line("vm", KVM_SET_USER_MEMORY_REGION, &slot, NULL, 0,
               "[vm] KVM_SET_USER_MEMORY_REGION(slot=7 flags=0 gpa=0x0 size=0x0 hva=0x0) = 0 "
               "<12 us>\n");
}

static void interrupt_controllers(void)
{
    struct kvm_irq_level irq = {.irq = 4, .level = 1};
    check_line("vm", KVM_IRQ_LINE, &irq, NULL, 0, "[vm] KVM_IRQ_LINE(irq=4 level=1) = 0 <12 us>\n");
    struct kvm_irqchip chip = {.chip_id = KVM_IRQCHIP_IOAPIC};
    check_line("vm", KVM_GET_IRQCHIP, &chip, NULL, 0,
               "[vm] KVM_GET_IRQCHIP(chip=IOAPIC) = 0 <12 us>\n");
    chip.chip_id = 9;
    check_line("vm", KVM_GET_IRQCHIP, &chip, NULL, -EINVAL,
               "[vm] KVM_GET_IRQCHIP(chip=9) = -EINVAL <12 us>\n");
    struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
    check_line("vm", KVM_CREATE_PIT2, &pit, NULL, 0,
               "[vm] KVM_CREATE_PIT2(flags=SPEAKER_DUMMY) = 0 <12 us>\n");
    struct kvm_enable_cap cap = {.cap = KVM_CAP_EXIT_ON_EMULATION_FAILURE, .args = {1}};
    check_line("vm", KVM_ENABLE_CAP, &cap, NULL, 0,
               "[vm] KVM_ENABLE_CAP(KVM_CAP_EXIT_ON_EMULATION_FAILURE arg=1) = 0 <12 us>\n");
    cap.cap = 9999;
    check_line("vm", KVM_ENABLE_CAP, &cap, NULL, -EINVAL,
               "[vm] KVM_ENABLE_CAP(9999 arg=1) = -EINVAL <12 us>\n");
    uint64_t identity = 0xfffbc000;
    check_line("vm", KVM_SET_IDENTITY_MAP_ADDR, &identity, NULL, 0,
               "[vm] KVM_SET_IDENTITY_MAP_ADDR(0xfffbc000) = 0 <12 us>\n");
}

static void registers(void)
{
    struct kvm_regs regs = {
        .rip = 0x7c00, .rflags = 2, .rax = 1, .rbx = 0x20, .rcx = 3, .rdx = 0x80, .rsp = 0x7000};
    check_line("vcpu 0", KVM_SET_REGS, &regs, NULL, 0,
               "[vcpu 0] KVM_SET_REGS(rip=0x7c00 rflags=0x2 rax=0x1 rbx=0x20 rcx=0x3 rdx=0x80 "
               "rsp=0x7000) = 0 <12 us>\n");
    /* What the kernel did not fill is not shown. */
    check_line("vcpu 0", KVM_GET_REGS, NULL, NULL, -EFAULT,
               "[vcpu 0] KVM_GET_REGS() = -EFAULT <12 us>\n");
    struct kvm_sregs sregs = {.cs = {.base = 0xffff0000, .selector = 0xf000},
                              .ds = {.base = 0x120, .selector = 0x12},
                              .ss = {.base = 0x10, .selector = 1},
                              .cr0 = 0x60000010,
                              .cr3 = 0x10000,
                              .cr4 = 0x20,
                              .efer = 0x500};
    check_line("vcpu 12", KVM_GET_SREGS, &sregs, NULL, 0,
               "[vcpu 12] KVM_GET_SREGS(cs=f000:0xffff0000 ds=0012:0x120 ss=0001:0x10 "
               "cr0=0x60000010 cr3=0x10000 cr4=0x20 efer=0x500) = 0 <12 us>\n");
    struct kvm_xsave xsave = {.region = {[0] = 0x3800037f, [6] = 0x1f80, [128] = 7}};
    check_line("vcpu 0", KVM_SET_XSAVE, &xsave, NULL, 0,
               "[vcpu 0] KVM_SET_XSAVE(fcw=0x37f fsw=0x3800 mxcsr=0x1f80 components=0x7) = 0 "
               "<12 us>\n");
    struct kvm_xcrs xcrs = {.nr_xcrs = 1, .xcrs[0].value = 0xe7};
    check_line("vcpu 0", KVM_SET_XCRS, &xcrs, NULL, -EINVAL,
               "[vcpu 0] KVM_SET_XCRS(xcr0=0xe7) = -EINVAL <12 us>\n");
    struct kvm_debugregs debugregs = {.db = {1, 2, 3, 4}, .dr6 = 0xffff0ff0, .dr7 = 0x400};
    check_line("vcpu 0", KVM_GET_DEBUGREGS, &debugregs, NULL, 0,
               "[vcpu 0] KVM_GET_DEBUGREGS(dr0=0x1 dr1=0x2 dr2=0x3 dr3=0x4 dr6=0xffff0ff0 "
               "dr7=0x400) = 0 <12 us>\n");
}

static void events_and_states(void)
{
    struct kvm_vcpu_events events = {.interrupt = {.shadow = 1}, .nmi = {.masked = 1}, .flags = 5};
    check_line("vcpu 0", KVM_GET_VCPU_EVENTS, &events, NULL, 0,
               "[vcpu 0] KVM_GET_VCPU_EVENTS(shadow=1 nmi=001 flags=0x5) = 0 <12 us>\n");
    events = (struct kvm_vcpu_events){.exception = {.injected = 1, .nr = 14},
                                      .interrupt = {.injected = 1, .nr = 0x21, .soft = 1}};
    check_line("vcpu 0", KVM_SET_VCPU_EVENTS, &events, NULL, 0,
               "[vcpu 0] KVM_SET_VCPU_EVENTS(exception=14 interrupt=33(soft) shadow=0 nmi=000 "
               "flags=0x0) = 0 <12 us>\n");
    struct kvm_mp_state mp = {.mp_state = KVM_MP_STATE_HALTED};
    check_line("vcpu 0", KVM_GET_MP_STATE, &mp, NULL, 0,
               "[vcpu 0] KVM_GET_MP_STATE(HALTED) = 0 <12 us>\n");
    mp.mp_state = 77;
    check_line("vcpu 0", KVM_GET_MP_STATE, &mp, NULL, 0,
               "[vcpu 0] KVM_GET_MP_STATE(77) = 0 <12 us>\n");
}

static void counted_structs(void)
{
    struct kvm_msrs *msrs = calloc(1, sizeof *msrs + 200 * sizeof msrs->entries[0]);
    msrs->nmsrs = 1;
    msrs->entries[0] = (struct kvm_msr_entry){.index = 0xc0000080, .data = 0x500};
    check_line("vcpu 0", KVM_GET_MSRS, msrs, NULL, 1,
               "[vcpu 0] KVM_GET_MSRS(0xc0000080=0x500) = 1 <12 us>\n");

    /* A line that would be longer than any buffer is cut and still ends as a line. */
    struct recorder r;
    record(&r);
    msrs->nmsrs = 200;
    kvm_trace_ioctl(r.trace, "vcpu 0", KVM_SET_MSRS, msrs, NULL, 200, 0);
    fflush(r.out);
    CHECK(strncmp(r.text, "[vcpu 0] KVM_SET_MSRS(0xc0000080=0x500 0x0=0x0 0x0=0x0", 54) == 0);
    CHECK(strlen(r.text) < 600);
    CHECK_STR(strstr(r.text, " <"), " <0 us>\n");
    stop_recording(&r);
    free(r.text);
    free(msrs);

    struct kvm_cpuid2 cpuid = {.nent = 28};
    check_line("host", KVM_GET_SUPPORTED_CPUID, &cpuid, NULL, 0,
               "[host] KVM_GET_SUPPORTED_CPUID(28 leaves) = 0 <12 us>\n");
    check_line("host", KVM_GET_SUPPORTED_CPUID, &cpuid, NULL, -E2BIG,
               "[host] KVM_GET_SUPPORTED_CPUID() = -E2BIG <12 us>\n");
    struct kvm_msr_list list = {.nmsrs = 3};
    check_line("host", KVM_GET_MSR_INDEX_LIST, &list, NULL, 0,
               "[host] KVM_GET_MSR_INDEX_LIST(3 MSRs) = 0 <12 us>\n");
}

static void guest_debug(void)
{
    struct kvm_guest_debug debug = {.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP};
    check_line("vcpu 0", KVM_SET_GUEST_DEBUG, &debug, NULL, 0,
               "[vcpu 0] KVM_SET_GUEST_DEBUG(control=ENABLE|SINGLESTEP) = 0 <12 us>\n");
    debug = (struct kvm_guest_debug){
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP | KVM_GUESTDBG_BLOCKIRQ,
        .arch.debugreg = {0x7c00, 0x1234, 0x7e00, 0, 0, 0, 0, 0x432},
    };
    check_line("vcpu 0", KVM_SET_GUEST_DEBUG, &debug, NULL, -EINVAL,
               "[vcpu 0] KVM_SET_GUEST_DEBUG(control=ENABLE|USE_HW_BP|BLOCKIRQ dr0=0x7c00 "
               "dr2=0x7e00 dr7=0x432) = -EINVAL <12 us>\n");
    debug = (struct kvm_guest_debug){.control = 0};
    check_line("vcpu 0", KVM_SET_GUEST_DEBUG, &debug, NULL, 0,
               "[vcpu 0] KVM_SET_GUEST_DEBUG(control=0) = 0 <12 us>\n");
}

/* KVM's shared pages: the struct, and the data of string I/O in the page after it. */
union run_pages {
    struct kvm_run run;
    uint8_t bytes[8192];
};

static void check_exit(const struct kvm_run *run, const char *exit)
{
    char line[256];
    snprintf(line, sizeof line, "[vcpu 0] KVM_RUN() = 0 exit=%s <12 us>\n", exit);
    check_line("vcpu 0", KVM_RUN, NULL, run, 0, line);
}

static void exits_of_io(void)
{
    static union run_pages pages;
    struct kvm_run *run = &pages.run;
    memset(&pages, 0, sizeof pages);
    run->exit_reason = KVM_EXIT_IO;
    run->io.direction = KVM_EXIT_IO_OUT;
    run->io.port = 0xe9;
    run->io.size = 1;
    run->io.count = 3;
    run->io.data_offset = 4096;
    memcpy(pages.bytes + 4096, "Abcd", 4);
    check_exit(run, "IO(out port=0xe9 size=1 count=3 value=0x41)");
    run->io.size = 4;
    run->io.count = 1;
    check_exit(run, "IO(out port=0xe9 size=4 count=1 value=0x64636241)");
    run->io.direction = KVM_EXIT_IO_IN;
    check_exit(run, "IO(in port=0xe9 size=4 count=1)");

    memset(&pages, 0, sizeof pages);
    run->exit_reason = KVM_EXIT_MMIO;
    run->mmio.phys_addr = 0xb8000;
    run->mmio.len = 2;
    run->mmio.is_write = 1;
    memcpy(run->mmio.data, "\x41\x07\xff\xff\xff\xff\xff\xff", 8);
    check_exit(run, "MMIO(write addr=0xb8000 len=2 value=0x741)");
    run->mmio.len = 8;
    check_exit(run, "MMIO(write addr=0xb8000 len=8 value=0xffffffffffff0741)");
    run->mmio.len = 200; /* more than there is: not read past */
    check_exit(run, "MMIO(write addr=0xb8000 len=200 value=0xffffffffffff0741)");
    run->mmio.len = 8;
    run->mmio.is_write = 0;
    check_exit(run, "MMIO(read addr=0xb8000 len=8)");
}

static void exits_of_other_kinds(void)
{
    static struct kvm_run run;
    run = (struct kvm_run){
        .exit_reason = KVM_EXIT_DEBUG,
        .debug.arch = {.exception = 1, .pc = 0x7c05, .dr6 = 0xffff4ff0, .dr7 = 0x400}};
    check_exit(&run, "DEBUG(exception=1 pc=0x7c05 dr6=0xffff4ff0 dr7=0x400)");
    run = (struct kvm_run){.exit_reason = KVM_EXIT_INTERNAL_ERROR,
                           .internal = {.suberror = 1, .ndata = 2, .data = {0x10, 0x20}}};
    check_exit(&run, "INTERNAL_ERROR(suberror=1 EMULATION data=0x10,0x20)");
    run.internal.suberror = 900;
    run.internal.ndata = 0;
    check_exit(&run, "INTERNAL_ERROR(suberror=900)");
    run.internal.ndata = UINT32_MAX; /* more than there is: cut to the sixteen there are */
    check_exit(&run, "INTERNAL_ERROR(suberror=900 data=0x10,0x20,0x0,0x0,0x0,0x0,0x0,0x0,0x0,0x0,"
                     "0x0,0x0,0x0,0x0,0x0,0x0)");
    run = (struct kvm_run){.exit_reason = KVM_EXIT_FAIL_ENTRY,
                           .fail_entry = {.hardware_entry_failure_reason = 0x80000021, .cpu = 1}};
    check_exit(&run, "FAIL_ENTRY(reason=0x80000021 cpu=1)");
    run = (struct kvm_run){.exit_reason = KVM_EXIT_UNKNOWN, .hw.hardware_exit_reason = 0x30};
    check_exit(&run, "UNKNOWN(hardware reason=0x30)");
    run = (struct kvm_run){.exit_reason = KVM_EXIT_SYSTEM_EVENT, .system_event.type = 2};
    check_exit(&run, "SYSTEM_EVENT(type=2)");
    run = (struct kvm_run){.exit_reason = KVM_EXIT_X86_WRMSR, .msr = {.index = 0x1b, .data = 0x9}};
    check_exit(&run, "X86_WRMSR(msr=0x1b value=0x9)");
    run.exit_reason = KVM_EXIT_X86_RDMSR; /* whose value is yet to come */
    check_exit(&run, "X86_RDMSR(msr=0x1b)");
    run = (struct kvm_run){.exit_reason = KVM_EXIT_EXCEPTION,
                           .ex = {.exception = 14, .error_code = 2}};
    check_exit(&run, "EXCEPTION(exception=14 error=0x2)");
    run = (struct kvm_run){.exit_reason = KVM_EXIT_HLT};
    check_exit(&run, "HLT");
    run.exit_reason = KVM_EXIT_SHUTDOWN;
    check_exit(&run, "SHUTDOWN");
    run.exit_reason = 4321;
    check_exit(&run, "4321");
    /* A signal: the exit reason is stale and not shown. */
    check_line("vcpu 0", KVM_RUN, NULL, &run, -EINTR, "[vcpu 0] KVM_RUN() = -EINTR <12 us>\n");
}

static void the_summary_puts_most_time_first(void)
{
    struct recorder r;
    record(&r);
    struct kvm_run run = {.exit_reason = KVM_EXIT_HLT};
    kvm_trace_ioctl(r.trace, "host", KVM_GET_API_VERSION, NULL, NULL, 12, 499);
    kvm_trace_ioctl(r.trace, "vcpu 0", KVM_RUN, NULL, &run, 0, 500);
    kvm_trace_ioctl(r.trace, "vcpu 0", KVM_RUN, NULL, &run, -EINTR, 2000400);
    kvm_trace_ioctl(r.trace, "vm", 1, NULL, NULL, -ENOTTY, 3000);
    stop_recording(&r);
    CHECK_STR(r.text, "[host] KVM_GET_API_VERSION() = 12 <0 us>\n"
                      "[vcpu 0] KVM_RUN() = 0 exit=HLT <1 us>\n"
                      "[vcpu 0] KVM_RUN() = -EINTR <2000 us>\n"
                      "[vm] ioctl 0x1((nil)) = -ENOTTY <3 us>\n"
                      "     calls     total us    mean us  ioctl\n"
                      "         2       2000.9     1000.5  KVM_RUN\n"
                      "         1          3.0        3.0  others\n"
                      "         1          0.5        0.5  KVM_GET_API_VERSION\n");
    free(r.text);
    kvm_trace_free(NULL);
}

enum { THREADS = 4, CALLS = 500 };

static void *call_often(void *context)
{
    struct kvm_irq_level irq = {.irq = 4, .level = 1};
    for (int i = 0; i < CALLS; i++)
        kvm_trace_ioctl(context, "vm", KVM_IRQ_LINE, &irq, NULL, 0, US);
    return NULL;
}

static void lines_of_threads_never_mix(void)
{
    static const char line[] = "[vm] KVM_IRQ_LINE(irq=4 level=1) = 0 <1 us>\n";
    const size_t length = sizeof line - 1;
    pthread_t threads[THREADS];
    struct recorder r;
    record(&r);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, call_often, r.trace), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    fflush(r.out);
    CHECK_EQ(r.size, THREADS * CALLS * length);
    for (size_t i = 0; i + length <= r.size && !check_failures; i += length)
        CHECK_MEM(r.text + i, line, length);
    stop_recording(&r);
    CHECK(strstr(r.text, "      2000       2000.0        1.0  KVM_IRQ_LINE\n") != NULL);
    free(r.text);
}

/* Calls are counted by it. */
static void each_has_a_number_of_its_own(void)
{
    for (size_t i = 0; i < kvm_ioctl_count; i++)
        for (size_t j = 0; j < i; j++)
            if (kvm_call_kind(kvm_ioctls[i].request) == kvm_call_kind(kvm_ioctls[j].request))
                check_fail(__FILE__, __LINE__, "%s and %s share a number", kvm_ioctls[i].name,
                           kvm_ioctls[j].name);
    for (size_t i = 0; i < kvm_ioctl_count; i++)
        CHECK(kvm_call_kind(kvm_ioctls[i].request) < KVM_CALL_KINDS);
}

static void names_of_exits(void)
{
    CHECK_STR(kvm_exit_name(KVM_EXIT_IO), "IO");
    CHECK_STR(kvm_exit_name(KVM_EXIT_UNKNOWN), "UNKNOWN");
    CHECK(kvm_exit_name(63) == NULL);
}

static void a_trace_is_switched(void)
{
    struct recorder r;
    record(&r);
    CHECK_EQ(kvm_trace_is_on(r.trace), true);
    kvm_trace_switch(r.trace, false);
    CHECK_EQ(kvm_trace_is_on(r.trace), false);
    stop_recording(&r);
    CHECK_STR(r.text, ""); /* nothing was traced: no sum */
    free(r.text);
}

int main(void)
{
    TEST(numbers);
    TEST(memory_regions);
    TEST(interrupt_controllers);
    TEST(registers);
    TEST(events_and_states);
    TEST(counted_structs);
    TEST(guest_debug);
    TEST(exits_of_io);
    TEST(exits_of_other_kinds);
    TEST(the_summary_puts_most_time_first);
    TEST(lines_of_threads_never_mix);
    TEST(each_has_a_number_of_its_own);
    TEST(names_of_exits);
    TEST(a_trace_is_switched);
    return check_done();
}
