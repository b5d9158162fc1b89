/* vmm/options/options.c: what each option sets, what is refused and with which words, and the help.
 */
#include "vmm/options/options.h"

#include "tests/check.h"
#include "vmm/memory/layout.h"
#include "vmm/options/option_value.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_ARGS 40

/* A parsed command line: the strings that the options point to live in TEXT. */
struct parsed {
    char text[256];
    struct options options;
    struct error error;
    int result;
};

/* LINE's words, separated by single blanks; '' is an empty word. */
static void parse(struct parsed *p, const char *line)
{
    char *argv[MAX_ARGS + 1] = {p->text}, *save = NULL;
    int argc = 0;
    snprintf(p->text, sizeof p->text, "stepvm %s", line);
    p->error.text[0] = 0;
    for (char *word = strtok_r(p->text, " ", &save); word && argc < MAX_ARGS;
         word = strtok_r(NULL, " ", &save)) {
        if (!strcmp(word, "''"))
            *word = 0;
        argv[argc++] = word;
    }
    p->result = options_parse(&p->options, argc, argv, &p->error);
}

static struct options *good(struct parsed *p, const char *line)
{
    parse(p, line);
    CHECK_EQ(p->result, 0);
    CHECK_STR(p->error.text, "");
    return &p->options;
}

static void the_defaults_are_those_of_the_help(void)
{
    struct parsed p;
    const struct options *o = good(&p, "disk.img");
    CHECK_EQ(o->memory, 128 * MiB);
    CHECK_EQ(o->cpus, 1);
    CHECK_STR(o->boot.path, "disk.img");
    CHECK_EQ(o->boot.format, BOOT_AUTO);
    CHECK(!o->boot.has_address && !o->boot.has_entry && !o->boot.has_mode);
    CHECK_STR(o->gdb, "127.0.0.1:1234");
    CHECK_EQ(o->serial_count, 1);
    CHECK_STR(o->serial[0], "stdio");
    CHECK(!o->gdb_arch && !o->bios);
    CHECK(!o->gdb_given && !o->writable && !o->snapshot && !o->stop && !o->verbose);
    CHECK(!o->trace_kvm && !o->trace_rsp && !o->help && !o->version);
    CHECK_EQ(o->disk_count, 0);
    CHECK(!o->boot.append && !o->boot.initrd);
    CHECK_EQ(o->boot.module_count, 0);
    CHECK_EQ(o->boot.load_count, 0);
}

static void each_option_sets_its_field(void)
{
    struct parsed p;
    const struct options *o =
        good(&p, "--memory 1g --cpus 16 --format flat --address 0x10000 --entry 65552 --mode long "
                 "--write --disk a.img --disk b.img,ro --gdb unix:/run/g --stop --serial file:out "
                 "--trace kvm=k.log --trace rsp --verbose k.bin");
    CHECK_EQ(o->memory, GiB);
    CHECK_EQ(o->cpus, 16);
    CHECK_EQ(o->boot.format, BOOT_FLAT);
    CHECK(o->boot.has_address && o->boot.has_entry && o->boot.has_mode);
    CHECK_EQ(o->boot.address, 0x10000);
    CHECK_EQ(o->boot.entry, 0x10010);
    CHECK_EQ(o->boot.mode, CPU_LONG);
    CHECK(o->writable && o->stop && o->verbose && o->gdb_given);
    CHECK_EQ(o->disk_count, 2);
    CHECK_STR(o->disks[0].path, "a.img");
    CHECK(!o->disks[0].readonly);
    CHECK_STR(o->disks[1].path, "b.img");
    CHECK(o->disks[1].readonly);
    CHECK_STR(o->gdb, "unix:/run/g");
    CHECK_STR(o->serial[0], "file:out");
    CHECK(o->trace_kvm && o->trace_rsp);
    CHECK_STR(o->trace_kvm_file, "k.log");
    CHECK(!o->trace_rsp_file);
    CHECK_STR(o->boot.path, "k.bin");
}

static void files_beside_the_image(void)
{
    struct parsed p;
    const struct boot_request *boot =
        &good(&p, "--append a=b,c --module m.img --module n,x=1,y --module o, --load a@b@0x10 "
                  "--load c@2M x")
             ->boot;
    CHECK_STR(boot->append, "a=b,c");
    CHECK_EQ(boot->module_count, 3);
    CHECK_STR(boot->modules[0].path, "m.img");
    CHECK(!boot->modules[0].arguments);
    CHECK_STR(boot->modules[1].path, "n");
    CHECK_STR(boot->modules[1].arguments, "x=1,y");
    CHECK_STR(boot->modules[2].path, "o");
    CHECK_STR(boot->modules[2].arguments, "");
    CHECK_EQ(boot->load_count, 2);
    CHECK_STR(boot->loads[0].path, "a@b");
    CHECK_EQ(boot->loads[0].gpa, 0x10);
    CHECK_STR(boot->loads[1].path, "c");
    CHECK_EQ(boot->loads[1].gpa, 2 * MiB);
    CHECK_STR(good(&p, "--append '' x")->boot.append, "");
    CHECK_STR(good(&p, "--initrd i.gz x")->boot.initrd, "i.gz");
}

/* One more than there is room for. */
static void files_beside_the_image_are_counted(void)
{
    static char module[] = "--module=m", load[] = "--load=m@1", image[] = "x", name[] = "stepvm";
    char *argv[BOOT_MAX_MODULES + 3] = {name};
    struct options options;
    struct error error;
    for (size_t i = 1; i <= BOOT_MAX_MODULES + 1; i++)
        argv[i] = module;
    argv[BOOT_MAX_MODULES + 2] = image;
    CHECK_EQ(options_parse(&options, BOOT_MAX_MODULES + 3, argv, &error), -EINVAL);
    CHECK_STR(error.text, "--module m: one too many (64)");
    for (size_t i = 1; i <= BOOT_MAX_LOADS; i++) {
        static char loads[BOOT_MAX_LOADS][sizeof load];
        argv[i] = memcpy(loads[i - 1], load, sizeof load);
    }
    argv[BOOT_MAX_LOADS + 1] = load;
    CHECK_EQ(options_parse(&options, BOOT_MAX_LOADS + 3, argv, &error), -EINVAL);
    CHECK_STR(error.text, "--load m@1: one too many (64)");
}

static void words_may_be_written_in_each_usual_way(void)
{
    static const char *const lines[] = {
        "-m 64M -c 2 -S -w x",
        "-m64M -c2 -Sw x",
        "x -Swm 64M -c 2",
        "-Swc2 -m64M -- x",
        "--memory=64M --cpus=2 -S --write x",
        "-S x -w --memory 64M --cpus 2",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct parsed p;
        const struct options *o = good(&p, lines[i]);
        CHECK_EQ(o->memory, 64 * MiB);
        CHECK_EQ(o->cpus, 2);
        CHECK(o->stop && o->writable);
        CHECK_STR(o->boot.path, "x");
    }
    struct parsed p;
    CHECK_STR(good(&p, "-- -S")->boot.path, "-S");
    CHECK_STR(good(&p, "--disk a,b.img x")->disks[0].path, "a,b.img");
    CHECK_STR(good(&p, "--disk a,b.img,ro x")->disks[0].path, "a,b.img");
}

static void words_after_a_disk_are_in_any_order(void)
{
    static const struct {
        const char *value, *path;
        bool readonly, snapshot, virtio;
    } cases[] = {
        {"a", "a", false, false, false},
        {"a,ro", "a", true, false, false},
        {"a,snapshot", "a", false, true, false},
        {"a,ro,ro", "a", true, false, false},
        {"a,virtio", "a", false, false, true},
        {"a,virtio,ro", "a", true, false, true},
        {"a,snapshot,virtio", "a", false, true, true},
        {"a,b.img,snapshot", "a,b.img", false, true, false},
        {"ro,snapshot", "ro", false, true, false},
        {"a,rom", "a,rom", false, false, false},
        {"a,ro,b", "a,ro,b", false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        char line[64];
        snprintf(line, sizeof line, "--disk %s x", cases[i].value);
        const struct options_disk *disk = &good(&p, line)->disks[0];
        CHECK_STR(disk->path, cases[i].path);
        CHECK_EQ(disk->readonly, cases[i].readonly);
        CHECK_EQ(disk->snapshot, cases[i].snapshot);
        CHECK_EQ(disk->virtio, cases[i].virtio);
    }
    struct parsed p;
    CHECK(good(&p, "--snapshot x")->snapshot);
}

static void firmware_needs_no_image(void)
{
    struct parsed p;
    const struct options *o = good(&p, "--bios a.rom");
    CHECK_STR(o->bios, "a.rom");
    CHECK(!o->boot.path);
    o = good(&p, "--bios=a.rom x");
    CHECK_STR(o->bios, "a.rom");
    CHECK_STR(o->boot.path, "x");
}

static void what_gdb_is_shown(void)
{
    struct parsed p;
    CHECK_STR(good(&p, "--gdb-arch i8086 x")->gdb_arch, "i8086");
    CHECK_STR(good(&p, "--gdb-arch=i386 x")->gdb_arch, "i386");
    CHECK_STR(good(&p, "--gdb-arch x86-64 x")->gdb_arch, "x86-64");
    CHECK(!good(&p, "--gdb-arch i386 --gdb-arch auto x")->gdb_arch);
    CHECK(!option_is_gdb_arch("") && !option_is_gdb_arch("i386 ") && !option_is_gdb_arch("I386"));
}

static void gdb_places(void)
{
    struct parsed p;
    CHECK_STR(good(&p, "-s x")->gdb, ":1234");
    CHECK(p.options.gdb_given);
    CHECK(!good(&p, "--gdb none x")->gdb);
    CHECK(p.options.gdb_given);
    CHECK_STR(good(&p, "--gdb none -s x")->gdb, ":1234");
    static const struct {
        const char *text;
        bool good;
    } places[] = {
        {":1234", true},       {":0", true},          {":65535", true},
        {"localhost:1", true}, {"127.0.0.1:1", true}, {"[::1]:1234", true},
        {"[::]:1", true},      {"unix:/tmp/g", true}, {"-", true},
        {"", false},           {":", false},          {"1234", false},
        {":65536", false},     {":12a", false},       {":0x10", false},
        {":-1", false},        {"localhost", false},  {"unix:", false},
        {"::1:1234", false},   {"tcp::1234", false},  {":99999999999999999999999", false},
        {": 1", false},        {":1K", false},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (option_is_gdb_place(places[i].text) != places[i].good)
            check_fail(__FILE__, __LINE__, "\"%s\" should be %s", places[i].text,
                       places[i].good ? "a place" : "refused");
}

static void gdb_on_stdin_moves_the_console(void)
{
    struct parsed p;
    CHECK_STR(good(&p, "--gdb - x")->serial[0], "stderr");
    CHECK_STR(good(&p, "--gdb - --serial pty x")->serial[0], "pty");
    CHECK_STR(good(&p, "--serial stdio --gdb none x")->serial[0], "stdio");
}

static void serial_ports_are_counted(void)
{
    struct parsed p;
    const struct options *o = good(&p, "--serial pty --serial file:a --serial stdio x");
    CHECK_EQ(o->serial_count, 3);
    CHECK_STR(o->serial[0], "pty");
    CHECK_STR(o->serial[1], "file:a");
    CHECK_STR(o->serial[2], "stdio");
    o = good(&p, "--display x");
    CHECK(o->display);
    CHECK_EQ(o->serial_count, 1);
    CHECK_STR(o->serial[0], "none");
    CHECK_STR(good(&p, "--display --serial pty x")->serial[0], "pty");
}

static void consoles(void)
{
    static const char *const ok[] = {"stdio", "none", "stderr", "pty", "file:o", "unix:/tmp/s"};
    static const char *const bad[] = {"", "stdi", "stdio,", "file:", "unix:", "file", "tcp::1"};
    for (size_t i = 0; i < sizeof ok / sizeof *ok; i++)
        CHECK(option_is_console(ok[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!option_is_console(bad[i]));
}

static void sizes(void)
{
    static const struct {
        const char *text;
        int result;
        uint64_t size;
    } cases[] = {
        {"64", 0, 64},
        {"0", 0, 0},
        {"010", 0, 10},
        {"64K", 0, 65536},
        {"64k", 0, 65536},
        {"1M", 0, MiB},
        {"2G", 0, 2 * GiB},
        {"2g", 0, 2 * GiB},
        {"0x40", 0, 64},
        {"0X4fK", 0, 0x4f * KiB},
        {"18446744073709551615", 0, UINT64_MAX},
        {"0xffffffffffffffff", 0, UINT64_MAX},
        {"17179869183G", 0, 17179869183 * GiB},
        {"18446744073709551616", -ERANGE, 0},
        {"17179869184G", -ERANGE, 0},
        {"99999999999999999999999999", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"K", -EINVAL, 0},
        {"0x", -EINVAL, 0},
        {"0xK", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"+1", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1KB", -EINVAL, 0},
        {"1T", -EINVAL, 0},
        {"1.5G", -EINVAL, 0},
        {"1a", -EINVAL, 0},
        {"99999999999999999999999999Q", -EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t size = 0;
        int before = check_failures;
        CHECK_EQ(options_parse_size(cases[i].text, &size), cases[i].result);
        CHECK_EQ(size, cases[i].size);
        if (check_failures != before)
            printf("    (that was \"%s\")\n", cases[i].text);
    }
}

static void help_and_version_end_the_parsing(void)
{
    struct parsed p;
    CHECK(good(&p, "-h")->help);
    CHECK(good(&p, "x --help --nonsense")->help);
    CHECK(good(&p, "-V")->version);
    CHECK(good(&p, "--version x y")->version);
}

static void each_error_says_what_is_taken(void)
{
    static const struct {
        const char *line, *text;
    } cases[] = {
        {"", "no image to boot (stepvm [OPTIONS] IMAGE; stepvm --help lists the options)"},
        {"''", "the image's name is empty (stepvm [OPTIONS] IMAGE)"},
        {"a b", "two images, a and b (one is booted; --disk adds further disks)"},
        {"--memory 12Q x", "--memory 12Q: not a size (a number with K, M or G: 64M)"},
        {"-m12Q x", "--memory 12Q: not a size (a number with K, M or G: 64M)"},
        {"--memory= x", "--memory : not a size (a number with K, M or G: 64M)"},
        {"-m 64 x", "--memory 64: too small (256K at least; a number alone counts bytes, 64M is 64 "
                    "MiB)"},
        {"-m 252K x", "--memory 252K: too small (256K at least; a number alone counts bytes, 64M "
                      "is 64 MiB)"},
        {"-m 257K x", "--memory 257K: not a multiple of 4K, which pages have (try 64M)"},
        {"-m 1025G x", "--memory 1025G: too large (1024G at most)"},
        {"-m 99999999999G x", "--memory 99999999999G: too large (1024G at most)"},
        {"-c 0 x", "--cpus 0: not a number of CPUs (1 to 16)"},
        {"-c 17 x", "--cpus 17: not a number of CPUs (1 to 16)"},
        {"-c 4294967297 x", "--cpus 4294967297: not a number of CPUs (1 to 16)"},
        {"-c two x", "--cpus two: not a number of CPUs (1 to 16)"},
        {"-f iso x", "--format iso: not a format (auto, boot, cd, flat, elf, linux, pvh, multiboot "
                     "or multiboot2)"},
        {"--mode 32 x", "--mode 32: not a mode (real, protected or long)"},
        {"--address 0xg x", "--address 0xg: not an address (0x7c00, 31744 or 1M)"},
        {"--entry main x", "--entry main: not an address (0x7c00, 31744 or 1M)"},
        {"--disk '' x", "--disk : not a disk (FILE, or FILE,ro if the guest may not write)"},
        {"--disk ,ro x", "--disk ,ro: not a disk (FILE, or FILE,ro if the guest may not write)"},
        {"--disk a --disk b --disk c --disk d x", "--disk d: one too many (3 beside the image)"},
        {"--initrd '' x", "--initrd : not a file (--initrd initrd.img)"},
        {"--module '' x", "--module : not a module (FILE, or FILE,ARGS)"},
        {"--module ,a x", "--module ,a: not a module (FILE, or FILE,ARGS)"},
        {"--load a x", "--load a: not a file and its address (FILE@0x200000)"},
        {"--load @1 x", "--load @1: not a file and its address (FILE@0x200000)"},
        {"--load a@ x", "--load a@: not a file and its address (FILE@0x200000)"},
        {"--load a@0x10000000000000000 x",
         "--load a@0x10000000000000000: not a file and its address (FILE@0x200000)"},
        {"--disk a,ro,snapshot x",
         "--disk a,ro,snapshot: not one way to open a disk (ro or snapshot)"},
        {"--disk ,snapshot,ro x",
         "--disk ,snapshot,ro: not a disk (FILE, or FILE,ro if the guest may not write)"},
        {"--write --snapshot x", "--write with --snapshot: does IMAGE's file change or not? (leave "
                                 "one of them out)"},
        {"--gdb 1234 x", "--gdb 1234: not a place to wait for gdb ([HOST]:PORT, unix:PATH, - for "
                         "stdin and stdout, or none)"},
        {"--gdb-arch arm x", "--gdb-arch arm: not an architecture (auto, i8086, i386 or x86-64)"},
        {"--serial tcp:1 x",
         "--serial tcp:1: not a place for a serial port (stdio, none, stderr, pty, "
         "file:PATH or unix:PATH)"},
        {"--trace all x",
         "--trace all: not something to trace (kvm or rsp, or kvm=FILE, rsp=FILE)"},
        {"--trace kvm= x",
         "--trace kvm=: not something to trace (kvm or rsp, or kvm=FILE, rsp=FILE)"},
        {"--trace kvmx x",
         "--trace kvmx: not something to trace (kvm or rsp, or kvm=FILE, rsp=FILE)"},
        {"--trace kv x", "--trace kv: not something to trace (kvm or rsp, or kvm=FILE, rsp=FILE)"},
        {"x --gdb", "--gdb: its value is missing (--gdb WHERE)"},
        {"x -m", "--memory: its value is missing (--memory SIZE)"},
        {"--stop=1 x", "--stop=1: --stop takes no value"},
        {"--bios '' x", "--bios : not a firmware's ROM image (a file)"},
        {"--mem 64M x", "unknown option --mem (stepvm --help lists them)"},
        {"-x x", "unknown option -x in -x (stepvm --help lists them)"},
        {"-Sx x", "unknown option -x in -Sx (stepvm --help lists them)"},
        {"-serial stdio x", "unknown option -serial (it is --serial)"},
        {"-mode long x", "unknown option -mode (it is --mode)"},
        {"-S --gdb none x",
         "--stop with --gdb none: it would wait for ever (leave one of them out)"},
        {"--bios b --mode long x",
         "--mode with --bios: it is the firmware that loads what it boots "
         "(leave one of them out)"},
        {"--bios b --append quiet", "--append with --bios: it is the firmware that loads what it "
                                    "boots (leave one of them out)"},
        {"--bios b --load a@1", "--load with --bios: it is the firmware that loads what it boots "
                                "(leave one of them out)"},
        {"--serial stdio --serial none --serial stdio x",
         "--serial stdio twice: one port can have stdin and stdout (give the other one another "
         "place, pty or unix:PATH)"},
        {"--serial none --serial none --serial none --serial none --serial pty x",
         "--serial pty: one too many (COM1 to COM4)"},
        {"--display --serial stdio x", "--display with --serial stdio: both want the terminal "
                                       "(give --serial another place, pty or none)"},
        {"--display --gdb - x", "--display with --gdb -: both want the terminal (give --gdb a "
                                "port)"},
        {"--gdb - --serial stdio x", "--gdb - with --serial stdio: both want stdin and stdout "
                                     "(give --serial another place, stderr or pty)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        parse(&p, cases[i].line);
        CHECK_EQ(p.result, -EINVAL);
        CHECK_STR(p.error.text, cases[i].text);
    }
}

static void help_fits_80_columns(void)
{
    char *text = NULL;
    size_t size = 0, longest = 0;
    FILE *out = open_memstream(&text, &size);
    options_print_help(out);
    fclose(out);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > longest)
            longest = strcspn(line, "\n");
    CHECK(longest > 40 && longest <= 80);
    CHECK(strstr(text, "\nExample: stepvm -S disk.img") != NULL);
    CHECK(strstr(text, "\n  -m, --memory SIZE       guest RAM") != NULL);
    CHECK(strstr(text, "\n  -s                      the same") != NULL);
    CHECK(strstr(text, "\n      --entry ADDR        flat: ") != NULL);
    free(text);
}

int main(void)
{
    TEST(the_defaults_are_those_of_the_help);
    TEST(each_option_sets_its_field);
    TEST(files_beside_the_image);
    TEST(files_beside_the_image_are_counted);
    TEST(words_may_be_written_in_each_usual_way);
    TEST(words_after_a_disk_are_in_any_order);
    TEST(firmware_needs_no_image);
    TEST(what_gdb_is_shown);
    TEST(gdb_places);
    TEST(gdb_on_stdin_moves_the_console);
    TEST(serial_ports_are_counted);
    TEST(consoles);
    TEST(sizes);
    TEST(help_and_version_end_the_parsing);
    TEST(each_error_says_what_is_taken);
    TEST(help_fits_80_columns);
    return check_done();
}
