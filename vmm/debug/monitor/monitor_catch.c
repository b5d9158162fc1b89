/* `monitor break-on`: events of the machine's to stop at. */
#include "debug/monitor/monitor.h"

#include "debug/catch/catch.h"

void monitor_break_on(struct debug *d, const char *args, struct gdb_text *out)
{
    catches_add(d->catches, args, out); /* what is wrong it says itself */
}

void monitor_break_on_list(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    catches_list(d->catches, out);
}

void monitor_break_on_off(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    catches_clear(d->catches);
    gdb_text_printf(out, "Nothing is caught any more.\n");
}
