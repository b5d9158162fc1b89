#include "debug/monitor/vector_names.h"

#include <stddef.h>

static const char *const names[] = {
    [0x00] = "#DE",
    [0x01] = "#DB",
    [0x02] = "NMI",
    [0x03] = "#BP",
    [0x04] = "#OF",
    [0x05] = "print screen, #BR",
    [0x06] = "#UD",
    [0x07] = "#NM",
    [0x08] = "IRQ 0, timer; #DF",
    [0x09] = "IRQ 1, keyboard",
    [0x0a] = "IRQ 2",
    [0x0b] = "IRQ 3, COM2",
    [0x0c] = "IRQ 4, COM1; #SS",
    [0x0d] = "IRQ 5; #GP",
    [0x0e] = "IRQ 6, diskette",
    [0x0f] = "IRQ 7",
    [0x10] = "video services",
    [0x11] = "equipment",
    [0x12] = "memory size",
    [0x13] = "disk services",
    [0x14] = "serial ports",
    [0x15] = "system services",
    [0x16] = "keyboard services",
    [0x17] = "printer",
    [0x18] = "nothing to boot",
    [0x19] = "boot",
    [0x1a] = "time of day",
    [0x1b] = "Ctrl-Break",
    [0x1c] = "timer tick",
    [0x1d] = "video parameters (data)",
    [0x1e] = "diskette parameters (data)",
    [0x1f] = "font, characters 128 to 255 (data)",
    [0x40] = "diskette services",
    [0x41] = "parameters of disk 0 (data)",
    [0x43] = "font (data)",
    [0x46] = "parameters of disk 1 (data)",
    [0x4a] = "alarm",
    [0x70] = "IRQ 8, clock",
    [0x71] = "IRQ 9",
    [0x72] = "IRQ 10",
    [0x73] = "IRQ 11",
    [0x74] = "IRQ 12, mouse",
    [0x75] = "IRQ 13, coprocessor",
    [0x76] = "IRQ 14, disk",
    [0x77] = "IRQ 15",
};

const char *vector_name(unsigned vector)
{
    return vector < sizeof names / sizeof names[0] ? names[vector] : NULL;
}
