/* `monitor realmode raw`: gdb is given pc and sp as the offsets that the CPU has in IP and SP, as
 * QEMU gives them, for scripts that add CS * 16 by themselves. */
#include "debug/monitor/monitor.h"

#include <string.h>

void raw_offsets_show(struct gdb_x86_regs *regs)
{
    regs->pc = regs->raw_ip;
    regs->gpr[GDB_RSP] = regs->raw_sp;
}

void raw_offsets_take(const struct gdb_x86_regs *was, struct gdb_x86_regs *regs)
{
    if (regs->pc != was->pc)
        regs->raw_ip = regs->pc;
    if (regs->gpr[GDB_RSP] != was->gpr[GDB_RSP])
        regs->raw_sp = regs->gpr[GDB_RSP];
    regs->pc = was->pc;
    regs->gpr[GDB_RSP] = was->gpr[GDB_RSP];
}

void monitor_realmode(struct debug *d, const char *args, struct gdb_text *out)
{
    if (*args && strcmp(args, "linear") && strcmp(args, "raw")) {
        monitor_usage("realmode", "[linear|raw]", out);
        return;
    }
    if (*args)
        d->raw_offsets = !strcmp(args, "raw");
    gdb_text_printf(out, "%s\n",
                    d->raw_offsets
                        ? "raw: gdb is given pc and sp as IP and SP"
                        : "linear: gdb is given pc and sp with the segment's base added");
    if (*args)
        gdb_text_printf(out, "gdb shows the old ones until `maintenance flush register-cache`, or "
                             "a step.\n");
}
