#include "elf_file.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The parts of the two classes' headers that matter, in one shape. */
struct elf_header {
    bool is64;
    uint16_t type, machine, phentsize, phnum;
    uint32_t version;
    uint64_t entry, phoff;
    struct elf_section_table sections;
};

struct name {
    unsigned value;
    const char *text;
};

static const char *name_of(const struct name *names, size_t count, unsigned value)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].value == value)
            return names[i].text;
    return "unknown";
}

/* Reads LEN bytes of WHAT, all of them. */
static int read_all(const struct image *image, const char *what, uint64_t offset, void *buf,
                    size_t len, struct error *error)
{
    ssize_t n = image_read(image, offset, buf, len, error);
    if (n < 0)
        return (int)n;
    if ((size_t)n < len)
        return image_error(image, error, -ENOEXEC,
                           "the ELF file is cut short: %s, %zu bytes at offset %" PRIu64
                           ", ends past its %" PRIu64 " bytes",
                           what, len, offset, image->size);
    return 0;
}

static int check_ident(const struct image *image, const unsigned char *ident, struct error *error)
{
    if (memcmp(ident, ELFMAG, SELFMAG))
        return image_error(image, error, -ENOEXEC,
                           "not an ELF file: it begins with %02x %02x %02x %02x, not 7f 45 4c 46 "
                           "(--format auto finds out what it is)",
                           ident[0], ident[1], ident[2], ident[3]);
    if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)
        return image_error(image, error, -ENOEXEC,
                           "ELF class %u: neither 1 (32-bit) nor 2 (64-bit); is the file damaged?",
                           ident[EI_CLASS]);
    if (ident[EI_DATA] == ELFDATA2MSB)
        return image_error(image, error, -ENOEXEC,
                           "a big-endian ELF file, x86 is little-endian (build it for x86)");
    if (ident[EI_DATA] != ELFDATA2LSB)
        return image_error(image, error, -ENOEXEC,
                           "ELF data encoding %u: not 1 (little-endian); is the file damaged?",
                           ident[EI_DATA]);
    if (ident[EI_VERSION] != EV_CURRENT)
        return image_error(image, error, -ENOEXEC, "ELF version %u: only 1 is known",
                           ident[EI_VERSION]);
    return 0;
}

#define TAKE_HEADER(h, raw, class64)                                                               \
    (*(h) = (struct elf_header){.is64 = (class64),                                                 \
                                .type = (raw).e_type,                                              \
                                .machine = (raw).e_machine,                                        \
                                .version = (raw).e_version,                                        \
                                .entry = (raw).e_entry,                                            \
                                .phoff = (raw).e_phoff,                                            \
                                .phentsize = (raw).e_phentsize,                                    \
                                .phnum = (raw).e_phnum,                                            \
                                .sections = {.offset = (raw).e_shoff,                              \
                                             .count = (raw).e_shnum,                               \
                                             .entry_size = (raw).e_shentsize,                      \
                                             .names = (raw).e_shstrndx}})

static int read_header(const struct image *image, struct elf_header *header, struct error *error)
{
    union {
        unsigned char ident[EI_NIDENT];
        Elf32_Ehdr h32;
        Elf64_Ehdr h64;
    } raw;
    int r = read_all(image, "its identification", 0, raw.ident, sizeof raw.ident, error);
    if (!r)
        r = check_ident(image, raw.ident, error);
    if (r)
        return r;
    bool is64 = raw.ident[EI_CLASS] == ELFCLASS64;
    r = read_all(image, "its header", 0, &raw, is64 ? sizeof raw.h64 : sizeof raw.h32, error);
    if (r)
        return r;
    if (is64)
        TAKE_HEADER(header, raw.h64, true);
    else
        TAKE_HEADER(header, raw.h32, false);
    return 0;
}

static int check_type(const struct image *image, uint16_t type, struct error *error)
{
    static const struct name types[] = {
        {ET_NONE, "no type at all; is the file damaged?"},
        {ET_REL, "a relocatable object; link it: ld -T SCRIPT or ld -Ttext ADDRESS"},
        {ET_DYN, "position-independent or a shared object; link it with -static -no-pie"},
        {ET_CORE, "a core dump"},
    };
    if (type == ET_EXEC)
        return 0;
    return image_error(image, error, -ENOEXEC, "ELF type %u can't be run, only 2 (executable): %s",
                       type, name_of(types, COUNT(types), type));
}

static int check_machine(const struct image *image, bool is64, uint16_t machine,
                         struct error *error)
{
    static const struct name machines[] = {
        {EM_SPARC, "SPARC"},     {EM_386, "i386"},     {EM_68K, "m68k"},
        {EM_MIPS, "MIPS"},       {EM_PPC, "PowerPC"},  {EM_PPC64, "64-bit PowerPC"},
        {EM_S390, "S/390"},      {EM_ARM, "ARM"},      {EM_X86_64, "x86-64"},
        {EM_AARCH64, "AArch64"}, {EM_RISCV, "RISC-V"}, {EM_LOONGARCH, "LoongArch"},
        {EM_BPF, "BPF"},
    };
    if (machine == (is64 ? EM_X86_64 : EM_386))
        return 0;
    return image_error(image, error, -ENOEXEC,
                       "an ELF%u file for machine %u (%s) can't be run: x86 takes ELF32 for i386 "
                       "(gcc -m32) and ELF64 for x86-64",
                       is64 ? 64 : 32, machine, name_of(machines, COUNT(machines), machine));
}

static int check_table(const struct image *image, const struct elf_header *header,
                       struct error *error)
{
    size_t entry_size = header->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    uint64_t size = (uint64_t)header->phnum * entry_size, end;

    if (header->version != EV_CURRENT)
        return image_error(image, error, -ENOEXEC, "ELF version %" PRIu32 ": only 1 is known",
                           header->version);
    if (header->phnum == 0)
        return image_error(image, error, -ENOEXEC,
                           "the ELF file has no program headers: there is nothing to load (link "
                           "it with ld)");
    if (header->phnum == PN_XNUM)
        return image_error(image, error, -ENOEXEC,
                           "the ELF file has 65535 or more program headers; is it damaged?");
    if (header->phentsize != entry_size)
        return image_error(image, error, -ENOEXEC,
                           "ELF program headers of %u bytes, they have %zu; is the file damaged?",
                           header->phentsize, entry_size);
    if (__builtin_add_overflow(header->phoff, size, &end) || end > image->size)
        return image_error(image, error, -ENOEXEC,
                           "the ELF file is cut short: its %u program headers at offset %" PRIu64
                           " end past its %" PRIu64 " bytes",
                           header->phnum, header->phoff, image->size);
    return 0;
}

/* Program header INDEX, in the wider class's shape. */
static int read_program_header(const struct image *image, const struct elf_header *header,
                               unsigned index, Elf64_Phdr *out, struct error *error)
{
    static const char what[] = "a program header";
    if (header->is64)
        return read_all(image, what, header->phoff + index * sizeof *out, out, sizeof *out, error);
    Elf32_Phdr raw;
    int r = read_all(image, what, header->phoff + index * sizeof raw, &raw, sizeof raw, error);
    if (r)
        return r;
    *out = (Elf64_Phdr){
        .p_type = raw.p_type,
        .p_offset = raw.p_offset,
        .p_vaddr = raw.p_vaddr,
        .p_paddr = raw.p_paddr,
        .p_filesz = raw.p_filesz,
        .p_memsz = raw.p_memsz,
    };
    return 0;
}

static int check_segment(const struct image *image, const struct elf_header *header, unsigned index,
                         const Elf64_Phdr *p, struct error *error)
{
    const uint64_t top = header->is64 ? UINT64_MAX : UINT32_MAX;

    if (p->p_filesz > p->p_memsz)
        return image_error(image, error, -ENOEXEC,
                           "segment %u has 0x%" PRIx64 " bytes in the file but only 0x%" PRIx64
                           " in memory; is the file damaged?",
                           index, p->p_filesz, p->p_memsz);
    if (p->p_offset > image->size || p->p_filesz > image->size - p->p_offset)
        return image_error(image, error, -ENOEXEC,
                           "the ELF file is cut short: segment %u, 0x%" PRIx64
                           " bytes at offset 0x%" PRIx64 ", ends past its 0x%" PRIx64 " bytes",
                           index, p->p_filesz, p->p_offset, image->size);
    if (p->p_memsz - 1 > top - p->p_paddr || p->p_memsz - 1 > top - p->p_vaddr)
        return image_error(image, error, -ENOEXEC,
                           "segment %u, 0x%" PRIx64 " bytes at 0x%" PRIx64 " (virtual 0x%" PRIx64
                           "), wraps around the end of the address space; is the file damaged?",
                           index, p->p_memsz, p->p_paddr, p->p_vaddr);
    return 0;
}

static int add_segment(const struct image *image, const struct elf_header *header, unsigned index,
                       const Elf64_Phdr *p, struct elf_file *elf, struct error *error)
{
    if (p->p_type == PT_INTERP)
        return image_error(image, error, -ENOEXEC,
                           "the ELF file needs a dynamic linker (it has a PT_INTERP); link it with "
                           "-static");
    if (p->p_type != PT_LOAD || (p->p_memsz == 0 && p->p_filesz == 0))
        return 0;
    int r = check_segment(image, header, index, p, error);
    if (r)
        return r;
    if (elf->count == ELF_MAX_SEGMENTS)
        return image_error(image, error, -ENOEXEC,
                           "the ELF file has more than %d segments to load; is it damaged?",
                           ELF_MAX_SEGMENTS);
    uint64_t headers_end = header->phoff + (uint64_t)header->phnum * header->phentsize;
    elf->segments[elf->count++] = (struct elf_segment){
        .index = index,
        .offset = p->p_offset,
        .vaddr = p->p_vaddr,
        .paddr = p->p_paddr,
        .filesz = p->p_filesz,
        .memsz = p->p_memsz,
        .headers_only = p->p_filesz == p->p_memsz && p->p_offset + p->p_filesz <= headers_end,
    };
    return 0;
}

/* One that is not in the file says nothing. */
static void add_notes(const struct image *image, const Elf64_Phdr *p, struct elf_file *elf)
{
    if (p->p_type == PT_NOTE && elf->note_count < ELF_MAX_NOTES && p->p_offset <= image->size &&
        p->p_filesz <= image->size - p->p_offset)
        elf->notes[elf->note_count++] = (struct elf_range){p->p_offset, p->p_filesz};
}

int elf_parse(const struct image *image, struct elf_file *elf, struct error *error)
{
    struct elf_header header;
    int r = read_header(image, &header, error);
    if (!r)
        r = check_machine(image, header.is64, header.machine, error);
    if (!r)
        r = check_type(image, header.type, error);
    if (!r)
        r = check_table(image, &header, error);
    if (r)
        return r;

    *elf =
        (struct elf_file){.is64 = header.is64, .entry = header.entry, .sections = header.sections};
    for (unsigned i = 0; i < header.phnum && !r; i++) {
        Elf64_Phdr p;
        r = read_program_header(image, &header, i, &p, error);
        if (!r)
            r = add_segment(image, &header, i, &p, elf, error);
        if (!r)
            add_notes(image, &p, elf);
    }
    if (r)
        return r;
    if (elf->count == 0)
        return image_error(image, error, -ENOEXEC,
                           "the ELF file has no segment to load (no PT_LOAD with a size)");
    return 0;
}
