/* What each of KVM's exits makes the vCPU do. */
#include "vcpu/vcpu_exit.h"

#include "tests/check.h"

/* A device of 16 bytes; what it is asked for is noted as "r4@0 w2@e ". */
struct device {
    uint8_t bytes[16];
    char log[128];
    size_t len;
};

static uint64_t device_read(void *context, uint64_t offset, unsigned len)
{
    struct device *d = context;
    uint64_t value = 0;
    memcpy(&value, d->bytes + offset, len);
    d->len +=
        (size_t)snprintf(d->log + d->len, sizeof d->log - d->len, "r%u@%x ", len, (unsigned)offset);
    return value;
}

static void device_write(void *context, uint64_t offset, uint64_t value, unsigned len)
{
    struct device *d = context;
    memcpy(d->bytes + offset, &value, len);
    d->len +=
        (size_t)snprintf(d->log + d->len, sizeof d->log - d->len, "w%u@%x ", len, (unsigned)offset);
}

static const struct bus_ops device_ops = {.read = device_read, .write = device_write};

struct fixture {
    struct device device;
    struct bus *bus;
    unsigned traps, debugs;
    int trap_error;
    struct vcpu_debug_exit debug;
    bool park;
    char accesses[128]; /* what the access hook was asked: "mw4@d0000000 " */
    bool serves;        /* and what it answers */
    bool alone;         /* what the other hook answers */
    struct vcpu_hooks hooks;
    struct vcpu_exits exits;
    struct vcpu_stop stop;
    union {
        struct kvm_run run;
        uint8_t bytes[8192]; /* the page behind it holds the data of port I/O */
    };
};

static int on_trap(void *context, struct vcpu *vcpu)
{
    struct fixture *f = context;
    (void)vcpu;
    f->traps++;
    return f->trap_error;
}

static bool on_debug(void *context, struct vcpu *vcpu, const struct vcpu_debug_exit *exit)
{
    struct fixture *f = context;
    (void)vcpu;
    f->debugs++;
    f->debug = *exit;
    return f->park;
}

/* Serves reads with the byte 0x77. */
static bool on_access(void *context, struct vcpu *vcpu, const struct vcpu_access *access)
{
    struct fixture *f = context;
    const size_t len = strlen(f->accesses);
    (void)vcpu;
    snprintf(f->accesses + len, sizeof f->accesses - len, "%c%c%u@%llx ",
             access->space == BUS_MMIO ? 'm' : 'p', access->is_write ? 'w' : 'r', access->len,
             (unsigned long long)access->addr);
    if (access->count > 1)
        snprintf(f->accesses + strlen(f->accesses) - 1, 16, "x%u ", access->count);
    if (f->serves && !access->is_write)
        memset(access->data, 0x77, access->len * access->count);
    return f->serves;
}

static bool on_not_emulated(void *context, struct vcpu *vcpu)
{
    const struct fixture *f = context;
    (void)vcpu;
    return f->alone;
}

static void set_up(struct fixture *f)
{
    struct error error;
    memset(f, 0, sizeof *f);
    f->bus = bus_new();
    f->hooks = (struct vcpu_hooks){
        .context = f, .debug = on_debug, .trap = on_trap, .trap_context = f, .trap_port = 0xb8};
    f->exits = (struct vcpu_exits){.bus = f->bus, .hooks = &f->hooks};
    for (unsigned i = 0; i < sizeof f->device.bytes; i++)
        f->device.bytes[i] = (uint8_t)(0xa0 + i);
    CHECK_EQ(bus_add(f->bus, BUS_MMIO, 0xd0000ff8, 16, &device_ops, &f->device, "device", &error),
             0);
    CHECK_EQ(bus_add(f->bus, BUS_PIO, 0x100, 16, &device_ops, &f->device, "device", &error), 0);
}

static enum vcpu_next handle(struct fixture *f)
{
    return vcpu_exit_handle(&f->exits, &f->run, &f->stop);
}

/* The pieces that each length is read or written in, at offset 3. */
static const char *const pieces[][9] = {
    {"", "r1@3 ", "r2@3 ", "r2@3 r1@5 ", "r4@3 ", "r4@3 r1@7 ", "r4@3 r2@7 ", "r4@3 r2@7 r1@9 ",
     "r8@3 "},
    {"", "w1@3 ", "w2@3 ", "w2@3 w1@5 ", "w4@3 ", "w4@3 w1@7 ", "w4@3 w2@7 ", "w4@3 w2@7 w1@9 ",
     "w8@3 "},
};

static void mmio_of_each_length_is_read(void)
{
    for (unsigned len = 1; len <= 8; len++) {
        struct fixture f;
        set_up(&f);
        f.run.exit_reason = KVM_EXIT_MMIO;
        f.run.mmio.phys_addr = 0xd0000ffb;
        f.run.mmio.len = len;
        memset(f.run.mmio.data, 0x55, sizeof f.run.mmio.data);
        uint8_t expected[8];
        memset(expected, 0x55, sizeof expected);
        memcpy(expected, f.device.bytes + 3, len);
        CHECK_EQ(handle(&f), NEXT_RUN);
        CHECK_STR(f.device.log, pieces[0][len]);
        CHECK_MEM(f.run.mmio.data, expected, 8);
        bus_free(f.bus);
    }
}

static void mmio_of_each_length_is_written(void)
{
    for (unsigned len = 1; len <= 8; len++) {
        struct fixture f;
        set_up(&f);
        f.run.exit_reason = KVM_EXIT_MMIO;
        f.run.mmio.phys_addr = 0xd0000ffb;
        f.run.mmio.len = len;
        f.run.mmio.is_write = 1;
        memcpy(f.run.mmio.data, "\1\2\3\4\5\6\7\10", 8);
        uint8_t expected[16];
        memcpy(expected, f.device.bytes, sizeof expected);
        memcpy(expected + 3, f.run.mmio.data, len);
        CHECK_EQ(handle(&f), NEXT_RUN);
        CHECK_STR(f.device.log, pieces[1][len]);
        CHECK_MEM(f.device.bytes, expected, sizeof expected);
        bus_free(f.bus);
    }
}

static void mmio_where_nothing_is(void)
{
    struct fixture f;
    set_up(&f);
    f.run.exit_reason = KVM_EXIT_MMIO;
    f.run.mmio.phys_addr = 0xe0000000;
    f.run.mmio.len = 3;
    CHECK_EQ(handle(&f), NEXT_RUN);
    CHECK_MEM(f.run.mmio.data, "\xff\xff\xff\0", 4);
    CHECK_STR(f.device.log, "");
    bus_free(f.bus);
}

static void port_io_comes_in_bulk(void)
{
    struct fixture f;
    set_up(&f);
    f.run.exit_reason = KVM_EXIT_IO;
    f.run.io.direction = KVM_EXIT_IO_OUT;
    f.run.io.size = 2;
    f.run.io.count = 3;
    f.run.io.port = 0x104;
    f.run.io.data_offset = 4096;
    memcpy(f.bytes + 4096, "\1\2\3\4\5\6", 6);
    CHECK_EQ(handle(&f), NEXT_RUN);
    CHECK_STR(f.device.log, "w2@4 w2@4 w2@4 ");
    CHECK_MEM(f.device.bytes + 4, "\5\6", 2);
    f.run.io.direction = KVM_EXIT_IO_IN;
    CHECK_EQ(handle(&f), NEXT_RUN);
    CHECK_MEM(f.bytes + 4096, "\5\6\5\6\5\6", 6);
    CHECK_EQ(f.traps, 0);
    bus_free(f.bus);
}

static void call_the_bios(struct fixture *f)
{
    f->run.exit_reason = KVM_EXIT_IO;
    f->run.io.direction = KVM_EXIT_IO_OUT;
    f->run.io.size = f->run.io.count = 1;
    f->run.io.port = 0xb8;
    f->run.io.data_offset = 4096;
}

/* Registers that KVM does not take would be another guest's. */
static void a_trap_that_the_host_fails_parks(void)
{
    struct fixture f;
    set_up(&f);
    call_the_bios(&f);
    f.trap_error = -12;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_HOST_ERROR);
    CHECK_EQ(f.stop.error, -12);
    bus_free(f.bus);
}

/* Only a write is a call. */
static void the_trap_port_traps(void)
{
    struct fixture f;
    set_up(&f);
    call_the_bios(&f);
    CHECK_EQ(handle(&f), NEXT_RUN);
    CHECK_EQ(f.traps, 1);
    f.run.io.direction = KVM_EXIT_IO_IN;
    CHECK_EQ(handle(&f), NEXT_RUN);
    CHECK_EQ(f.traps, 1);
    CHECK_EQ(f.bytes[4096], 0xff);
    bus_free(f.bus);
}

/* It sees a string as one, as it does each MMIO access; what it serves the bus never sees. */
static void the_access_hook_comes_before_the_bus(void)
{
    struct fixture f;
    set_up(&f);
    f.hooks.access = on_access;
    f.run.exit_reason = KVM_EXIT_MMIO;
    f.run.mmio.phys_addr = 0xd0000ffb;
    f.run.mmio.len = 3;
    f.run.mmio.is_write = 1;
    CHECK_EQ(handle(&f), NEXT_RUN);
    CHECK_STR(f.accesses, "mw3@d0000ffb ");
    CHECK_STR(f.device.log, "w2@3 w1@5 ");

    f.serves = true;
    f.accesses[0] = 0;
    f.device.log[0] = 0;
    f.device.len = 0;
    f.run.mmio.is_write = 0;
    CHECK_EQ(handle(&f), NEXT_RUN);
    CHECK_STR(f.accesses, "mr3@d0000ffb ");
    CHECK_MEM(f.run.mmio.data, "\x77\x77\x77\0", 4);
    f.run.exit_reason = KVM_EXIT_IO;
    f.run.io.direction = KVM_EXIT_IO_IN;
    f.run.io.size = 2;
    f.run.io.count = 2;
    f.run.io.port = 0x104;
    f.run.io.data_offset = 4096;
    CHECK_EQ(handle(&f), NEXT_RUN);
    CHECK_STR(f.accesses, "mr3@d0000ffb pr2@104x2 ");
    CHECK_MEM(f.bytes + 4096, "\x77\x77\x77\x77\0", 5);
    CHECK_STR(f.device.log, "");
    bus_free(f.bus);
}

static void the_hook_decides_on_a_debug_exit(void)
{
    struct fixture f;
    set_up(&f);
    f.run.exit_reason = KVM_EXIT_DEBUG;
    f.run.debug.arch.exception = 3;
    f.run.debug.arch.pc = 0x7c00;
    f.run.debug.arch.dr6 = 0xffff0ff1;
    CHECK_EQ(handle(&f), NEXT_RUN);
    f.park = true;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_DEBUG);
    CHECK_EQ(f.stop.exit_reason, KVM_EXIT_DEBUG);
    CHECK_EQ(f.debugs, 2);
    CHECK_EQ(f.debug.exception, 3);
    CHECK_EQ(f.debug.pc, 0x7c00);
    CHECK_EQ(f.debug.dr6, 0xffff0ff1);
    bus_free(f.bus);
}

static void a_death_says_how(void)
{
    struct fixture f;
    set_up(&f);
    f.run.exit_reason = KVM_EXIT_SHUTDOWN;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_SHUTDOWN);
    f.run.exit_reason = KVM_EXIT_FAIL_ENTRY;
    f.run.fail_entry.hardware_entry_failure_reason = 0x80000021;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_ENTRY_FAILED);
    CHECK_EQ(f.stop.hardware_reason, 0x80000021);
    f.run.exit_reason = 0x7777;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_UNKNOWN_EXIT);
    CHECK_EQ(f.stop.exit_reason, 0x7777);
    bus_free(f.bus);
}

/* More bytes than an instruction has are none. */
static void an_internal_error_shows_the_instruction(void)
{
    struct fixture f;
    set_up(&f);
    f.run.exit_reason = KVM_EXIT_INTERNAL_ERROR;
    f.run.emulation_failure.suberror = KVM_INTERNAL_ERROR_EMULATION;
    f.run.emulation_failure.ndata = 4;
    f.run.emulation_failure.flags = KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES;
    f.run.emulation_failure.insn_size = 15;
    memcpy(f.run.emulation_failure.insn_bytes, "\x0f\x0b", 2);
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_INTERNAL_ERROR);
    CHECK_EQ(f.stop.suberror, KVM_INTERNAL_ERROR_EMULATION);
    CHECK_EQ(f.stop.insn_len, 15);
    CHECK_MEM(f.stop.insn, "\x0f\x0b\0", 3);

    f.stop = (struct vcpu_stop){.insn_len = 0};
    f.run.emulation_failure.insn_size = 16;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.insn_len, 0);
    bus_free(f.bus);
}

/* Only a failed emulation can be one that a fence has caused. */
static void a_fenced_instruction_is_run_alone(void)
{
    struct fixture f;
    set_up(&f);
    f.hooks.not_emulated = on_not_emulated;
    f.run.exit_reason = KVM_EXIT_INTERNAL_ERROR;
    f.run.internal.suberror = KVM_INTERNAL_ERROR_EMULATION;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_INTERNAL_ERROR);
    f.alone = true;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_ALONE);
    f.run.internal.suberror = KVM_INTERNAL_ERROR_DELIVERY_EV;
    CHECK_EQ(handle(&f), NEXT_PARK);
    CHECK_EQ(f.stop.kind, VCPU_STOP_INTERNAL_ERROR);
    bus_free(f.bus);
}

static void each_exit_is_counted(void)
{
    static const uint32_t reasons[] = {
        KVM_EXIT_IRQ_WINDOW_OPEN, KVM_EXIT_SHUTDOWN, KVM_EXIT_SHUTDOWN, KVM_EXIT_UNKNOWN,
        VCPU_EXIT_REASONS - 1,    VCPU_EXIT_REASONS, UINT32_MAX,
    };
    struct fixture f;
    struct vcpu_exit_counts expected = {.other_reasons = 2};
    set_up(&f);
    expected.reason[KVM_EXIT_IRQ_WINDOW_OPEN] = 1;
    expected.reason[KVM_EXIT_SHUTDOWN] = 2;
    expected.reason[KVM_EXIT_UNKNOWN] = 1;
    expected.reason[VCPU_EXIT_REASONS - 1] = 1;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        f.run.exit_reason = reasons[i];
        handle(&f);
    }
    CHECK_MEM(&f.exits.counts, &expected, sizeof expected);
    bus_free(f.bus);
}

int main(void)
{
    TEST(mmio_of_each_length_is_read);
    TEST(mmio_of_each_length_is_written);
    TEST(mmio_where_nothing_is);
    TEST(port_io_comes_in_bulk);
    TEST(the_trap_port_traps);
    TEST(a_trap_that_the_host_fails_parks);
    TEST(the_hook_decides_on_a_debug_exit);
    TEST(the_access_hook_comes_before_the_bus);
    TEST(a_fenced_instruction_is_run_alone);
    TEST(a_death_says_how);
    TEST(an_internal_error_shows_the_instruction);
    TEST(each_exit_is_counted);
    return check_done();
}
