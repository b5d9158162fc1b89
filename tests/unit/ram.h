/* Guest memory for tests that need some and nothing of KVM. */
#ifndef TESTS_UNIT_RAM_H
#define TESTS_UNIT_RAM_H

#include "tests/check.h"

#include "memory/memory.h"

static int ram_accept_slot(void *context, const struct memory_slot *slot, bool present)
{
    (void)context, (void)slot, (void)present;
    return 0;
}

/* SIZE bytes of RAM at 0. The caller frees it with memory_free. */
static struct memory *ram_new(uint64_t size)
{
    const struct memory_backend backend = {
        .set_slot = ram_accept_slot, .max_slots = 64, .has_read_only = true};
    struct memory *m = memory_new(&backend);
    struct error error;
    CHECK_EQ(memory_add(m, 0, size, MEMORY_RAM, "RAM", &error), 0);
    return m;
}

#endif
