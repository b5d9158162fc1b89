/* `monitor trace`: the traces of --trace, switched while the machine exists. A client can't say
 * where they go: it must not be able to write to the host's files. */
#include "debug/monitor/monitor.h"

#include <string.h>

static void print_one(const char *name, bool on, const char *file, struct gdb_text *out)
{
    gdb_text_printf(out, "%s: %s%s\n", name, on ? "on, to " : "off",
                    on ? (file ? file : "stepvm's standard error") : "");
}

static void print_traces(const struct traces *t, struct gdb_text *out)
{
    print_one("rsp", t->rsp->on, t->rsp_file, out);
    print_one("kvm", kvm_trace_is_on(t->kvm), t->kvm_file, out);
}

static void switch_rsp(const struct traces *t, bool on)
{
    t->rsp->on = on;
}

static void switch_kvm(const struct traces *t, bool on)
{
    kvm_trace_switch(t->kvm, on);
}

void monitor_trace(struct debug *d, const char *args, struct gdb_text *out)
{
    static const struct {
        const char *words;
        void (*set)(const struct traces *t, bool on);
        bool on;
    } settings[] = {
        {"rsp on", switch_rsp, true},
        {"rsp off", switch_rsp, false},
        {"kvm on", switch_kvm, true},
        {"kvm off", switch_kvm, false},
    };
    bool known = !*args;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (!strcmp(args, settings[i].words)) {
            settings[i].set(d->config.traces, settings[i].on);
            known = true;
        }
    if (known)
        print_traces(d->config.traces, out);
    else
        monitor_usage("trace", "[rsp|kvm on|off]", out);
}
