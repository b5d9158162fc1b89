/* vmm/boot: which format a file is taken for, disk images and flat binaries. */
#include "tests/unit/boot_fixture.h"

#include <unistd.h>

/* A disk image of SECTORS sectors, bytes 0x90, with the signature S0 S1. */
static void make_disk(uint8_t *bytes, size_t sectors, uint8_t s0, uint8_t s1)
{
    memset(bytes, 0x90, sectors * 512);
    bytes[510] = s0;
    bytes[511] = s1;
}

static void format_names_are_those_of_the_command_line(void)
{
    static const struct {
        const char *name;
        enum boot_format format;
    } names[] = {{"auto", BOOT_AUTO},           {"boot", BOOT_DISK},
                 {"flat", BOOT_FLAT},           {"elf", BOOT_ELF},
                 {"linux", BOOT_LINUX},         {"pvh", BOOT_PVH},
                 {"multiboot", BOOT_MULTIBOOT}, {"multiboot2", BOOT_MULTIBOOT2}};
    enum boot_format format = BOOT_AUTO;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ(boot_format_parse(names[i].name, &format), 0);
        CHECK_EQ(format, names[i].format);
        CHECK_STR(boot_format_name(format), names[i].name);
    }
    CHECK_EQ(boot_format_parse("iso", &format), -EINVAL);
    CHECK_EQ(boot_format_parse("", &format), -EINVAL);
    CHECK_EQ(boot_format_parse("BOOT", &format), -EINVAL);
}

static void a_disk_is_booted_as_a_bios_does(void)
{
    struct fixture f;
    uint8_t disk[3 * 512];
    fixture_open(&f);
    make_disk(disk, 3, 0x55, 0xaa);
    CHECK_EQ(fixture_load(&f, disk, sizeof disk, (struct boot_request){.format = BOOT_AUTO}), 0);
    CHECK_EQ(f.result.format, BOOT_DISK);
    CHECK_EQ(f.result.mode, CPU_REAL);
    CHECK_EQ(f.result.format, BOOT_DISK);
    CHECK_STR(f.result.warning, "");
    CHECK_STR(f.result.description,
              "a disk of 3 sectors, drive 0x80; the first sector at 0x7c00 in real mode");
    CHECK_EQ(f.result.state.rip, 0x7c00);
    CHECK_EQ(f.result.state.seg[CPU_CS].selector, 0);
    CHECK_EQ(f.result.state.gpr[CPU_RDX], 0x80);
    CHECK_MEM(memory_at(f.memory, 0x7c00, 512), disk, 512);
    CHECK(filled(&f, 0, 0x7c00, 0xcc));
    CHECK(filled(&f, 0x7e00, 0x8000, 0xcc)); /* one sector, no more */
    fixture_close(&f);
}

static void leaves_the_file_open_if_asked(void)
{
    struct fixture f;
    uint8_t disk[512], read[512];
    fixture_open(&f);
    make_disk(disk, 1, 0x55, 0xaa);
    CHECK_EQ(fixture_load(&f, disk, sizeof disk, (struct boot_request){.keep_open = true}), 0);
    /* Its name is gone by now. */
    CHECK_EQ(pread(f.result.file, read, sizeof read, 0), sizeof read);
    CHECK_MEM(read, disk, sizeof disk);
    CHECK_EQ(close(f.result.file), 0);
    CHECK_EQ(fixture_load(&f, disk, sizeof disk, (struct boot_request){0}), 0);
    CHECK_EQ(f.result.file, -1);
    const struct boot_request elf = {.format = BOOT_ELF, .keep_open = true};
    CHECK(fixture_load(&f, disk, sizeof disk, elf) < 0);
    CHECK_EQ(f.result.file, -1);
    fixture_close(&f);
}

static void check_warning(const void *bytes, size_t len, enum boot_format format,
                          enum boot_format taken, const char *warning)
{
    struct fixture f;
    fixture_open(&f);
    CHECK_EQ(fixture_load(&f, bytes, len, (struct boot_request){.format = format}), 0);
    CHECK_EQ(f.result.format, taken);
    CHECK_STR(f.result.warning, warning);
    CHECK_EQ(f.result.state.rip, 0x7c00);
    CHECK_MEM(memory_at(f.memory, 0x7c00, len), bytes, len < 512 ? len : 512);
    fixture_close(&f);
}

static void a_missing_signature_is_named(void)
{
    uint8_t disk[1024];
    make_disk(disk, 2, 0xaa, 0x55);
    check_warning(disk, 1024, BOOT_DISK, BOOT_DISK,
                  "no boot signature 55 aa at offset 510: found aa 55, a BIOS would not boot it");
    check_warning(disk, 100, BOOT_DISK, BOOT_DISK,
                  "no boot signature 55 aa: the image has only 100 bytes, not a sector");
    memset(disk, 0, sizeof disk);
    check_warning(disk, 1024, BOOT_DISK, BOOT_DISK,
                  "no boot signature 55 aa: the first sector is all zeros");
}

static void a_short_disk_is_filled_up_with_zeros(void)
{
    struct fixture f;
    fixture_open(&f);
    CHECK_EQ(fixture_load(&f, "\xf4", 1, (struct boot_request){.format = BOOT_DISK}), 0);
    CHECK(filled(&f, 0x7c00, 1, 0xf4));
    CHECK(filled(&f, 0x7c01, 511, 0));
    CHECK(filled(&f, 0x7e00, 512, 0xcc));
    fixture_close(&f);
}

static void auto_says_what_it_guessed(void)
{
    uint8_t bytes[1024];
    make_disk(bytes, 2, 0, 0x90);
    check_warning(bytes, 1024, BOOT_AUTO, BOOT_DISK,
                  "no boot signature 55 aa at offset 510: found 00 90, a BIOS would not boot it; "
                  "taken for a disk, as its size is in sectors (--format flat if it is a program)");
    static const char flat[] = "no ELF, no boot signature, size not in sectors: taken for a flat "
                               "binary at 0x7c00, real mode (see --format, --address, --mode)";
    check_warning(bytes, 1023, BOOT_AUTO, BOOT_FLAT, flat);
    check_warning(bytes, 1, BOOT_AUTO, BOOT_FLAT, flat);
    check_warning(bytes, 511, BOOT_AUTO, BOOT_FLAT, flat);
    make_disk(bytes, 2, 0x55, 0xaa);
    check_warning(bytes, 511, BOOT_AUTO, BOOT_FLAT, flat);
    check_warning(bytes, 513, BOOT_AUTO, BOOT_DISK, "");
    check_warning(bytes, 513, BOOT_FLAT, BOOT_FLAT, "");
}

static void a_guess_that_fails_is_told_too(void)
{
    struct fixture f;
    fixture_open(&f);
    size_t len = 0xa0000 - 0x7c00 + 1;
    uint8_t *bytes = calloc(1, len);
    CHECK_EQ(fixture_load(&f, bytes, len, (struct boot_request){.format = BOOT_AUTO}), -ERANGE);
    CHECK_STR(f.error.text,
              "the flat image, 0x98401 bytes at 0x7c00: no RAM at 0xa0000; it is at 0x0-0x9ffff, "
              "0x100000-0x3fffff (place it elsewhere or give more --memory); taken for a "
              "flat binary (see --format)");
    CHECK(filled(&f, 0, 0xa0000, 0xcc));
    free(bytes);
    fixture_close(&f);
}

static void check_refused(const void *bytes, size_t len, struct boot_request request, int code,
                          const char *text)
{
    struct fixture f;
    fixture_open(&f);
    CHECK_EQ(fixture_load(&f, bytes, len, request), code);
    CHECK_STR(f.error.text, text);
    CHECK(filled(&f, 0, 0xa0000, 0xcc));
    CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc));
    fixture_close(&f);
}

static void other_programs_images_are_refused_by_auto(void)
{
    static const struct boot_request automatic = {.format = BOOT_AUTO};
    uint8_t bytes[1024] = "QFI\xfb";
    check_refused(bytes, sizeof bytes, automatic, -ENOEXEC,
                  "the file is a qcow2 disk image (make it raw: qemu-img convert -O raw; or force "
                  "its bytes with --format boot or flat)");
}

static void what_looks_like_a_kernel_may_be_a_disk(void)
{
    uint8_t bytes[1024];
    make_disk(bytes, 2, 0x55, 0xaa);
    memcpy(bytes + 0x202, "HdrS", 4);
    check_warning(bytes, sizeof bytes, BOOT_DISK, BOOT_DISK, "");
}

static void a_signature_wins_over_a_likeness(void)
{
    uint8_t bytes[512]; /* "\x1f\x8b\x08" is pop ds; mov cx, [bx+si] as well as gzip */
    make_disk(bytes, 1, 0x55, 0xaa);
    memcpy(bytes, "\x1f\x8b\x08", 3);
    check_warning(bytes, sizeof bytes, BOOT_AUTO, BOOT_DISK, "");
}

static void flat_only_options_are_refused_elsewhere(void)
{
    uint8_t disk[512];
    make_disk(disk, 1, 0x55, 0xaa);
    check_refused(disk, sizeof disk,
                  (struct boot_request){.format = BOOT_DISK, .has_entry = true, .entry = 0x7c00},
                  -EINVAL,
                  "--entry is for flat images, this one is loaded as a disk (leave --entry out, or "
                  "add --format flat to take its bytes as they are)");
    check_refused("\177ELF", 4,
                  (struct boot_request){.format = BOOT_AUTO, .has_mode = true, .mode = CPU_LONG},
                  -EINVAL,
                  "--mode is for flat images and Linux kernels, this one is loaded as an ELF file "
                  "(leave --mode out, "
                  "or add --format flat to take its bytes as they are)");
}

static void flat_options_make_a_file_flat(void)
{
    struct fixture f;
    uint8_t disk[512];
    fixture_open(&f);
    make_disk(disk, 1, 0x55, 0xaa);
    struct boot_request request = {.format = BOOT_AUTO, .has_address = true, .address = 0x8000};
    CHECK_EQ(fixture_load(&f, disk, sizeof disk, request), 0);
    CHECK_EQ(f.result.format, BOOT_FLAT);
    CHECK_EQ(f.result.state.rip, 0x8000);
    CHECK_STR(f.result.warning, "");
    fixture_close(&f);
}

static void flat_defaults_depend_on_the_mode(void)
{
    static const struct {
        enum cpu_mode mode;
        uint64_t address;
        const char *description;
    } cases[] = {
        {CPU_REAL, 0x7c00, "a flat binary at 0x7c00-0x7c04, entered at 0x7c00 in real mode"},
        {CPU_PROTECTED, 0x100000,
         "a flat binary at 0x100000-0x100004, entered at 0x100000 in protected mode"},
        {CPU_LONG, 0x100000,
         "a flat binary at 0x100000-0x100004, entered at 0x100000 in long mode"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        fixture_open(&f);
        struct boot_request request = {
            .format = BOOT_FLAT, .has_mode = true, .mode = cases[i].mode};
        CHECK_EQ(fixture_load(&f, "hello", 5, request), 0);
        CHECK_EQ(f.result.mode, cases[i].mode);
        CHECK_EQ(f.result.format, BOOT_FLAT);
        CHECK_EQ(f.result.state.rip, cases[i].address);
        CHECK_STR(f.result.description, cases[i].description);
        CHECK_MEM(memory_at(f.memory, cases[i].address, 6), "hello\xcc", 6);
        fixture_close(&f);
    }
}

static void flat_in_real_mode_reaches_the_first_mebibyte(void)
{
    static const struct {
        uint64_t entry;
        uint16_t cs, ip;
    } cases[] = {{0x500, 0, 0x500},
                 {0xffff, 0, 0xffff},
                 {0x10000, 0x1000, 0},
                 {0x91234, 0x9000, 0x1234},
                 {0xffff0, 0xf000, 0xfff0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        fixture_open(&f);
        struct boot_request request = {
            .format = BOOT_FLAT, .has_entry = true, .entry = cases[i].entry};
        CHECK_EQ(fixture_load(&f, "hello", 5, request), 0);
        CHECK_EQ(f.result.state.seg[CPU_CS].selector, cases[i].cs);
        CHECK_EQ(f.result.state.seg[CPU_CS].base, (uint64_t)cases[i].cs << 4);
        CHECK_EQ(f.result.state.rip, cases[i].ip);
        fixture_close(&f);
    }
    check_refused(
        "hello", 5,
        (struct boot_request){.format = BOOT_FLAT, .has_address = true, .address = 0x100000},
        -ERANGE, "starting at 0x100000: out of reach (real mode starts below 1 MiB)");
}

static void flat_may_be_entered_anywhere_but_says_so(void)
{
    struct fixture f;
    fixture_open(&f);
    struct boot_request request = {.format = BOOT_FLAT, .has_entry = true, .entry = 0x7c05};
    CHECK_EQ(fixture_load(&f, "hello", 5, request), 0);
    CHECK_STR(f.result.warning, "the entry 0x7c05 is not in the image, 0x7c00-0x7c04");
    request.entry = 0x7c04;
    CHECK_EQ(fixture_load(&f, "hello", 5, request), 0);
    CHECK_STR(f.result.warning, "");
    fixture_close(&f);
}

static void flat_places_that_cannot_be_are_refused(void)
{
    static const struct {
        enum cpu_mode mode;
        uint64_t address;
        const char *text;
    } cases[] = {
        {CPU_REAL, 0x9fffe,
         "the flat image, 0x5 bytes at 0x9fffe: no RAM at 0xa0000; it is at 0x0-0x9ffff, "
         "0x100000-0x3fffff (place it elsewhere or give more --memory)"},
        {CPU_REAL, 0xf0000, /* ROM is no place for an image */
         "the flat image, 0x5 bytes at 0xf0000: no RAM at 0xf0000; it is at 0x0-0x9ffff, "
         "0x100000-0x3fffff (place it elsewhere or give more --memory)"},
        {CPU_LONG, 0xffffc,
         "the flat image, 0x5 bytes at 0xffffc: no RAM at 0xffffc; it is at 0x0-0x9ffff, "
         "0x100000-0x3fffff (place it elsewhere or give more --memory)"},
        {CPU_LONG, 0x3ffffc,
         "the flat image, 0x5 bytes at 0x3ffffc: no RAM at 0x400000; it is at 0x0-0x9ffff, "
         "0x100000-0x3fffff (place it elsewhere or give more --memory)"},
        {CPU_LONG, UINT64_MAX - 1,
         "the flat image, 0x5 bytes at 0xfffffffffffffffe, ends past the last address (place "
         "it elsewhere)"},
        {CPU_LONG, UINT64_MAX - 5,
         "the flat image, 0x5 bytes at 0xfffffffffffffffa: no RAM at 0xfffffffffffffffa; it is "
         "at 0x0-0x9ffff, 0x100000-0x3fffff (place it elsewhere or give more --memory)"},
        {CPU_REAL, 0x4ff,
         "the flat image, 0x5 bytes at 0x4ff, would overwrite the interrupt vectors and BIOS data, "
         "at 0x0-0x4ff (place it elsewhere)"},
        {CPU_PROTECTED, 0x9fbfc,
         "the flat image, 0x5 bytes at 0x9fbfc, would overwrite the extended BIOS data area, at "
         "0x9fc00-0x9ffff (place it elsewhere)"},
        {CPU_REAL, 0xb8000, /* no place either */
         "the flat image, 0x5 bytes at 0xb8000: no RAM at 0xb8000; it is at 0x0-0x9ffff, "
         "0x100000-0x3fffff (place it elsewhere or give more --memory)"},
        {CPU_PROTECTED, 0xffc,
         "the flat image, 0x5 bytes at 0xffc, would overwrite the GDT that the CPU starts with, "
         "at 0x1000-0x1fff (place it elsewhere)"},
        {CPU_LONG, 0x15fff,
         "the flat image, 0x5 bytes at 0x15fff, would overwrite the page tables that the CPU "
         "starts with, at 0x10000-0x15fff (place it elsewhere)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused("hello", 5,
                      (struct boot_request){.format = BOOT_FLAT,
                                            .has_address = true,
                                            .address = cases[i].address,
                                            .has_mode = true,
                                            .mode = cases[i].mode},
                      -ERANGE, cases[i].text);
    check_refused(
        "hello", 5, (struct boot_request){.format = BOOT_FLAT, .has_entry = true, .entry = 0xc0000},
        -ERANGE, "no memory at the entry 0xc0000 (--entry is where the first instruction is)");
}

static void structures_end_where_they_end(void)
{
    static const struct {
        enum cpu_mode mode;
        uint64_t address;
    } cases[] = {
        {CPU_REAL, 0x500},      {CPU_REAL, 0x9fbfb},     {CPU_REAL, 0x1000},
        {CPU_PROTECTED, 0xffb}, {CPU_PROTECTED, 0x2000}, {CPU_PROTECTED, 0x10000},
        {CPU_LONG, 0xfffb},     {CPU_LONG, 0x16000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        fixture_open(&f);
        struct boot_request request = {.format = BOOT_FLAT,
                                       .has_address = true,
                                       .address = cases[i].address,
                                       .has_mode = true,
                                       .mode = cases[i].mode};
        CHECK_EQ(fixture_load(&f, "hello", 5, request), 0);
        CHECK_MEM(memory_at(f.memory, cases[i].address, 5), "hello", 5);
        fixture_close(&f);
    }
}

static void a_large_image_crosses_regions(void)
{
    struct fixture f;
    fixture_open(&f);
    CHECK_EQ(memory_add(f.memory, 4 * MiB, 1 * MiB, MEMORY_RAM, "more", &f.error), 0);
    size_t len = 2 * MiB;
    uint8_t *bytes = malloc(len), *got = malloc(len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 7 + (i >> 12));
    struct boot_request request = {.format = BOOT_FLAT,
                                   .has_address = true,
                                   .address = 3 * MiB - 3,
                                   .has_mode = true,
                                   .mode = CPU_PROTECTED};
    CHECK_EQ(fixture_load(&f, bytes, len, request), 0);
    CHECK_EQ(memory_read(f.memory, 3 * MiB - 3, got, len), len);
    CHECK_MEM(got, bytes, len);
    CHECK(filled(&f, 5 * MiB - 3, 3, 0));
    free(bytes);
    free(got);
    fixture_close(&f);
}

static void the_file_is_read_anew_each_time(void)
{
    struct fixture f;
    struct temp_file file;
    fixture_open(&f);
    temp_file(&file, "first", 5);
    CHECK_EQ(fixture_load_file(&f, &file, (struct boot_request){.format = BOOT_FLAT}), 0);
    CHECK_EQ(pwrite(file.fd, "other", 5, 0), 5);
    CHECK_EQ(fixture_load_file(&f, &file, (struct boot_request){.format = BOOT_FLAT}), 0);
    CHECK_MEM(memory_at(f.memory, 0x7c00, 5), "other", 5);
    temp_file_remove(&file);
    fixture_close(&f);
}

static void a_missing_file_is_named(void)
{
    struct fixture f;
    fixture_open(&f);
    struct boot_request request = {.path = "/nonexistent/k.elf"};
    CHECK_EQ(boot_load(&request, f.memory, &f.result, &f.error), -ENOENT);
    CHECK_STR(f.error.text,
              "opening /nonexistent/k.elf: No such file or directory (check the path)");
    fixture_close(&f);
}

static void the_ebda_is_at_the_end_of_whatever_low_ram_there_is(void)
{
    struct fixture f;
    fixture_open(&f);
    CHECK_EQ(memory_remove(f.memory, 0, &f.error), 0);
    CHECK_EQ(memory_add(f.memory, 0, 256 * KiB, MEMORY_RAM, "low", &f.error), 0);
    struct boot_request request = {.format = BOOT_FLAT, .has_address = true, .address = 0x3fc00};
    CHECK_EQ(fixture_load(&f, "hello", 5, request), -ERANGE);
    CHECK_STR(f.error.text, "the flat image, 0x5 bytes at 0x3fc00, would overwrite the extended "
                            "BIOS data area, at 0x3fc00-0x3ffff (place it elsewhere)");
    request.address = 0x3fbfb;
    CHECK_EQ(fixture_load(&f, "hello", 5, request), 0);
    fixture_close(&f);
}

int main(void)
{
    TEST(the_ebda_is_at_the_end_of_whatever_low_ram_there_is);
    TEST(format_names_are_those_of_the_command_line);
    TEST(a_disk_is_booted_as_a_bios_does);
    TEST(leaves_the_file_open_if_asked);
    TEST(a_missing_signature_is_named);
    TEST(a_short_disk_is_filled_up_with_zeros);
    TEST(auto_says_what_it_guessed);
    TEST(a_guess_that_fails_is_told_too);
    TEST(other_programs_images_are_refused_by_auto);
    TEST(what_looks_like_a_kernel_may_be_a_disk);
    TEST(a_signature_wins_over_a_likeness);
    TEST(flat_only_options_are_refused_elsewhere);
    TEST(flat_options_make_a_file_flat);
    TEST(flat_defaults_depend_on_the_mode);
    TEST(flat_in_real_mode_reaches_the_first_mebibyte);
    TEST(flat_may_be_entered_anywhere_but_says_so);
    TEST(flat_places_that_cannot_be_are_refused);
    TEST(structures_end_where_they_end);
    TEST(a_large_image_crosses_regions);
    TEST(the_file_is_read_anew_each_time);
    TEST(a_missing_file_is_named);
    return check_done();
}
