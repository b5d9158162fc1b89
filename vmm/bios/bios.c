#include "bios/bios.h"

#include "bios/rom.h"
#include "bios/state.h"
#include "memory/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_SIZE   2
#define INT_OPCODE 0xcd /* int imm8 */

/* An interrupt that no handler was set for. If it was an INT it is an unknown call; if an IRQ, the
 * interrupted program's flags must stay. */
static void other_interrupt(struct call *call)
{
    uint64_t at =
        ((uint64_t)call_frame_get(call, 1) << 4) + (uint16_t)(call_frame_get(call, 0) - OUT_SIZE);
    uint8_t instruction[2];
    if (memory_read(call->bios->config.memory, at, instruction, 2) != 2 ||
        instruction[0] != INT_OPCODE)
        return;
    call->vector = instruction[1];
    call_unknown(call);
}

/* The CPU then goes on into the ROM's halt loop: returning would only fault again. */
static void fault(struct call *call)
{
    static const struct {
        uint8_t vector;
        const char *name;
    } faults[] = {
        {0x00, "divide error (#DE)"},   {0x06, "invalid opcode (#UD)"},
        {0x07, "no coprocessor (#NM)"}, {0x0b, "segment not present (#NP)"},
        {0x0c, "stack fault (#SS)"},    {0x0d, "general protection fault (#GP)"},
    };
    const char *name = "exception";
    char text[160];
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].vector == call->vector)
            name = faults[i].name;
    snprintf(text, sizeof text,
             "stepvm: %s at %04x:%04x, and the guest has no handler for it: it is halted now", name,
             call_frame_get(call, 1), call_frame_get(call, 0));
    bios_say(call->bios, text);
}

static void start_over(struct call *call)
{
    struct error error;
    if (bios_reset(call->bios, &error) < 0)
        bios_say(call->bios, error.text);
    else
        int19_serve(call);
}

static const struct service {
    uint16_t number;
    void (*serve)(struct call *call);
} services[] = {
    {0x09, int09_serve},
    {0x10, int10_serve},
    {0x11, int11_serve},
    {0x12, int12_serve},
    {0x13, int13_serve},
    {0x14, int14_serve},
    {0x15, int15_serve},
    {0x16, int16_serve},
    {0x17, int17_serve},
    {0x18, int18_serve},
    {0x19, int19_serve},
    {0x1a, int1a_serve},
    {ROM_SERVICE_FAULT, fault}, /* + vector */
    {ROM_SERVICE_OTHER, other_interrupt},
    {ROM_SERVICE_BOOT, start_over},
};

static void serve(struct call *call, uint16_t number)
{
    uint16_t kind = (number & 0xff00) == ROM_SERVICE_FAULT ? ROM_SERVICE_FAULT : number;
    call->vector = (uint8_t)number;
    for (unsigned i = 0; i < sizeof services / sizeof *services; i++)
        if (services[i].number == kind)
            services[i].serve(call);
}

bool bios_call(struct bios *bios, struct cpu_state *state, bool *poweroff)
{
    /* The ROM is for real mode: elsewhere a 16-bit frame and segment * 16 mean nothing. */
    uint64_t base = state->seg[CPU_CS].base, linear = base + state->rip;
    if ((state->cr0 & CPU_CR0_PE) || linear < LAYOUT_ROM || linear - LAYOUT_ROM >= LAYOUT_ROM_SIZE)
        return false;
    const struct rom_entry *trap = rom_trap_at((uint32_t)(linear - LAYOUT_ROM));
    if (!trap)
        return false;
    struct call call = {
        .bios = bios,
        .state = state,
        .resume = LAYOUT_ROM + trap->offset + OUT_SIZE - base,
    };
    serve(&call, trap->number);
    state->rip = call.resume;
    if (call.poweroff)
        *poweroff = true;
    return true;
}

struct bios *bios_new(const struct bios_config *config)
{
    struct bios *bios = calloc(1, sizeof *bios);
    if (!bios)
        return NULL;
    bios->config = *config;
    int13_plug_diskette(bios);
    return bios;
}

void bios_free(struct bios *bios)
{
    free(bios);
}

size_t bios_unknown_calls(const struct bios *bios, struct bios_unknown *list, size_t max)
{
    size_t n = bios->state.unknown_count < max ? bios->state.unknown_count : max;
    memcpy(list, bios->state.unknown, n * sizeof *list);
    return n;
}

void *bios_state(struct bios *bios, size_t *size)
{
    *size = sizeof bios->state;
    return &bios->state;
}
