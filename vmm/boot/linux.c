/* A Linux bzImage by its boot protocol: entered in 64-bit mode, in 32-bit protected mode, or in
 * real mode, where its own setup code asks the BIOS for everything.
 *
 *     16-bit  the file's first part to LAYOUT_HANDOVER, its header filled in; entered at its second
 *             paragraph 0x20
 *     32-bit  a zero page at LAYOUT_HANDOVER; entered where the kernel was loaded, ESI the page
 *     64-bit  the same, 0x200 further on, RSI the page
 *
 * Facts: Linux, Documentation/arch/x86/boot.rst. */
#include "format.h"
#include "handover.h"
#include "linux_entry.h"
#include "linux_header.h"
#include "linux_params.h"
#include "setup_data.h"
#include "vmlinux.h"

#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ENTRY_64       0x200u
#define SETUP_ENTRY    0x200u /* of the 16-bit part: behind the boot sector */
#define SETUP_HEAP_END 0xe000u

struct linux_boot {
    const struct boot_request *request;
    const struct image *image;
    struct linux_header header;
    struct initrd initrd;
    struct linux_handover handover;
    enum cpu_mode mode;
    uint64_t entry;
};

static int choose_mode(struct linux_boot *boot, struct error *error)
{
    const bool is64 = boot->header.is64;
    boot->mode = is64 ? CPU_LONG : CPU_PROTECTED;
    if (boot->request->has_mode)
        boot->mode = boot->request->mode;
    if (boot->mode == CPU_LONG && !is64)
        return image_error(boot->image, error, -EINVAL,
                           "the kernel has no 64-bit entry (leave --mode out: 32-bit kernels are "
                           "entered in protected mode)");
    if (boot->mode == CPU_REAL && boot->header.setup_size > SETUP_HEAP_END - 0x1000)
        return image_error(boot->image, error, -ENOEXEC,
                           "the kernel's 16-bit part has 0x%" PRIx32
                           " bytes: no room for its heap and stack (leave --mode real out)",
                           boot->header.setup_size);
    static const uint32_t entries[] = {[CPU_REAL] = 0, [CPU_PROTECTED] = 0, [CPU_LONG] = ENTRY_64};
    boot->entry = boot->header.address + entries[boot->mode];
    return 0;
}

/* Checks all, and finds the places that are not fixed. */
static int plan(struct linux_boot *boot, const struct memory *memory, struct error *error)
{
    static const char what[] = "the kernel while it unpacks itself";
    const struct linux_header *header = &boot->header;
    const struct image *image = boot->image;
    struct places places;
    int r = linux_header_parse(image, &boot->header, error);
    if (!r)
        r = choose_mode(boot, error);
    if (!r)
        r = image_check_place(image, memory, boot->mode, what, header->address, header->memory_size,
                              error);
    if (!r)
        r = handover_check_command_line(boot->request, image, header->command_line_max, error);
    if (!r)
        r = places_init(&places, memory, boot->mode, boot->request, error);
    if (r)
        return r;
    places_take(&places, header->address, header->memory_size);
    r = handover_take(&places, image, error);
    if (!r)
        r = initrd_open(&boot->initrd, boot->request, image, &places,
                        header->address + header->memory_size, header->initrd_max, error);
    return r;
}

static int load_files(struct linux_boot *boot, struct memory *memory, struct error *error)
{
    const struct linux_header *header = &boot->header;
    int r = image_load(boot->image, header->setup_size, memory, header->address,
                       header->kernel_size, error);
    if (!r)
        r = initrd_load(&boot->initrd, memory, error);
    if (r)
        return r;
    handover_write_command_line(boot->request, memory);
    boot->handover = (struct linux_handover){
        .kernel = (uint32_t)header->address,
        .command_line = LAYOUT_COMMAND_LINE,
        .initrd = (uint32_t)boot->initrd.gpa,
        .initrd_size = (uint32_t)boot->initrd.size,
        .setup_data = setup_data_write(memory),
        .rsdp = handover_rsdp(memory),
        .ram = boot->request->ram,
    };
    return 0;
}

/* ---- The 16-bit entry */

/* The setup code's own segment, interrupts off: CS:IP begins behind the boot sector. */
static int enter_setup(struct linux_boot *boot, struct memory *memory, struct cpu_state *state,
                       struct error *error)
{
    struct setup_header header = boot->header.raw;
    linux_params_fill_header(&header, boot->header.version, &boot->handover);
    header.loadflags |= CAN_USE_HEAP;
    header.heap_end_ptr = SETUP_HEAP_END - SETUP_ENTRY;
    int r = image_load(boot->image, 0, memory, LAYOUT_HANDOVER, boot->header.setup_size, error);
    if (r)
        return r;
    memory_write(memory, LAYOUT_HANDOVER + LINUX_HEADER_OFFSET, &header, boot->header.raw_size);
    r = boot_initial_state(CPU_REAL, LAYOUT_HANDOVER, memory, state, error);
    if (r)
        return r;
    for (int i = CPU_ES; i <= CPU_GS; i++) {
        const uint64_t base = LAYOUT_HANDOVER + (i == CPU_CS ? SETUP_ENTRY : 0);
        state->seg[i].base = base;
        state->seg[i].selector = (uint16_t)(base >> 4);
    }
    state->rip = 0;
    state->rflags &= ~(uint64_t)CPU_FLAG_IF;
    state->gpr[CPU_RSP] = SETUP_HEAP_END;
    return 0;
}

/* ---- */

static void describe(const struct linux_boot *boot, struct boot_result *result)
{
    static const char *const entries[] = {
        [CPU_REAL] = "its 16-bit", [CPU_PROTECTED] = "its 32-bit", [CPU_LONG] = "its 64-bit"};
    const struct linux_header *h = &boot->header;
    const uint64_t entry = boot->mode == CPU_REAL ? LAYOUT_HANDOVER + SETUP_ENTRY : boot->entry;
    boot_describe(result, "a Linux kernel, %s%sboot protocol %u.%02u, by %s entry, 0x%" PRIx64,
                  h->name, h->name[0] ? ", " : "", h->version >> 8, h->version & 0xff,
                  entries[boot->mode], entry);
    boot_describe(result,
                  "the kernel at 0x%" PRIx64 "-0x%" PRIx64 " (it unpacks itself up to 0x%" PRIx64
                  "), its %s at 0x%llx",
                  h->address, h->address + h->kernel_size - 1, h->address + h->memory_size - 1,
                  boot->mode == CPU_REAL ? "16-bit part" : "zero page", LAYOUT_HANDOVER);
    handover_describe(boot->request, &boot->initrd, result);
}

static bool is_elf(const struct image *image)
{
    struct error ignored;
    char magic[4] = "";
    return image_read(image, 0, magic, sizeof magic, &ignored) == sizeof magic &&
           !memcmp(magic, "\177ELF", sizeof magic);
}

int linux_load(const struct boot_request *request, const struct image *image, struct memory *memory,
               struct boot_result *result, struct error *error)
{
    if (is_elf(image))
        return vmlinux_load(request, image, memory, result, error);
    struct linux_boot boot = {.request = request, .image = image, .initrd = {.file = {.fd = -1}}};
    int r = plan(&boot, memory, error);
    if (!r)
        r = load_files(&boot, memory, error);
    if (!r)
        r = boot.mode == CPU_REAL ? enter_setup(&boot, memory, &result->state, error)
                                  : linux_enter(&boot.header, &boot.handover, boot.mode, boot.entry,
                                                memory, &result->state, error);
    initrd_close(&boot.initrd);
    if (r)
        return r;
    result->mode = boot.mode;
    describe(&boot, result);
    return 0;
}
