/* The command line: words, each ended by a 0. What is taken is whole and within its bounds; what is
 * not, is explained. */
#include "fuzz.h"

#include "vmm/memory/layout.h"
#include "vmm/options/options.h"

#include <errno.h>

const unsigned fuzz_rounds = 30000;
const char *const fuzz_goals[] = {"a machine", "a complaint", "help", "modules", "disks", NULL};

enum { WORDS_MAX = 200 };

static void check_options(const struct options *o)
{
    CHECK(o->memory >= LAYOUT_RAM_MIN && o->memory <= LAYOUT_RAM_MAX && o->memory % 4096 == 0);
    CHECK(o->cpus >= 1 && o->cpus <= OPTIONS_MAX_CPUS);
    CHECK(o->serial_count >= 1 && o->serial_count <= OPTIONS_MAX_SERIAL);
    CHECK(o->disk_count <= OPTIONS_MAX_DISKS);
    CHECK(o->boot.module_count <= BOOT_MAX_MODULES && o->boot.load_count <= BOOT_MAX_LOADS);
    CHECK(o->boot.path || o->bios);
    CHECK(!o->boot.path || o->boot.path[0]);
    for (unsigned i = 0; i < o->disk_count; i++)
        CHECK(o->disks[i].path[0] && !(o->disks[i].readonly && o->disks[i].snapshot));
    for (unsigned i = 0; i < o->boot.module_count; i++)
        CHECK(o->boot.modules[i].path[0]);
    fuzz_reached("a machine");
    if (o->boot.module_count > 1 && o->boot.modules[0].arguments)
        fuzz_reached("modules");
    if (o->disk_count > 1)
        fuzz_reached("disks");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words = calloc(1, size + 1), *word = words;
    char name[] = "stepvm", *argv[WORDS_MAX + 2] = {name};
    int argc = 1;
    struct options options;
    struct error error = {.text = ""};
    if (size)
        memcpy(words, data, size);
    for (; word < words + size && argc < WORDS_MAX; word += strlen(word) + 1)
        argv[argc++] = word;
    const int r = options_parse(&options, argc, argv, &error);
    CHECK(r == 0 || r == -EINVAL);
    if (r) {
        CHECK(error.text[0] && strlen(error.text) < sizeof error.text);
        fuzz_reached("a complaint");
    } else if (options.help || options.version) {
        fuzz_reached("help");
    } else {
        check_options(&options);
    }
    free(words);
    return fuzz_verdict();
}
