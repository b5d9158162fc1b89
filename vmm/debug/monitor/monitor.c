/* `monitor` commands: one table, from which `monitor help` is printed too. */
#include "debug/monitor/monitor.h"

#include <inttypes.h>
#include <string.h>

#define COMMAND_MAX 512 /* with its arguments */
#define USAGE_WIDTH 32  /* of a command with its arguments, in the list */

typedef bool breakpoint_list(const struct breakpoints *set, size_t i, struct breakpoint_row *row);

static void print_breakpoints(const struct breakpoints *set, breakpoint_list *list,
                              struct gdb_text *out)
{
    struct breakpoint_row row;
    for (size_t i = 0; list(set, i, &row); i++) {
        gdb_text_printf(out, "0x%016" PRIx64 "  %-8s", row.addr, breakpoint_type_name(row.type));
        if (row.len)
            gdb_text_printf(out, "  %" PRIu64 " byte%s", row.len, row.len == 1 ? "" : "s");
        gdb_text_printf(out, "  carried by %s%s%s\n", breakpoint_carrier_name(row.carrier),
                        row.guarded ? ", in a page fenced against writes" : "",
                        row.stepped ? "; real mode: at each instruction" : "");
    }
}

static void info_breakpoints(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    const struct breakpoints *set = d->breakpoints;
    struct breakpoint_row row;
    run_control_plan(d->run_control);
    if (breakpoints_row(set, 0, &row)) {
        print_breakpoints(set, breakpoints_row, out);
    } else if (breakpoints_kept_row(set, 0, &row)) {
        gdb_text_printf(out, "None is inserted now; in the last run there were:\n");
        print_breakpoints(set, breakpoints_kept_row, out);
    } else {
        gdb_text_printf(out,
                        "No breakpoints are inserted (gdb inserts its own when it resumes).\n");
    }
}

static void quit(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    gdb_text_printf(out, "Ending the machine.\n");
    d->config.kill(d->config.context);
}

/* gdb is not told of what happens while it believes everything to stand still. */
static void reset(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)args;
    struct error error;
    if (d->config.reset(d->config.context, &error))
        gdb_text_printf(out, "reset: %s\n", error.text);
    else
        gdb_text_printf(out, "The machine is as at power-on; breakpoints are kept. gdb shows old "
                             "registers until `maintenance flush register-cache`, or a step.\n");
}

static void help(struct debug *d, const char *args, struct gdb_text *out);

static const struct monitor_command commands[] = {
    {"arch", "[NAME]", "show gdb every CPU as auto, i8086, i386 or x86-64 code", monitor_arch},
    {"break-on", "EVENT", "stop when the machine does it (all events: monitor break-on)",
     monitor_break_on},
    {"break-on list", NULL, "what is stopped at, and what that costs", monitor_break_on_list},
    {"break-on off", NULL, "stop at none of them any more", monitor_break_on_off},
    {"cpu", "[N]", "the vCPU that other commands are about", monitor_cpu},
    {"gdt", "[SELECTOR [COUNT]]", "the GDT's descriptors in words", monitor_gdt},
    {"goto", "NUMBER", "to where so many instructions were recorded", monitor_goto},
    {"help", "[COMMAND]", "this list, or more about one", help},
    {"history", "[N]", "the last N recorded instructions, with what each changed", monitor_history},
    {"idt", "[FIRST [COUNT]]", "the IDT's gates in words (the IVT in real mode)", monitor_idt},
    {"in", "PORT[/b|/w|/l]", "read a port, as the guest would", monitor_in},
    {"info breakpoints", NULL, "what is inserted now, and by what each is carried",
     info_breakpoints},
    {"info cpus", NULL, "each vCPU with its mode and state", monitor_info_cpus},
    {"info devices", NULL, "port and MMIO ranges and who answers them", monitor_info_devices},
    {"info exits", NULL, "why each vCPU has left guest code, and how often", monitor_info_exits},
    {"info host", NULL, "what this host's KVM was found to deliver", monitor_info_host},
    {"info irq", NULL, "interrupt lines: device, how often raised, what PIC and IOAPIC do with it",
     monitor_info_irq},
    {"info lapic", NULL, "the local APIC of one vCPU (monitor cpu)", monitor_info_lapic},
    {"info pci", NULL, "PCI: each function, its BARs and its interrupt", monitor_info_pci},
    {"info pic", NULL, "both PICs' registers", monitor_info_pic},
    {"info pit", NULL, "the timer's channels", monitor_info_pit},
    {"info registers", NULL, "segments, control registers and the rest, of each vCPU",
     monitor_info_registers},
    {"info slots", NULL, "guest-physical memory: the KVM slots", monitor_info_slots},
    {"ivt", "[FIRST [COUNT]]", "real mode's interrupt vectors", monitor_ivt},
    {"linux", "[ADDR]", "where a Linux kernel has put itself, and how gdb's symbols follow it",
     monitor_linux},
    {"memory add", "ram|rom SIZE at GPA", "put memory where there is none", monitor_memory_add},
    {"memory list", NULL, "guest-physical memory, region by region", monitor_memory_list},
    {"memory remove", "GPA", "take away what was added there", monitor_memory_remove},
    {"msr", "NUMBER|NAME [VALUE]", "read or write a model-specific register", monitor_msr},
    {"next16", NULL, "let the next stepi take a call, int, loop or rep as one", monitor_next16},
    {"out", "PORT[/b|/w|/l] VALUE", "write to a port, as the guest would", monitor_out},
    {"pw", "[/SIZE] ADDR VALUE", "write guest-physical memory: /b /h /w /g, 4 bytes without",
     monitor_pw},
    {"quit", NULL, "end the machine", quit},
    {"realmode", "[linear|raw]", "give gdb pc and sp with the segment's base, or without",
     monitor_realmode},
    {"record off", NULL, "forget what was recorded, and go at full speed", monitor_record_off},
    {"record on", "[LIMIT]", "record each instruction, so as to go back", monitor_record_on},
    {"record save", NULL, "write what was recorded to the file that --record-file names",
     monitor_record_save},
    {"record status", NULL, "how far the log reaches, and what an instruction takes",
     monitor_record_status},
    {"reset", NULL, "back to power-on, and stopped there", reset},
    {"screen", NULL, "the text screen", monitor_screen},
    {"snapshot delete", "NAME", "forget one", monitor_snapshot_delete},
    {"snapshot list", NULL, "which there are, and what they take", monitor_snapshot_list},
    {"snapshot restore", "NAME", "the whole machine as it was then, and stopped there",
     monitor_snapshot_restore},
    {"snapshot save", "NAME", "keep the whole machine as it is now", monitor_snapshot_save},
    {"stats", "[dirty on|off]", "pages in use, exits by reason, calls of KVM", monitor_stats},
    {"step-irq", "[on|off]", "let interrupts in while stepping", monitor_step_irq},
    {"trace", "[rsp|kvm on|off]", "print packets, or KVM's calls, as with --trace", monitor_trace},
    {"tss", NULL, "the task-state segment's stacks and other fields", monitor_tss},
    {"walk", "ADDR", "a linear address through the page tables, level by level", monitor_walk},
    {"when", NULL, "how many instructions were executed since recording began", monitor_when},
    {"xp", "[/FMT] ADDR", "guest-physical memory: /8xb and so on, as gdb's x", monitor_xp},
};

const struct monitor_command *monitor_command(size_t index)
{
    return index < sizeof commands / sizeof commands[0] ? &commands[index] : NULL;
}

/* Whether NAME is WORDS, or begins with them and goes on with another word. */
static bool is_under(const char *name, const char *words)
{
    const size_t len = strlen(words);
    return !len || (!strncmp(name, words, len) && (!name[len] || name[len] == ' '));
}

/* A line of each command that begins with WORDS; false if none does. */
static bool list(const char *words, struct gdb_text *out)
{
    const struct monitor_command *c;
    bool any = false;
    for (size_t i = 0; (c = monitor_command(i)); i++) {
        if (!is_under(c->name, words))
            continue;
        any = true;
        const int used = (int)strlen(c->name) + (c->usage ? 1 : 0);
        gdb_text_printf(out, "monitor %s%s%-*s  %s\n", c->name, c->usage ? " " : "",
                        used < USAGE_WIDTH ? USAGE_WIDTH - used : 0, c->usage ? c->usage : "",
                        c->help);
    }
    return any;
}

static void help_one(const struct monitor_command *c, struct gdb_text *out)
{
    const char *details = monitor_details(c->name);
    gdb_text_printf(out, "monitor %s%s%s\n%s\n%s%s", c->name, c->usage ? " " : "",
                    c->usage ? c->usage : "", c->help, *details ? "\n" : "", details);
}

static void help(struct debug *d, const char *args, struct gdb_text *out)
{
    (void)d;
    const struct monitor_command *c;
    size_t shown = 0;
    if (!*args) {
        list("", out);
        return;
    }
    for (size_t i = 0; (c = monitor_command(i)); i++)
        if (is_under(c->name, args)) {
            gdb_text_printf(out, "%s", shown++ ? "\n" : "");
            help_one(c, out);
        }
    if (!shown)
        gdb_text_printf(out, "help: no command \"%s\" (monitor help lists them)\n", args);
}

void monitor_usage(const char *name, const char *usage, struct gdb_text *out)
{
    gdb_text_printf(out, "usage: monitor %s%s%s\n", name, usage ? " " : "", usage ? usage : "");
}

bool monitor_read_sregs(struct debug *d, struct kvm_sregs *sregs, struct gdb_text *out)
{
    int err = kvm_get_sregs(vcpu_kvm(d->cpus[d->chosen]), sregs);
    if (err)
        gdb_text_printf(out, "CPU %u: reading registers: KVM_GET_SREGS: %s\n", d->chosen,
                        strerror(-err));
    else if (d->count > 1)
        gdb_text_printf(out, "CPU %u:\n", d->chosen);
    return !err;
}

/* COMMAND's words with one space between them, so that they can be compared. False if they are more
 * than SIZE holds: a command cut short might be another one. */
static bool normalize(const char *command, char *words, size_t size)
{
    size_t n = 0;
    for (const char *p = command; *p; p++) {
        const bool space = *p == ' ' || *p == '\t' || *p == '\n';
        if (space && (!n || words[n - 1] == ' '))
            continue;
        if (n + 1 == size)
            return false;
        words[n++] = space ? ' ' : *p;
    }
    if (n && words[n - 1] == ' ')
        n--;
    words[n] = 0;
    return true;
}

/* The row with the longest name that WORDS begin with; *ARGS is what follows. NULL if none is. */
static const struct monitor_command *find(const char *words, const char **args)
{
    const struct monitor_command *found = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const size_t len = strlen(commands[i].name);
        if (len <= longest || strncmp(words, commands[i].name, len) ||
            (words[len] && words[len] != ' ' && words[len] != '/'))
            continue;
        longest = len;
        found = &commands[i];
    }
    if (found)
        *args = words + longest + (words[longest] == ' ');
    return found;
}

int debug_monitor(void *target, const char *command, struct gdb_text *out)
{
    struct debug *d = target;
    char words[COMMAND_MAX];
    const char *args;
    if (!normalize(command, words, sizeof words)) {
        gdb_text_printf(out,
                        "monitor: a command of more than %d characters (monitor help lists "
                        "what there is)\n",
                        COMMAND_MAX - 1);
        return 0;
    }
    const struct monitor_command *found = find(words, &args);
    if (!found && list(words, out)) /* "info" alone: what there is of it */
        return 0;
    if (!found)
        gdb_text_printf(out, "monitor: no command \"%s\" (monitor help lists them)\n", words);
    else if (*args && !found->usage)
        monitor_usage(found->name, NULL, out);
    else
        found->run(d, args, out);
    return 0;
}
