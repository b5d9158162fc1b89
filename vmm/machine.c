#include "board/board_state.h"
#include "board/bus.h"
#include "board/memory_map.h"
#include "disks/ata_disks.h"
#include "machine_whole.h"

#include <errno.h>
#include <stdlib.h>

/* ---- What devices call; the bus lock is held */

static void request_reset(void *context)
{
    struct machine *m = context;
    run_control_request(debug_run_control(m->debug), RUN_REQUEST_RESET, 0);
}

static void request_poweroff(void *context)
{
    struct machine *m = context;
    run_control_request(debug_run_control(m->debug), RUN_REQUEST_POWEROFF, 0);
}

static void request_exit(void *context, uint32_t value)
{
    struct machine *m = context;
    run_control_request(debug_run_control(m->debug), RUN_REQUEST_EXIT, value);
}

static void kill_machine(void *context)
{
    struct machine *m = context;
    m->killed = true;
}

static int reset_machine(void *context, struct error *error)
{
    struct boot_result result;
    return machine_power_on(context, &result, error);
}

static void read_screen(void *context, struct text_screen *screen)
{
    struct machine *m = context;
    bus_lock(m->bus);
    text_screen_read(screen, &m->devices.vga.state, m->memory);
    bus_unlock(m->bus);
}

static bool has_unsaid(void *context)
{
    struct machine *m = context;
    bus_lock(m->bus);
    const bool unsaid = m->frontend.shown < m->frontend.shown_ever;
    bus_unlock(m->bus);
    return unsaid;
}

/* ---- Devices */

static void attach_drives(struct machine *m)
{
    m->dma = (struct machine_dma){
        .memory = m->memory,
        .bus = m->bus,
        .disks = &m->virtio_disks,
        .cpus = m->cpus,
        .cpu_count = m->options->cpus,
        .cpu = MACHINE_DMA_NONE,
    };
    const struct dma dma = machine_dma_for_devices(&m->dma);
    ata_disks_attach(m->devices.ata, &m->drives);
    virtio_disks_init(&m->virtio_disks, &m->drives, &dma);
    for (unsigned i = 0; i < m->virtio_disks.count; i++)
        devices_plug_in(&m->devices, &m->virtio_disks.blk[i].pci.function);
}

static int make_devices(struct machine *m, struct error *error)
{
    struct devices_host host = {
        .reset = request_reset,
        .poweroff = request_poweroff,
        .exit = request_exit,
        .context = m,
        .firmware_log = !firmware_is_image(&m->firmware) || m->options->verbose,
    };
    frontend_hosts(&m->frontend, &host);
    devices_init(&m->devices, &host, m->options->memory, m->options->cpus, &m->interrupts);
    attach_drives(m);
    devices_note_disks(&m->devices);
    return devices_add(&m->devices, m->bus, error);
}

/* A BIOS call, on the thread of the vCPU that makes it. */
static int serve_bios(void *context, struct vcpu *vcpu)
{
    struct machine *m = context;
    bool poweroff;
    bus_lock(m->bus);
    run_control_memory_begin(debug_run_control(m->debug));
    const int err = firmware_trap(&m->firmware, vcpu, &poweroff);
    run_control_memory_end(debug_run_control(m->debug));
    bus_unlock(m->bus);
    if (poweroff)
        request_poweroff(m);
    return err;
}

/* ---- The whole */

/* Memory before the interrupt controllers: after those KVM's first slot waits for a grace period of
 * 5 to 8 ms, and whoever starts a debugger waits with it. */
static int make_vm(struct machine *m, struct error *error)
{
    const struct memory_map_config map = {m->options->memory, m->firmware.image.size};
    int err = kvm_host_open(&m->host, "/dev/kvm", m->traces->kvm, error);
    if (!err)
        err = kvm_vm_create(&m->vm, &m->host, error);
    if (!err)
        err = memory_map_new(&m->memory, &m->vm, &map, error);
    if (!err)
        err = kvm_vm_create_irqchip(&m->vm, error);
    return err ? err : interrupts_init(&m->interrupts, &m->vm, error);
}

static int make_bus(struct machine *m, struct error *error)
{
    m->bus = bus_new();
    if (!m->bus)
        return error_set(error, -ENOMEM, "devices: out of memory (free some and start again)");
    frontend_init(&m->frontend, m->options, m->bus, &m->devices);
    return 0;
}

static int open_drives(struct machine *m, struct error *error)
{
    enum boot_format format = BOOT_AUTO;
    const char *image = m->options->boot.path;
    int err = image ? boot_recognise(&m->options->boot, &format, error) : 0;
    if (!err && image)
        m->image_name = realpath(image, NULL); /* later we may not look */
    if (!err && image)
        err = firmware_check_format(&m->firmware, image, format, error);
    return err ? err : drives_open(&m->drives, m->options, format, error);
}

static int make_firmware(struct machine *m, struct error *error)
{
    struct firmware_config config = {
        .options = m->options,
        .drives = &m->drives,
        .memory = m->memory,
        .bus = m->bus,
        .console = m->options->display ? NULL : frontend_text,
        .context = &m->frontend,
    };
    for (unsigned i = 0; i < m->options->serial_count; i++)
        config.serial_ports[i] = devices_serial[i].port;
    return firmware_init(&m->firmware, &config, error);
}

static void feed_devices(void *context)
{
    struct machine *m = context;
    frontend_feed(&m->frontend);
}

static void shift_time(void *context, int64_t ns)
{
    struct machine *m = context;
    m->devices.acpi_pm.state.power_on += (uint64_t)ns;
}

static void list_parts(struct machine *m)
{
    m->parts = (struct machine_parts){
        .memory = m->memory,
        .bus = m->bus,
        .interrupts = &m->interrupts,
        .cpus = m->cpus,
        .count = m->options->cpus,
        .drives = &m->drives,
        .restored = feed_devices,
        .shift_time = shift_time,
        .context = m,
    };
    struct board_parts *board = &m->parts.board;
    board_state_parts(board, &m->devices, &m->interrupts, &m->virtio_disks, m->firmware.bios);
    board_parts_add(board, "console output", &m->frontend.shown, sizeof m->frontend.shown);
    board_parts_add(board, "DMA", &m->dma.cpu, sizeof m->dma.cpu);
}

static int make_snapshots(struct machine *m, struct error *error)
{
    list_parts(m);
    m->snapshots = snapshots_new(&m->parts);
    return m->snapshots
               ? 0
               : error_set(error, -ENOMEM, "snapshots: out of memory (free some and start again)");
}

static int make_debug(struct machine *m, struct error *error)
{
    const struct debug_config config = {
        .host = &m->host,
        .memory = m->memory,
        .bus = m->bus,
        .parts = &m->parts,
        .interrupts = &m->interrupts,
        .pci = &m->devices.pci,
        .snapshots = m->snapshots,
        .traces = m->traces,
        .sandbox = m->sandbox,
        .client_arch = m->options->gdb_arch,
        .kill = kill_machine,
        .reset = reset_machine,
        .screen = read_screen,
        .has_unsaid = has_unsaid,
        .context = m,
    };
    int err = debug_new(&m->debug, &config, error);
    if (err)
        return err;
    m->dma.run_control = debug_run_control(m->debug);
    run_control_hooks(debug_run_control(m->debug), &m->hooks);
    m->hooks.work = machine_dma_work;
    m->hooks.work_context = &m->dma;
    if (!firmware_is_image(&m->firmware)) {
        m->hooks.trap = serve_bios;
        m->hooks.trap_context = m;
        m->hooks.trap_port = BIOS_TRAP_PORT;
    }
    return 0;
}

static int make_cpus(struct machine *m, struct error *error)
{
    for (; m->count < m->options->cpus; m->count++) {
        int err = vcpu_create(&m->cpus[m->count], &m->vm, m->count, m->options->cpus, m->bus,
                              &m->hooks, error);
        if (err)
            return err;
    }
    debug_set_cpus(m->debug, m->cpus, m->count);
    return m->options->snapshot_file
               ? snapshots_use_file(m->snapshots, m->options->snapshot_file, error)
               : 0;
}

int machine_new(struct machine **out, const struct options *options, const struct traces *traces,
                const char *sandbox, struct error *error)
{
    *out = NULL;
    struct machine *m = calloc(1, sizeof *m);
    if (!m)
        return error_set(error, -ENOMEM, "machine: out of memory (free some and start again)");
    m->options = options;
    m->traces = traces;
    m->sandbox = sandbox;
    m->host.fd = m->vm.fd = -1;
    int err = firmware_choose(&m->firmware, options, error);
    if (!err)
        err = make_vm(m, error);
    if (!err)
        err = make_bus(m, error);
    if (!err)
        err = open_drives(m, error);
    if (!err)
        err = make_firmware(m, error);
    if (!err)
        err = make_devices(m, error);
    if (!err)
        err = make_snapshots(m, error);
    if (!err)
        err = make_debug(m, error);
    if (!err)
        err = make_cpus(m, error);
    if (!err)
        err = frontend_open(&m->frontend, !firmware_is_image(&m->firmware), read_screen, m, error);
    if (err) {
        machine_free(m);
        return err;
    }
    *out = m;
    return 0;
}

void machine_free(struct machine *m)
{
    if (!m)
        return;
    /* One vCPU that parks may set others going: first all must stand still. */
    if (m->debug && m->count) {
        run_control_pause(debug_run_control(m->debug));
        debug_forget(m->debug);
    }
    for (unsigned i = 0; i < m->count; i++)
        vcpu_destroy(m->cpus[i]);
    debug_free(m->debug);
    firmware_free(&m->firmware);
    snapshots_free(m->snapshots);
    drives_close(&m->drives);
    bus_free(m->bus);
    kvm_vm_close(&m->vm);
    memory_free(m->memory);
    kvm_host_close(&m->host);
    frontend_close(&m->frontend);
    free(m->image_name);
    free(m);
}

int machine_start(struct machine *m, struct error *error)
{
    int err = 0;
    for (unsigned i = 0; !err && i < m->count; i++)
        err = vcpu_start(m->cpus[i], error);
    return err;
}

int machine_begin(struct machine *m, const char **name, struct error *error)
{
    *name = NULL;
    return snapshots_file_has_one(m->snapshots) ? snapshots_begin(m->snapshots, name, error) : 0;
}

void machine_run(struct machine *m)
{
    struct run_order run[RUN_MAX_CPUS];
    for (unsigned i = 0; i < m->count; i++)
        run[i] = (struct run_order){.action = RUN_CONTINUE};
    run_control_resume(debug_run_control(m->debug), run);
}

struct debug *machine_debug(struct machine *m)
{
    return m->debug;
}

struct frontend *machine_frontend(struct machine *m)
{
    return &m->frontend;
}

struct vcpu *machine_cpu(struct machine *m, unsigned index)
{
    return m->cpus[index];
}

bool machine_is_killed(const struct machine *m)
{
    return m->killed;
}

void machine_unknown_bios_calls(struct machine *m,
                                void (*visit)(void *context, unsigned vector, unsigned ah,
                                              uint64_t count),
                                void *context)
{
    struct bios_unknown calls[64];
    const size_t n = m->firmware.bios ? bios_unknown_calls(m->firmware.bios, calls, 64) : 0;
    for (size_t i = 0; i < n && i < 64; i++)
        visit(context, calls[i].vector, calls[i].ah, calls[i].count);
}
