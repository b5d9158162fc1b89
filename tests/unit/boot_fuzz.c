/* All loaders of vmm/boot on files that were changed in their headers, the same ones at each run.
 * What must hold: nothing is written where no image may be, what is loaded beside the image is
 * whole, the CPU starts in memory, an error says something, and no file stays open. The sanitizers
 * look for the rest. */
#include "tests/unit/boot_fixture.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

enum { SIZE = 0x1800, CD_SIZE = 22 * 2048, ROUNDS = 2000 };

/* ---- Random numbers, and those that headers are broken by */

static uint64_t next(uint64_t *random) /* xorshift64 */
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    return *random ^= *random << 17;
}

static uint64_t nasty(uint64_t *random)
{
    static const uint64_t values[] = {
        0,         1,          7,          8,          16,
        0x28,      0x1f,       0x200,      SIZE,       0x1000,
        0x2000,    0x9f000,    0xa0000,    0x100000,   0x3ff000,
        0x400000,  0x7fffffff, 0x80000000, UINT32_MAX, (uint64_t)UINT32_MAX + 1,
        INT64_MAX, UINT64_MAX,
    };
    const uint64_t r = next(random), value = values[r % (sizeof values / sizeof *values)];
    return r & 0x10000 ? value + (r >> 20 & 0x1f) - 16 : value;
}

/* ---- Good files, and where their headers are */

struct file {
    uint8_t bytes[CD_SIZE];
    size_t size; /* SIZE, or of a CD CD_SIZE */
    struct range {
        size_t begin, end;
    } headers[4]; /* which are changed; those with no bytes are not there */
    /* Where the headers are whose checksum is made right again, or 0. */
    size_t multiboot, multiboot2, catalog;
};

static void put(struct file *file, size_t offset, const void *bytes, size_t len)
{
    memcpy(file->bytes + offset, bytes, len);
}

static uint32_t get32(const struct file *file, size_t offset)
{
    uint32_t value;
    memcpy(&value, file->bytes + offset, sizeof value);
    return value;
}

/* All 16-bit words of a boot catalog's first entry make 0. */
static void put_catalog_checksum(struct file *file)
{
    uint16_t words[16], sum = 0;
    memcpy(words, file->bytes + file->catalog, sizeof words);
    for (size_t i = 0; i < 16; i++)
        sum = (uint16_t)(sum + (i == 14 ? 0 : words[i]));
    sum = (uint16_t)-sum;
    put(file, file->catalog + 28, &sum, sizeof sum);
}

/* Makes checksums right, so that what is behind them is looked at. */
static void put_checksums(struct file *file)
{
    const size_t h = file->multiboot, h2 = file->multiboot2;
    const uint32_t sum = -(get32(file, h) + get32(file, h + 4));
    const uint32_t sum2 = -(get32(file, h2) + get32(file, h2 + 4) + get32(file, h2 + 8));
    if (h)
        put(file, h + 8, &sum, sizeof sum);
    if (h2)
        put(file, h2 + 12, &sum2, sizeof sum2);
    if (file->catalog)
        put_catalog_checksum(file);
}

static void make_disk(struct file *file)
{
    put(file, 510, "\x55\xaa", 2);
    file->headers[0] = (struct range){0, 512};
}

/* Block 17 says that the catalog is in block 18, which says that 4 sectors of block 20 are booted.
 */
static void make_cd(struct file *file)
{
    static const uint8_t entries[64] = {
        [0] = 1, [30] = 0x55, [31] = 0xaa, [32] = 0x88, [38] = 4, [40] = 20};
    enum { RECORD = 17 * 2048, CATALOG = 18 * 2048 };
    file->size = CD_SIZE;
    memset(file->bytes + RECORD, 0, 4096);
    put(file, RECORD, "\0CD001\1EL TORITO SPECIFICATION", 31);
    file->bytes[RECORD + 0x47] = 18;
    put(file, CATALOG, entries, sizeof entries);
    file->catalog = CATALOG;
    file->headers[0] = (struct range){RECORD, RECORD + 0x4b};
    file->headers[1] = (struct range){CATALOG, CATALOG + sizeof entries};
}

static void make_flat(struct file *file)
{
    file->headers[0] = (struct range){0, 16};
}

/* Placed by its header: from 0x100 on to 0x100000, up to the file's end, and a bss. */
static void make_multiboot(struct file *file)
{
    static const uint32_t header[] = {0x1badb002, 0x10003,  0,        0x100000,
                                      0x100000,   0x101000, 0x102000, 0x100010};
    file->multiboot = 0x100;
    put(file, 0x100, header, sizeof header);
    file->headers[0] = (struct range){0x100, 0x100 + sizeof header};
}

/* Each tag that there is. */
static void make_multiboot2(struct file *file)
{
    static const uint32_t header[] = {
        0xe85250d6, 0,        152,      0,        1,      16, 6,        9, 2, 24,
        0x100000,   0x100000, 0x101000, 0x102000, 3,      12, 0x100010, 0, 4, 12,
        3,          0,        5,        20,       80,     25, 0,        0, 6, 8,
        10,         24,       0x100000, 0x3fffff, 0x1000, 2,  0,        8,
    };
    _Static_assert(sizeof header == 152, "as it says");
    file->multiboot2 = 0x100;
    put(file, 0x100, header, sizeof header);
    file->headers[0] = (struct range){0x100, 0x100 + sizeof header};
}

/* Code at 0x1000, notes at 0x1200, sections at 0x1400; of class CLASS. */
#define MAKE_ELF(file, class, ident_class, arch)                                                   \
    do {                                                                                           \
        const Elf##class##_Ehdr ehdr = {                                                           \
            .e_ident = {0x7f, 'E', 'L', 'F', ident_class, ELFDATA2LSB, EV_CURRENT},                \
            .e_type = ET_EXEC,                                                                     \
            .e_machine = arch,                                                                     \
            .e_version = EV_CURRENT,                                                               \
            .e_entry = 0x100010,                                                                   \
            .e_phoff = sizeof ehdr,                                                                \
            .e_phentsize = sizeof(Elf##class##_Phdr),                                              \
            .e_phnum = 2,                                                                          \
            .e_shoff = 0x1400,                                                                     \
            .e_shentsize = sizeof(Elf##class##_Shdr),                                              \
            .e_shnum = 3,                                                                          \
            .e_shstrndx = 2,                                                                       \
        };                                                                                         \
        const Elf##class##_Phdr phdr[] = {{.p_type = PT_LOAD,                                      \
                                           .p_offset = 0x1000,                                     \
                                           .p_vaddr = 0x100000,                                    \
                                           .p_paddr = 0x100000,                                    \
                                           .p_filesz = 0x200,                                      \
                                           .p_memsz = 0x1800},                                     \
                                          {.p_type = PT_NOTE,                                      \
                                           .p_offset = 0x1200,                                     \
                                           .p_filesz = sizeof notes,                               \
                                           .p_memsz = sizeof notes}};                              \
        const Elf##class##_Shdr shdr[] = {                                                         \
            {.sh_type = SHT_NULL},                                                                 \
            {.sh_type = SHT_SYMTAB, .sh_offset = 0x1500, .sh_size = 0x80, .sh_addralign = 4},      \
            {.sh_type = SHT_STRTAB, .sh_offset = 0x1580, .sh_size = 0x21, .sh_addralign = 1},      \
        };                                                                                         \
        put(file, 0, &ehdr, sizeof ehdr);                                                          \
        put(file, sizeof ehdr, phdr, sizeof phdr);                                                 \
        put(file, 0x1400, shdr, sizeof shdr);                                                      \
        (file)->headers[0] = (struct range){0, sizeof ehdr + sizeof phdr};                         \
        (file)->headers[1] = (struct range){0x1400, 0x1400 + sizeof shdr};                         \
    } while (0)

/* Notes of nobody: words for what make_pvh and make_vmlinux put there. */
struct note {
    uint32_t owner_size, size, type;
    char owner[8];
    uint64_t value;
} __attribute__((packed));

static const struct note notes[1];

static void make_elf32(struct file *file)
{
    MAKE_ELF(file, 32, ELFCLASS32, EM_386);
}

static void make_elf64(struct file *file)
{
    MAKE_ELF(file, 64, ELFCLASS64, EM_X86_64);
}

static void put_note(struct file *file, const struct note *note)
{
    put(file, 0x1200, note, sizeof *note);
    file->headers[2] = (struct range){0x1200, 0x1200 + sizeof *note};
}

static void make_pvh(struct file *file)
{
    make_elf64(file);
    /* An owner of 4 bytes, and the address of 8 behind it. */
    put_note(file, &(struct note){4, 8, 18, {'X', 'e', 'n', 0, 0x10, 0, 0x10, 0}, 0});
}

static void make_vmlinux(struct file *file)
{
    make_elf64(file);
    put_note(file, &(struct note){6, 4, 0x101, {'L', 'i', 'n', 'u', 'x'}, 1});
}

static void make_multiboot_elf(struct file *file)
{
    static const uint32_t header[] = {0x1badb002, 3, 0};
    make_elf32(file);
    file->multiboot = 0x1000;
    put(file, 0x1000, header, sizeof header);
    file->headers[3] = (struct range){0x1000, 0x1000 + sizeof header};
}

static void make_multiboot2_elf(struct file *file)
{
    static const uint32_t header[] = {0xe85250d6, 0,        48,     0, 10, 24,
                                      0x100000,   0x3fffff, 0x1000, 1, 0,  8};
    make_elf64(file);
    file->multiboot2 = 0x1000;
    put(file, 0x1000, header, sizeof header);
    file->headers[3] = (struct range){0x1000, 0x1000 + sizeof header};
}

/* Two sectors behind the first; protocol 2.15. By boot.rst's offsets. */
static void make_bzimage(struct file *file)
{
    static const struct {
        uint16_t offset, len;
        uint64_t value;
    } fields[] = {
        {0x1f1, 1, 2},          {0x1f4, 4, (SIZE - 0x600) / 16},
        {0x1fe, 2, 0xaa55},     {0x200, 2, 0x6aeb},
        {0x202, 4, 0x53726448}, {0x206, 2, 0x20f},
        {0x20e, 2, 0x300},      {0x211, 1, 1},
        {0x214, 4, 0x100000},   {0x22c, 4, 0x7fffffff},
        {0x230, 4, 0x1000},     {0x234, 1, 1},
        {0x236, 2, 1},          {0x238, 4, 2047},
        {0x258, 8, 0x180000},   {0x260, 4, 0x10000},
    };
    memset(file->bytes + 0x1f1, 0, 0x26c - 0x1f1);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        put(file, fields[i].offset, &fields[i].value, fields[i].len);
    put(file, 0x500, "7.0-test\n", 10);
    file->headers[0] = (struct range){0x1f1, 0x26c};
}

/* ---- Changing them */

static void change_header(struct file *file, uint64_t *random)
{
    const struct range *header = &file->headers[next(random) % 4];
    const size_t len = header->end - header->begin;
    if (!len)
        return;
    const uint64_t value = nasty(random);
    size_t width = (size_t)1 << next(random) % 4, offset = next(random) % len;
    if (next(random) % 2)
        offset &= ~(width - 1);
    if (width > len - offset)
        width = len - offset;
    if (next(random) % 4)
        put(file, header->begin + offset, &value, width);
    else
        file->bytes[header->begin + offset] ^= (uint8_t)(1u << next(random) % 8);
}

/* Changes FILE in one to three places; returns how many bytes of it are left. */
static size_t change(struct file *file, uint64_t *random)
{
    for (uint64_t n = next(random) % 3 + 1; n; n--)
        change_header(file, random);
    if (next(random) % 8)
        put_checksums(file);
    return next(random) % 16 ? file->size : next(random) % file->size + 1;
}

/* ---- Loading them */

static const struct kind {
    const char *name;
    void (*make)(struct file *file);
    struct boot_request request;
    enum { ALONE, WITH_MODULES, WITH_INITRD } beside; /* every second time */
} kinds[] = {
    {"a disk", make_disk, {.format = BOOT_AUTO}, ALONE},
    {"a CD", make_cd, {.format = BOOT_CD}, ALONE},
    {"a flat binary",
     make_flat,
     {.format = BOOT_FLAT, .has_address = true, .has_mode = true},
     ALONE},
    {"ELF32", make_elf32, {.format = BOOT_AUTO}, ALONE},
    {"ELF64", make_elf64, {.format = BOOT_ELF}, ALONE},
    {"Multiboot 1", make_multiboot, {.format = BOOT_AUTO}, ALONE},
    {"Multiboot 1, ELF32", make_multiboot_elf, {.format = BOOT_MULTIBOOT}, WITH_MODULES},
    {"Multiboot 2", make_multiboot2, {.format = BOOT_MULTIBOOT2}, WITH_MODULES},
    {"Multiboot 2, ELF64", make_multiboot2_elf, {.format = BOOT_AUTO}, ALONE},
    {"a bzImage", make_bzimage, {.format = BOOT_LINUX}, WITH_INITRD},
    {"a bzImage, 32-bit",
     make_bzimage,
     {.format = BOOT_LINUX, .has_mode = true, .mode = CPU_PROTECTED},
     WITH_INITRD},
    {"a bzImage, 16-bit",
     make_bzimage,
     {.format = BOOT_LINUX, .has_mode = true, .mode = CPU_REAL},
     ALONE},
    {"vmlinux", make_vmlinux, {.format = BOOT_LINUX}, WITH_INITRD},
    {"PVH", make_pvh, {.format = BOOT_PVH}, WITH_INITRD},
};

/* A flat binary's place is not in its file. */
static void change_request(struct boot_request *request, uint64_t *random)
{
    if (request->format != BOOT_FLAT)
        return;
    request->address = nasty(random);
    request->mode = (enum cpu_mode)(next(random) % 3);
    request->has_entry = next(random) % 2;
    request->entry = nasty(random);
}

/* The file that is loaded beside the images: what its bytes are, no kernel has in a header. */
enum { BESIDE = 0x1234 };

struct run {
    struct fixture f;
    struct temp_file image, beside;
    uint8_t beside_bytes[BESIDE];
    uint64_t random;
    unsigned loaded;
};

/* Nobody may write here; the fixture has left 0xcc in low RAM and zeros elsewhere. */
static void check_untouched(const struct fixture *f)
{
    CHECK(filled(f, 0, LAYOUT_BIOS_DATA_SIZE, 0xcc));
    CHECK(filled(f, LAYOUT_EBDA, LAYOUT_LOW_RAM_END - LAYOUT_EBDA, 0xcc));
    CHECK(filled(f, LAYOUT_VGA, LAYOUT_VGA_SIZE, 0));
    CHECK(filled(f, LAYOUT_ROM, LAYOUT_ROM_SIZE, 0));
}

/* How often the file beside the image is in memory, from a page's beginning on. */
static unsigned count_beside(const struct run *run)
{
    unsigned count = 0;
    for (uint64_t gpa = 0; gpa < 4 * MiB; gpa += MEMORY_PAGE) {
        const void *at = memory_at(run->f.memory, gpa, BESIDE);
        count += at && !memcmp(at, run->beside_bytes, BESIDE);
    }
    return count;
}

/* Takes it out again, so that the next one is not taken for it. */
static void forget_beside(const struct run *run)
{
    for (uint64_t gpa = 0; gpa < 4 * MiB; gpa += MEMORY_PAGE) {
        uint8_t *at = memory_at(run->f.memory, gpa, BESIDE);
        if (at && !memcmp(at, run->beside_bytes, 16))
            memset(at, 0xcc, 16);
    }
}

static void check_loaded(struct run *run, const struct boot_request *request)
{
    const struct cpu_state *s = &run->f.result.state;
    const unsigned beside = request->module_count + (request->initrd != NULL);
    CHECK(memory_find(run->f.memory, s->seg[CPU_CS].base + s->rip) != NULL);
    if (beside)
        CHECK(count_beside(run) >= beside);
    forget_beside(run);
    run->loaded++;
}

static void run_once(struct run *run, const struct kind *kind, const struct file *good)
{
    struct file file = *good;
    struct boot_request request = kind->request;
    const size_t size = change(&file, &run->random);
    change_request(&request, &run->random);
    request.ram = 4 * MiB;
    if (kind->beside == WITH_MODULES && next(&run->random) % 2) {
        request.modules[0] = request.modules[1] = (struct boot_module){run->beside.path, "x"};
        request.module_count = 2;
    }
    if (kind->beside == WITH_INITRD && next(&run->random) % 2)
        request.initrd = run->beside.path;
    if (ftruncate(run->image.fd, (off_t)size) ||
        pwrite(run->image.fd, file.bytes, size, 0) != (ssize_t)size)
        check_fail(__FILE__, __LINE__, "writing the image");

    int r = fixture_load_file(&run->f, &run->image, request);
    CHECK(r == 0 || r == -ENOEXEC || r == -ERANGE || r == -ENOSPC || r == -EINVAL || r == -ENXIO);
    if (r)
        CHECK(run->f.error.text[0] != 0);
    else
        check_loaded(run, &request);
    check_untouched(&run->f);
}

static void fuzz(const struct kind *kind)
{
    struct run run = {.random = 0x5713e75713e7};
    struct file good = {.multiboot = 0};
    fixture_open(&run.f);
    for (size_t i = 0; i < BESIDE; i++)
        run.beside_bytes[i] = (uint8_t)next(&run.random);
    temp_file(&run.beside, run.beside_bytes, BESIDE);
    memset(good.bytes, 0x5a, sizeof good.bytes);
    good.size = SIZE;
    kind->make(&good);
    put_checksums(&good);
    temp_file(&run.image, good.bytes, good.size);
    const int lowest = fcntl(0, F_DUPFD, 0), failures = check_failures;
    close(lowest);
    for (unsigned i = 0; i < ROUNDS && check_failures == failures; i++)
        run_once(&run, kind, &good);
    const int after = fcntl(0, F_DUPFD, 0);
    close(after);
    CHECK_EQ(after, lowest); /* nothing was left open */
    /* Both ways were taken often enough for this to mean something. */
    CHECK(run.loaded > ROUNDS / 20);
    if (check_failures != failures)
        printf("    (that was %s; %u loaded)\n", kind->name, run.loaded);
    temp_file_remove(&run.image);
    temp_file_remove(&run.beside);
    fixture_close(&run.f);
}

static void changed_files_harm_nothing(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fuzz(&kinds[i]);
}

int main(void)
{
    TEST(changed_files_harm_nothing);
    return check_done();
}
