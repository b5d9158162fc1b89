/* vmm/boot/load_files.c: files put beside an image; and the options that a format can't use. */
#include "tests/unit/boot_fixture.h"

static const uint8_t image[512] = {[510] = 0x55, [511] = 0xaa};

/* Loads IMAGE with two files, of 0x1000 bytes 0x11 and of 0x800 bytes 0x22, beside it. */
static int load_two(struct fixture *f, uint64_t first, uint64_t second, char *paths)
{
    uint8_t bytes[0x1000];
    struct temp_file a, b;
    memset(bytes, 0x11, sizeof bytes);
    temp_file(&a, bytes, 0x1000);
    memset(bytes, 0x22, sizeof bytes);
    temp_file(&b, bytes, 0x800);
    const struct boot_request request = {.loads = {{a.path, first}, {b.path, second}},
                                         .load_count = 2};
    int r = fixture_load(f, image, sizeof image, request);
    snprintf(paths, 600, "%s:%s", a.path, b.path);
    temp_file_remove(&a);
    temp_file_remove(&b);
    return r;
}

static void files_go_where_they_are_told_to(void)
{
    struct fixture f;
    char paths[600], expected[1000];
    fixture_open(&f);
    CHECK_EQ(load_two(&f, 0x200000, 0x201000, paths), 0);
    char *second = strchr(paths, ':');
    *second++ = 0;
    snprintf(expected, sizeof expected,
             "a disk of 1 sectors, drive 0x80; the first sector at 0x7c00 in real mode\n"
             "%s at 0x200000-0x200fff\n%s at 0x201000-0x2017ff",
             paths, second);
    CHECK_STR(f.result.description, expected);
    CHECK(filled(&f, 0x1ff000, 0x1000, 0xcc));
    CHECK(filled(&f, 0x200000, 0x1000, 0x11));
    CHECK(filled(&f, 0x201000, 0x800, 0x22));
    CHECK(filled(&f, 0x201800, 0x800, 0xcc));
    fixture_close(&f);
}

/* They are loaded after the image: a patch. */
static void a_file_may_cover_the_image(void)
{
    struct fixture f;
    char paths[600];
    fixture_open(&f);
    CHECK_EQ(load_two(&f, 0x200000, 0x7d00, paths), 0);
    CHECK(filled(&f, 0x7c00, 0x100, 0));
    CHECK(filled(&f, 0x7d00, 0x800, 0x22));
    fixture_close(&f);
}

static void files_without_a_place_are_refused(void)
{
    static const struct {
        uint64_t first, second;
        const char *text;
    } cases[] = {
        {0x200000, 0x200fff, "0x800 bytes at 0x200fff would overwrite "},
        {0x200000, 0x1ff801, "0x800 bytes at 0x1ff801 would overwrite "},
        {0x200000, 0x200400, "0x800 bytes at 0x200400 would overwrite "},
        {0x3ff001, 0x200000, "the file, 0x1000 bytes at 0x3ff001: no RAM at 0x400000; it is at "},
        {0x200000, 0xb8000, "the file, 0x800 bytes at 0xb8000: no RAM at 0xb8000; it is at "},
        {0x200000, 0x4ff, "the file, 0x800 bytes at 0x4ff, would overwrite the interrupt "},
        {0x200000, UINT64_MAX - 0x7fe, "the file, 0x800 bytes at 0xfffffffffffff801, ends past "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        char paths[600];
        fixture_open(&f);
        CHECK_EQ(load_two(&f, cases[i].first, cases[i].second, paths), -ERANGE);
        const char *text = strstr(f.error.text, ": ");
        f.error.text[text ? (size_t)(text + 2 - f.error.text) + strlen(cases[i].text) : 0] = 0;
        CHECK_STR(text ? text + 2 : "", cases[i].text);
        fixture_close(&f);
    }
}

static void options_for_other_formats_are_refused(void)
{
    static const struct {
        struct boot_request request;
        const char *text;
    } cases[] = {
        {{.append = ""},
         "--append is for Linux, PVH and Multiboot kernels, this one is loaded as a disk (leave "
         "--append out)"},
        {{.format = BOOT_FLAT, .module_count = 1},
         "--module is for Multiboot kernels, this one is loaded as a flat binary (leave --module "
         "out; "
         "Linux and PVH kernels have --initrd)"},
        {{.format = BOOT_ELF, .has_mode = true},
         "--mode is for flat images and Linux kernels, this one is loaded as an ELF file (leave "
         "--mode out, or add "
         "--format flat to take its bytes as they are)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        fixture_open(&f);
        CHECK_EQ(fixture_load(&f, image, sizeof image, cases[i].request), -EINVAL);
        CHECK_STR(f.error.text, cases[i].text);
        fixture_close(&f);
    }
}

int main(void)
{
    TEST(files_go_where_they_are_told_to);
    TEST(a_file_may_cover_the_image);
    TEST(files_without_a_place_are_refused);
    TEST(options_for_other_formats_are_refused);
    return check_done();
}
