/* Guest memory without a hypervisor, and images made of bytes: what the boot tests load. */
#ifndef TESTS_UNIT_BOOT_FIXTURE_H
#define TESTS_UNIT_BOOT_FIXTURE_H

#include "tests/check.h"
#include "tests/unit/temp_file.h"
#include "vmm/boot/boot.h"
#include "vmm/memory/layout.h"
#include "vmm/memory/memory.h"

#include <errno.h>

struct fixture {
    struct memory *memory;
    struct boot_result result;
    struct error error; /* its text begins after "loading PATH: ", if it began with that */
};

static inline int fixture_set_slot(void *context, const struct memory_slot *slot, bool present)
{
    (void)context, (void)slot, (void)present;
    return 0;
}

/* 640 KiB, filled with 0xcc, the VGA memory, the ROM, and RAM from 1 MiB to 4 MiB, untouched. */
static inline void fixture_open_low(struct fixture *f)
{
    static const struct memory_backend backend = {.set_slot = fixture_set_slot, .max_slots = 32};
    memset(f, 0, sizeof *f);
    f->memory = memory_new(&backend);
    if (!f->memory || memory_add(f->memory, 0, LAYOUT_LOW_RAM_END, MEMORY_RAM, "low", &f->error) ||
        memory_add(f->memory, LAYOUT_VGA, LAYOUT_VGA_SIZE, MEMORY_RAM, "VGA", &f->error) ||
        memory_add(f->memory, LAYOUT_ROM, LAYOUT_ROM_SIZE, MEMORY_ROM, "ROM", &f->error) ||
        memory_add(f->memory, LAYOUT_HIGH_RAM, 3 * MiB, MEMORY_RAM, "high", &f->error)) {
        fprintf(stderr, "no guest memory: %s\n", f->error.text);
        exit(1);
    }
    memset(memory_at(f->memory, 0, LAYOUT_LOW_RAM_END), 0xcc, LAYOUT_LOW_RAM_END);
}

/* The same, with 0xcc in all of its RAM. */
static inline void fixture_open(struct fixture *f)
{
    fixture_open_low(f);
    memset(memory_at(f->memory, LAYOUT_HIGH_RAM, 3 * MiB), 0xcc, 3 * MiB);
}

static inline void fixture_close(struct fixture *f)
{
    memory_free(f->memory);
}

/* Loads the open FILE; REQUEST's path is filled in. */
static inline int fixture_load_file(struct fixture *f, const struct temp_file *file,
                                    struct boot_request request)
{
    char prefix[300];
    int len = snprintf(prefix, sizeof prefix, "loading %.90s: ", file->path);
    request.path = file->path;
    f->error.text[0] = 0;
    int r = boot_load(&request, f->memory, &f->result, &f->error);
    if (!strncmp(f->error.text, prefix, (size_t)len))
        memmove(f->error.text, f->error.text + len, strlen(f->error.text + len) + 1);
    return r;
}

static inline int fixture_load(struct fixture *f, const void *bytes, size_t len,
                               struct boot_request request)
{
    struct temp_file file;
    temp_file(&file, bytes, len);
    int r = fixture_load_file(f, &file, request);
    temp_file_remove(&file);
    return r;
}

/* Whether LEN bytes at GPA all have VALUE. */
static inline bool filled(const struct fixture *f, uint64_t gpa, size_t len, uint8_t value)
{
    const uint8_t *bytes = memory_at(f->memory, gpa, len);
    return bytes && bytes[0] == value && !memcmp(bytes, bytes + 1, len - 1);
}

#endif
