/* vmm/boot/multiboot2*.c: the tags of headers, good and bad; kernels that may be moved; and the
 * information, tag by tag. */
#include "tests/unit/boot_fixture.h"

#include <elf.h>
#include <stddef.h>

#define MAGIC 0xe85250d6u

/* A file whose header is put together by tags. Its bytes from HEADER on go to 0x100000. */
enum { SIZE = 0x2000, HEADER = 0x200 };

struct file {
    uint8_t bytes[SIZE];
    size_t end; /* of the header so far */
};

static void put32(struct file *file, uint32_t value)
{
    memcpy(file->bytes + file->end, &value, sizeof value);
    file->end += sizeof value;
}

/* COUNT numbers follow type, flags and size. */
static void add_tag(struct file *file, uint16_t type, uint16_t flags, const uint32_t *body,
                    size_t count)
{
    file->end = (file->end + 7) & ~(size_t)7;
    put32(file, type | (uint32_t)flags << 16);
    put32(file, (uint32_t)(8 + 4 * count));
    for (size_t i = 0; i < count; i++)
        put32(file, body[i]);
}

#define TAG(file, type, flags, ...)                                                                \
    add_tag(file, type, flags, (const uint32_t[]){__VA_ARGS__},                                    \
            sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static void begin_header(struct file *file)
{
    memset(file->bytes, 0x5a, SIZE);
    file->end = HEADER + 16;
}

/* Its length is LENGTH, or what it is if that is 0. */
static void end_header(struct file *file, uint32_t architecture, uint32_t length)
{
    if (!length)
        length = (uint32_t)(file->end - HEADER);
    const uint32_t head[] = {MAGIC, architecture, length, -(MAGIC + architecture + length)};
    memcpy(file->bytes + HEADER, head, sizeof head);
}

/* Where it goes: all of the file behind the header's begin, and as much again of bss. */
static void add_addresses(struct file *file)
{
    TAG(file, 2, 0, 0x100000, 0x100000, 0, 0x100000 + 2 * SIZE);
    TAG(file, 3, 0, 0x100100);
}

static void add_end(struct file *file)
{
    add_tag(file, 0, 0, NULL, 0);
}

static const struct boot_request request = {.ram = 4 * MiB};

static int load(struct fixture *f, struct file *file)
{
    end_header(file, 0, 0);
    return fixture_load(f, file->bytes, SIZE, request);
}

/* ---- The information */

/* The tag TYPE, the NTHth of that type, or NULL; each tag is checked on the way. */
static const uint8_t *find_tag(const struct fixture *f, uint32_t type, unsigned nth)
{
    const uint64_t gpa = f->result.state.gpr[CPU_RBX];
    const uint32_t *head = memory_at(f->memory, gpa, 8);
    const uint8_t *bytes = memory_at(f->memory, gpa, head[0]), *found = NULL;
    CHECK_EQ(gpa % 8, 0);
    CHECK_EQ(head[1], 0);
    for (uint32_t at = 8; bytes && at + 8 <= head[0];) {
        uint32_t tag[2];
        memcpy(tag, bytes + at, sizeof tag);
        CHECK(tag[1] >= 8 && tag[1] <= head[0] - at);
        if (tag[0] == type && nth-- == 0)
            found = bytes + at;
        if (tag[0] == 0) {
            CHECK_EQ(tag[1], 8);
            CHECK_EQ(at + 8, head[0]);
            return found;
        }
        at += (tag[1] + 7) & ~7u;
    }
    check_fail(__FILE__, __LINE__, "no end tag");
    return NULL;
}

static void check_tag(const struct fixture *f, uint32_t type, unsigned nth, const void *body,
                      size_t len)
{
    const uint8_t *tag = find_tag(f, type, nth);
    CHECK(tag != NULL);
    if (!tag)
        return;
    uint32_t size;
    memcpy(&size, tag + 4, sizeof size);
    CHECK_EQ(size, 8 + len);
    CHECK_MEM(tag + 8, body, len);
}

static void the_information_is_whole(void)
{
    static const uint8_t bytes[0x1001] = {0x77};
    struct fixture f;
    struct file file;
    struct temp_file kernel, a;
    fixture_open(&f);
    begin_header(&file);
    TAG(&file, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 21);
    add_addresses(&file);
    add_end(&file);
    end_header(&file, 0, 0);
    temp_file(&kernel, file.bytes, SIZE);
    temp_file(&a, bytes, sizeof bytes);
    struct boot_request with = {.ram = 4 * MiB,
                                .append = "a=b  c",
                                .modules = {{a.path, "x y"}, {a.path, NULL}},
                                .module_count = 2,
                                .has_drive = true};
    CHECK_EQ(fixture_load_file(&f, &kernel, with), 0);
    CHECK_EQ(f.result.format, BOOT_MULTIBOOT2);
    CHECK_EQ(f.result.state.gpr[CPU_RAX], 0x36d76289);
    CHECK_EQ(f.result.state.rip, 0x100100);
    CHECK_MEM(memory_at(f.memory, 0x100000, SIZE - HEADER), file.bytes + HEADER, SIZE - HEADER);
    CHECK(filled(&f, 0x100000 + SIZE - HEADER, SIZE + HEADER, 0));

    check_tag(&f, 1, 0, "a=b  c", 7);
    check_tag(&f, 2, 0, "stepvm " STEPVM_VERSION, sizeof "stepvm " STEPVM_VERSION);
    check_tag(&f, 3, 0, "\0\x40\x10\0\x01\x50\x10\0x y", 12);
    check_tag(&f, 3, 1, "\0\x60\x10\0\x01\x70\x10\0", 9);
    CHECK_MEM(memory_at(f.memory, 0x106000, sizeof bytes), bytes, sizeof bytes);
    check_tag(&f, 4, 0, (const uint32_t[]){639, 3072}, 8);
    check_tag(&f, 5, 0, (const uint32_t[]){0x80, UINT32_MAX, UINT32_MAX}, 12);
    check_tag(&f, 8, 0, (const uint32_t[]){0xb8000, 0, 160, 80, 25, 0x0210}, 24);
    const uint32_t *map = (const uint32_t *)(const void *)find_tag(&f, 6, 0);
    static const uint32_t begin[] = {24, 0, 0, 0, 0x9fc00, 0, 1, 0, 0x9fc00, 0, 0x400, 0, 2, 0};
    CHECK_MEM(map + 2, begin, sizeof begin);
    CHECK_EQ((map[1] - 16) % 24, 0);
    CHECK(!find_tag(&f, 9, 0) && !find_tag(&f, 10, 0) && !find_tag(&f, 21, 0));

    with = request; /* nothing to tell: */
    CHECK_EQ(fixture_load_file(&f, &kernel, with), 0);
    check_tag(&f, 1, 0, "", 1);
    CHECK(!find_tag(&f, 3, 0) && !find_tag(&f, 5, 0));
    temp_file_remove(&a);
    temp_file_remove(&kernel);
    fixture_close(&f);
}

/* ACPI's root pointer is copied from where it is, if it is there. */
static void acpi_is_told_of(void)
{
    static const char rsdp[37] = "RSD PTR +STEPVM\2rsdtlen.xsdtxsdt+...";
    struct fixture f;
    struct file file;
    fixture_open(&f);
    begin_header(&file);
    add_addresses(&file);
    add_end(&file);
    CHECK_EQ(load(&f, &file), 0);
    CHECK(!find_tag(&f, 14, 0) && !find_tag(&f, 15, 0));
    CHECK_EQ(memory_add(f.memory, LAYOUT_TABLES, MEMORY_PAGE, MEMORY_ROM, "tables", &f.error), 0);
    CHECK_EQ(load(&f, &file), 0);
    CHECK(!find_tag(&f, 14, 0) && !find_tag(&f, 15, 0));
    memory_poke(f.memory, LAYOUT_RSDP, rsdp, 36);
    CHECK_EQ(load(&f, &file), 0);
    check_tag(&f, 14, 0, rsdp, 20);
    check_tag(&f, 15, 0, rsdp, 36);
    fixture_close(&f);
}

/* ---- ELF64, entered in 32-bit code */

struct elf {
    union {
        uint8_t bytes[0x1400];
        struct {
            Elf64_Ehdr header;
            Elf64_Phdr p;
        };
    };
};

enum { TEXT = 0x1000, STRINGS = 0x1200, TABLE = 0x1300 };

static void make_elf(struct elf *elf, const struct file *header)
{
    memset(elf, 0, sizeof *elf);
    memcpy(elf->header.e_ident, ELFMAG "\2\1\1", 7);
    elf->header.e_type = ET_EXEC;
    elf->header.e_machine = EM_X86_64;
    elf->header.e_version = EV_CURRENT;
    elf->header.e_phentsize = sizeof elf->p;
    elf->header.e_phoff = sizeof elf->header;
    elf->header.e_phnum = 1;
    elf->header.e_entry = 0xffffffff80000010;
    elf->header.e_shoff = TABLE;
    elf->header.e_shentsize = sizeof(Elf64_Shdr);
    elf->header.e_shnum = 2;
    elf->header.e_shstrndx = 1;
    elf->p = (Elf64_Phdr){PT_LOAD, 7, TEXT, 0xffffffff80000000, 0x100000, 0x200, 0x800, 0x1000};
    memcpy(elf->bytes + TEXT, header->bytes + HEADER, 0x200);
    memset(elf->bytes + STRINGS, 0x52, 0x21);
    const Elf64_Shdr strings = {1, SHT_STRTAB, 0, 0, STRINGS, 0x21, 0, 0, 1, 0};
    memcpy(elf->bytes + TABLE + sizeof strings, &strings, sizeof strings);
}

static void an_elf64_kernel_has_its_sections(void)
{
    struct fixture f;
    struct file file;
    struct elf elf;
    fixture_open(&f);
    begin_header(&file);
    add_end(&file);
    end_header(&file, 0, 0);
    make_elf(&elf, &file);
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, request), 0);
    CHECK_EQ(f.result.elf_bits, 64);
    CHECK_EQ(f.result.mode, CPU_PROTECTED);
    CHECK_EQ(f.result.state.rip, 0x100010);
    CHECK_EQ(f.result.state.cr0, 0x11);
    CHECK_EQ(f.result.state.efer, 0);
    struct {
        uint32_t count, size, names;
        uint8_t table[2 * sizeof(Elf64_Shdr)];
    } expected = {2, 64, 1, {0}};
    const uint64_t address = 0x101000;
    memcpy(expected.table, elf.bytes + TABLE, sizeof expected.table);
    memcpy(expected.table + 64 + offsetof(Elf64_Shdr, sh_addr), &address, sizeof address);
    check_tag(&f, 9, 0, &expected, sizeof expected);
    CHECK(filled(&f, 0x101000, 0x21, 0x52));
    fixture_close(&f);
}

/* The header's entry counts, not the file's. */
static void an_entry_tag_is_physical(void)
{
    struct fixture f;
    struct file file;
    struct elf elf;
    fixture_open(&f);
    begin_header(&file);
    TAG(&file, 3, 0, 0x100123);
    add_end(&file);
    end_header(&file, 0, 0);
    make_elf(&elf, &file);
    CHECK_EQ(fixture_load(&f, &elf, sizeof elf, request), 0);
    CHECK_EQ(f.result.state.rip, 0x100123);
    fixture_close(&f);
}

/* ---- Kernels that may be moved */

static void a_kernel_goes_where_it_may(void)
{
    static const struct {
        uint32_t min, max, align, preference;
        int result;
        uint32_t base;
    } cases[] = {
        {0x100000, 0x3fffff, 0x1000, 0, 0, 0x100000}, /* stays, if it may */
        {0x200000, 0x3fffff, 0x1000, 0, 0, 0x200000},
        {0x100001, 0x3fffff, 0x1000, 0, 0, 0x101000},
        {0x100000, 0x3fffff, 0x200000, 0, 0, 0x200000},
        {0x100000, 0x103fff, 0, 0, 0, 0x100000},
        {0x100000, 0x103ffe, 0, 0, -ENOSPC, 0},
        {0, UINT32_MAX, 0x1000, 1, 0, 0x8000},
        {0, UINT32_MAX, 0x1000, 2, 0, 0x3fc000},
        {0, UINT32_MAX, 0x1000, 77, 0, 0x100000},
        {0x100000, 0x3ff000, 1, 2, 0, 0x3fb001},
        {0x100000, 0x3ff000, 0x1000, 2, 0, 0x3fb000},
        {0xa0000, 0xfffff, 1, 2, -ENOSPC, 0},
        {0x200000, 0x100000, 1, 1, -ENOSPC, 0},
        {0, UINT32_MAX, 0x80000000, 1, -ENOSPC, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct file file;
        const int failures = check_failures;
        fixture_open(&f);
        begin_header(&file);
        add_addresses(&file);
        TAG(&file, 10, 0, cases[i].min, cases[i].max, cases[i].align, cases[i].preference);
        add_end(&file);
        CHECK_EQ(load(&f, &file), cases[i].result);
        if (cases[i].result == 0) {
            CHECK_EQ(f.result.state.rip, cases[i].base + 0x100);
            CHECK_MEM(memory_at(f.memory, cases[i].base, SIZE - HEADER), file.bytes + HEADER,
                      SIZE - HEADER);
            CHECK(filled(&f, cases[i].base + SIZE - HEADER, SIZE + HEADER, 0));
            check_tag(&f, 21, 0, &cases[i].base, 4);
        } else {
            CHECK(!strncmp(f.error.text, "no room for its 0x4000 bytes at 0x", 33));
            CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc));
        }
        if (check_failures != failures)
            printf("    (that was case %zu)\n", i);
        fixture_close(&f);
    }
}

/* ---- Headers */

static void what_is_optional_may_be_missing(void)
{
    struct fixture f;
    struct file file;
    fixture_open(&f);
    begin_header(&file);
    add_addresses(&file);
    TAG(&file, 1, 1, 99);
    TAG(&file, 4, 1, 1);
    TAG(&file, 5, 0, 1024, 768, 32);
    TAG(&file, 0x1234, 1, 1, 2, 3);
    add_tag(&file, 6, 0, NULL, 0);
    add_tag(&file, 7, 0, NULL, 0);
    TAG(&file, 8, 0, 1);
    TAG(&file, 9, 0, 1);
    add_end(&file);
    CHECK_EQ(load(&f, &file), 0);
    CHECK_STR(f.error.text, "");
    fixture_close(&f);
}

static void a_file_may_be_loaded_from_its_begin(void)
{
    struct fixture f;
    struct file file;
    fixture_open(&f);
    begin_header(&file);
    TAG(&file, 2, 0, 0x200000 + HEADER, UINT32_MAX, 0, 0);
    TAG(&file, 3, 0, 0x200000);
    add_end(&file);
    CHECK_EQ(load(&f, &file), 0);
    CHECK_MEM(memory_at(f.memory, 0x200000, SIZE), file.bytes, SIZE);
    fixture_close(&f);
}

static void each_tag_that_can_t_be_had_has_its_error(void)
{
    static const struct {
        uint16_t type;
        size_t count;
        uint32_t body[4];
        const char *text;
    } cases[] = {
        {11, 1, {0}, "its Multiboot 2 header requires tag 11, which is not known"},
        {0xffff, 0, {0}, "its Multiboot 2 header requires tag 65535, which is not known"},
        {1, 2, {1, 22}, "its Multiboot 2 header requires information of type 22, which is not"},
        {1, 1, {0}, "its Multiboot 2 header requires information of type 0, which is not known"},
        {2, 3, {0}, "its Multiboot 2 header's address tag has 20 bytes, not 24"},
        {3, 0, {0}, "its Multiboot 2 header's entry address tag has 8 bytes, not 12"},
        {4, 0, {0}, "its Multiboot 2 header's console flags tag has 8 bytes, not 12"},
        {4,
         1,
         {1},
         "its Multiboot 2 header requires a console that is no text screen (console "
         "flags 0x1), and there is no other"},
        {5, 2, {0}, "its Multiboot 2 header's framebuffer tag has 16 bytes, not 20"},
        {10, 3, {0}, "its Multiboot 2 header's relocatable tag has 20 bytes, not 24"},
        {10,
         4,
         {0, UINT32_MAX, 0x3000, 0},
         "its Multiboot 2 header wants it at a multiple of 0x3000, which is no power of two"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct file file;
        fixture_open(&f);
        begin_header(&file);
        add_tag(&file, cases[i].type, 0, cases[i].body, cases[i].count);
        add_addresses(&file);
        add_end(&file);
        end_header(&file, 0, 0);
        const struct boot_request as = {.format = BOOT_MULTIBOOT2, .ram = 4 * MiB};
        CHECK_EQ(fixture_load(&f, file.bytes, SIZE, as), -ENOEXEC);
        f.error.text[strnlen(cases[i].text, sizeof f.error.text - 1)] = 0;
        CHECK_STR(f.error.text, cases[i].text);
        CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc));
        fixture_close(&f);
    }
}

/* The header's own fields, and the sizes of its tags. */
static void each_length_that_lies_has_its_error(void)
{
    static const struct {
        uint32_t architecture, length, tag_size;
        const char *text;
    } cases[] = {
        {4, 0, 8, "its Multiboot 2 header is for architecture 4, not 0"},
        {0, 15, 8,
         "its Multiboot 2 header at offset 0x200 is said to have 0xf bytes, which is too "
         "few or ends past the first 0x2000 of the file"},
        {0, SIZE - HEADER + 1, 8, "its Multiboot 2 header at offset 0x200 is said to have 0x1e01"},
        {0, UINT32_MAX, 8, "its Multiboot 2 header at offset 0x200 is said to have 0xffffffff"},
        {0, 16, 8, "its Multiboot 2 header, 0x10 bytes, has no end tag"},
        {0, 23, 8, "its Multiboot 2 header, 0x17 bytes, has no end tag"},
        {0, 24, 8, "its Multiboot 2 header, 0x18 bytes, has no end tag"},
        {0, 0, 0,
         "tag 6 at offset 0x10 of its Multiboot 2 header has 0 bytes: from 8 to the "
         "header's end, 0x20, are possible"},
        {0, 0, 7, "tag 6 at offset 0x10 of its Multiboot 2 header has 7 bytes"},
        {0, 0, 17, "tag 6 at offset 0x10 of its Multiboot 2 header has 17 bytes"},
        {0, 0, UINT32_MAX, "tag 6 at offset 0x10 of its Multiboot 2 header has 4294967295 bytes"},
        {0, 0, 16, "its Multiboot 2 header, 0x20 bytes, has no end tag"},
        {0, 0, 13, "its Multiboot 2 header, 0x20 bytes, has no end tag"},
        {0, 29, 12, "its Multiboot 2 header, 0x1d bytes, has no end tag"},
        {0, 29, 13, "its Multiboot 2 header, 0x1d bytes, has no end tag"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct file file;
        fixture_open(&f);
        begin_header(&file);
        add_tag(&file, 6, 0, NULL, 0);
        add_end(&file);
        end_header(&file, cases[i].architecture, cases[i].length);
        memcpy(file.bytes + HEADER + 20, &cases[i].tag_size, 4);
        const struct boot_request as = {.format = BOOT_MULTIBOOT2, .ram = 4 * MiB};
        CHECK_EQ(fixture_load(&f, file.bytes, SIZE, as), -ENOEXEC);
        f.error.text[strnlen(cases[i].text, sizeof f.error.text - 1)] = 0;
        CHECK_STR(f.error.text, cases[i].text);
        fixture_close(&f);
    }
}

static void an_address_needs_an_entry(void)
{
    struct fixture f;
    struct file file;
    fixture_open(&f);
    begin_header(&file);
    TAG(&file, 2, 0, 0x100000, 0x100000, 0, 0);
    add_end(&file);
    CHECK_EQ(load(&f, &file), -ENOEXEC);
    CHECK_STR(f.error.text, "its header has a load address but no entry address (add that tag)");
    fixture_close(&f);
}

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
    static uint8_t bytes[0x10000];
    struct file file;
    begin_header(&file);
    add_addresses(&file);
    add_end(&file);
    end_header(&file, 0, 0);
    const struct {
        size_t offset;
        enum boot_format format;
    } cases[] = {
        {0, BOOT_MULTIBOOT2},          {8, BOOT_MULTIBOOT2},    {4, BOOT_DISK},
        {32768 - 64, BOOT_MULTIBOOT2}, {32768 - 56, BOOT_DISK}, {32768, BOOT_DISK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes + cases[i].offset, file.bytes + HEADER, 0x80);
        CHECK_EQ(taken_for(bytes, sizeof bytes), cases[i].format);
    }
    memset(bytes, 0, sizeof bytes); /* of both kinds: the later one */
    memcpy(bytes + 0x1000, file.bytes + HEADER, 0x80);
    memcpy(bytes, (const uint32_t[]){0x1badb002, 0x10003, -(0x1badb002u + 0x10003)}, 12);
    CHECK_EQ(taken_for(bytes, sizeof bytes), BOOT_MULTIBOOT2);
    bytes[0x1000]++;
    CHECK_EQ(taken_for(bytes, sizeof bytes), BOOT_MULTIBOOT);
}

int main(void)
{
    TEST(the_information_is_whole);
    TEST(acpi_is_told_of);
    TEST(an_elf64_kernel_has_its_sections);
    TEST(an_entry_tag_is_physical);
    TEST(a_kernel_goes_where_it_may);
    TEST(what_is_optional_may_be_missing);
    TEST(a_file_may_be_loaded_from_its_begin);
    TEST(each_tag_that_can_t_be_had_has_its_error);
    TEST(each_length_that_lies_has_its_error);
    TEST(an_address_needs_an_entry);
    TEST(auto_takes_it_where_a_header_can_be);
    return check_done();
}
