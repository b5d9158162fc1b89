/* vmm/boot: Linux kernels by their boot protocol. Offsets are boot.rst's and zero-page.rst's,
 * written out: the kernel's header file is what the loader uses. */
#include "tests/unit/boot_fixture.h"

#define RAM        (4 * MiB)
#define PAGE       0x20000u /* the zero page, or the 16-bit part */
#define COMMAND    0x30000u
#define SETUP_DATA 0x3f000u
#define SETUP_SIZE 0x600u /* two sectors behind the boot sector */
#define KERNEL     0x200u
#define SIZE       (SETUP_SIZE + KERNEL)

/* Header fields, by their offsets in the file. */
enum {
    SETUP_SECTS = 0x1f1,
    SYSSIZE = 0x1f4,
    VID_MODE = 0x1fa,
    BOOT_FLAG = 0x1fe,
    JUMP = 0x200,
    MAGIC = 0x202,
    VERSION = 0x206,
    NAME = 0x20e,
    LOADER = 0x210,
    LOADFLAGS = 0x211,
    CODE32 = 0x214,
    RAMDISK = 0x218,
    RAMDISK_SIZE = 0x21c,
    HEAP_END = 0x224,
    CMD_LINE = 0x228,
    INITRD_MAX = 0x22c,
    ALIGNMENT = 0x230,
    RELOCATABLE = 0x234,
    XLOADFLAGS = 0x236,
    CMDLINE_SIZE = 0x238,
    SETUP_LIST = 0x250,
    PREF_ADDRESS = 0x258,
    INIT_SIZE = 0x260,
    HEADER_END = 0x26c,
};

static void put(uint8_t *bytes, size_t offset, uint64_t value, size_t len)
{
    memcpy(bytes + offset, &value, len);
}

/* A kernel as those of today: protocol 2.15, 64-bit entry, moved to where it wants to be. */
static void make(uint8_t file[SIZE])
{
    for (size_t i = 0; i < SIZE; i++)
        file[i] = (uint8_t)(i * 7 + i / 256);
    memset(file + SETUP_SECTS, 0, HEADER_END - SETUP_SECTS);
    put(file, SETUP_SECTS, 2, 1);
    put(file, SYSSIZE, KERNEL / 16, 4);
    put(file, BOOT_FLAG, 0xaa55, 2);
    put(file, JUMP, 0xeb | (HEADER_END - 0x202) << 8, 2);
    memcpy(file + MAGIC, "HdrS", 4);
    put(file, VERSION, 0x20f, 2);
    put(file, NAME, 0x300, 2); /* less 0x200 */
    put(file, LOADFLAGS, 1, 1);
    put(file, CODE32, 0x100000, 4);
    put(file, INITRD_MAX, 0x7fffffff, 4);
    put(file, ALIGNMENT, 0x1000, 4);
    put(file, RELOCATABLE, 1, 1);
    put(file, XLOADFLAGS, 1, 2);
    put(file, CMDLINE_SIZE, 20, 4);
    put(file, PREF_ADDRESS, 0x180000, 8);
    put(file, INIT_SIZE, 0x10000, 4);
    memcpy(file + 0x500, "7.0-test (me@here) #1\n", 23);
}

static const struct boot_request plain = {.ram = RAM};

/* The whole zero page that the kernel of make() should find; e820.h's map of 4 MiB. */
static void expected_page(uint8_t page[4096], const uint8_t *file)
{
    static const struct {
        uint64_t base, size;
        uint32_t type;
    } map[] = {
        {0, 0x9fc00, 1},         {0x9fc00, 0x400, 2},        {0xe0000, 0x20000, 2},
        {0x100000, 0x300000, 1}, {0xfec00000, 0x1400000, 2},
    };
    memset(page, 0, 4096);
    memcpy(page + SETUP_SECTS, file + SETUP_SECTS, HEADER_END - SETUP_SECTS);
    put(page, 0x02, 3 * 1024, 2); /* KiB above 1 MiB */
    put(page, 0x06, 3, 1);        /* video mode, columns, lines, a VGA */
    put(page, 0x07, 80, 1);
    put(page, 0x0a, 3, 2);
    put(page, 0x0e, 25, 1);
    put(page, 0x0f, 1, 1);
    put(page, 0x10, 16, 2);
    put(page, 0x1e0, 3 * 1024, 4);
    put(page, 0x1e8, sizeof map / sizeof *map, 1);
    for (size_t i = 0; i < sizeof map / sizeof *map; i++) {
        put(page, 0x2d0 + i * 20, map[i].base, 8);
        put(page, 0x2d8 + i * 20, map[i].size, 8);
        put(page, 0x2e0 + i * 20, map[i].type, 4);
    }
    put(page, VID_MODE, 0xffff, 2);
    put(page, LOADER, 0xff, 1);
    put(page, CODE32, 0x180000, 4);
    put(page, CMD_LINE, COMMAND, 4);
    put(page, SETUP_LIST, SETUP_DATA, 8);
}

static void check_setup_data(const struct fixture *f)
{
    static const uint8_t head[16] = {0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 32, 0, 0, 0};
    CHECK_MEM(memory_at(f->memory, SETUP_DATA, 16), head, 16);
    CHECK(!filled(f, SETUP_DATA + 16, 32, 0xcc)); /* 32 random bytes */
    CHECK(filled(f, SETUP_DATA + 48, 0x100, 0xcc));
}

static void check_segments(const struct cpu_state *state)
{
    for (int i = CPU_ES; i <= CPU_GS; i++) {
        CHECK_EQ(state->seg[i].selector, i == CPU_CS ? 0x10 : 0x18);
        CHECK_EQ(state->seg[i].base, 0);
        CHECK_EQ(state->seg[i].limit, 0xffffffff);
    }
    CHECK_EQ(state->rflags, 2);
}

static void it_is_entered_in_64_bit_mode(void)
{
    static const uint64_t gdt[] = {0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00008b0010800067,
                                   0};
    struct fixture f;
    uint8_t file[SIZE], page[4096];
    fixture_open(&f);
    make(file);
    CHECK_EQ(fixture_load(&f, file, SIZE, plain), 0);
    CHECK_EQ(f.result.format, BOOT_LINUX);
    CHECK_EQ(f.result.mode, CPU_LONG);
    CHECK_EQ(f.result.state.rip, 0x180200);
    CHECK_EQ(f.result.state.gpr[CPU_RSI], PAGE);
    CHECK_EQ(f.result.state.cr3, LAYOUT_PAGE_TABLES);
    check_segments(&f.result.state);
    CHECK_MEM(memory_at(f.memory, LAYOUT_GDT, sizeof gdt), gdt, sizeof gdt);
    expected_page(page, file);
    CHECK_MEM(memory_at(f.memory, PAGE, 4096), page, 4096);
    CHECK_MEM(memory_at(f.memory, 0x180000, KERNEL), file + SETUP_SIZE, KERNEL);
    CHECK_STR(memory_at(f.memory, COMMAND, 1), "");
    check_setup_data(&f);
    CHECK(filled(&f, PAGE + 4096, COMMAND - PAGE - 4096, 0xcc));
    CHECK(filled(&f, COMMAND + 1, SETUP_DATA - COMMAND - 1, 0xcc));
    CHECK(filled(&f, 0x100000, 0x80000, 0xcc));
    CHECK(filled(&f, 0x180000 + KERNEL, RAM - 0x180000 - KERNEL, 0xcc));
    CHECK_STR(f.result.description,
              "a Linux kernel, 7.0-test (me@here) #1, boot protocol 2.15, by its 64-bit entry, "
              "0x180200\nthe kernel at 0x180000-0x1801ff (it unpacks itself up to 0x18ffff), its "
              "zero page at 0x20000");
    fixture_close(&f);
}

static void it_is_told_where_acpi_is(void)
{
    struct fixture f;
    uint8_t file[SIZE];
    uint64_t rsdp = 1;
    fixture_open(&f);
    make(file);
    CHECK_EQ(memory_add(f.memory, LAYOUT_RSDP, 0x1000, MEMORY_ROM, "tables", &f.error), 0);
    CHECK_EQ(fixture_load(&f, file, SIZE, plain), 0);
    memory_read(f.memory, PAGE + 0x70, &rsdp, 8);
    CHECK_EQ(rsdp, 0); /* no tables */
    memory_poke(f.memory, LAYOUT_RSDP, "RSD PTR ", 8);
    CHECK_EQ(fixture_load(&f, file, SIZE, plain), 0);
    memory_read(f.memory, PAGE + 0x70, &rsdp, 8);
    CHECK_EQ(rsdp, LAYOUT_RSDP);
    fixture_close(&f);
}

static void or_in_protected_mode(void)
{
    struct fixture f;
    uint8_t file[SIZE], page[4096];
    fixture_open(&f);
    make(file);
    struct boot_request request = {.ram = RAM, .has_mode = true, .mode = CPU_PROTECTED};
    CHECK_EQ(fixture_load(&f, file, SIZE, request), 0);
    CHECK_EQ(f.result.mode, CPU_PROTECTED);
    CHECK_EQ(f.result.state.rip, 0x180000);
    CHECK_EQ(f.result.state.cr0, 0x11);
    for (int i = 0; i < 16; i++)
        CHECK_EQ(f.result.state.gpr[i], i == CPU_RSI ? PAGE : i == CPU_RSP ? LAYOUT_STACK : 0);
    check_segments(&f.result.state);
    expected_page(page, file);
    CHECK_MEM(memory_at(f.memory, PAGE, 4096), page, 4096);
    /* A 32-bit kernel of its own accord, and never in 64-bit mode. */
    put(file, XLOADFLAGS, 0, 2);
    CHECK_EQ(fixture_load(&f, file, SIZE, plain), 0);
    CHECK_EQ(f.result.mode, CPU_PROTECTED);
    request.mode = CPU_LONG;
    CHECK_EQ(fixture_load(&f, file, SIZE, request), -EINVAL);
    CHECK_STR(f.error.text, "the kernel has no 64-bit entry (leave --mode out: 32-bit kernels are "
                            "entered in protected mode)");
    fixture_close(&f);
}

static void or_in_real_mode(void)
{
    static const struct boot_request real = {
        .ram = RAM, .has_mode = true, .mode = CPU_REAL, .append = "quiet"};
    struct fixture f;
    uint8_t file[SIZE], setup[SETUP_SIZE];
    fixture_open(&f);
    make(file);
    CHECK_EQ(fixture_load(&f, file, SIZE, real), 0);
    const struct cpu_state *state = &f.result.state;
    CHECK_EQ(f.result.mode, CPU_REAL);
    CHECK_EQ(state->rip, 0);
    CHECK_EQ(state->rflags, 2); /* no interrupts */
    CHECK_EQ(state->gpr[CPU_RSP], 0xe000);
    for (int i = CPU_ES; i <= CPU_GS; i++) {
        CHECK_EQ(state->seg[i].selector, i == CPU_CS ? 0x2020 : 0x2000);
        CHECK_EQ(state->seg[i].base, i == CPU_CS ? 0x20200 : 0x20000);
        CHECK_EQ(state->seg[i].limit, 0xffff);
    }
    memcpy(setup, file, SETUP_SIZE);
    put(setup, VID_MODE, 0xffff, 2);
    put(setup, LOADER, 0xff, 1);
    put(setup, LOADFLAGS, 0x81, 1);
    put(setup, CODE32, 0x180000, 4);
    put(setup, HEAP_END, 0xde00, 2);
    put(setup, CMD_LINE, COMMAND, 4);
    put(setup, SETUP_LIST, SETUP_DATA, 8);
    CHECK_MEM(memory_at(f.memory, PAGE, SETUP_SIZE), setup, SETUP_SIZE);
    CHECK(filled(&f, PAGE + SETUP_SIZE, COMMAND - PAGE - SETUP_SIZE, 0xcc));
    CHECK(filled(&f, LAYOUT_GDT, LAYOUT_GDT_SIZE, 0xcc)); /* the BIOS's world */
    CHECK_MEM(memory_at(f.memory, 0x180000, KERNEL), file + SETUP_SIZE, KERNEL);
    CHECK_STR(memory_at(f.memory, COMMAND, 6), "quiet");
    fixture_close(&f);
}

static void check_refused(const uint8_t *file, size_t size, const struct boot_request *request,
                          int code, const char *text)
{
    struct fixture f;
    fixture_open(&f);
    CHECK_EQ(fixture_load(&f, file, size, *request), code);
    CHECK_STR(f.error.text, text);
    CHECK(filled(&f, 0, LAYOUT_LOW_RAM_END, 0xcc));
    CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc));
    fixture_close(&f);
}

struct refusal {
    size_t offset, width;
    uint64_t value;
    int code;
    const char *text;
};

static void each_broken_field_has_its_error(void)
{
    static const struct refusal cases[] = {
        {VERSION, 2, 0x201, -ENOEXEC,
         "the kernel's boot protocol is 2.01, of before Linux 2.4: 2.02 is the oldest taken (boot "
         "it by a boot loader, from a disk image)"},
        {LOADFLAGS, 1, 0, -ENOEXEC,
         "the kernel is a zImage, to be loaded below 640 KiB (build a bzImage, or boot it by a "
         "boot loader, from a disk image)"},
        {SYSSIZE, 4, KERNEL / 16 + 1, -ENOEXEC,
         "the kernel is cut short: it has 2048 bytes in the file, of 2064"},
        {SYSSIZE, 4, UINT32_MAX, -ENOEXEC,
         "the kernel is cut short: it has 2048 bytes in the file, of 68719478256"},
        {SETUP_SECTS, 1, 3, -ENOEXEC,
         "the kernel is cut short: it has 2048 bytes in the file, of 2560"},
        {SETUP_SECTS, 1, 0, -ENOEXEC, /* stands for 4 */
         "the kernel is cut short: it has 2048 bytes in the file, of 3072"},
        {ALIGNMENT, 4, 0, -ENOEXEC,
         "the kernel's alignment 0x0 is no power of 2; is the file damaged?"},
        {ALIGNMENT, 4, 0x3000, -ENOEXEC,
         "the kernel's alignment 0x3000 is no power of 2; is the file damaged?"},
        {PREF_ADDRESS, 8, UINT64_MAX, -ERANGE,
         "the kernel while it unpacks itself, 0x10000 bytes at 0xffffffffffffffff, ends past the "
         "last address (place it elsewhere)"},
        {PREF_ADDRESS, 8, 0x20000, -ERANGE,
         "the kernel or a --load file lies where its command line and the like go, "
         "0x20000-0x3ffff (place it elsewhere)"},
        {PREF_ADDRESS, 8, 0x100000000, -ERANGE,
         "the kernel while it unpacks itself, 0x10000 bytes at 0x100000000: no RAM at 0x100000000; "
         "it is at 0x0-0x9ffff, 0x100000-0x3fffff (place it elsewhere or give more --memory)"},
        {INIT_SIZE, 4, 0x280001, -ERANGE,
         "the kernel while it unpacks itself, 0x280001 bytes at 0x180000: no RAM at 0x400000; it "
         "is at 0x0-0x9ffff, 0x100000-0x3fffff (place it elsewhere or give more --memory)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t file[SIZE];
        make(file);
        put(file, cases[i].offset, cases[i].value, cases[i].width);
        check_refused(file, SIZE, &plain, cases[i].code, cases[i].text);
    }
}

static void another_file_is_no_kernel(void)
{
    static const struct boot_request forced = {.ram = RAM, .format = BOOT_LINUX};
    static const char text[] = "not a Linux kernel: no 55 aa at offset 510 and \"HdrS\" at 514 "
                               "(--format auto finds out what it is)";
    uint8_t file[SIZE];
    make(file);
    put(file, BOOT_FLAG, 0, 1);
    check_refused(file, SIZE, &forced, -ENOEXEC, text);
    make(file);
    put(file, MAGIC, 'h', 1);
    check_refused(file, SIZE, &forced, -ENOEXEC, text);
    check_refused(file, 0x205, &forced, -ENOEXEC, text); /* the magic is cut */
}

static void a_16_bit_part_needs_room_for_its_stack(void)
{
    static const struct boot_request real = {.ram = RAM, .has_mode = true, .mode = CPU_REAL};
    enum { LARGE = 0x6a }; /* sectors, and the boot sector */
    static uint8_t file[(LARGE + 1) * 512 + KERNEL];
    make(file);
    put(file, SETUP_SECTS, LARGE, 1);
    check_refused(file, sizeof file, &real, -ENOEXEC,
                  "the kernel's 16-bit part has 0xd600 bytes: no room for its heap and stack "
                  "(leave --mode real out)");
}

/* A header ends where its first instruction jumps to; what a version has not, has its default. */
static void old_protocols_have_less(void)
{
    static const uint8_t zero[HEADER_END - INITRD_MAX];
    struct fixture f;
    uint8_t file[SIZE];
    fixture_open(&f);
    make(file);
    put(file, VERSION, 0x202, 2);
    put(file, JUMP + 1, INITRD_MAX - 0x202, 1);
    put(file, SYSSIZE, 0xffff0000 | KERNEL / 16, 4); /* 16 bits of it count */
    CHECK_EQ(fixture_load(&f, file, SIZE, plain), 0);
    CHECK_EQ(f.result.mode, CPU_PROTECTED);
    CHECK_EQ(f.result.state.rip, 0x100000); /* it does not move */
    CHECK_MEM(memory_at(f.memory, 0x100000, KERNEL), file + SETUP_SIZE, KERNEL);
    CHECK_MEM(memory_at(f.memory, PAGE + INITRD_MAX, sizeof zero), zero, sizeof zero);
    uint32_t command = 0;
    memory_read(f.memory, PAGE + CMD_LINE, &command, 4);
    CHECK_EQ(command, COMMAND);
    /* 2.05 may be moved, and says not where to. */
    make(file);
    put(file, VERSION, 0x205, 2);
    CHECK_EQ(fixture_load(&f, file, SIZE, plain), 0);
    CHECK_EQ(f.result.state.rip, 0x100000);
    /* One that is built for one address says that. */
    make(file);
    put(file, RELOCATABLE, 0, 1);
    CHECK_EQ(fixture_load(&f, file, SIZE, plain), 0);
    CHECK_EQ(f.result.state.rip, 0x100200);
    fixture_close(&f);
}

static void a_command_line_has_its_limit(void)
{
    struct fixture f;
    uint8_t file[SIZE];
    char line[257];
    struct boot_request request = {.ram = RAM, .append = "12345678901234567890"};
    fixture_open(&f);
    make(file);
    CHECK_EQ(fixture_load(&f, file, SIZE, request), 0);
    CHECK_STR(memory_at(f.memory, COMMAND, 21), request.append);
    CHECK(filled(&f, COMMAND + 21, 0x100, 0xcc));
    CHECK(strstr(f.result.description, "\nthe command line at 0x30000") != NULL);
    request.append = "123456789012345678901";
    check_refused(file, SIZE, &request, -EINVAL,
                  "--append has 21 bytes, this kernel takes 20 (shorten it)");
    put(file, VERSION, 0x205, 2); /* has no such field */
    memset(line, 'x', sizeof line - 1);
    line[256] = 0;
    request.append = line;
    check_refused(file, SIZE, &request, -EINVAL,
                  "--append has 256 bytes, this kernel takes 255 (shorten it)");
    line[255] = 0;
    CHECK_EQ(fixture_load(&f, file, SIZE, request), 0);
    make(file);
    put(file, CMDLINE_SIZE, UINT32_MAX, 4);
    static char huge[0xf001];
    memset(huge, 'x', sizeof huge - 1);
    request.append = huge;
    check_refused(file, SIZE, &request, -EINVAL,
                  "--append has 61440 bytes, this kernel takes 61439 (shorten it)");
    fixture_close(&f);
}

/* Loads with an initial ramdisk of SIZE bytes of 0x5a; the error code. */
static int load_initrd(struct fixture *f, const uint8_t *file, size_t size)
{
    struct temp_file initrd;
    uint8_t *bytes = malloc(size);
    memset(bytes, 0x5a, size);
    temp_file(&initrd, bytes, size);
    const int r =
        fixture_load(f, file, SIZE, (struct boot_request){.ram = RAM, .initrd = initrd.path});
    temp_file_remove(&initrd);
    free(bytes);
    return r;
}

static void check_initrd(const uint8_t *file, size_t size, uint32_t gpa)
{
    struct fixture f;
    uint32_t told[2] = {0};
    fixture_open(&f);
    CHECK_EQ(load_initrd(&f, file, size), 0);
    memory_read(f.memory, PAGE + RAMDISK, told, sizeof told);
    CHECK_EQ(told[0], gpa);
    CHECK_EQ(told[1], size);
    CHECK(filled(&f, gpa, size, 0x5a));
    CHECK(gpa == 0x190000 || filled(&f, 0x190000, gpa - 0x190000, 0xcc));
    CHECK(filled(&f, gpa + size, RAM - gpa - size, 0xcc) || gpa + size == RAM);
    fixture_close(&f);
}

static void an_initrd_goes_to_the_top(void)
{
    uint8_t file[SIZE];
    struct fixture f;
    make(file);
    check_initrd(file, 1, 0x3ff000);
    check_initrd(file, 0x1000, 0x3ff000);
    check_initrd(file, 0x1001, 0x3fe000);
    check_initrd(file, RAM - 0x190000, 0x190000); /* right behind the kernel */
    put(file, INITRD_MAX, 0x2fffff, 4);
    check_initrd(file, 0x1800, 0x2fe000);
    fixture_open(&f);
    CHECK_EQ(load_initrd(&f, file, 0x170001), -ERANGE);
    CHECK_STR(f.error.text, "the initial ramdisk, 0x170001 bytes, has no room in RAM between "
                            "0x190000 and 0x300000 (give more --memory)");
    put(file, INITRD_MAX, 0, 4);
    CHECK_EQ(load_initrd(&f, file, 1), -ERANGE);
    put(file, VERSION, 0x202, 2); /* has no such field: 0x37ffffff */
    CHECK_EQ(load_initrd(&f, file, 1), 0);
    fixture_close(&f);
}

static void a_missing_initrd_is_an_error(void)
{
    uint8_t file[SIZE];
    struct fixture f;
    fixture_open(&f);
    make(file);
    const struct boot_request request = {.ram = RAM, .initrd = "/no/such/file"};
    CHECK_EQ(fixture_load(&f, file, SIZE, request), -ENOENT);
    CHECK(strstr(f.error.text, "/no/such/file") != NULL);
    CHECK(filled(&f, 0, LAYOUT_LOW_RAM_END, 0xcc));
    fixture_close(&f);
}

/* ---- Fuzz: no header may make the loader crash or write outside of what it told the guest. */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void mutate(uint8_t *file, uint32_t *seed)
{
    static const uint64_t values[] = {0,          1,          0x200,     0x1000,
                                      0x20000,    0x100000,   0x3fffff,  0x400000,
                                      0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX};
    for (uint32_t n = next_random(seed) % 3 + 1; n; n--) {
        const size_t width = (size_t)1 << next_random(seed) % 4;
        const size_t offset =
            SETUP_SECTS + next_random(seed) % (HEADER_END - SETUP_SECTS - width + 1);
        uint64_t value = values[next_random(seed) % (sizeof values / sizeof *values)];
        if (next_random(seed) % 2)
            value = next_random(seed);
        put(file, offset, value, width);
    }
}

static void mutated_headers_never_crash(void)
{
    enum { ROUNDS = 5000 };
    struct fixture f;
    uint32_t seed = 0x11705;
    unsigned loaded = 0;
    struct temp_file temp;
    uint8_t file[SIZE];
    fixture_open(&f);
    make(file);
    temp_file(&temp, file, SIZE);
    for (unsigned i = 0; i < ROUNDS; i++) {
        make(file);
        mutate(file, &seed);
        if (pwrite(temp.fd, file, SIZE, 0) != SIZE)
            break;
        const struct boot_request request = {.ram = RAM,
                                             .format = BOOT_LINUX,
                                             .has_mode = next_random(&seed) % 2,
                                             .mode = (enum cpu_mode)(next_random(&seed) % 3)};
        const int r = fixture_load_file(&f, &temp, request);
        loaded += r == 0;
        CHECK(r == 0 || r == -ENOEXEC || r == -ERANGE || r == -EINVAL);
        CHECK_EQ(f.error.text[0] == 0, r == 0);
    }
    CHECK(loaded > ROUNDS / 5 && loaded < ROUNDS);
    temp_file_remove(&temp);
    fixture_close(&f);
}

int main(void)
{
    TEST(it_is_entered_in_64_bit_mode);
    TEST(it_is_told_where_acpi_is);
    TEST(or_in_protected_mode);
    TEST(or_in_real_mode);
    TEST(each_broken_field_has_its_error);
    TEST(another_file_is_no_kernel);
    TEST(a_16_bit_part_needs_room_for_its_stack);
    TEST(old_protocols_have_less);
    TEST(a_command_line_has_its_limit);
    TEST(an_initrd_goes_to_the_top);
    TEST(a_missing_initrd_is_an_error);
    TEST(mutated_headers_never_crash);
    return check_done();
}
