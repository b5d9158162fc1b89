/* All loaders of vmm/boot, and the firmware's, on files that are made of pieces. The input:
 *
 *     u8 format (enum boot_format, or FIRMWARE), u8 flags (below), u8 mode (0: none), u8 words'
 * length u32 size of the file, u64 address, u64 entry the words: --append's, or the modules'
 * arguments u32 offset, u16 length, bytes                as often as there are more
 *
 * What must hold: nothing is written where no image may be, what is loaded beside the image is
 * whole, the CPU starts in memory, and an error says something. */
#include "fuzz.h"

#include "tests/unit/boot_fixture.h"
#include "vmm/boot/firmware_image.h"
#include "vmm/disks/el_torito.h"

#include <sys/mman.h>

const unsigned fuzz_rounds = 1000;
const char *const fuzz_goals[] = {
    "boot",      "cd",         "flat",     "elf",        "linux",       "pvh",
    "multiboot", "multiboot2", "firmware", "a diskette", "a complaint", "files beside it",
    "guesses",   NULL,
};

enum { FIRMWARE = BOOT_MULTIBOOT2 + 1, FORMATS, FILE_MAX = 9 << 20, HEAD = 32 * 1024 };
enum {
    HAS_ADDRESS = 1,
    HAS_ENTRY = 2,
    HAS_INITRD = 4,
    HAS_MODULES = 8,
    HAS_APPEND = 16,
    HAS_LOADS = 32,
    HAS_DRIVE = 64,
    BAD_SUMS = 128, /* the file's checksums are as they are: else they are made right */
};

/* What is loaded beside the image: bytes that no kernel has in a header. */
enum { BESIDE = 0x1234 };

struct run {
    struct fixture f;
    struct temp_file image, beside;
    uint8_t beside_bytes[BESIDE];
    unsigned format, flags;
    uint32_t size;
    char words[256];
    struct boot_request request;
};

/* ---- The file */

static void open_file(struct temp_file *file)
{
    file->fd = memfd_create("fuzz", MFD_CLOEXEC);
    CHECK(file->fd >= 0);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static void put(const struct run *run, const void *bytes, size_t len, uint64_t offset)
{
    if (offset < run->size && len > run->size - offset)
        len = run->size - offset;
    if (offset < run->size)
        CHECK_EQ(pwrite(run->image.fd, bytes, len, (off_t)offset), len);
}

static uint32_t get32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* Of each Multiboot header in the file's HEAD: all words up to its sum, of which there are WORDS,
 * and the sum make 0. */
static void put_multiboot_sums(const struct run *run, uint32_t magic, unsigned words)
{
    uint8_t head[HEAD];
    const ssize_t n = pread(run->image.fd, head, sizeof head, 0);
    for (ssize_t at = 0; at + 4 * words + 4 <= n; at += 4) {
        if (get32(head + at) != magic)
            continue;
        uint32_t sum = 0;
        for (unsigned i = 0; i < words; i++)
            sum -= get32(head + at + 4 * i);
        put(run, &sum, sizeof sum, (uint64_t)at + 4 * words);
    }
}

/* All 16-bit words of a boot catalog's first entry make 0. */
static void put_catalog_sum(const struct run *run)
{
    uint32_t block;
    uint16_t words[16], sum = 0;
    if (pread(run->image.fd, &block, sizeof block, 17 * CD_BLOCK + 0x47) != sizeof block ||
        pread(run->image.fd, words, sizeof words, (off_t)block * CD_BLOCK) != sizeof words)
        return;
    for (size_t i = 0; i < 16; i++)
        sum = (uint16_t)(sum - (i == 14 ? 0 : words[i]));
    put(run, &sum, sizeof sum, (uint64_t)block * CD_BLOCK + 28);
}

static void make_file(struct run *run, struct fuzz_input *in)
{
    open_file(&run->image);
    CHECK_EQ(ftruncate(run->image.fd, run->size), 0);
    while (in->left) {
        const uint64_t offset = fuzz_number(in, 4), want = fuzz_number(in, 2);
        size_t len;
        uint8_t *bytes = fuzz_copy(in, want, &len);
        put(run, bytes, len, offset);
        free(bytes);
    }
    if (run->flags & BAD_SUMS)
        return;
    put_multiboot_sums(run, 0x1badb002, 2);
    put_multiboot_sums(run, 0xe85250d6, 3);
    put_catalog_sum(run);
}

static void make_beside(struct run *run)
{
    for (size_t i = 0; i < BESIDE; i++)
        run->beside_bytes[i] = (uint8_t)(i * 167 + i / 256 + 1);
    open_file(&run->beside);
    CHECK_EQ(pwrite(run->beside.fd, run->beside_bytes, BESIDE, 0), BESIDE);
}

/* ---- What is asked for */

static void take_request(struct run *run, struct fuzz_input *in)
{
    struct boot_request *r = &run->request;
    run->format = (unsigned)fuzz_number(in, 1) % FORMATS;
    run->flags = (unsigned)fuzz_number(in, 1);
    const unsigned mode = (unsigned)fuzz_number(in, 1) % 4;
    const size_t len = fuzz_number(in, 1);
    run->size = (uint32_t)fuzz_number(in, 4) % FILE_MAX;
    *r = (struct boot_request){
        .format = (enum boot_format)(run->format % FIRMWARE),
        .has_address = run->flags & HAS_ADDRESS,
        .has_entry = run->flags & HAS_ENTRY,
        .has_mode = mode,
        .mode = mode ? (enum cpu_mode)(mode - 1) : CPU_REAL,
        .has_drive = run->flags & HAS_DRIVE,
        .ram = 4 * MiB,
    };
    r->address = fuzz_number(in, 8);
    r->entry = fuzz_number(in, 8);
    const size_t there = len < in->left ? len : in->left;
    memcpy(run->words, in->at, there);
    in->at += there;
    in->left -= there;
}

static void add_files(struct run *run)
{
    struct boot_request *r = &run->request;
    r->path = run->image.path;
    if (run->flags & HAS_APPEND)
        r->append = run->words;
    if (run->flags & HAS_INITRD)
        r->initrd = run->beside.path;
    if (run->flags & HAS_MODULES) {
        r->modules[0] = (struct boot_module){run->beside.path, run->words};
        r->modules[1] = (struct boot_module){run->beside.path, NULL};
        r->module_count = 2;
    }
    if (run->flags & HAS_LOADS) {
        r->loads[0] = (struct boot_load_file){run->beside.path, run->request.entry};
        r->load_count = 1;
    }
}

/* ---- What must hold */

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

static void check_loaded(const struct run *run)
{
    const struct cpu_state *s = &run->f.result.state;
    const struct boot_request *r = &run->request;
    const unsigned beside = r->module_count + (r->initrd != NULL);
    CHECK(memory_find(run->f.memory, s->seg[CPU_CS].base + s->rip) != NULL);
    if (beside) {
        CHECK(count_beside(run) >= beside);
        fuzz_reached("files beside it");
    }
    fuzz_reached(boot_format_name(run->f.result.format));
    if (run->f.result.warning[0])
        fuzz_reached("guesses");
}

/* ---- The rest of what is done with such files */

/* A CD's diskette, from end to end. */
static void look_at_cd(const struct run *run)
{
    struct disk cd = {.fd = run->image.fd, .sectors = (run->size + 511) / 512, .path = "cd"};
    struct el_torito_entry entry;
    struct error error;
    uint8_t sector[DISK_SECTOR];
    if (!el_torito_is_there(&cd) || el_torito_find(&cd, &entry, &error) || !entry.media)
        return;
    const struct disk diskette = el_torito_diskette(&cd, &entry);
    CHECK(!diskette.sectors || diskette.first + diskette.sectors <= cd.sectors);
    CHECK_EQ(disk_read(&diskette, diskette.sectors, sector, 1), -ENXIO);
    if (diskette.sectors)
        CHECK_EQ(disk_read(&diskette, diskette.sectors - 1, sector, 1), 0);
    fuzz_reached("a diskette");
}

static void load_firmware(const struct run *run)
{
    static const struct memory_backend backend = {.set_slot = fixture_set_slot, .max_slots = 32};
    struct firmware_image image;
    struct error error = {.text = ""};
    int err = firmware_image_look(&image, NULL, run->image.path, &error);
    if (!err) {
        struct memory *memory = memory_new(&backend);
        CHECK(image.size && image.size <= LAYOUT_FIRMWARE_MAX);
        CHECK_EQ(memory_add(memory, LAYOUT_SHADOW, LAYOUT_SHADOW_SIZE, MEMORY_RAM, "", &error), 0);
        CHECK_EQ(
            memory_add(memory, LAYOUT_HOLE_END - image.size, image.size, MEMORY_ROM, "ROM", &error),
            0);
        err = firmware_image_load(&image, memory, &error);
        memory_free(memory);
        fuzz_reached("firmware");
    }
    CHECK(!err || error.text[0]);
}

static void load(struct run *run)
{
    fixture_open_low(&run->f);
    const int r = fixture_load_file(&run->f, &run->image, run->request);
    CHECK(r == 0 || r == -ENOEXEC || r == -ERANGE || r == -ENOSPC || r == -EINVAL || r == -ENXIO);
    if (r) {
        CHECK(run->f.error.text[0] != 0);
        fuzz_reached("a complaint");
    } else {
        check_loaded(run);
    }
    if (!run->request.load_count)
        check_untouched(&run->f);
    look_at_cd(run);
    fixture_close(&run->f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct run *run = calloc(1, sizeof *run);
    take_request(run, &in);
    make_file(run, &in);
    make_beside(run);
    add_files(run);
    if (run->format == FIRMWARE)
        load_firmware(run);
    else
        load(run);
    close(run->image.fd);
    close(run->beside.fd);
    free(run);
    return fuzz_verdict();
}
