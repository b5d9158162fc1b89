/* INT 15h: system services. Memory is in int15_memory.c, power management in int15_apm.c. */
#include "bios/rom.h"
#include "bios/state.h"
#include "memory/e820.h"

#define NOT_SUPPORTED 0x86

#define A20_KEYBOARD 0x01 /* AX=2403h: A20 can be set by the keyboard controller */
#define A20_PORT_92  0x02

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

void int15_unsupported(struct call *call)
{
    call_unknown(call);
    call_set8(call, CALL_AH, NOT_SUPPORTED);
}

static void done(struct call *call)
{
    call_set8(call, CALL_AH, 0);
    call_succeed(call);
}

/* A20 is always on, and can't be turned off. */
static void a20(struct call *call)
{
    switch (call_get8(call, CALL_AL)) {
    case 0x01: /* enable */
        done(call);
        break;
    case 0x02: /* status */
        done(call);
        call_set8(call, CALL_AL, 1);
        break;
    case 0x03: /* means */
        done(call);
        call_set16(call, CPU_RBX, A20_KEYBOARD | A20_PORT_92);
        break;
    default:
        int15_unsupported(call);
    }
}

/* A scan code from INT 09h: carry says that it is to be processed. */
static void keyboard_intercept(struct call *call)
{
    call_set_flag(call, CPU_FLAG_CF, true);
}

static void get_configuration(struct call *call)
{
    call_set_segment(call, CPU_ES, ROM_SEGMENT);
    call_set16(call, CPU_RBX, rom_header()->config_table);
    done(call);
}

static void get_ebda(struct call *call)
{
    call_set_segment(call, CPU_ES, (uint16_t)(e820_ebda(call->bios->config.ram_size) >> 4));
    call_succeed(call);
}

static const struct call_function functions[] = {
    {0x24, a20},
    {0x4f, keyboard_intercept},
    {0x53, int15_apm},
    {0x86, done}, /* wait CX:DX microseconds: over at once, so that no guest depends on a timer */
    {0x87, int15_move_block},
    {0x88, int15_extended_memory},
    {0xc0, get_configuration},
    {0xc1, get_ebda},
    {0xe8, int15_memory_map},
};

void int15_serve(struct call *call)
{
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i].ah == call_get8(call, CALL_AH)) {
            functions[i].serve(call);
            return;
        }
    int15_unsupported(call);
}
