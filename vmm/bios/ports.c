/* INT 11h, 12h: what the machine has. INT 14h, 17h: serial ports and printers, which time out: a
 * guest that wants COM1 programs it. */
#include "bios/bda.h"
#include "bios/state.h"

#define SERIAL_TIMEOUT  0x80
#define PRINTER_TIMEOUT 0x01

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

void int11_serve(struct call *call)
{
    call_set16(call, CPU_RAX, bda_get16(call->bios->config.memory, BDA_EQUIPMENT));
}

void int12_serve(struct call *call)
{
    call_set16(call, CPU_RAX, bda_get16(call->bios->config.memory, BDA_MEMORY_KIB));
}

static void serial_timeout(struct call *call)
{
    call_set8(call, CALL_AH, SERIAL_TIMEOUT);
}

static void printer_timeout(struct call *call)
{
    call_set8(call, CALL_AH, PRINTER_TIMEOUT);
}

void int14_serve(struct call *call)
{
    static const struct call_function functions[] = {
        {0x00, serial_timeout}, /* initialize */
        {0x01, serial_timeout}, /* send */
        {0x02, serial_timeout}, /* receive */
        {0x03, serial_timeout}, /* status */
    };
    call_serve(call, functions, ARRAY_SIZE(functions));
}

void int17_serve(struct call *call)
{
    static const struct call_function functions[] = {
        {0x00, printer_timeout}, /* print */
        {0x01, printer_timeout}, /* initialize */
        {0x02, printer_timeout}, /* status */
    };
    call_serve(call, functions, ARRAY_SIZE(functions));
}
