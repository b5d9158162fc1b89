/* vmm/boot/elf.c and elf_file.c: executables that load, each header field broken in turn, and a
 * mutation fuzz with a fixed seed. */
#include "tests/unit/boot_fixture.h"

#include <elf.h>
#include <stddef.h>

static const struct boot_request as_elf = {.format = BOOT_ELF};

/* An executable of three program headers (code, data with .bss, a note) and 0x200 bytes of content:
 *   code  file 0x100, 0x40 bytes -> 0x100000
 *   data  file 0x140, 0x20 bytes -> 0x102000, 0x3000 in memory */
struct elf32 {
    Elf32_Ehdr header;
    Elf32_Phdr p[3];
    uint8_t rest[0x200 - sizeof(Elf32_Ehdr) - 3 * sizeof(Elf32_Phdr)];
};
struct elf64 {
    Elf64_Ehdr header;
    Elf64_Phdr p[3];
    uint8_t rest[0x200 - sizeof(Elf64_Ehdr) - 3 * sizeof(Elf64_Phdr)];
};

#define MAKE_ELF(elf, class, arch)                                                                 \
    do {                                                                                           \
        memset((elf), 0, sizeof *(elf));                                                           \
        memset((elf)->rest, 0x5a, sizeof(elf)->rest);                                              \
        memcpy((elf)->header.e_ident, ELFMAG, SELFMAG);                                            \
        (elf)->header.e_ident[EI_CLASS] = (class);                                                 \
        (elf)->header.e_ident[EI_DATA] = ELFDATA2LSB;                                              \
        (elf)->header.e_ident[EI_VERSION] = EV_CURRENT;                                            \
        (elf)->header.e_type = ET_EXEC;                                                            \
        (elf)->header.e_machine = (arch);                                                          \
        (elf)->header.e_version = EV_CURRENT;                                                      \
        (elf)->header.e_ehsize = sizeof(elf)->header;                                              \
        (elf)->header.e_phentsize = sizeof(elf)->p[0];                                             \
        (elf)->header.e_phoff = sizeof(elf)->header;                                               \
        (elf)->header.e_phnum = 3;                                                                 \
        (elf)->header.e_entry = 0x100010;                                                          \
        (elf)->p[0].p_type = PT_LOAD;                                                              \
        (elf)->p[0].p_offset = 0x100;                                                              \
        (elf)->p[0].p_vaddr = (elf)->p[0].p_paddr = 0x100000;                                      \
        (elf)->p[0].p_filesz = (elf)->p[0].p_memsz = 0x40;                                         \
        (elf)->p[1].p_type = PT_LOAD;                                                              \
        (elf)->p[1].p_offset = 0x140;                                                              \
        (elf)->p[1].p_vaddr = (elf)->p[1].p_paddr = 0x102000;                                      \
        (elf)->p[1].p_filesz = 0x20;                                                               \
        (elf)->p[1].p_memsz = 0x3000;                                                              \
        (elf)->p[2].p_type = PT_NOTE;                                                              \
        (elf)->p[2].p_offset = (elf)->p[2].p_filesz = UINT32_MAX; /* not looked at */              \
    } while (0)

static void make32(struct elf32 *elf)
{
    MAKE_ELF(elf, ELFCLASS32, EM_386);
}

static void make64(struct elf64 *elf)
{
    MAKE_ELF(elf, ELFCLASS64, EM_X86_64);
}

static void check_loaded(const struct fixture *f, enum cpu_mode mode, const char *description)
{
    CHECK_EQ(f->result.format, BOOT_ELF);
    CHECK_EQ(f->result.mode, mode);
    CHECK_STR(f->result.warning, "");
    CHECK_STR(f->result.description, description);
    CHECK_EQ(f->result.state.rip, 0x100010);
    CHECK(filled(f, 0x100000, 0x40, 0x5a));
    CHECK(filled(f, 0x100040, 0x1fc0, 0xcc));
    CHECK(filled(f, 0x102000, 0x20, 0x5a));
    CHECK(filled(f, 0x102020, 0x2fe0, 0)); /* .bss */
    CHECK(filled(f, 0x105000, 0x1000, 0xcc));
}

static void elf32_enters_protected_mode(void)
{
    struct fixture f;
    struct elf32 elf;
    fixture_open(&f);
    make32(&elf);
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, (struct boot_request){.format = BOOT_AUTO}), 0);
    check_loaded(&f, CPU_PROTECTED,
                 "ELF32 for i386, 2 segments at 0x100000-0x104fff, entered at 0x100010 in "
                 "protected mode");
    CHECK_EQ(f.result.state.cr0, 0x11);
    fixture_close(&f);
}

static void elf64_enters_long_mode(void)
{
    struct fixture f;
    struct elf64 elf;
    fixture_open(&f);
    make64(&elf);
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), 0);
    check_loaded(&f, CPU_LONG,
                 "ELF64 for x86-64, 2 segments at 0x100000-0x104fff, entered at 0x100010 in long "
                 "mode");
    CHECK_EQ(f.result.state.efer, 0x500);
    fixture_close(&f);
}

static void a_virtual_entry_becomes_physical(void)
{
    struct fixture f;
    struct elf64 elf;
    fixture_open(&f);
    make64(&elf);
    elf.p[0].p_vaddr = 0xffffffff80000000;
    elf.p[1].p_vaddr = 0xffffffff80002000;
    elf.header.e_entry = 0xffffffff80000010;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), 0);
    check_loaded(&f, CPU_LONG,
                 "ELF64 for x86-64, 2 segments at 0x100000-0x104fff, entered at 0x100010 in long "
                 "mode (the entry 0xffffffff80000010 is virtual)");
    elf.header.e_entry = 0x100010; /* a physical one, as in Linux's vmlinux */
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), 0);
    check_loaded(&f, CPU_LONG,
                 "ELF64 for x86-64, 2 segments at 0x100000-0x104fff, entered at 0x100010 in long "
                 "mode");
    fixture_close(&f);
}

/* What `ld -Ttext=0x100000` makes: a segment for the headers, on the page below, which is ROM. */
static void a_segment_of_headers_without_a_place_is_left_out(void)
{
    struct fixture f;
    struct elf64 elf;
    fixture_open(&f);
    make64(&elf);
    elf.p[2] = (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = 0xff000, .p_paddr = 0xff000};
    elf.p[2].p_filesz = elf.p[2].p_memsz = offsetof(struct elf64, rest);
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), 0);
    CHECK_STR(f.error.text, "");
    check_loaded(&f, CPU_LONG,
                 "ELF64 for x86-64, 2 segments at 0x100000-0x104fff (the one with the ELF headers "
                 "alone has no place), entered at 0x100010 in long mode");
    elf.p[2].p_vaddr = elf.p[2].p_paddr = 0x101000; /* it has one here */
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), 0);
    CHECK_MEM(memory_at(f.memory, 0x101000, 64), &elf, 64);
    elf.p[2].p_paddr = 0x100000;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), -ENOEXEC); /* overlap is no such case */
    elf.p[2].p_paddr = 0xff000;
    elf.p[2].p_filesz++; /* one byte more than the headers */
    elf.p[2].p_memsz++;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), -ERANGE);
    fixture_close(&f);
}

static void segments_may_touch_the_edges_of_ram(void)
{
    struct fixture f;
    struct elf64 elf;
    fixture_open(&f);
    make64(&elf);
    elf.p[0].p_paddr = LAYOUT_EBDA - 0x40; /* ends where low RAM's free part ends */
    elf.p[1].p_paddr = 4 * MiB - 0x3000;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), 0);
    CHECK(filled(&f, LAYOUT_EBDA - 0x40, 0x40, 0x5a));
    CHECK(filled(&f, 4 * MiB - 0x3000, 0x20, 0x5a));
    CHECK(filled(&f, 4 * MiB - 0x2fe0, 0x2fe0, 0));
    CHECK_EQ(f.result.state.rip, LAYOUT_EBDA - 0x30);
    fixture_close(&f);
}

static void fields_that_do_not_matter_are_not_looked_at(void)
{
    struct fixture f;
    struct elf64 elf;
    fixture_open(&f);
    make64(&elf);
    elf.header.e_ident[EI_OSABI] = 0xff;
    elf.header.e_ident[EI_ABIVERSION] = 0xff;
    memset(elf.header.e_ident + EI_PAD, 0xff, EI_NIDENT - EI_PAD);
    elf.header.e_shoff = UINT64_MAX;
    elf.header.e_shnum = elf.header.e_shentsize = elf.header.e_shstrndx = UINT16_MAX;
    elf.header.e_flags = UINT32_MAX;
    elf.header.e_ehsize = 0;
    elf.p[0].p_flags = 0;
    elf.p[0].p_align = elf.p[1].p_align = 0x1001;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), 0);
    CHECK_EQ(f.result.state.rip, 0x100010);
    fixture_close(&f);
}

/* ---- Broken headers. A case writes WIDTH bytes of VALUE at OFFSET of a good file. */

struct broken {
    size_t offset, width;
    uint64_t value;
    int code;
    const char *text; /* how the error begins, after "loading PATH: " */
};

#define FIELD(type, field)    offsetof(type, field), sizeof(((type *)0)->field)
#define BREAK32(field, value) FIELD(struct elf32, field), (value)
#define BREAK64(field, value) FIELD(struct elf64, field), (value)

static void check_broken(const void *good, size_t size, const struct broken *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture f;
        uint8_t bytes[sizeof(struct elf64)];
        fixture_open(&f);
        memcpy(bytes, good, size);
        memcpy(bytes + cases[i].offset, &cases[i].value, cases[i].width);
        CHECK_EQ(fixture_load(&f, bytes, size, as_elf), cases[i].code);
        f.error.text[strnlen(cases[i].text, sizeof f.error.text - 1)] = 0;
        CHECK_STR(f.error.text, cases[i].text);
        CHECK(filled(&f, 0, 0xa0000, 0xcc));
        CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc));
        fixture_close(&f);
    }
}

static void each_broken_field_of_elf64_has_its_error(void)
{
    static const struct broken cases[] = {
        {BREAK64(header.e_ident[EI_MAG0], 0x7e), -ENOEXEC,
         "not an ELF file: it begins with 7e 45 4c 46, not 7f 45 4c 46"},
        {BREAK64(header.e_ident[EI_CLASS], 0), -ENOEXEC,
         "ELF class 0: neither 1 (32-bit) nor 2 (64-bit)"},
        {BREAK64(header.e_ident[EI_CLASS], 3), -ENOEXEC, "ELF class 3: neither"},
        {BREAK64(header.e_ident[EI_CLASS], ELFCLASS32), -ENOEXEC,
         "an ELF32 file for machine 62 (x86-64) can't be run"}, /* x32, or a lie */
        {BREAK64(header.e_ident[EI_DATA], ELFDATA2MSB), -ENOEXEC, "a big-endian ELF file"},
        {BREAK64(header.e_ident[EI_DATA], 0), -ENOEXEC, "ELF data encoding 0"},
        {BREAK64(header.e_ident[EI_VERSION], 0), -ENOEXEC, "ELF version 0: only 1 is known"},
        {BREAK64(header.e_type, ET_NONE), -ENOEXEC,
         "ELF type 0 can't be run, only 2 (executable): no type at all"},
        {BREAK64(header.e_type, ET_REL), -ENOEXEC,
         "ELF type 1 can't be run, only 2 (executable): a relocatable object; link it"},
        {BREAK64(header.e_type, ET_DYN), -ENOEXEC,
         "ELF type 3 can't be run, only 2 (executable): position-independent or a shared object; "
         "link it with -static -no-pie"},
        {BREAK64(header.e_type, ET_CORE), -ENOEXEC,
         "ELF type 4 can't be run, only 2 (executable): a core dump"},
        {BREAK64(header.e_type, 0xffff), -ENOEXEC,
         "ELF type 65535 can't be run, only 2 (executable): unknown"},
        {BREAK64(header.e_machine, EM_AARCH64), -ENOEXEC,
         "an ELF64 file for machine 183 (AArch64) can't be run"},
        {BREAK64(header.e_machine, EM_386), -ENOEXEC,
         "an ELF64 file for machine 3 (i386) can't be run"},
        {BREAK64(header.e_machine, 0xffff), -ENOEXEC,
         "an ELF64 file for machine 65535 (unknown) can't be run"},
        {BREAK64(header.e_version, 2), -ENOEXEC, "ELF version 2: only 1 is known"},
        {BREAK64(header.e_phnum, 0), -ENOEXEC, "the ELF file has no program headers"},
        {BREAK64(header.e_phnum, PN_XNUM), -ENOEXEC,
         "the ELF file has 65535 or more program headers"},
        {BREAK64(header.e_phnum, 9), -ENOEXEC,
         "the ELF file is cut short: its 9 program headers at offset 64 end past its 512 bytes"},
        {BREAK64(header.e_phentsize, sizeof(Elf32_Phdr)), -ENOEXEC,
         "ELF program headers of 32 bytes, they have 56"},
        {BREAK64(header.e_phentsize, 0), -ENOEXEC, "ELF program headers of 0 bytes"},
        {BREAK64(header.e_phoff, 0x200), -ENOEXEC,
         "the ELF file is cut short: its 3 program headers at offset 512 end past its 512 bytes"},
        {BREAK64(header.e_phoff, UINT64_MAX - 8), -ENOEXEC, "the ELF file is cut short: its 3"},
        {BREAK64(header.e_phoff, (uint64_t)1 << 63), -ENOEXEC, "the ELF file is cut short: its 3"},
        {BREAK64(header.e_entry, 0), -ENOEXEC, "the entry 0x0 is in none of its segments"},
        {BREAK64(header.e_entry, 0x100040), -ENOEXEC, "the entry 0x100040 is in none"},
        {BREAK64(header.e_entry, UINT64_MAX), -ENOEXEC, "the entry 0xffffffffffffffff is in none"},
        {BREAK64(p[2].p_type, PT_INTERP), -ENOEXEC,
         "the ELF file needs a dynamic linker (it has a PT_INTERP); link it with -static"},
        {BREAK64(p[2].p_type, PT_LOAD), -ENOEXEC,
         "segment 2 has 0xffffffff bytes in the file but only 0x0 in memory"},
        {BREAK64(p[0].p_filesz, 0x41), -ENOEXEC,
         "segment 0 has 0x41 bytes in the file but only 0x40 in memory"},
        {BREAK64(p[0].p_offset, 0x1c1), -ENOEXEC,
         "the ELF file is cut short: segment 0, 0x40 bytes at offset 0x1c1, ends past its 0x200 "
         "bytes"},
        {BREAK64(p[0].p_offset, UINT64_MAX - 0x20), -ENOEXEC,
         "the ELF file is cut short: segment 0, 0x40 bytes at offset 0xffffffffffffffdf"},
        {BREAK64(p[0].p_memsz, 0), -ENOEXEC,
         "segment 0 has 0x40 bytes in the file but only 0x0 in memory"},
        {BREAK64(p[0].p_memsz, 0x2001), -ENOEXEC,
         "segments 0 (0x100000-0x102000) and 1 (0x102000-0x104fff) overlap in physical memory"},
        {BREAK64(p[0].p_paddr, 0x104fff), -ENOEXEC,
         "segments 0 (0x104fff-0x10503e) and 1 (0x102000-0x104fff) overlap"},
        {BREAK64(p[1].p_paddr, 0x100000), -ENOEXEC,
         "segments 0 (0x100000-0x10003f) and 1 (0x100000-0x102fff) overlap"},
        {BREAK64(p[1].p_paddr, 0x9f000), -ERANGE,
         "segment 1, 0x3000 bytes at 0x9f000: no RAM at 0xa0000"},
        {BREAK64(p[1].p_memsz, 0x2ff000), -ERANGE,
         "segment 1, 0x2ff000 bytes at 0x102000: no RAM at 0x400000; it is at 0x0-0x9ffff, "
         "0x100000-0x3fffff (place it elsewhere or give more --memory)"},
        {BREAK64(p[1].p_memsz, UINT64_MAX), -ENOEXEC,
         "segment 1, 0xffffffffffffffff bytes at 0x102000 (virtual 0x102000), wraps around"},
        {BREAK64(p[1].p_paddr, UINT64_MAX - 0x2ffe), -ENOEXEC,
         "segment 1, 0x3000 bytes at 0xffffffffffffd001 (virtual 0x102000), wraps around"},
        {BREAK64(p[1].p_vaddr, UINT64_MAX - 0x2ffe), -ENOEXEC,
         "segment 1, 0x3000 bytes at 0x102000 (virtual 0xffffffffffffd001), wraps around"},
        {BREAK64(p[1].p_paddr, UINT64_MAX - 0x2fff), -ERANGE, "segment 1, 0x3000 bytes at 0xffff"},
        {BREAK64(p[0].p_paddr, 0x1fff), -ERANGE,
         "segment 0, 0x40 bytes at 0x1fff, would overwrite the GDT that the CPU starts with"},
        {BREAK64(p[0].p_paddr, 0xffc1), -ERANGE,
         "segment 0, 0x40 bytes at 0xffc1, would overwrite the page tables"},
        {BREAK64(p[0].p_paddr, 0xf0000), -ERANGE, "segment 0, 0x40 bytes at 0xf0000: no RAM at"},
        {BREAK64(p[0].p_type, PT_NULL), -ENOEXEC, "the entry 0x100010 is in none"},
    };
    struct elf64 elf;
    make64(&elf);
    check_broken(&elf, sizeof elf, cases, sizeof cases / sizeof *cases);
}

static void each_broken_field_of_elf32_has_its_error(void)
{
    static const struct broken cases[] = {
        {BREAK32(header.e_ident[EI_CLASS], ELFCLASS64), -ENOEXEC,
         "an ELF64 file for machine 3 (i386) can't be run"},
        {BREAK32(header.e_machine, EM_ARM), -ENOEXEC,
         "an ELF32 file for machine 40 (ARM) can't be run"},
        {BREAK32(header.e_type, ET_DYN), -ENOEXEC, "ELF type 3 can't be run"},
        {BREAK32(header.e_phentsize, sizeof(Elf64_Phdr)), -ENOEXEC,
         "ELF program headers of 56 bytes, they have 32"},
        {BREAK32(header.e_phnum, 15), -ENOEXEC,
         "the ELF file is cut short: its 15 program headers at offset 52 end past its 512 bytes"},
        {BREAK32(header.e_phoff, UINT32_MAX), -ENOEXEC, "the ELF file is cut short: its 3"},
        {BREAK32(header.e_entry, UINT32_MAX), -ENOEXEC, "the entry 0xffffffff is in none"},
        {BREAK32(p[0].p_offset, UINT32_MAX), -ENOEXEC, "the ELF file is cut short: segment 0"},
        {BREAK32(p[1].p_memsz, UINT32_MAX), -ENOEXEC,
         "segment 1, 0xffffffff bytes at 0x102000 (virtual 0x102000), wraps around"},
        {BREAK32(p[1].p_paddr, UINT32_MAX - 0x2ffe), -ENOEXEC,
         "segment 1, 0x3000 bytes at 0xffffd001 (virtual 0x102000), wraps around"},
        {BREAK32(p[1].p_paddr, UINT32_MAX - 0x2fff), -ERANGE,
         "segment 1, 0x3000 bytes at 0xffffd000: no RAM at 0xffffd000"},
        {BREAK32(p[0].p_paddr, 0xfff), -ERANGE,
         "segment 0, 0x40 bytes at 0xfff, would overwrite the GDT"},
    };
    struct elf32 elf;
    make32(&elf);
    check_broken(&elf, sizeof elf, cases, sizeof cases / sizeof *cases);
}

static void a_file_cut_anywhere_in_its_headers_is_refused(void)
{
    struct elf64 elf;
    make64(&elf);
    for (size_t len = 1; len < offsetof(struct elf64, rest); len++) {
        struct fixture f;
        fixture_open(&f);
        CHECK_EQ(fixture_load(&f, &elf, len, as_elf), -ENOEXEC);
        const char *text = "the ELF file is cut short: ";
        CHECK(!strncmp(f.error.text, text, strlen(text)));
        fixture_close(&f);
    }
}

/* PHNUM program headers, all like the first. */
static uint8_t *make_many(const struct elf64 *good, unsigned phnum, size_t *len)
{
    struct elf64 elf = *good;
    elf.header.e_phoff = sizeof elf;
    elf.header.e_phnum = (uint16_t)phnum;
    *len = sizeof elf + phnum * sizeof(Elf64_Phdr);
    uint8_t *bytes = malloc(*len);
    memcpy(bytes, &elf, sizeof elf);
    for (unsigned i = 0; i < phnum; i++) {
        Elf64_Phdr p = elf.p[0];
        p.p_paddr = p.p_vaddr = 0x100000 + i * 0x1000;
        memcpy(bytes + sizeof elf + i * sizeof p, &p, sizeof p);
    }
    return bytes;
}

static void there_is_a_limit_of_segments(void)
{
    struct fixture f;
    struct elf64 elf;
    size_t len;
    fixture_open(&f);
    make64(&elf);
    uint8_t *bytes = make_many(&elf, 64, &len);
    CHECK_EQ(fixture_load(&f, bytes, len, as_elf), 0);
    CHECK(filled(&f, 0x100000 + 63 * 0x1000, 0x40, 0x5a));
    free(bytes);
    bytes = make_many(&elf, 65, &len);
    CHECK_EQ(fixture_load(&f, bytes, len, as_elf), -ENOEXEC);
    CHECK_STR(f.error.text, "the ELF file has more than 64 segments to load; is it damaged?");
    free(bytes);
    elf.p[0].p_type = PT_NOTE;
    bytes = make_many(&elf, 0xfffe, &len);
    CHECK_EQ(fixture_load(&f, bytes, len, as_elf), -ENOEXEC);
    CHECK_STR(f.error.text, "the ELF file has no segment to load (no PT_LOAD with a size)");
    free(bytes);
    fixture_close(&f);
}

/* An entry that the identity page tables do not reach: RAM above 4 GiB is fine for a segment, not
 * for the first instruction. */
static void an_entry_above_4_gib_is_refused(void)
{
    struct fixture f;
    struct elf64 elf;
    fixture_open(&f);
    CHECK_EQ(memory_add(f.memory, 4 * GiB, 1 * MiB, MEMORY_RAM, "above 4G", &f.error), 0);
    make64(&elf);
    elf.p[1].p_paddr = 4 * GiB;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), 0);
    elf.header.e_entry = 0x102000;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, as_elf), -ERANGE);
    CHECK_STR(f.error.text,
              "starting at 0x100000000: out of reach (the initial page tables map 4 GiB)");
    fixture_close(&f);
}

/* ---- Fuzz: no mutation may crash, write outside of what the result says, or fail silently. */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Values that overflow checks trip over. */
static uint64_t nasty(uint32_t *seed)
{
    static const uint64_t values[] = {0,          1,           0x3f,       0x40,
                                      0x41,       0x200,       0x1000,     0xa0000,
                                      0x100000,   0x400000,    0x7fffffff, 0x80000000,
                                      0xffffffff, 0x100000000, INT64_MAX,  (uint64_t)INT64_MAX + 1,
                                      UINT64_MAX};
    uint32_t r = next_random(seed);
    uint64_t value = values[r % (sizeof values / sizeof *values)];
    return r & 0x10000 ? value + (r >> 20 & 0xf) - 8 : value;
}

static void mutate(uint8_t *bytes, size_t headers, uint32_t *seed)
{
    for (uint32_t n = next_random(seed) % 3 + 1; n; n--) {
        uint64_t value = nasty(seed);
        size_t width = (size_t)1 << next_random(seed) % 4;
        size_t offset = next_random(seed) % (headers / width) * width;
        if (next_random(seed) % 4 == 0)
            bytes[offset] ^= (uint8_t)(1u << next_random(seed) % 8);
        else
            memcpy(bytes + offset, &value, width);
    }
}

static unsigned fuzz(struct fixture *f, const void *good, size_t size, size_t headers,
                     uint32_t *seed, unsigned rounds)
{
    struct temp_file file;
    unsigned loaded = 0;
    temp_file(&file, good, size);
    for (unsigned i = 0; i < rounds; i++) {
        uint8_t bytes[sizeof(struct elf64)];
        memcpy(bytes, good, size);
        mutate(bytes, headers, seed);
        if (pwrite(file.fd, bytes, size, 0) != (ssize_t)size)
            break;
        int r = fixture_load_file(f, &file, as_elf);
        loaded += r == 0;
        CHECK(r == 0 || r == -ENOEXEC || r == -ERANGE);
        CHECK_EQ(f->error.text[0] == 0, r == 0);
        CHECK(r || memory_find(f->memory, f->result.state.rip));
    }
    temp_file_remove(&file);
    return loaded;
}

static void mutated_files_never_crash(void)
{
    enum { ROUNDS = 10000 };
    struct fixture f;
    struct elf32 elf32;
    struct elf64 elf64;
    uint32_t seed = 0x5713e7;
    fixture_open(&f);
    make32(&elf32);
    make64(&elf64);
    unsigned loaded = fuzz(&f, &elf32, sizeof elf32, offsetof(struct elf32, rest), &seed, ROUNDS) +
                      fuzz(&f, &elf64, sizeof elf64, offsetof(struct elf64, rest), &seed, ROUNDS);
    /* Both ways were taken often enough for this to mean something. */
    CHECK(loaded > ROUNDS / 5 && loaded < 2 * ROUNDS - ROUNDS / 5);
    fixture_close(&f);
}

int main(void)
{
    TEST(elf32_enters_protected_mode);
    TEST(elf64_enters_long_mode);
    TEST(a_virtual_entry_becomes_physical);
    TEST(a_segment_of_headers_without_a_place_is_left_out);
    TEST(segments_may_touch_the_edges_of_ram);
    TEST(fields_that_do_not_matter_are_not_looked_at);
    TEST(each_broken_field_of_elf64_has_its_error);
    TEST(each_broken_field_of_elf32_has_its_error);
    TEST(a_file_cut_anywhere_in_its_headers_is_refused);
    TEST(there_is_a_limit_of_segments);
    TEST(an_entry_above_4_gib_is_refused);
    TEST(mutated_files_never_crash);
    return check_done();
}
