#include "linux_entry.h"

#include "boot.h"
#include "memory/layout.h"

#define BOOT_CS 0x10 /* __BOOT_CS and __BOOT_DS of boot.rst */
#define BOOT_DS 0x18

int linux_enter(const struct linux_header *header, const struct linux_handover *handover,
                enum cpu_mode mode, uint64_t entry, struct memory *memory, struct cpu_state *state,
                struct error *error)
{
    struct boot_params params;
    linux_params_fill(&params, header, handover);
    memory_write(memory, LAYOUT_HANDOVER, &params, sizeof params);
    int r = boot_initial_state(mode, entry, memory, state, error);
    if (!r)
        r = boot_use_selectors(state, BOOT_CS, BOOT_DS, memory, error);
    state->gpr[CPU_RSI] = LAYOUT_HANDOVER;
    return r;
}
