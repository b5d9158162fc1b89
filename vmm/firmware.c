#include "firmware.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static int64_t wall_clock(void *context)
{
    (void)context;
    return time(NULL);
}

static int open_drive(struct firmware *f, const char *path, bool writable, struct error *error)
{
    if (f->count == BIOS_MAX_DRIVES)
        return error_set(error, -ENOSPC, "%s: the BIOS has %d drives only (leave a --disk out)",
                         path, BIOS_MAX_DRIVES);
    int err = disk_open(&f->drives[f->count], path, writable, error);
    if (!err)
        f->count++;
    return err;
}

static int open_drives(struct firmware *f, const struct firmware_config *config,
                       struct error *error)
{
    const struct options *o = config->options;
    int err = config->image_is_disk ? open_drive(f, o->boot.path, o->writable, error) : 0;
    for (unsigned i = 0; !err && i < o->disk_count; i++)
        err = open_drive(f, o->disks[i].path, !o->disks[i].readonly, error);
    return err;
}

int firmware_init(struct firmware *f, const struct firmware_config *config, struct error *error)
{
    *f = (struct firmware){.count = 0};
    struct bios_config bios = {
        .memory = config->memory,
        .ram_size = config->options->memory,
        .serial_ports = {config->com1},
        .console = config->console,
        .console_context = config->context,
        .clock = wall_clock,
    };
    int err = open_drives(f, config, error);
    for (unsigned i = 0; i < f->count; i++)
        bios.drives[i] = &f->drives[i];
    if (!err) {
        f->bios = bios_new(&bios);
        if (!f->bios)
            err = error_set(error, -ENOMEM, "BIOS: out of memory (free some and start again)");
    }
    if (err)
        firmware_free(f);
    return err;
}

void firmware_free(struct firmware *f)
{
    bios_free(f->bios);
    f->bios = NULL;
    while (f->count)
        disk_close(&f->drives[--f->count]);
}

void firmware_trap(struct firmware *f, struct vcpu *vcpu, bool *poweroff)
{
    struct cpu_state state;
    *poweroff = false;
    if (vcpu_read_state(vcpu, &state))
        return; /* the next KVM_RUN fails too, and says why */
    if (bios_call(f->bios, &state, poweroff))
        vcpu_write_state(vcpu, &state);
}
