/* INT 15h AH=53h: APM 1.2, as much as it takes to switch the machine off. */
#include "bios/state.h"

#define APM_VERSION   0x0102
#define APM_SIGNATURE 0x504d /* "PM" */
#define APM_ALL       0x0001 /* the power device ID of the whole machine */
#define APM_OFF       0x0003 /* the power state */

/* Error codes: Ralf Brown's list, table 00473. */
#define APM_UNKNOWN_DEVICE 0x09
#define APM_BAD_STATE      0x0a

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

static void fail(struct call *call, uint8_t code)
{
    call_set8(call, CALL_AH, code);
    call_set_flag(call, CPU_FLAG_CF, true);
}

static void check(struct call *call)
{
    if (call_get16(call, CPU_RBX) != 0) { /* the APM BIOS itself */
        fail(call, APM_UNKNOWN_DEVICE);
        return;
    }
    call_set16(call, CPU_RAX, APM_VERSION);
    call_set16(call, CPU_RBX, APM_SIGNATURE);
    call_set16(call, CPU_RCX, 0); /* no protected-mode interface */
    call_succeed(call);
}

/* The driver says which version it knows; this is the one that is spoken. */
static void driver_version(struct call *call)
{
    call_set16(call, CPU_RAX, APM_VERSION);
    call_succeed(call);
}

static void set_power_state(struct call *call)
{
    if (call_get16(call, CPU_RBX) != APM_ALL) {
        fail(call, APM_UNKNOWN_DEVICE);
    } else if (call_get16(call, CPU_RCX) != APM_OFF) {
        fail(call, APM_BAD_STATE);
    } else {
        call->poweroff = true;
        call_succeed(call);
    }
}

void int15_apm(struct call *call)
{
    static const struct {
        uint8_t al;
        void (*serve)(struct call *call);
    } functions[] = {
        {0x00, check},           {0x01, call_succeed}, /* connect */
        {0x04, call_succeed},                          /* disconnect */
        {0x07, set_power_state}, {0x08, call_succeed}, /* enable */
        {0x0e, driver_version},  {0x0f, call_succeed}, /* engage */
    };
    for (unsigned i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i].al == call_get8(call, CALL_AL)) {
            functions[i].serve(call);
            return;
        }
    int15_unsupported(call);
}
