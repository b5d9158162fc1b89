/* A Linux kernel as it is linked (vmlinux), by the boot protocol of what a bzImage unpacks: entered
 * at its ELF entry in 64-bit mode, or a 32-bit one in protected mode, with a zero page whose header
 * is made up, as the file has none.
 *
 * Facts: Linux, Documentation/arch/x86/boot.rst, "64-bit boot protocol". */
#include "vmlinux.h"

#include "elf_note.h"
#include "elf_segments.h"
#include "handover.h"
#include "linux_entry.h"
#include "linux_params.h"
#include "setup_data.h"

#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>

#define PROTOCOL         0x20fu
#define COMMAND_LINE_MAX 2047u /* COMMAND_LINE_SIZE of all x86 kernels since 2.6.26, less its 0 */

bool vmlinux_is_one(const struct image *image, const struct elf_file *elf)
{
    static const struct elf_note note = {"Linux", ELF_NOTE_ANY};
    uint8_t desc[1];
    size_t len;
    return elf_find_note(image, elf, &note, desc, sizeof desc, &len);
}

struct vmlinux {
    const struct boot_request *request;
    const struct image *image;
    struct elf_file elf;
    enum cpu_mode mode;
    uint64_t entry, first, last; /* physical */
    struct initrd initrd;
};

static int choose_mode(struct vmlinux *k, struct error *error)
{
    k->mode = k->elf.is64 ? CPU_LONG : CPU_PROTECTED;
    if (!k->request->has_mode || k->request->mode == k->mode)
        return 0;
    return image_error(k->image, error, -EINVAL,
                       "an ELF%u kernel is entered in %s mode only (leave --mode out)",
                       k->elf.is64 ? 64 : 32, k->elf.is64 ? "long" : "protected");
}

static int plan(struct vmlinux *k, const struct memory *memory, struct error *error)
{
    struct places places;
    unsigned left_out = 0;
    int r = elf_parse(k->image, &k->elf, error);
    if (!r)
        r = choose_mode(k, error);
    if (!r)
        r = elf_check_segments(k->image, &k->elf, memory, k->mode, &left_out, error);
    if (!r)
        r = elf_find_entry(k->image, &k->elf, &k->entry, error);
    if (!r)
        r = handover_check_command_line(k->request, k->image, COMMAND_LINE_MAX, error);
    if (!r)
        r = places_init(&places, memory, k->mode, k->request, error);
    if (r)
        return r;
    elf_take_segments(&k->elf, &places);
    elf_extent(&k->elf, &k->first, &k->last);
    r = handover_take(&places, k->image, error);
    if (!r)
        r = initrd_open(&k->initrd, k->request, k->image, &places, k->last + 1, INT32_MAX, error);
    return r;
}

static int load(struct vmlinux *k, struct memory *memory, struct cpu_state *state,
                struct error *error)
{
    int r = elf_load_segments(k->image, &k->elf, memory, error);
    if (!r)
        r = initrd_load(&k->initrd, memory, error);
    if (r)
        return r;
    handover_write_command_line(k->request, memory);
    const struct linux_header header = {
        .version = PROTOCOL,
        .raw = {.boot_flag = 0xaa55,
                .header = LINUX_HEADER_MAGIC,
                .version = PROTOCOL,
                .loadflags = LOADED_HIGH,
                .initrd_addr_max = INT32_MAX,
                .kernel_alignment = 2 * MiB,
                .cmdline_size = COMMAND_LINE_MAX},
    };
    const struct linux_handover handover = {
        .kernel = (uint32_t)k->first,
        .command_line = LAYOUT_COMMAND_LINE,
        .initrd = (uint32_t)k->initrd.gpa,
        .initrd_size = (uint32_t)k->initrd.size,
        .setup_data = setup_data_write(memory),
        .rsdp = handover_rsdp(memory),
        .ram = k->request->ram,
    };
    return linux_enter(&header, &handover, k->mode, k->entry, memory, state, error);
}

int vmlinux_load(const struct boot_request *request, const struct image *image,
                 struct memory *memory, struct boot_result *result, struct error *error)
{
    struct vmlinux k = {.request = request, .image = image, .initrd = {.file = {.fd = -1}}};
    int r = plan(&k, memory, error);
    if (!r)
        r = load(&k, memory, &result->state, error);
    initrd_close(&k.initrd);
    if (r)
        return r;
    result->mode = k.mode;
    result->elf_bits = k.elf.is64 ? 64 : 32;
    boot_describe(result,
                  "a Linux kernel (vmlinux, ELF%u), %zu segments at 0x%" PRIx64 "-0x%" PRIx64
                  ", entered at 0x%" PRIx64 " in %s mode, its zero page at 0x%llx",
                  result->elf_bits, k.elf.count, k.first, k.last, k.entry,
                  k.mode == CPU_LONG ? "long" : "protected", LAYOUT_HANDOVER);
    handover_describe(request, &k.initrd, result);
    return 0;
}
