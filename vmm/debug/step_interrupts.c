/* Whether interrupts come in while the client steps. */
#include "debug/monitor/monitor.h"

#include <string.h>

bool debug_step_interrupts(void *target)
{
    struct debug *d = target;
    return d->step_interrupts;
}

void debug_set_step_interrupts(void *target, bool let_in)
{
    struct debug *d = target;
    d->step_interrupts = let_in;
    run_control_let_interrupts_in(d->run_control, let_in);
}

void monitor_step_irq(struct debug *d, const char *args, struct gdb_text *out)
{
    if (*args && strcmp(args, "on") && strcmp(args, "off")) {
        monitor_usage("step-irq", "[on|off]", out);
        return;
    }
    if (*args)
        debug_set_step_interrupts(d, !strcmp(args, "on"));
    gdb_text_printf(out, "%s\n",
                    d->step_interrupts ? "on: interrupts come in while a CPU is stepped"
                                       : "off: interrupts stay pending while a CPU is stepped");
}
