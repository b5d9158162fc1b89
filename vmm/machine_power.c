/* Power on, and reset: each device, table and CPU as it is then, and the image in memory. */
#include "boot/boot.h"
#include "machine_whole.h"
#include "memory/e820.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* All CPUs as after RESET#, then the first as STATE says: NULL, if it is to stay so. */
static int start_cpus(struct machine *m, const struct cpu_state *state, struct error *error)
{
    int err = 0;
    for (unsigned i = 0; !err && i < m->count; i++)
        err = vcpu_reset(m->cpus[i]);
    if (!err && state)
        err = vcpu_write_state(m->cpus[0], state);
    if (err)
        error_set(error, err, "setting the CPUs' first state: %s (see dmesg)", strerror(-err));
    return err;
}

static int load_image(struct machine *m, struct boot_result *result, struct error *error)
{
    struct boot_request request = m->options->boot;
    request.ram = m->options->memory;
    request.has_drive = m->drives.count > 0;
    request.keep_open = true;
    request.disk = m->drives.image_is_disk ? &m->drives.disks[0] : NULL;
    int err = boot_load(&request, m->memory, result, error);
    if (err)
        return err;
    if (!result->elf_bits) {
        close(result->file);
        result->file = -1;
    }
    debug_set_image(m->debug, m->image_name, result->file, result->elf_bits == 64);
    result->file = -1; /* the debugger's */
    return 0;
}

static void describe_firmware(const struct machine *m, struct boot_result *result)
{
    *result = (struct boot_result){.format = BOOT_DISK, .file = -1};
    firmware_describe(&m->firmware, result->description, sizeof result->description);
}

/* Some of them lie in the extended BIOS data area: behind the BIOS. */
static int write_tables(struct machine *m, struct error *error)
{
    struct platform platform;
    devices_describe(m->count, &platform);
    return platform_install(&platform, m->memory, e820_ebda(m->options->memory), error);
}

int machine_power_on(struct machine *m, struct boot_result *result, struct error *error)
{
    bus_lock(m->bus);
    const bool boots_itself = firmware_is_image(&m->firmware);
    devices_reset(&m->devices, !boots_itself);
    virtio_disks_reset(&m->virtio_disks);
    frontend_reset(&m->frontend);
    int err = interrupts_power_on(&m->interrupts, !boots_itself, error);
    if (!err)
        err = firmware_reset(&m->firmware, error);
    if (!err && !boots_itself)
        err = write_tables(m, error);
    if (!err && boots_itself)
        describe_firmware(m, result);
    else if (!err) /* last: what the image brings has the last word in memory */
        err = load_image(m, result, error);
    bus_unlock(m->bus);
    if (!err)
        err = start_cpus(m, boots_itself ? NULL : &result->state, error);
    if (!err)
        run_control_forget(debug_run_control(m->debug));
    return err;
}
