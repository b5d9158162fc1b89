/* What `monitor help COMMAND` and docs/MONITOR.md say beyond a command's one line. */
#include "debug/monitor.h"

#include <string.h>

static const struct {
    const char *name, *text;
} details[] = {
    {"arch", "auto: each CPU as the code that it executes, and gdb is told when that changes. A\n"
             "name: every CPU always so, for a gdb whose program file would not go with anything\n"
             "else (as --gdb-arch does from the start). It counts from the next stop on. Without\n"
             "an argument: what is set, and what each CPU executes.\n"},
    {"break-on",
     "EVENT is one of\n"
     "\n"
     "    triple-fault              before the registers are lost\n"
     "    reset                     the guest resets the machine\n"
     "    mode                      a CPU goes to real, protected or long mode\n"
     "    exception N               a number, or a name as #GP\n"
     "    io PORT[-PORT] [r|w]      an access to these ports\n"
     "    mmio ADDR[-ADDR] [r|w]    an access where there is no memory\n"
     "    msr N                     wrmsr or rdmsr of this one\n"
     "\n"
     "What can be caught only by single steps makes the guest run by them; the list says\n"
     "so. All is forgotten when gdb goes.\n"},
    {"info breakpoints",
     "gdb takes its breakpoints out at each stop; then this shows those of the last run.\n"},
    {"info registers",
     "What `info registers` of gdb shows, and what it does not: descriptors' attributes,\n"
     "and all in the words of the processor's manuals.\n"},
    {"reset",
     "As if the power had been switched off and on: devices, BIOS, the image loaded anew,\n"
     "CPUs at their first instruction. Breakpoints stay, and so does memory that was added\n"
     "by `memory add`. gdb, which is not told, shows old registers until `maintenance\n"
     "flush register-cache` or a step.\n"},
    {"step-irq",
     "off: an interrupt that comes while gdb steps waits until the guest runs freely, so\n"
     "that `stepi` does not land in the timer's handler again and again. on: it is\n"
     "delivered, and a step may end in its handler.\n"},
    {"trace",
     "rsp: each packet of this protocol; kvm: each call of KVM, decoded, with its\n"
     "result and the time it took. They go to the file that --trace KIND=FILE named at the\n"
     "start, else to stepvm's standard error; a debugger can name no file. Without an\n"
     "argument: what is on, and where it goes. A sum of the calls that were traced comes\n"
     "at stepvm's end.\n"},
};

const char *monitor_details(const char *name)
{
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++)
        if (!strcmp(details[i].name, name))
            return details[i].text;
    return "";
}

const char *monitor_detailed(size_t index)
{
    return index < sizeof details / sizeof details[0] ? details[index].name : NULL;
}
