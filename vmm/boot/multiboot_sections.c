/* An ELF kernel's section headers, and those sections that no segment brings into memory: symbols,
 * strings, debug information (MB1, 3.3, "syms"; MB2, 3.6.7). */
#include "multiboot.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ALIGN 4096

/* A section header of either class. */
struct section {
    uint32_t type;
    uint64_t flags, addr, offset, size, align;
};

static struct section get_section(const struct multiboot *mb, uint32_t index)
{
    const uint8_t *at = mb->sections.table + (size_t)index * mb->sections.entry_size;
    if (mb->kernel.is64) {
        Elf64_Shdr h;
        memcpy(&h, at, sizeof h);
        return (struct section){h.sh_type,   h.sh_flags, h.sh_addr,
                                h.sh_offset, h.sh_size,  h.sh_addralign};
    }
    Elf32_Shdr h;
    memcpy(&h, at, sizeof h);
    return (struct section){h.sh_type,   h.sh_flags, h.sh_addr,
                            h.sh_offset, h.sh_size,  h.sh_addralign};
}

/* GPA is below 4 GiB. */
static void set_address(struct multiboot *mb, uint32_t index, uint64_t gpa)
{
    uint8_t *at = mb->sections.table + (size_t)index * mb->sections.entry_size;
    if (mb->kernel.is64)
        memcpy(at + offsetof(Elf64_Shdr, sh_addr), &gpa, sizeof gpa);
    else
        memcpy(at + offsetof(Elf32_Shdr, sh_addr), &(uint32_t){(uint32_t)gpa}, sizeof(uint32_t));
}

static bool is_in_file(const struct multiboot *mb, const struct section *section)
{
    return section->offset <= mb->image->size && section->size <= mb->image->size - section->offset;
}

static bool is_loaded(const struct multiboot *mb, const struct section *section)
{
    const bool is_symbols = section->type == SHT_SYMTAB || section->type == SHT_STRTAB;
    return !(section->flags & SHF_ALLOC) && section->addr == 0 && section->size > 0 &&
           section->type != SHT_NULL && section->type != SHT_NOBITS && is_in_file(mb, section) &&
           (is_symbols || !mb->sections.only_symbols);
}

/* Nonsense is taken for 16, which suits all that sections hold. */
static uint64_t alignment(const struct section *section)
{
    const uint64_t align = section->align;
    const bool usable = align && align <= MAX_ALIGN && (align & (align - 1)) == 0;
    return usable ? align : 16;
}

/* What is done with a section, and where it was laid out. 0 or -errno with ERROR set. */
typedef int section_visit(struct multiboot *mb, uint32_t index, const struct section *section,
                          uint64_t gpa, struct error *error);

/* Lays the sections that are to be loaded out from GPA on, one after the other, and calls VISIT for
 * each, if there is one. 0 and how many bytes that makes; or what VISIT said, or -EOVERFLOW. */
static int lay_out(struct multiboot *mb, uint64_t gpa, section_visit *visit, uint64_t *size,
                   struct error *error)
{
    uint64_t at = 0, end;
    for (uint32_t i = 0; i < mb->sections.count; i++) {
        const struct section section = get_section(mb, i);
        if (!is_loaded(mb, &section))
            continue;
        at += -at % alignment(&section);
        if (__builtin_add_overflow(at, section.size, &end) || end > UINT32_MAX)
            return -EOVERFLOW;
        int r = visit ? visit(mb, i, &section, gpa + at, error) : 0;
        if (r)
            return r;
        at = end;
    }
    *size = at;
    return 0;
}

/* Reads the table, if the file has one that is whole; what is wrong with it is the kernel's loss.
 */
static int read_table(struct multiboot *mb, struct error *error)
{
    const struct elf_section_table *in = &mb->kernel.sections;
    const size_t entry_size = mb->kernel.is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
    const size_t size = in->count * entry_size;
    if (in->count == 0 || in->entry_size != entry_size || in->names >= in->count ||
        in->offset > mb->image->size || size > mb->image->size - in->offset)
        return 0;
    mb->sections.table = malloc(size);
    if (!mb->sections.table)
        return image_error(mb->image, error, -ENOMEM, "out of memory (free some)");
    ssize_t n = image_read(mb->image, in->offset, mb->sections.table, size, error);
    if (n < 0)
        return (int)n;
    if ((size_t)n == size) {
        mb->sections.count = in->count;
        mb->sections.entry_size = in->entry_size;
        mb->sections.names = in->names;
    }
    return 0;
}

int multiboot_place_sections(struct multiboot *mb, struct error *error)
{
    struct multiboot_sections *s = &mb->sections;
    int r = mb->is_elf ? read_table(mb, error) : 0;
    if (r)
        return r;
    for (int only_symbols = 0; only_symbols <= 1; only_symbols++) {
        uint64_t size;
        s->only_symbols = only_symbols;
        if (!lay_out(mb, 0, NULL, &size, error) && size &&
            !multiboot_find_room(mb, size, MAX_ALIGN, &s->gpa)) {
            s->size = size;
            break;
        }
    }
    return 0;
}

static int load_section(struct multiboot *mb, uint32_t index, const struct section *section,
                        uint64_t gpa, struct error *error)
{
    set_address(mb, index, gpa);
    return image_load(mb->image, section->offset, mb->memory, gpa, section->size, error);
}

int multiboot_load_sections(struct multiboot *mb, struct error *error)
{
    uint64_t size;
    return mb->sections.size ? lay_out(mb, mb->sections.gpa, load_section, &size, error) : 0;
}
