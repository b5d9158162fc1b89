#include "board/firmware.h"

#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t wall_clock(void *context)
{
    (void)context;
    return time(NULL);
}

/* The BIOS's ports. It runs with the bus lock held, as its callers promise. */
static uint8_t port_in(void *bus, uint16_t port)
{
    return (uint8_t)bus_read_locked(bus, BUS_PIO, port, 1);
}

static void port_out(void *bus, uint16_t port, uint8_t value)
{
    bus_write_locked(bus, BUS_PIO, port, value, 1);
}

int firmware_choose(struct firmware *f, const struct options *options, struct error *error)
{
    *f = (struct firmware){.bios = NULL};
    return options->bios ? firmware_image_look(&f->image, options->boot.files, options->bios, error)
                         : 0;
}

bool firmware_is_image(const struct firmware *f)
{
    return f->image.size != 0;
}

int firmware_check_format(const struct firmware *f, const char *path, enum boot_format format,
                          struct error *error)
{
    if (!firmware_is_image(f) || format == BOOT_DISK || format == BOOT_CD)
        return 0;
    return error_set(error, -EINVAL,
                     "loading %.90s: its format is %s, and firmware boots disks and CDs (leave "
                     "--bios out, or force it with --format boot)",
                     path, boot_format_name(format));
}

static int make_bios(struct firmware *f, const struct firmware_config *config, struct error *error)
{
    struct bios_config bios = {
        .memory = config->memory,
        .ram_size = config->options->memory,
        .in = port_in,
        .out = port_out,
        .ports_context = config->bus,
        .console = config->console,
        .console_context = config->context,
        .clock = wall_clock,
    };
    for (unsigned i = 0; i < config->drives->count; i++)
        bios.drives[i] = &config->drives->disks[i];
    for (unsigned i = 0; i < 4; i++)
        bios.serial_ports[i] = config->serial_ports[i];
    bios.cd = config->drives->has_cd ? &config->drives->cd : NULL;
    f->bios = bios_new(&bios);
    if (!f->bios)
        return error_set(error, -ENOMEM, "BIOS: out of memory (free some and start again)");
    return 0;
}

int firmware_init(struct firmware *f, const struct firmware_config *config, struct error *error)
{
    f->memory = config->memory;
    return firmware_is_image(f) ? 0 : make_bios(f, config, error);
}

void firmware_free(struct firmware *f)
{
    bios_free(f->bios);
    f->bios = NULL;
}

int firmware_reset(struct firmware *f, struct error *error)
{
    return firmware_is_image(f) ? firmware_image_load(&f->image, f->memory, error)
                                : bios_reset(f->bios, error);
}

void firmware_describe(const struct firmware *f, char *buf, size_t size)
{
    snprintf(buf, size,
             "firmware of %llu KiB at 0x%" PRIx64
             ", its end below 1 MiB too; the CPU starts at its reset vector, f000:fff0",
             f->image.size / KiB, (uint64_t)(LAYOUT_HOLE_END - f->image.size));
}

int firmware_trap(struct firmware *f, struct vcpu *vcpu, bool *poweroff)
{
    struct cpu_state state;
    *poweroff = false;
    const int err = vcpu_read_state(vcpu, &state);
    if (err)
        return err;
    return bios_call(f->bios, &state, poweroff) ? vcpu_write_state(vcpu, &state) : 0;
}
