/* A kernel that can be started as Xen's PVH guests are: an ELF file with a note that says where it
 * is entered, in 32-bit protected mode without paging, EBX the start information. Linux, the BSDs
 * and Xen itself have one.
 *
 * Facts: Xen, docs/misc/pvh.pandoc, public/arch-x86/hvm/start_info.h and public/elfnote.h. */
#include "pvh.h"
#include "elf_note.h"
#include "elf_segments.h"
#include "format.h"
#include "handover.h"

#include "memory/e820.h"
#include "memory/layout.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOTE_PHYS32_ENTRY 18u /* XEN_ELFNOTE_PHYS32_ENTRY */
#define START_MAGIC       0x336ec578u

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp;
    uint64_t memory_map; /* from version 1 on */
    uint32_t memory_map_count, reserved;
};

struct start_module {
    uint64_t gpa, size, command_line, reserved;
};

struct start_memory {
    uint64_t gpa, size;
    uint32_t type, reserved; /* as E820's */
};

/* Behind each other at LAYOUT_HANDOVER_LISTS. */
struct start_lists {
    struct start_module modules[1];
    struct start_memory memory_map[32];
};

_Static_assert(sizeof(struct start_info) == 56, "start_info.h");
_Static_assert(sizeof(struct start_lists) <= LAYOUT_HANDOVER_LISTS_SIZE, "layout.h");

bool pvh_entry(const struct image *image, const struct elf_file *elf, uint64_t *entry)
{
    static const struct elf_note note = {"Xen", NOTE_PHYS32_ENTRY};
    uint8_t desc[8] = {0};
    size_t len;
    if (!elf_find_note(image, elf, &note, desc, sizeof desc, &len) || (len != 4 && len != 8))
        return false;
    *entry = 0;
    memcpy(entry, desc, len);
    return true;
}

struct pvh_boot {
    const struct boot_request *request;
    const struct image *image;
    struct elf_file elf;
    uint64_t entry;
    uint64_t first, last; /* physical addresses of the kernel */
    struct initrd initrd;
};

static int find_entry(struct pvh_boot *boot, struct error *error)
{
    if (!pvh_entry(boot->image, &boot->elf, &boot->entry))
        return image_error(boot->image, error, -ENOEXEC,
                           "the ELF file has no note for PVH (XEN_ELFNOTE_PHYS32_ENTRY), so "
                           "nothing says where it is entered (--format elf or linux)");
    for (size_t i = 0; i < boot->elf.count; i++)
        if (boot->entry - boot->elf.segments[i].paddr < boot->elf.segments[i].memsz)
            return 0;
    return image_error(boot->image, error, -ENOEXEC,
                       "the entry for PVH, 0x%" PRIx64 ", is in none of its segments", boot->entry);
}

static int plan(struct pvh_boot *boot, const struct memory *memory, struct error *error)
{
    struct places places;
    unsigned left_out = 0;
    int r = elf_parse(boot->image, &boot->elf, error);
    if (!r)
        r = find_entry(boot, error);
    if (!r)
        r = elf_check_segments(boot->image, &boot->elf, memory, CPU_PROTECTED, &left_out, error);
    if (!r)
        r = handover_check_command_line(boot->request, boot->image, UINT32_MAX, error);
    if (!r)
        r = places_init(&places, memory, CPU_PROTECTED, boot->request, error);
    if (r)
        return r;
    elf_take_segments(&boot->elf, &places);
    elf_extent(&boot->elf, &boot->first, &boot->last);
    r = handover_take(&places, boot->image, error);
    if (!r)
        r = initrd_open(&boot->initrd, boot->request, boot->image, &places, boot->last + 1,
                        UINT32_MAX, error);
    return r;
}

static uint32_t fill_memory_map(struct start_memory *map, size_t max, uint64_t ram)
{
    struct e820_entry entry;
    uint32_t n = 0;
    for (; e820_entry(ram, n, &entry); n++) {
        assert(n < max);
        map[n] = (struct start_memory){entry.base, entry.size, entry.type, 0};
    }
    return n;
}

static void write_start_info(const struct pvh_boot *boot, struct memory *memory)
{
    const uint64_t lists_gpa = LAYOUT_HANDOVER_LISTS;
    struct start_lists lists = {.modules = {{boot->initrd.gpa, boot->initrd.size, 0, 0}}};
    const uint32_t entries = fill_memory_map(
        lists.memory_map, sizeof lists.memory_map / sizeof lists.memory_map[0], boot->request->ram);
    const struct start_info info = {
        .magic = START_MAGIC,
        .version = 1,
        .module_count = boot->initrd.size ? 1 : 0,
        .modules = boot->initrd.size ? lists_gpa + offsetof(struct start_lists, modules) : 0,
        .command_line = LAYOUT_COMMAND_LINE,
        .rsdp = handover_rsdp(memory),
        .memory_map = lists_gpa + offsetof(struct start_lists, memory_map),
        .memory_map_count = entries,
    };
    memory_write(memory, LAYOUT_HANDOVER, &info, sizeof info);
    memory_write(memory, lists_gpa, &lists,
                 offsetof(struct start_lists, memory_map) + entries * sizeof *lists.memory_map);
    handover_write_command_line(boot->request, memory);
}

static int load(struct pvh_boot *boot, struct memory *memory, struct cpu_state *state,
                struct error *error)
{
    int r = elf_load_segments(boot->image, &boot->elf, memory, error);
    if (!r)
        r = initrd_load(&boot->initrd, memory, error);
    if (!r)
        r = boot_initial_state(CPU_PROTECTED, boot->entry, memory, state, error);
    if (r)
        return r;
    write_start_info(boot, memory);
    state->gpr[CPU_RBX] = LAYOUT_HANDOVER;
    state->seg[CPU_TR].base = 0; /* so the interface has it */
    return 0;
}

int pvh_load(const struct boot_request *request, const struct image *image, struct memory *memory,
             struct boot_result *result, struct error *error)
{
    struct pvh_boot boot = {.request = request, .image = image, .initrd = {.file = {.fd = -1}}};
    int r = plan(&boot, memory, error);
    if (!r)
        r = load(&boot, memory, &result->state, error);
    initrd_close(&boot.initrd);
    if (r)
        return r;
    result->mode = CPU_PROTECTED;
    result->elf_bits = boot.elf.is64 ? 64 : 32;
    boot_describe(result,
                  "a PVH kernel (ELF%u), %zu segments at 0x%" PRIx64 "-0x%" PRIx64
                  ", entered at 0x%" PRIx64 " in protected mode, its start information at 0x%llx",
                  result->elf_bits, boot.elf.count, boot.first, boot.last, boot.entry,
                  LAYOUT_HANDOVER);
    handover_describe(request, &boot.initrd, result);
    return 0;
}
