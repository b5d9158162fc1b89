#include "confine/confine.h"
#include "confine/file_helper.h"
#include "console/terminal.h"
#include "error.h"
#include "gdbstub/gdbstub.h"
#include "kvm/kvm.h"
#include "loop.h"
#include "machine.h"
#include "options/options.h"
#include "traces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What main opens and must close again. */
struct program {
    struct options options;
    struct file_helper files;
    struct file_source file_source; /* which is those, in the sandbox */
    struct confinement confinement;
    FILE *kvm_file, *rsp_file;
    FILE *record_file; /* NULL: none */
    struct kvm_trace *kvm_trace;
    struct rsp_trace rsp_trace;
    struct machine *machine;
    struct gdb_server *server;
};

/* Who starts us may have closed some of these. The next file that is opened would get that number,
 * and our messages: a disk. An open takes the lowest number that is free. */
static int hold_standard_descriptors(struct error *error)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
            return error_set(error, -errno,
                             "opening /dev/null: %s (start stepvm with its standard input, output "
                             "and error open)",
                             strerror(errno));
    return 0;
}

static int usage_error(const struct error *error)
{
    fprintf(stderr, "stepvm: %s\n", error->text);
    return 1;
}

/* A trace that is off at first may be switched on later, and then goes to stderr. */
static int open_trace(FILE **out, const char *path, struct error *error)
{
    *out = path ? fopen(path, "we") : stderr;
    if (*out) {
        setvbuf(*out, NULL, _IOLBF, 0); /* for who reads along */
        return 0;
    }
    return error_set(error, -errno, "--trace: opening %s: %s (choose a file that can be written)",
                     path, strerror(errno));
}

/* Now, while files can be opened. */
static int open_record_file(struct program *p, struct error *error)
{
    const char *path = p->options.record_file;
    p->record_file = path ? fopen(path, "we") : NULL;
    return !path || p->record_file
               ? 0
               : error_set(error, -errno,
                           "--record-file: opening %.180s: %s (choose a file that can be written)",
                           path, strerror(errno));
}

static int open_traces(struct program *p, struct error *error)
{
    const struct options *o = &p->options;
    int err = open_trace(&p->kvm_file, o->trace_kvm_file, error);
    if (!err)
        err = open_trace(&p->rsp_file, o->trace_rsp_file, error);
    if (err)
        return err;
    p->rsp_trace = (struct rsp_trace){.out = p->rsp_file, .on = o->trace_rsp};
    p->kvm_trace = kvm_trace_new(p->kvm_file, o->trace_kvm);
    return p->kvm_trace
               ? 0
               : error_set(error, -ENOMEM, "--trace: out of memory (free some and start again)");
}

/* What was not written is missed by whoever reads it later: it is said, now that it is known. */
static void close_trace(FILE *file, const char *path)
{
    if (!file || file == stderr)
        return;
    const bool failed = ferror(file);
    if (fclose(file))
        fprintf(stderr, "stepvm: --trace: writing %.180s: %s (%s)\n", path, strerror(errno),
                error_remedy(errno));
    else if (failed)
        fprintf(stderr,
                "stepvm: --trace: %.180s is not whole: it could not be written (make room "
                "on that file system)\n",
                path);
}

/* What was asked for has been printed, or could not be. */
static int end_print(void)
{
    if (!fflush(stdout) && !ferror(stdout))
        return 0;
    fprintf(stderr, "stepvm: writing to standard output: %s (%s)\n", strerror(errno),
            error_remedy(errno));
    return 1;
}

/* What a debugger's breakpoints print that it can't be shown. */
static void print_text(void *context, const char *text, size_t len)
{
    (void)context;
    fwrite(text, 1, len, stderr);
}

/* The debugger's door. A busy default port is only a pity, unless someone counts on it. */
static int open_server(struct program *p, struct error *error)
{
    const struct options *o = &p->options;
    if (!o->gdb)
        return o->stop ? error_set(error, -EINVAL,
                                   "-S waits for a debugger, but --gdb none lets none in (leave "
                                   "one of them out)")
                       : 0;
    const struct gdb_server_config config = {
        .ops = &debug_target_ops,
        .target = machine_debug(p->machine),
        .where = o->gdb,
        .trace = rsp_trace_packet,
        .trace_context = &p->rsp_trace,
        .print = print_text,
    };
    struct gdb_text why;
    gdb_text_init(&why, error->text, sizeof error->text);
    int err = gdb_server_open(&p->server, &config, &why);
    if (err && !o->gdb_given && !o->stop) {
        fprintf(stderr, "stepvm: warning: %s: running without a debugger\n", error->text);
        return 0;
    }
    return err;
}

/* The path of a socket's place, or NULL: it is another one. */
static const char *socket_path(const char *where)
{
    static const char kind[] = "unix:";
    return where && !strncmp(where, kind, sizeof kind - 1) ? where + sizeof kind - 1 : NULL;
}

/* The protocol has no password. */
static void warn_open_door(const char *address)
{
    static const char *const only_here[] = {"127.", "[::1]", "[::ffff:127."};
    for (size_t i = 0; i < sizeof only_here / sizeof *only_here; i++)
        if (!strncmp(address, only_here[i], strlen(only_here[i])))
            return;
    fprintf(stderr,
            "stepvm: warning: other hosts can reach gdb's port, %s, and whoever connects owns the "
            "guest (leave the host out for this one only, or take unix:PATH and ssh -L)\n",
            address);
}

/* Where gdb can come, for whoever waits for it. SNAPSHOT: where the machine goes on from, or NULL.
 */
static void announce(const struct program *p, const char *snapshot)
{
    const char *address = p->server ? gdb_server_address(p->server) : NULL;
    if (!address || !strcmp(address, "|"))
        return;
    if (!socket_path(p->options.gdb))
        warn_open_door(address);
    if (p->options.stop && snapshot)
        fprintf(stderr,
                "stepvm: stopped where the snapshot %s was saved; in gdb: target remote %s\n",
                snapshot, address);
    else if (p->options.stop)
        fprintf(stderr, "stepvm: stopped before the first instruction; in gdb: target remote %s\n",
                address);
    else if (p->options.verbose || p->options.gdb_given)
        fprintf(stderr, "stepvm: gdb can attach: target remote %s\n", address);
}

static void print_lines(const char *lines)
{
    while (*lines) {
        const int len = (int)strcspn(lines, "\n");
        fprintf(stderr, "stepvm: %.*s\n", len, lines);
        lines += len + (lines[len] != 0);
    }
}

static void print_unknown_call(void *context, unsigned vector, unsigned ah, uint64_t count)
{
    (void)context;
    fprintf(stderr, "stepvm: BIOS: int 0x%02x, ah=0x%02x is not there (asked for %llu times)\n",
            vector, ah, (unsigned long long)count);
}

/* ---- The sandbox */

static void list_files(struct file_helper *files, const struct options *o)
{
    file_helper_init(files);
    file_helper_add(files, o->boot.path, false);
    file_helper_add(files, o->bios, false);
    file_helper_add(files, o->boot.initrd, false);
    for (unsigned i = 0; i < o->boot.module_count; i++)
        file_helper_add(files, o->boot.modules[i].path, false);
    for (unsigned i = 0; i < o->boot.load_count; i++)
        file_helper_add(files, o->boot.loads[i].path, false);
    file_helper_add(files, socket_path(o->gdb), true);
    for (unsigned i = 0; i < o->serial_count; i++)
        file_helper_add(files, socket_path(o->serial[i]), true);
}

/* Before anything is opened, and threads are made. */
static int prepare_sandbox(struct program *p, struct error *error)
{
    list_files(&p->files, &p->options);
    confine_not(&p->confinement, "--no-sandbox");
    if (p->options.no_sandbox)
        return 0;
    p->file_source = (struct file_source){file_helper_open, &p->files};
    p->options.boot.files = &p->file_source;
    return file_helper_start(&p->files, error);
}

static void on_trapped(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    terminal_give_back();
    confine_trapped(info);
}

/* A host whose kernel lacks something of it can run guests all the same: its user is told. */
static void warn_unconfined(const struct error *error)
{
    fprintf(stderr, "stepvm: warning: %s\n", error->text);
}

static int enter_sandbox(struct program *p, struct error *error)
{
    struct confine_config config = {.trapped = on_trapped};
    struct error incomplete;
    const bool sandbox = !p->options.no_sandbox;
    file_helper_take_over(&p->files);
    if (sandbox && confine_rights(&incomplete))
        warn_unconfined(&incomplete);
    const int err = machine_start(p->machine, error);
    if (err || !sandbox)
        return err;
    config.requests = kvm_running_requests(&config.request_count);
    if (confine_calls(&p->confinement, &config, &incomplete))
        warn_unconfined(&incomplete);
    return 0;
}

/* ---- */

static int run(struct program *p, struct error *error)
{
    struct boot_result result;
    const struct traces traces = {
        .kvm = p->kvm_trace,
        .rsp = &p->rsp_trace,
        .kvm_file = p->options.trace_kvm_file,
        .rsp_file = p->options.trace_rsp_file,
        .record = p->record_file,
        .record_file = p->options.record_file,
    };
    int err = machine_new(&p->machine, &p->options, &traces, p->confinement.text, error);
    if (!err)
        err = machine_power_on(p->machine, &result, error);
    if (!err && p->options.record)
        err = debug_record(machine_debug(p->machine), p->options.record, error);
    if (!err)
        err = open_server(p, error);
    const int signals = err ? err : loop_signals(error);
    if (signals < 0)
        return signals;
    err = enter_sandbox(p, error);
    if (err) {
        close(signals);
        return err;
    }
    const char *snapshot;
    err = machine_begin(p->machine, &snapshot, error);
    if (err) {
        close(signals);
        return err;
    }
    if (result.warning[0])
        fprintf(stderr, "stepvm: warning: %s\n", result.warning);
    if (p->options.verbose)
        print_lines(result.description);
    if (p->options.verbose && snapshot)
        fprintf(stderr, "stepvm: goes on from the snapshot %s in %s\n", snapshot,
                p->options.snapshot_file);
    announce(p, snapshot);

    const struct loop_config loop = {
        .machine = p->machine,
        .server = p->server,
        .signals = signals,
        .stop = p->options.stop,
        .verbose = p->options.verbose,
    };
    const int status = loop_run(&loop);
    if (p->options.verbose)
        machine_unknown_bios_calls(p->machine, print_unknown_call, NULL);
    return status;
}

int main(int argc, char **argv)
{
    struct program p = {0};
    struct error error;
    loop_block_signals();
    if (hold_standard_descriptors(&error) || options_parse(&p.options, argc, argv, &error))
        return usage_error(&error);
    if (p.options.help) {
        options_print_help(stdout);
        return end_print();
    }
    if (p.options.version) {
        printf("stepvm %s\n", STEPVM_VERSION);
        return end_print();
    }

    int status = prepare_sandbox(&p, &error);
    if (!status)
        status = open_traces(&p, &error);
    if (!status)
        status = open_record_file(&p, &error);
    if (!status)
        status = run(&p, &error);
    if (status < 0)
        status = usage_error(&error);

    gdb_server_close(p.server);
    machine_free(p.machine);
    kvm_trace_free(p.kvm_trace);
    close_trace(p.kvm_file, p.options.trace_kvm_file);
    close_trace(p.rsp_file, p.options.trace_rsp_file);
    if (p.record_file)
        fclose(p.record_file); /* each save has said whether it could be written */
    file_helper_stop(&p.files);
    return status;
}
