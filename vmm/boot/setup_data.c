#include "setup_data.h"

#include "memory/layout.h"

#include <stddef.h>
#include <sys/random.h>

#define TYPE_RNG_SEED 9u /* SETUP_RNG_SEED; older kernel headers have no name for it */
#define SEED_SIZE     32u

/* struct setup_data of boot.rst, with its data. */
struct seed_node {
    uint64_t next;
    uint32_t type, len;
    uint8_t seed[SEED_SIZE];
};

uint64_t setup_data_write(struct memory *memory)
{
    struct seed_node node = {.type = TYPE_RNG_SEED, .len = SEED_SIZE};
    /* As many bytes as are there at once: it must not wait. */
    ssize_t n = getrandom(node.seed, sizeof node.seed, GRND_NONBLOCK);
    if (n < 0)
        return 0;
    node.len = (uint32_t)n;
    memory_write(memory, LAYOUT_HANDOVER_LISTS, &node, offsetof(struct seed_node, seed) + node.len);
    return LAYOUT_HANDOVER_LISTS;
}
