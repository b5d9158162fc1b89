/* vmm/boot/multiboot*.c, version 1: kernels placed by their header and ELF32 ones, what they are
 * told, modules, section headers, and headers that lie. */
#include "tests/unit/boot_fixture.h"

#include <elf.h>
#include <stddef.h>

#define MAGIC 0x1badb002u

struct header {
    uint32_t magic, flags, checksum;
    uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

/* MB1, 3.3: the information, as it is in memory. */
struct information {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4],
        mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name,
        apm_table, vbe[4];
    uint64_t framebuffer_addr;
    uint32_t pitch, width, height;
    uint8_t bpp, type, color_info[6];
};

/* ---- A kernel that its header places: 0x2000 bytes from offset 0x80 on, of a larger file, to
 * 0x100000; 0x1000 more of bss. */
enum { RAW_SIZE = 0x2800, RAW_HEADER = 0x100 };

struct raw {
    uint8_t bytes[RAW_SIZE];
};

static const struct header raw_header = {MAGIC,    0x10003,  0,        0x100080,
                                         0x100000, 0x102000, 0x103000, 0x100200};

static void put_header(uint8_t *bytes, size_t offset, struct header header)
{
    header.checksum = -(header.magic + header.flags);
    memcpy(bytes + offset, &header, sizeof header);
}

static void make_raw(struct raw *raw, struct header header)
{
    memset(raw, 0x5a, sizeof *raw);
    put_header(raw->bytes, RAW_HEADER, header);
}

/* ---- An ELF32 kernel: one segment, header and all, and four sections. */
enum { TEXT = 0x1000, SYMBOLS = 0x1200, STRINGS = 0x1240, DEBUG_INFO = 0x1300, TABLE = 0x1400 };

struct elf {
    union {
        uint8_t bytes[0x1500];
        struct {
            Elf32_Ehdr header;
            Elf32_Phdr p, more;
        };
    };
};

static Elf32_Shdr *section(struct elf *elf, unsigned i)
{
    return (Elf32_Shdr *)(void *)(elf->bytes + TABLE) + i;
}

static void make_elf(struct elf *elf)
{
    memset(elf, 0, sizeof *elf);
    memcpy(elf->header.e_ident, ELFMAG "\1\1\1", 7);
    elf->header.e_type = ET_EXEC;
    elf->header.e_machine = EM_386;
    elf->header.e_version = EV_CURRENT;
    elf->header.e_phentsize = sizeof elf->p;
    elf->header.e_phoff = sizeof elf->header;
    elf->header.e_phnum = 1;
    elf->header.e_entry = 0x100010;
    elf->header.e_shoff = TABLE;
    elf->header.e_shentsize = sizeof(Elf32_Shdr);
    elf->header.e_shnum = 5;
    elf->header.e_shstrndx = 3;
    elf->p = (Elf32_Phdr){PT_LOAD, TEXT, 0x100000, 0x100000, 0x200, 0x800, 7, 0x1000};
    memset(elf->bytes + TEXT, 0x5a, 0x200);
    put_header(elf->bytes, TEXT, (struct header){.magic = MAGIC, .flags = 3});
    memset(elf->bytes + SYMBOLS, 0x51, 0x40);
    memset(elf->bytes + STRINGS, 0x52, 0x21);
    memset(elf->bytes + DEBUG_INFO, 0x53, 0x100);
    *section(elf, 1) = (Elf32_Shdr){1, SHT_PROGBITS, SHF_ALLOC, 0x100000, TEXT, 0x200, 0, 0, 16, 0};
    *section(elf, 2) = (Elf32_Shdr){1, SHT_SYMTAB, 0, 0, SYMBOLS, 0x40, 3, 1, 4, 16};
    *section(elf, 3) = (Elf32_Shdr){1, SHT_STRTAB, 0, 0, STRINGS, 0x21, 0, 0, 1, 0};
    *section(elf, 4) = (Elf32_Shdr){1, SHT_PROGBITS, 0, 0, DEBUG_INFO, 0x100, 0, 0, 0x40, 0};
}

/* ---- What was loaded */

static const struct information *information(const struct fixture *f)
{
    return memory_at(f->memory, f->result.state.gpr[CPU_RBX], sizeof(struct information));
}

static const char *string(const struct fixture *f, uint32_t gpa)
{
    return memory_at(f->memory, gpa, 1);
}

static void check_state(const struct fixture *f, uint64_t entry)
{
    const struct cpu_state *s = &f->result.state;
    CHECK_EQ(f->result.mode, CPU_PROTECTED);
    CHECK_EQ(s->rip, entry);
    CHECK_EQ(s->gpr[CPU_RAX], 0x2badb002);
    CHECK_EQ(s->rflags, 0x2);
    CHECK_EQ(s->cr0, 0x11);
    CHECK_EQ(s->efer, 0);
    for (unsigned i = CPU_ES; i <= CPU_GS; i++) {
        CHECK_EQ(s->seg[i].base, 0);
        CHECK_EQ(s->seg[i].limit, UINT32_MAX);
        CHECK_EQ(s->seg[i].type, i == CPU_CS ? 0xb : 0x3);
        CHECK(s->seg[i].db && !s->seg[i].l);
    }
}

static void a_kernel_goes_where_its_header_says(void)
{
    struct fixture f;
    struct raw raw;
    fixture_open(&f);
    make_raw(&raw, raw_header);
    CHECK_EQ(fixture_load(&f, &raw, sizeof raw, (struct boot_request){.ram = 4 * MiB}), 0);
    CHECK_EQ(f.result.format, BOOT_MULTIBOOT);
    CHECK_EQ(f.result.elf_bits, 0);
    CHECK_STR(f.result.warning, "");
    char *end = strstr(f.result.description, "information at 0x10000-0x10");
    CHECK(end != NULL);
    *(end ? end : f.result.description) = 0; /* as long as the file's name is */
    CHECK_STR(
        f.result.description,
        "a Multiboot 1 kernel, placed by its header at 0x100000-0x102fff, entered at 0x100200 "
        "in protected mode\n");
    check_state(&f, 0x100200);
    CHECK_MEM(memory_at(f.memory, 0x100000, 0x2000), raw.bytes + 0x80, 0x2000);
    CHECK(filled(&f, 0x102000, 0x1000, 0));
    CHECK(filled(&f, 0x103000, 0x1000, 0xcc));
    CHECK(filled(&f, 0x2000, 0xe000, 0xcc));
    fixture_close(&f);
}

static void zeros_in_the_header_mean_the_file_s_end(void)
{
    struct fixture f;
    struct raw raw;
    struct header header = raw_header;
    fixture_open(&f);
    header.load_end_addr = header.bss_end_addr = 0;
    make_raw(&raw, header);
    CHECK_EQ(fixture_load(&f, &raw, sizeof raw, (struct boot_request){.ram = 4 * MiB}), 0);
    CHECK_MEM(memory_at(f.memory, 0x100000, RAW_SIZE - 0x80), raw.bytes + 0x80, RAW_SIZE - 0x80);
    CHECK(filled(&f, 0x100000 + RAW_SIZE - 0x80, 0x100, 0xcc));
    fixture_close(&f);
}

/* Everything that there is to tell, and nothing else. */
static void the_information_is_whole(void)
{
    static const uint8_t bytes[0x1001] = {0x77};
    static const uint32_t mmap[][6] = {
        {20, 0, 0, 0x9fc00, 0, 1},
        {20, 0x9fc00, 0, 0x400, 0, 2},
    };
    struct fixture f;
    struct raw raw;
    struct temp_file a, b, kernel;
    char text[700];
    fixture_open(&f);
    make_raw(&raw, raw_header);
    temp_file(&kernel, &raw, sizeof raw);
    temp_file(&a, bytes, sizeof bytes);
    temp_file(&b, bytes, 1);
    const struct boot_request request = {.ram = 4 * MiB,
                                         .append = "root=/dev/a  b",
                                         .modules = {{a.path, "x=y z"}, {b.path, NULL}},
                                         .module_count = 2,
                                         .has_drive = true};
    CHECK_EQ(fixture_load_file(&f, &kernel, request), 0);
    const struct information *i = information(&f);
    CHECK_EQ(i->flags, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9 | 1 << 12);
    CHECK_EQ(i->mem_lower, 639);
    CHECK_EQ(i->mem_upper, 3072);
    CHECK_EQ(i->boot_device, 0x80ffffff);
    snprintf(text, sizeof text, "%s root=/dev/a  b", kernel.path);
    CHECK_STR(string(&f, i->cmdline), text);
    CHECK_STR(string(&f, i->boot_loader_name), "stepvm " STEPVM_VERSION);
    CHECK_EQ(i->mods_count, 2);
    const uint32_t *m = memory_at(f.memory, i->mods_addr, 32);
    CHECK_EQ(m[0], 0x103000);
    CHECK_EQ(m[1], 0x104001);
    CHECK_EQ(m[3], 0);
    CHECK_EQ(m[4], 0x105000);
    CHECK_EQ(m[5], 0x105001);
    CHECK_EQ(m[7], 0);
    snprintf(text, sizeof text, "%s x=y z", a.path);
    CHECK_STR(string(&f, m[2]), text);
    CHECK_STR(string(&f, m[6]), b.path);
    CHECK_MEM(memory_at(f.memory, 0x103000, sizeof bytes), bytes, sizeof bytes);
    CHECK(filled(&f, 0x104001, 0xfff, 0xcc));
    CHECK_EQ(*(uint8_t *)memory_at(f.memory, 0x105000, 1), 0x77);
    CHECK_EQ(i->mmap_length % 24, 0);
    CHECK_MEM(memory_at(f.memory, i->mmap_addr, sizeof mmap), mmap, sizeof mmap);
    CHECK_EQ(i->framebuffer_addr, 0xb8000);
    CHECK(i->pitch == 160 && i->width == 80 && i->height == 25 && i->bpp == 16 && i->type == 2);
    static const uint32_t nothing[8];
    CHECK_MEM(i->syms, nothing, sizeof i->syms);
    CHECK_MEM(&i->drives_length, nothing, 12);
    CHECK_MEM(&i->apm_table, nothing, 20);
    temp_file_remove(&a);
    temp_file_remove(&b);
    temp_file_remove(&kernel);
    fixture_close(&f);
}

/* ---- ELF */

static void an_elf_kernel_has_its_sections(void)
{
    struct fixture f;
    struct elf elf;
    Elf32_Shdr table[5];
    fixture_open(&f);
    make_elf(&elf);
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, (struct boot_request){.ram = 4 * MiB}), 0);
    CHECK_EQ(f.result.format, BOOT_MULTIBOOT);
    CHECK_EQ(f.result.elf_bits, 32);
    check_state(&f, 0x100010);
    CHECK_MEM(memory_at(f.memory, 0x100000, 0x200), elf.bytes + TEXT, 0x200);
    CHECK(filled(&f, 0x100200, 0x600, 0));
    const struct information *i = information(&f);
    CHECK_EQ(i->flags, 1 << 0 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 12);
    CHECK_EQ(i->syms[0], 5);
    CHECK_EQ(i->syms[1], sizeof(Elf32_Shdr));
    CHECK_EQ(i->syms[3], 3);
    /* As in the file, with the addresses of what the segment does not bring. */
    memcpy(table, elf.bytes + TABLE, sizeof table);
    table[2].sh_addr = 0x101000;
    table[3].sh_addr = 0x101040;
    table[4].sh_addr = 0x101080; /* aligned */
    CHECK_MEM(memory_at(f.memory, i->syms[2], sizeof table), table, sizeof table);
    CHECK(filled(&f, 0x101000, 0x40, 0x51));
    CHECK(filled(&f, 0x101040, 0x21, 0x52));
    CHECK(filled(&f, 0x101080, 0x100, 0x53));
    CHECK(filled(&f, 0x101180, 0x100, 0xcc));
    fixture_close(&f);
}

/* Sections that lie, or that there is no room for: what can't be is left out, and all is bounded.
 */
static void sections_without_a_place_are_left_out(void)
{
    static uint8_t file[LAYOUT_LOW_RAM_END];
    struct fixture f;
    struct elf elf;
    const struct boot_request request = {.ram = 4 * MiB};
    fixture_open(&f);

    make_elf(&elf); /* symbols have room, the rest hasn't: more than low RAM */
    *section(&elf, 4) = (Elf32_Shdr){1, SHT_PROGBITS, 0, 0, 0, sizeof file, 0, 0, 1, 0};
    elf.p.p_memsz = 3 * MiB - 0x2000;
    memcpy(file, &elf, sizeof elf);
    CHECK_EQ(fixture_load(&f, file, sizeof file, request), 0);
    const Elf32_Shdr *s = memory_at(f.memory, information(&f)->syms[2], 5 * sizeof(Elf32_Shdr));
    CHECK_EQ(s[2].sh_addr, 0x3fe000);
    CHECK_EQ(s[3].sh_addr, 0x3fe040);
    CHECK_EQ(s[4].sh_addr, 0);
    CHECK(filled(&f, 0x3fe061, 0x1000, 0xcc));

    make_elf(&elf); /* nonsense */
    section(&elf, 2)->sh_offset = UINT32_MAX;
    section(&elf, 3)->sh_size = UINT32_MAX;
    section(&elf, 4)->sh_addralign = 0x30;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, request), 0);
    s = memory_at(f.memory, information(&f)->syms[2], 5 * sizeof(Elf32_Shdr));
    CHECK_EQ(s[2].sh_addr, 0);
    CHECK_EQ(s[3].sh_addr, 0);
    CHECK_EQ(s[4].sh_addr, 0x101000);

    make_elf(&elf); /* an address of its own, where others are laid out, is no permission */
    section(&elf, 4)->sh_addr = 0x101010;
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, request), 0);
    CHECK(filled(&f, 0x101000, 0x40, 0x51));
    fixture_close(&f);
}

static void section_tables_that_lie_are_not_handed_on(void)
{
    const struct {
        size_t offset;
        uint32_t value, width;
    } lies[] = {
        {offsetof(Elf32_Ehdr, e_shoff), UINT32_MAX, 4},
        {offsetof(Elf32_Ehdr, e_shoff), sizeof(struct elf) - 5 * sizeof(Elf32_Shdr) + 1, 4},
        {offsetof(Elf32_Ehdr, e_shnum), 0, 2},
        {offsetof(Elf32_Ehdr, e_shnum), UINT16_MAX, 2},
        {offsetof(Elf32_Ehdr, e_shentsize), 64, 2},
        {offsetof(Elf32_Ehdr, e_shentsize), 0, 2},
        {offsetof(Elf32_Ehdr, e_shstrndx), 5, 2},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct fixture f;
        struct elf elf;
        fixture_open(&f);
        make_elf(&elf);
        memcpy(elf.bytes + lies[i].offset, &lies[i].value, lies[i].width);
        CHECK_EQ(fixture_load(&f, &elf, sizeof elf, (struct boot_request){.ram = 4 * MiB}), 0);
        CHECK_EQ(information(&f)->flags & 1 << 5, 0);
        CHECK(filled(&f, 0x101000, 0x1000, 0xcc));
        fixture_close(&f);
    }
}

/* ---- Places */

static void modules_and_information_keep_clear_of_all_else(void)
{
    static const uint8_t bytes[0x3000];
    static uint8_t low[0x80000];
    struct fixture f;
    struct raw raw;
    struct temp_file file, large;
    fixture_open(&f);
    make_raw(&raw, raw_header);
    temp_file(&file, bytes, sizeof bytes);
    temp_file(&large, low, sizeof low);
    const struct boot_request request = {.ram = 4 * MiB,
                                         .modules = {{file.path, NULL}, {file.path, NULL}},
                                         .module_count = 2,
                                         .loads = {{file.path, 0x104000}, {large.path, 0x10000}},
                                         .load_count = 2};
    CHECK_EQ(fixture_load(&f, &raw, sizeof raw, request), 0);
    const uint32_t *m = memory_at(f.memory, information(&f)->mods_addr, 32);
    CHECK_EQ(m[0], 0x107000);
    CHECK_EQ(m[4], 0x10a000);
    CHECK_EQ(f.result.state.gpr[CPU_RBX], 0x90000);
    CHECK(filled(&f, 0x10000, sizeof low, 0));
    temp_file_remove(&file);
    temp_file_remove(&large);
    fixture_close(&f);
}

/* Not in a gap between its segments, where kernels may expect nothing. */
static void modules_are_above_the_kernel(void)
{
    struct fixture f;
    struct elf elf;
    struct temp_file file;
    fixture_open(&f);
    make_elf(&elf);
    elf.header.e_phnum = 2;
    elf.more = elf.p;
    elf.more.p_vaddr = elf.more.p_paddr = 0x200000;
    temp_file(&file, "x", 1);
    const struct boot_request request = {
        .ram = 4 * MiB, .modules = {{file.path, NULL}}, .module_count = 1};
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, request), 0);
    const uint32_t *m = memory_at(f.memory, information(&f)->mods_addr, 16);
    CHECK_EQ(m[0], 0x201000);
    temp_file_remove(&file);
    fixture_close(&f);
}

static void modules_without_a_place_are_named(void)
{
    static uint8_t bytes[2 * MiB];
    struct fixture f;
    struct raw raw;
    struct temp_file file;
    char expected[600];
    fixture_open(&f);
    make_raw(&raw, raw_header);
    temp_file(&file, bytes, sizeof bytes);
    struct boot_request request = {
        .ram = 4 * MiB, .modules = {{file.path, NULL}, {file.path, NULL}}, .module_count = 2};
    CHECK_EQ(fixture_load(&f, &raw, sizeof raw, request), -ENOSPC);
    snprintf(expected, sizeof expected,
             "loading %.90s: no room in guest RAM for a module of 0x200000 bytes (give more "
             "--memory)",
             file.path);
    CHECK_STR(f.error.text, expected);
    CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc)); /* nothing was loaded yet */
    temp_file_remove(&file);
    request.module_count = 1;
    CHECK_EQ(fixture_load(&f, &raw, sizeof raw, request), -ENOENT);
    CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc));
    fixture_close(&f);
}

/* ---- Headers */

static enum boot_format taken_for(const void *bytes, size_t len)
{
    struct fixture f;
    struct temp_file file;
    enum boot_format format = BOOT_AUTO;
    temp_file(&file, bytes, len);
    CHECK_EQ(boot_recognise(&(struct boot_request){.path = file.path}, &format, &f.error), 0);
    temp_file_remove(&file);
    return format;
}

static void auto_takes_it_where_a_header_can_be(void)
{
    static const struct {
        size_t offset, size;
        enum boot_format format;
    } cases[] = {
        {0, 12, BOOT_MULTIBOOT},         {4, 512, BOOT_MULTIBOOT},  {8180, 16384, BOOT_MULTIBOOT},
        {8184, 16384, BOOT_DISK},        {2, 512, BOOT_DISK},       {8180, 8192, BOOT_MULTIBOOT},
        {512 - 12, 512, BOOT_MULTIBOOT}, {512 - 8, 512, BOOT_DISK},
    };
    static uint8_t bytes[16384 + 32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(bytes, 0, sizeof bytes);
        put_header(bytes, cases[i].offset, raw_header);
        CHECK_EQ(taken_for(bytes, cases[i].size), cases[i].format);
    }
    memset(bytes, 0, sizeof bytes);
    put_header(bytes, 1024, raw_header);
    bytes[510] = 0x55, bytes[511] = 0xaa; /* a disk with GRUB */
    CHECK_EQ(taken_for(bytes, 2048), BOOT_DISK);
    bytes[510] = 0;
    CHECK_EQ(taken_for(bytes, 2048), BOOT_MULTIBOOT);
    bytes[1024 + 8] ^= 1; /* the checksum */
    CHECK_EQ(taken_for(bytes, 2048), BOOT_DISK);
    put_header(bytes, 1024, (struct header){.magic = MAGIC}); /* does not say where it goes */
    CHECK_EQ(taken_for(bytes, 2048), BOOT_DISK);
}

static void each_header_that_lies_has_its_error(void)
{
#define WITH(...)                                                                                  \
    {                                                                                              \
        MAGIC, __VA_ARGS__                                                                         \
    }
    static const struct {
        struct header header;
        int code;
        const char *text;
    } cases[] = {
        {WITH(0x1000b, 0, 0, 0, 0, 0, 0), -ENOEXEC,
         "its Multiboot header requires flag bit 3 (flags 0x1000b), which has no meaning"},
        {WITH(0x18000, 0, 0, 0, 0, 0, 0), -ENOEXEC,
         "its Multiboot header requires flag bit 15 (flags 0x18000)"},
        {WITH(3, 0, 0, 0, 0, 0, 0), -ENOEXEC, "not an ELF file: it begins with 5a 5a 5a 5a"},
        {WITH(0x10003, 0, 0x100000, 0x100004, 0, 0, 0x100010), -ENOEXEC,
         "its header, at offset 0x100, is to be at 0x100000 and the image to begin at 0x100004: "
         "that is before the file's begin"},
        {WITH(0x10003, 0, 0x100101, 0x100000, 0, 0, 0x100010), -ENOEXEC,
         "its header, at offset 0x100, is to be at 0x100101 and the image to begin at 0x100000"},
        {WITH(0x10003, 0, UINT32_MAX, 0, 0, 0, 0x100010), -ENOEXEC, "its header, at offset 0x100"},
        {WITH(0x10003, 0, 0x100100, 0x100000, 0x100000, 0, 0x100010), -ENOEXEC,
         "its header has the image end at 0x100000, begin at 0x100000, which is at offset 0x0 of "
         "0x2800 (check load_end_addr)"},
        {WITH(0x10003, 0, 0x100100, 0x100000, 0x102801, 0, 0x100010), -ENOEXEC,
         "its header has the image end at 0x102801"},
        {WITH(0x10003, 0, 0x100100, 0x100000, 1, 0, 0x100010), -ENOEXEC,
         "its header has the image end at 0x1, begin"},
        {WITH(0x10003, 0, 0x100100, 0x100000, 0x102800, 0x1027ff, 0x100010), -ENOEXEC,
         "its header has the bss end at 0x1027ff, before the image does, at 0x102800"},
        {WITH(0x10003, 0, 0x100100, 0x100000, 0, 0xffffffff, 0x100010), -ERANGE,
         "segment 0, 0xffefffff bytes at 0x100000: no RAM at 0x400000"},
        {WITH(0x10003, 0, 0x100100, 0x100000, 0, 0, 0xfffff), -ENOEXEC,
         "the entry 0xfffff in its header is in none of its segments"},
        {WITH(0x10003, 0, 0x100100, 0x100000, 0, 0, 0x102800), -ENOEXEC,
         "the entry 0x102800 in its header is in none of its segments"},
        {WITH(0x10003, 0, 0xb8100, 0xb8000, 0, 0, 0xb8000), -ERANGE,
         "segment 0, 0x2800 bytes at 0xb8000: no RAM at 0xb8000"},
        {WITH(0x10003, 0, 0x1100, 0x1000, 0, 0, 0x1000), -ERANGE,
         "segment 0, 0x2800 bytes at 0x1000, would overwrite the GDT"},
        {WITH(0x10003, 0, 0xffffff00, 0xfffffe00, 0, 0, 0xfffffe00), -ERANGE,
         "it goes up to 0x1000025ff: out of reach in protected mode"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct raw raw;
        fixture_open(&f);
        make_raw(&raw, cases[i].header);
        const struct boot_request request = {.format = BOOT_MULTIBOOT, .ram = 4 * MiB};
        CHECK_EQ(fixture_load(&f, &raw, sizeof raw, request), cases[i].code);
        f.error.text[strnlen(cases[i].text, sizeof f.error.text - 1)] = 0;
        CHECK_STR(f.error.text, cases[i].text);
        CHECK(filled(&f, 0x2000, 0x9dc00, 0xcc));
        CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc));
        fixture_close(&f);
    }
}

/* The address fields end where the file or the first 8 KiB do; one byte less is too few. */
static void headers_end_where_they_end(void)
{
    static uint8_t bytes[0x4000];
    struct fixture f;
    const struct boot_request request = {.format = BOOT_MULTIBOOT, .ram = 4 * MiB};
    struct header header = raw_header;
    fixture_open(&f);
    header.load_addr = header.header_addr, header.load_end_addr = 0, header.bss_end_addr = 0x200000;
    put_header(bytes, 8192 - sizeof header, header);
    CHECK_EQ(fixture_load(&f, bytes, 8192, request), 0);
    CHECK_EQ(fixture_load(&f, bytes, sizeof bytes, request), 0);
    CHECK_EQ(fixture_load(&f, bytes, 8191, request), -ENOEXEC);
    CHECK_STR(f.error.text,
              "its Multiboot header at offset 0x1fe0 is cut short: its address fields "
              "end past the first 8191 bytes");
    memset(bytes, 0, sizeof bytes);
    put_header(bytes, 8192 - sizeof header + 4, header);
    CHECK_EQ(fixture_load(&f, bytes, sizeof bytes, request), -ENOEXEC);
    CHECK_STR(f.error.text,
              "its Multiboot header at offset 0x1fe4 is cut short: its address fields "
              "end past the first 8192 bytes");
    CHECK_EQ(fixture_load(&f, bytes, 8, request), -ENOEXEC);
    CHECK(!strncmp(f.error.text, "no Multiboot 1 header in its first 8192 bytes", 45));
    fixture_close(&f);
}

int main(void)
{
    TEST(a_kernel_goes_where_its_header_says);
    TEST(zeros_in_the_header_mean_the_file_s_end);
    TEST(the_information_is_whole);
    TEST(an_elf_kernel_has_its_sections);
    TEST(sections_without_a_place_are_left_out);
    TEST(section_tables_that_lie_are_not_handed_on);
    TEST(modules_and_information_keep_clear_of_all_else);
    TEST(modules_are_above_the_kernel);
    TEST(modules_without_a_place_are_named);
    TEST(auto_takes_it_where_a_header_can_be);
    TEST(each_header_that_lies_has_its_error);
    TEST(headers_end_where_they_end);
    return check_done();
}
