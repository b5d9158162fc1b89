#include "options/options.h"

#include "memory/layout.h"
#include "options/option_table.h"
#include "options/option_value.h"
#include "record/record_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Setters: each checks its value whole before it sets anything. */

/* "--memory 12Q: not EXPECTED" */
static int bad_value(const struct option_row *row, const char *value, const char *expected,
                     struct error *error)
{
    return error_set(error, -EINVAL, "--%s %.80s: not %s", row->name, value, expected);
}

static int set_memory(struct options *options, const struct option_row *row, char *value,
                      struct error *error)
{
    uint64_t size = 0;
    int r = options_parse_size(value, &size);
    if (r == -EINVAL)
        return bad_value(row, value, "a size (a number with K, M or G: 64M)", error);
    if (r == -ERANGE || size > LAYOUT_RAM_MAX)
        return error_set(error, -EINVAL, "--memory %.80s: too large (1024G at most)", value);
    if (size < LAYOUT_RAM_MIN)
        return error_set(error, -EINVAL,
                         "--memory %.80s: too small (256K at least; a number alone counts bytes, "
                         "64M is 64 MiB)",
                         value);
    if (size % MEMORY_PAGE)
        return bad_value(row, value, "a multiple of 4K, which pages have (try 64M)", error);
    options->memory = size;
    return 0;
}

static int set_cpus(struct options *options, const struct option_row *row, char *value,
                    struct error *error)
{
    uint64_t cpus = 0;
    if (option_number(value, &cpus) || cpus < 1 || cpus > OPTIONS_MAX_CPUS)
        return bad_value(row, value, "a number of CPUs (1 to 16)", error);
    options->cpus = (unsigned)cpus;
    return 0;
}

static int set_format(struct options *options, const struct option_row *row, char *value,
                      struct error *error)
{
    if (boot_format_parse(value, &options->boot.format))
        return bad_value(
            row, value, "a format (auto, boot, cd, flat, elf, linux, pvh, multiboot or multiboot2)",
            error);
    return 0;
}

static int parse_address(const struct option_row *row, const char *value, uint64_t *address,
                         bool *given, struct error *error)
{
    if (option_number(value, address))
        return bad_value(row, value, "an address (0x7c00, 31744 or 1M)", error);
    *given = true;
    return 0;
}

static int set_address(struct options *options, const struct option_row *row, char *value,
                       struct error *error)
{
    return parse_address(row, value, &options->boot.address, &options->boot.has_address, error);
}

static int set_entry(struct options *options, const struct option_row *row, char *value,
                     struct error *error)
{
    return parse_address(row, value, &options->boot.entry, &options->boot.has_entry, error);
}

static int set_mode(struct options *options, const struct option_row *row, char *value,
                    struct error *error)
{
    static const char *const modes[] = {
        [CPU_REAL] = "real", [CPU_PROTECTED] = "protected", [CPU_LONG] = "long"};
    for (size_t i = 0; i < COUNT(modes); i++)
        if (!strcmp(value, modes[i])) {
            options->boot.has_mode = true;
            options->boot.mode = (enum cpu_mode)i;
            return 0;
        }
    return bad_value(row, value, "a mode (real, protected or long)", error);
}

static int set_append(struct options *options, const struct option_row *row, char *value,
                      struct error *error)
{
    (void)row, (void)error;
    options->boot.append = value;
    return 0;
}

static int set_initrd(struct options *options, const struct option_row *row, char *value,
                      struct error *error)
{
    if (!*value)
        return bad_value(row, value, "a file (--initrd initrd.img)", error);
    options->boot.initrd = value;
    return 0;
}

static int set_module(struct options *options, const struct option_row *row, char *value,
                      struct error *error)
{
    struct boot_request *boot = &options->boot;
    if (boot->module_count == BOOT_MAX_MODULES)
        return error_set(error, -EINVAL, "--module %.80s: one too many (%d)", value,
                         BOOT_MAX_MODULES);
    char *comma = strchr(value, ',');
    if (!*value || comma == value)
        return bad_value(row, value, "a module (FILE, or FILE,ARGS)", error);
    if (comma)
        *comma++ = 0;
    boot->modules[boot->module_count++] = (struct boot_module){.path = value, .arguments = comma};
    return 0;
}

static int set_load(struct options *options, const struct option_row *row, char *value,
                    struct error *error)
{
    struct boot_request *boot = &options->boot;
    if (boot->load_count == BOOT_MAX_LOADS)
        return error_set(error, -EINVAL, "--load %.80s: one too many (%d)", value, BOOT_MAX_LOADS);
    char *at = strrchr(value, '@');
    uint64_t gpa = 0;
    if (!at || at == value || option_number(at + 1, &gpa))
        return bad_value(row, value, "a file and its address (FILE@0x200000)", error);
    *at = 0;
    boot->loads[boot->load_count++] = (struct boot_load_file){.path = value, .gpa = gpa};
    return 0;
}

/* Cuts one of the words that may follow a disk's name off the end of VALUE. False if there is none:
 * what else has a comma is the name. */
static bool cut_disk_word(struct options_disk *disk, char *value)
{
    static const struct {
        const char *word;
        size_t flag;
    } words[] = {
        {"ro", offsetof(struct options_disk, readonly)},
        {"snapshot", offsetof(struct options_disk, snapshot)},
        {"virtio", offsetof(struct options_disk, virtio)},
    };
    char *comma = strrchr(value, ',');
    for (size_t i = 0; comma && i < COUNT(words); i++)
        if (!strcmp(comma + 1, words[i].word)) {
            *comma = 0;
            *(bool *)((char *)disk + words[i].flag) = true;
            return true;
        }
    return false;
}

static int set_disk(struct options *options, const struct option_row *row, char *value,
                    struct error *error)
{
    char given[81];
    snprintf(given, sizeof given, "%s", value);
    if (options->disk_count == OPTIONS_MAX_DISKS)
        return error_set(error, -EINVAL, "--disk %s: one too many (%d beside the image)", given,
                         OPTIONS_MAX_DISKS);
    struct options_disk disk = {.path = value};
    while (cut_disk_word(&disk, value))
        ; /* in any order */
    if (!*value)
        return bad_value(row, given, "a disk (FILE, or FILE,ro if the guest may not write)", error);
    if (disk.readonly && disk.snapshot)
        return bad_value(row, given, "one way to open a disk (ro or snapshot)", error);
    options->disks[options->disk_count++] = disk;
    return 0;
}

static int set_bios(struct options *options, const struct option_row *row, char *value,
                    struct error *error)
{
    if (!*value)
        return bad_value(row, value, "a firmware's ROM image (a file)", error);
    options->bios = value;
    return 0;
}

static int set_gdb(struct options *options, const struct option_row *row, char *value,
                   struct error *error)
{
    bool none = !strcmp(value, "none");
    if (!none && !option_is_gdb_place(value))
        return bad_value(row, value,
                         "a place to wait for gdb ([HOST]:PORT, unix:PATH, - for stdin and "
                         "stdout, or none)",
                         error);
    options->gdb = none ? NULL : value;
    options->gdb_given = true;
    return 0;
}

static int set_gdb_1234(struct options *options, const struct option_row *row, char *value,
                        struct error *error)
{
    (void)row, (void)value, (void)error;
    options->gdb = ":1234";
    options->gdb_given = true;
    return 0;
}

static int set_gdb_arch(struct options *options, const struct option_row *row, char *value,
                        struct error *error)
{
    if (!option_is_gdb_arch(value))
        return bad_value(row, value, "an architecture (auto, i8086, i386 or x86-64)", error);
    options->gdb_arch = strcmp(value, "auto") ? value : NULL;
    return 0;
}

static int set_serial(struct options *options, const struct option_row *row, char *value,
                      struct error *error)
{
    if (!option_is_console(value))
        return bad_value(row, value,
                         "a place for a serial port (stdio, none, stderr, pty, file:PATH or "
                         "unix:PATH)",
                         error);
    if (options->serial_count == OPTIONS_MAX_SERIAL)
        return error_set(error, -EINVAL, "--serial %.80s: one too many (COM1 to COM4)", value);
    options->serial[options->serial_count++] = value;
    return 0;
}

static int set_trace(struct options *options, const struct option_row *row, char *value,
                     struct error *error)
{
    static const char expected[] = "something to trace (kvm or rsp, or kvm=FILE, rsp=FILE)";
    bool kvm = !strncmp(value, "kvm", 3), rsp = !strncmp(value, "rsp", 3);
    if ((!kvm && !rsp) || (value[3] && value[3] != '=') || (value[3] && !value[4]))
        return bad_value(row, value, expected, error);
    *(kvm ? &options->trace_kvm : &options->trace_rsp) = true;
    *(kvm ? &options->trace_kvm_file : &options->trace_rsp_file) = value[3] ? value + 4 : NULL;
    return 0;
}

static int set_record(struct options *options, const struct option_row *row, char *value,
                      struct error *error)
{
    options->record = RECORD_LOG_USUAL;
    if (!value)
        return 0;
    if (option_number(value, &options->record))
        return bad_value(row, value, "a size for the log (a number with K, M or G: 256M)", error);
    if (options->record < RECORD_LOG_MIN || options->record > RECORD_LOG_MAX)
        return error_set(error, -EINVAL,
                         "--record=%.80s: the log can have 64K to 64G (256M is some 15 million "
                         "instructions)",
                         value);
    return 0;
}

static int set_record_file(struct options *options, const struct option_row *row, char *value,
                           struct error *error)
{
    if (!*value)
        return bad_value(row, value, "a file's name", error);
    options->record_file = value;
    return 0;
}

#define FLAG(field) .set = NULL, .flag = offsetof(struct options, field)

static int set_snapshot_file(struct options *options, const struct option_row *row, char *value,
                             struct error *error)
{
    if (!*value)
        return bad_value(row, value, "a file", error);
    options->snapshot_file = value;
    return 0;
}

static const struct option_row rows[] = {
    {'m', "memory", "SIZE", "guest RAM, with K, M or G (128M)", .set = set_memory},
    {'c', "cpus", "N", "virtual CPUs, 1 to 16 (1)", .set = set_cpus},
    {'f', "format", "FORMAT",
     "what IMAGE is: auto, boot, cd, flat, elf,\nlinux, pvh, multiboot or multiboot2 (auto)",
     .set = set_format},
    {0, "address", "GPA", "flat: where it is loaded\n(0x7c00 in real mode, 0x100000 otherwise)",
     .set = set_address},
    {0, "entry", "ADDR", "flat: its first instruction (the load address)", .set = set_entry},
    {0, "mode", "MODE",
     "flat: real, protected or long (real);\nLinux: the entry (long, if it has one)",
     .set = set_mode},
    {0, "append", "TEXT", "the kernel's command line", .set = set_append},
    {0, "initrd", "FILE", "the kernel's initial ramdisk", .set = set_initrd},
    {0, "module", "FILE[,ARGS]", "a module for the kernel; may be repeated", .set = set_module},
    {0, "load", "FILE@GPA", "put FILE's bytes at GPA; may be repeated", .set = set_load},
    {'w', "write", NULL, "let the guest write to IMAGE", FLAG(writable)},
    {0, "snapshot", NULL, "let it write to all disks, and change no file", FLAG(snapshot)},
    {0, "snapshot-file", "FILE",
     "where monitor snapshot save puts the machine;\nif there is one in it, begin there",
     .set = set_snapshot_file},
    {0, "disk", "FILE[,ro]",
     "a further disk, up to three (,snapshot in place of\n,ro: written to, but FILE does not "
     "change;\n,virtio: on PCI in place of ATA)",
     .set = set_disk},
    {0, "bios", "FILE",
     "start this firmware in place of stepvm's own;\nIMAGE is then a disk or CD, if any",
     .set = set_bios},
    {0, "gdb", "WHERE",
     "where gdb connects: [HOST]:PORT, unix:PATH,\n- (stdin and stdout) or none (127.0.0.1:1234)",
     .set = set_gdb},
    {0, "gdb-arch", "NAME",
     "show gdb every CPU as i8086, i386 or x86-64 code\n(auto: as what it executes)",
     .set = set_gdb_arch},
    {'s', NULL, NULL, "the same as --gdb :1234", .set = set_gdb_1234},
    {'S', "stop", NULL, "wait for gdb before the first instruction", FLAG(stop)},
    {0, "serial", "WHERE",
     "COM1, and again COM2 to COM4: stdio, none, stderr,\npty, file:PATH or unix:PATH (stdio)",
     .set = set_serial},
    {0, "display", NULL, "make the terminal the PC's screen and keyboard\n(Ctrl-A x ends it)",
     FLAG(display)},
    {0, "trace", "KIND[=FILE]",
     "kvm: each ioctl, decoded, with its time;\nrsp: each packet to and from gdb",
     .set = set_trace},
    {0, "record", "LIMIT",
     "keep what each instruction changes, so that gdb can\ngo back: a log of LIMIT bytes (256M)",
     .set = set_record, .may_take = true},
    {0, "record-file", "FILE", "where `monitor record save` writes to", .set = set_record_file},
    {0, "no-sandbox", NULL, "keep all rights while the guest runs", FLAG(no_sandbox)},
    {'v', "verbose", NULL, "say what is loaded and set up", FLAG(verbose)},
    {'V', "version", NULL, "print the version", FLAG(version)},
    {'h', "help", NULL, "print this help", FLAG(help)},
};

static int set_image(struct options *options, const char *path, struct error *error)
{
    if (!*path)
        return error_set(error, -EINVAL, "the image's name is empty (stepvm [OPTIONS] IMAGE)");
    if (options->boot.path)
        return error_set(error, -EINVAL,
                         "two images, %.80s and %.80s (one is booted; --disk adds further disks)",
                         options->boot.path, path);
    options->boot.path = path;
    return 0;
}

/* Firmware loads what it boots: what would say how we load IMAGE has no meaning then. */
static int check_bios(const struct options *options, struct error *error)
{
    const struct boot_request *boot = &options->boot;
    const struct {
        bool given;
        const char *name;
    } loading[] = {
        {boot->has_address, "address"}, {boot->has_entry, "entry"}, {boot->has_mode, "mode"},
        {boot->append, "append"},       {boot->initrd, "initrd"},   {boot->module_count, "module"},
        {boot->load_count, "load"},
    };
    for (size_t i = 0; options->bios && i < COUNT(loading); i++)
        if (loading[i].given)
            return error_set(error, -EINVAL,
                             "--%s with --bios: it is the firmware that loads what it boots (leave "
                             "one of them out)",
                             loading[i].name);
    return 0;
}

/* Standard input and output can be one thing only: a serial port, the display or gdb's. */
static int check_terminal(struct options *options, struct error *error)
{
    const bool gdb = options->gdb && !strcmp(options->gdb, "-");
    unsigned ports = 0;
    for (unsigned i = 0; i < options->serial_count; i++)
        ports += !strcmp(options->serial[i], "stdio");
    if (ports > 1)
        return error_set(error, -EINVAL,
                         "--serial stdio twice: one port can have stdin and stdout (give the other "
                         "one another place, pty or unix:PATH)");
    if (gdb && ports)
        return error_set(error, -EINVAL,
                         "--gdb - with --serial stdio: both want stdin and stdout (give --serial "
                         "another place, stderr or pty)");
    if (options->display && (gdb || ports))
        return error_set(error, -EINVAL, "--display with %s: both want the terminal (%s)",
                         gdb ? "--gdb -" : "--serial stdio",
                         gdb ? "give --gdb a port" : "give --serial another place, pty or none");
    if (!options->serial_count)
        options->serial[options->serial_count++] = options->display ? "none"
                                                   : gdb            ? "stderr"
                                                                    : "stdio";
    return 0;
}

/* What options say together. */
static int check_together(struct options *options, struct error *error)
{
    if (!options->boot.path && !options->bios)
        return error_set(
            error, -EINVAL,
            "no image to boot (stepvm [OPTIONS] IMAGE; stepvm --help lists the options)");
    if (options->writable && options->snapshot)
        return error_set(error, -EINVAL,
                         "--write with --snapshot: does IMAGE's file change or not? (leave one of "
                         "them out)");
    if (options->stop && !options->gdb)
        return error_set(error, -EINVAL,
                         "--stop with --gdb none: it would wait for ever (leave one of them out)");
    int err = check_terminal(options, error);
    return err ? err : check_bios(options, error);
}

static const struct option_table table = {rows, COUNT(rows), set_image};

int options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    *options = (struct options){
        .memory = 128 * MiB,
        .cpus = 1,
        .gdb = "127.0.0.1:1234",
    };
    int r = option_table_parse(&table, options, argc, argv, error);
    if (r || options->help || options->version)
        return r;
    return check_together(options, error);
}

int options_parse_size(const char *text, uint64_t *size)
{
    return option_number(text, size);
}

void options_print_help(FILE *out)
{
    fprintf(out, "usage: stepvm [OPTIONS] IMAGE\n"
                 "Boot IMAGE in a virtual machine, to be stepped through with gdb.\n\n");
    option_table_print(&table, out);
    fprintf(out, "\nExample: stepvm -S disk.img, then in another terminal:\n"
                 "  gdb -ex 'target remote :1234' -ex 'x/i $pc'\n"
                 "Exit status: 0 powered off, 1 error, 2 the guest died; see man stepvm.\n");
}
