/* kvm.c on the real /dev/kvm, and its refusals without one. */
#include "kvm/kvm.h"
#include "kvm/kvm_trace.h"
#include "tests/check.h"
#include "tests/unit/tiny_vm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAM_SIZE 0x10000u
#define ROM      0x20000u
#define CODE     0x1000u

/* A VM with RAM at 0, a read-only slot at ROM and one vCPU in real mode at 0:CODE. */
struct tiny {
    struct tiny_vm kvm;
    uint8_t *ram, *rom;
};

static int add_slot(struct tiny *t, uint32_t slot, uint32_t flags, uint64_t gpa, size_t size,
                    uint8_t **hva)
{
    *hva = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .flags = flags,
        .guest_phys_addr = gpa,
        .memory_size = size,
        .userspace_addr = (uintptr_t)*hva,
    };
    return kvm_set_user_memory_region(&t->kvm.vm, &region);
}

static void enter_real_mode(struct tiny *t)
{
    struct kvm_sregs sregs;
    CHECK_EQ(kvm_get_sregs(&t->kvm.cpu, &sregs), 0);
    sregs.cs.selector = sregs.ds.selector = 0;
    sregs.cs.base = sregs.ds.base = 0;
    sregs.es.selector = ROM >> 4;
    sregs.es.base = ROM;
    CHECK_EQ(kvm_set_sregs(&t->kvm.cpu, &sregs), 0);
    struct kvm_regs regs = {.rip = CODE, .rflags = 2, .rsp = CODE, .rbx = 0x1122, .rdx = 0xe9};
    CHECK_EQ(kvm_set_regs(&t->kvm.cpu, &regs), 0);
}

/* False, with the test skipped or failed, if there is no such VM. */
static bool start(struct tiny *t, struct kvm_trace *trace, const uint8_t *code, size_t size)
{
    memset(t, 0, sizeof *t);
    if (!tiny_vm_start(&t->kvm, trace, true))
        return false;
    CHECK_EQ(add_slot(t, 0, 0, 0, RAM_SIZE, &t->ram), 0);
    CHECK_EQ(add_slot(t, 1, KVM_MEM_READONLY, ROM, 0x1000, &t->rom), 0);
    memcpy(t->ram + CODE, code, size);
    enter_real_mode(t);
    return true;
}

static void stop(struct tiny *t)
{
    tiny_vm_stop(&t->kvm);
    if (t->ram)
        munmap(t->ram, RAM_SIZE);
    if (t->rom)
        munmap(t->rom, 0x1000);
}

static void runs_to_a_port(void)
{
    static const uint8_t code[] = {
        0xb0, 0x5a, /* mov $0x5a, %al */
        0xee,       /* out %al, (%dx) */
        0xec,       /* in (%dx), %al */
        0xe6, 0x80, /* out %al, $0x80 */
    };
    struct tiny t;
    if (!start(&t, NULL, code, sizeof code))
        return;
    struct kvm_run *run = t.kvm.cpu.run;
    CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
    CHECK_EQ(run->exit_reason, KVM_EXIT_IO);
    CHECK_EQ(run->io.direction, KVM_EXIT_IO_OUT);
    CHECK_EQ(run->io.port, 0xe9);
    CHECK_EQ(run->io.size, 1);
    CHECK_EQ(*((uint8_t *)run + run->io.data_offset), 0x5a);

    CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
    CHECK_EQ(run->io.direction, KVM_EXIT_IO_IN);
    *((uint8_t *)run + run->io.data_offset) = 0x77;
    run->immediate_exit = 1; /* completes the IN, then comes back: -EINTR as it is */
    CHECK_EQ(kvm_run(&t.kvm.cpu), -EINTR);
    struct kvm_regs regs;
    CHECK_EQ(kvm_get_regs(&t.kvm.cpu, &regs), 0);
    CHECK_EQ(regs.rax & 0xff, 0x77);
    CHECK_EQ(regs.rip, CODE + 4);
    run->immediate_exit = 0;
    CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
    CHECK_EQ(run->io.port, 0x80);
    CHECK_EQ(*((uint8_t *)run + run->io.data_offset), 0x77);
    stop(&t);
}

static void a_readonly_slot_is_read_and_not_written(void)
{
    static const uint8_t code[] = {
        0x26, 0xa0, 0x10, 0x00, /* mov %es:0x10, %al */
        0x26, 0xa2, 0x20, 0x00, /* mov %al, %es:0x20 */
        0xee,                   /* out %al, (%dx) */
    };
    struct tiny t;
    if (!start(&t, NULL, code, sizeof code))
        return;
    if (!t.kvm.host.has_readonly_mem) {
        SKIP("this KVM has no read-only memory");
        stop(&t);
        return;
    }
    t.rom[0x10] = 0xab;
    struct kvm_run *run = t.kvm.cpu.run;
    CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
    CHECK_EQ(run->exit_reason, KVM_EXIT_MMIO);
    CHECK_EQ(run->mmio.phys_addr, ROM + 0x20);
    CHECK_EQ(run->mmio.is_write, 1);
    CHECK_EQ(run->mmio.len, 1);
    CHECK_EQ(run->mmio.data[0], 0xab);
    CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
    CHECK_EQ(run->exit_reason, KVM_EXIT_IO);
    CHECK_EQ(t.rom[0x20], 0);
    stop(&t);
}

/* What is set comes back: each pair of wrappers names the ioctl that it says. */
static void states_come_back_as_set(void)
{
    static const uint8_t code[] = {0xf4};
    struct tiny t;
    if (!start(&t, NULL, code, sizeof code))
        return;
    struct kvm_regs regs;
    CHECK_EQ(kvm_get_regs(&t.kvm.cpu, &regs), 0);
    CHECK_EQ(regs.rip, CODE);
    CHECK_EQ(regs.rbx, 0x1122);

    struct kvm_xsave_area xsave;
    CHECK_EQ(kvm_get_xsave(&t.kvm.cpu, &xsave), 0);
    xsave.region[0] = 0x27f;
    xsave.region[6] = 0x9f80;
    xsave.region[128] |= 3; /* x87 and SSE are there */
    CHECK_EQ(kvm_set_xsave(&t.kvm.cpu, &xsave), 0);
    memset(&xsave, 0, sizeof xsave);
    CHECK_EQ(kvm_get_xsave(&t.kvm.cpu, &xsave), 0);
    CHECK_EQ(xsave.region[0], 0x27f);
    CHECK_EQ(xsave.region[6], 0x9f80);

    struct kvm_mp_state mp = {.mp_state = 99};
    CHECK_EQ(kvm_get_mp_state(&t.kvm.cpu, &mp), 0);
    CHECK_EQ(mp.mp_state, KVM_MP_STATE_RUNNABLE);
    CHECK_EQ(kvm_set_mp_state(&t.kvm.cpu, &mp), 0);

    struct kvm_vcpu_events events;
    CHECK_EQ(kvm_get_vcpu_events(&t.kvm.cpu, &events), 0);
    CHECK_EQ(events.exception.injected, 0);
    CHECK_EQ(kvm_set_vcpu_events(&t.kvm.cpu, &events), 0);

    struct kvm_debugregs debugregs;
    CHECK_EQ(kvm_get_debugregs(&t.kvm.cpu, &debugregs), 0);
    debugregs.db[2] = 0x4321;
    CHECK_EQ(kvm_set_debugregs(&t.kvm.cpu, &debugregs), 0);
    memset(&debugregs, 0, sizeof debugregs);
    CHECK_EQ(kvm_get_debugregs(&t.kvm.cpu, &debugregs), 0);
    CHECK_EQ(debugregs.db[2], 0x4321);

    uint64_t value = 0;
    CHECK_EQ(kvm_set_msr(&t.kvm.cpu, 0x174, 0x10), 1); /* IA32_SYSENTER_CS */
    CHECK_EQ(kvm_get_msr(&t.kvm.cpu, 0x174, &value), 1);
    CHECK_EQ(value, 0x10);
    value = 5;
    CHECK_EQ(kvm_get_msr(&t.kvm.cpu, 0x12345, &value), 0);
    CHECK_EQ(value, 5);
    stop(&t);
}

/* Those that no KVM knows are left out, whether one of them or several in a row, first or last. */
static void msrs_are_found(void)
{
    static const uint8_t code[] = {0xf4};
    struct kvm_msr_entry entries[] = {
        {.index = 0x12340}, {.index = 0x174},   {.index = 0x175}, {.index = 0x12341},
        {.index = 0x12342}, {.index = 0x12343}, {.index = 0x176}, {.index = 0x12344},
    };
    static const struct kvm_msr_entry known[] = {
        {.index = 0x174, .data = 0x10},
        {.index = 0x175, .data = 0x2000},
        {.index = 0x176, .data = 0x3000},
    };
    struct tiny t;
    if (!start(&t, NULL, code, sizeof code))
        return;
    CHECK_EQ(kvm_set_msrs(&t.kvm.cpu, known, 3), 3); /* IA32_SYSENTER_CS, _ESP, _EIP */
    CHECK_EQ(kvm_find_msrs(&t.kvm.cpu, entries, 8), 3);
    CHECK_MEM(entries, known, sizeof known);
    CHECK_EQ(kvm_find_msrs(&t.kvm.cpu, entries, 3), 3);
    CHECK_EQ(kvm_find_msrs(&t.kvm.cpu, entries, 0), 0);
    CHECK_EQ(kvm_find_msrs(&t.kvm.cpu, entries, KVM_MSRS_MAX + 1), -E2BIG);
    stop(&t);
}

static void interrupt_controllers_are_there(void)
{
    static const uint8_t code[] = {0xf4};
    struct tiny t;
    if (!start(&t, NULL, code, sizeof code))
        return;
    struct kvm_irqchip chip = {.chip_id = KVM_IRQCHIP_PIC_MASTER};
    CHECK_EQ(kvm_get_irqchip(&t.kvm.vm, &chip), 0);
    CHECK_EQ(chip.chip.pic.irr & 0x10, 0);
    struct kvm_irq_level irq = {.irq = 4, .level = 1};
    CHECK_EQ(kvm_irq_line(&t.kvm.vm, &irq), 0);
    CHECK_EQ(kvm_get_irqchip(&t.kvm.vm, &chip), 0);
    CHECK_EQ(chip.chip.pic.irr & 0x10, 0x10);
    CHECK_EQ(kvm_set_irqchip(&t.kvm.vm, &chip), 0);

    struct kvm_pit_state2 pit;
    CHECK_EQ(kvm_get_pit2(&t.kvm.vm, &pit), 0);
    CHECK_EQ(kvm_set_pit2(&t.kvm.vm, &pit), 0);
    struct kvm_lapic_state lapic;
    CHECK_EQ(kvm_get_lapic(&t.kvm.cpu, &lapic), 0);
    CHECK_EQ(kvm_set_lapic(&t.kvm.cpu, &lapic), 0);
    stop(&t);
}

static void cpuid_and_msrs_are_listed(void)
{
    static const uint8_t code[] = {0xf4};
    struct tiny t;
    if (!start(&t, NULL, code, sizeof code))
        return;
    const struct kvm_cpuid2 *cpuid = NULL;
    CHECK_EQ(kvm_get_supported_cpuid(&t.kvm.host, &cpuid), 0);
    CHECK(cpuid && cpuid->nent > 0);
    if (cpuid) {
        CHECK_EQ(cpuid->entries[0].function, 0);
        CHECK_EQ(kvm_set_cpuid2(&t.kvm.cpu, cpuid), 0);
    }
    struct kvm_msr_list *list = NULL;
    CHECK_EQ(kvm_get_msr_index_list(&t.kvm.host, &list), 0);
    bool tsc = false;
    for (uint32_t i = 0; list && i < list->nmsrs; i++)
        tsc |= list->indices[i] == 0x10; /* IA32_TIME_STAMP_COUNTER */
    CHECK(tsc);
    free(list);
    stop(&t);
}

static void count_required(void *context, const char *name, const char *purpose, bool required,
                           int value)
{
    int *seen = context;
    CHECK(strncmp(name, "KVM_CAP_", 8) == 0);
    CHECK(*purpose != 0);
    if (required) {
        CHECK(value > 0);
        seen[0]++;
    } else {
        seen[1]++;
    }
}

static void capabilities_say_what_they_are_for(void)
{
    static const uint8_t code[] = {0xf4};
    int seen[2] = {0, 0};
    struct tiny t;
    if (!start(&t, NULL, code, sizeof code))
        return;
    kvm_host_capabilities(&t.kvm.host, count_required, seen);
    CHECK(seen[0] >= 8);
    CHECK(seen[1] >= 4);
    CHECK(t.kvm.host.max_slots >= 32);
    CHECK(t.kvm.host.max_vcpus >= 1);
    stop(&t);
}

static void a_trace_shows_the_calls(void)
{
    static const uint8_t code[] = {0xee}; /* out %al, (%dx) */
    struct tiny t;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct kvm_trace *trace = kvm_trace_new(out, true);
    bool started = start(&t, trace, code, sizeof code);
    if (started) {
        CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
        stop(&t);
    }
    kvm_trace_free(trace);
    fclose(out);
    if (started) {
        CHECK(strncmp(text, "[host] KVM_GET_API_VERSION() = 12 <", 35) == 0);
        CHECK(strstr(text, "[vm] KVM_SET_USER_MEMORY_REGION(slot=1 flags=READONLY gpa=0x20000 "
                           "size=0x1000 hva=0x") != NULL);
        CHECK(strstr(text, "[vcpu 0] KVM_RUN() = 0 exit=IO(out port=0xe9 size=1 count=1 value=0x0) "
                           "<") != NULL);
        CHECK(strstr(text, "  KVM_RUN\n") != NULL);
    }
    free(text);
}

static void refuses_what_is_not_there(void)
{
    struct kvm_host host;
    struct error error;
    CHECK_EQ(kvm_host_open(&host, "/nonexistent/kvm", NULL, &error), -ENOENT);
    CHECK_EQ(host.fd, -1);
    CHECK(strncmp(error.text, "can't open /nonexistent/kvm: No such file or directory (", 56) == 0);
    CHECK(strstr(error.text, "modprobe kvm_") || strstr(error.text, "nested virtualization"));
    CHECK(error.text[strlen(error.text) - 1] == ')'); /* it was not cut */
    kvm_host_close(&host);
}

static void refuses_a_file_that_is_not_kvm(void)
{
    char path[] = "/tmp/stepvm-unit-XXXXXX", expected[320];
    struct kvm_host host;
    struct error error;
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQ(kvm_host_open(&host, path, NULL, &error), -ENOTTY);
    snprintf(expected, sizeof expected,
             "%s is not KVM's device: KVM_GET_API_VERSION: Inappropriate ioctl for device "
             "(it is /dev/kvm)",
             path);
    CHECK_STR(error.text, expected);
    CHECK_EQ(host.fd, -1);
    close(fd);
    unlink(path);
}

static void refuses_without_permission(void)
{
    char path[] = "/tmp/stepvm-unit-XXXXXX";
    struct kvm_host host;
    struct error error;
    int fd = mkstemp(path);
    CHECK(fd >= 0 && fchmod(fd, 0) == 0);
    uid_t user = geteuid();
    if (user == 0) /* whom no mode keeps out */
        CHECK_EQ(seteuid(65534), 0);
    CHECK_EQ(kvm_host_open(&host, path, NULL, &error), -EACCES);
    CHECK_EQ(seteuid(user), 0);
    CHECK(strstr(error.text, ": Permission denied (") != NULL);
    CHECK(strstr(error.text, "sudo usermod -aG kvm $USER") != NULL);
    close(fd);
    unlink(path);
}

/* With sync_events KVM_RUN leaves them in the shared page as KVM_GET_VCPU_EVENTS would tell them.
 */
static void events_come_along_if_wished(void)
{
    static const uint8_t code[] = {0xfb, 0xee, 0xee}; /* sti; out %al, (%dx) twice */
    struct tiny t;
    struct kvm_vcpu_events events, told;
    if (!start(&t, NULL, code, sizeof code))
        return;
    CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
    const uint64_t none = kvm_host_calls(&t.kvm.host, KVM_GET_VCPU_EVENTS);
    CHECK_EQ(kvm_get_vcpu_events(&t.kvm.cpu, &told), 0);
    CHECK_EQ(kvm_host_calls(&t.kvm.host, KVM_GET_VCPU_EVENTS) - none, 1);
    t.kvm.cpu.sync_events = true;
    CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
    const uint64_t one = kvm_host_calls(&t.kvm.host, KVM_GET_VCPU_EVENTS);
    CHECK_EQ(kvm_get_vcpu_events(&t.kvm.cpu, &events), 0);
    CHECK_EQ(kvm_host_calls(&t.kvm.host, KVM_GET_VCPU_EVENTS) - one,
             t.kvm.host.has_sync_regs ? 0 : 1);
    t.kvm.cpu.synced_events = false;
    CHECK_EQ(kvm_get_vcpu_events(&t.kvm.cpu, &told), 0);
    CHECK_MEM(&events, &told, sizeof told);
    /* Set: no longer as KVM_RUN left it. */
    events.nmi.masked = 1;
    CHECK_EQ(kvm_run(&t.kvm.cpu), 0);
    CHECK_EQ(kvm_set_vcpu_events(&t.kvm.cpu, &events), 0);
    CHECK_EQ(kvm_get_vcpu_events(&t.kvm.cpu, &told), 0);
    CHECK_EQ(told.nmi.masked, 1);
    stop(&t);
}

int main(void)
{
    TEST(refuses_what_is_not_there);
    TEST(refuses_a_file_that_is_not_kvm);
    TEST(refuses_without_permission);
    TEST(capabilities_say_what_they_are_for);
    TEST(runs_to_a_port);
    TEST(a_readonly_slot_is_read_and_not_written);
    TEST(states_come_back_as_set);
    TEST(msrs_are_found);
    TEST(interrupt_controllers_are_there);
    TEST(cpuid_and_msrs_are_listed);
    TEST(a_trace_shows_the_calls);
    TEST(events_come_along_if_wished);
    return check_done();
}
