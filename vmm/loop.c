#include "loop.h"

#include "relay.h"
#include "vcpu/cpu_dump.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define CTRL_C     3
#define GOODBYE_MS 1000 /* how long a client may take to read the last reply */

enum { EXIT_GUEST_DIED = 2, EXIT_SIGNAL = 128 };

struct loop {
    struct loop_config config;
    bool done;
    int status; /* once done; or of the guest that a debugger still holds */

    struct relay relay; /* all of this belongs to who has the loop */
    struct run_taker taker;
    uint64_t spin_ns; /* how long the next packet is looked for before it is waited for */
};

static void fill_signals(sigset_t *set)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaddset(set, signals[i]);
}

void loop_block_signals(void)
{
    sigset_t set;
    fill_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a disk's file may not grow: the guest gets the error */
}

int loop_signals(struct error *error)
{
    sigset_t set;
    fill_signals(&set);
    const int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0
               ? error_set(error, -errno, "signalfd: %s (is `ulimit -n` too low?)", strerror(errno))
               : fd;
}

static bool attached(const struct loop *loop)
{
    return loop->config.server && gdb_server_attached(loop->config.server);
}

/* The first reason to end is the one that counts. */
static void end(struct loop *loop, int status)
{
    if (loop->done)
        return;
    loop->done = true;
    loop->status = status;
}

/* The guest has ended, but gdb may want it to start again (target extended-remote). */
static bool held(const struct loop *loop)
{
    return loop->config.server && gdb_server_holds_ended(loop->config.server);
}

/* The machine has ended: STOP is for the debugger, if one is there. */
static void end_with(struct loop *loop, const struct gdb_stop *stop, int status)
{
    if (loop->config.server)
        gdb_server_report_stop(loop->config.server, stop);
    if (held(loop))
        loop->status = status;
    else
        end(loop, status);
}

/* ---- Signals */

/* Ctrl-Z: the shell gets its terminal back as it was, and we ours when we are continued. SIGTSTP,
 * unlike SIGSTOP, does not stop a process that no shell could continue: its terminal would be dead.
 */
static void suspend(struct loop *loop)
{
    sigset_t suspend_only;
    sigemptyset(&suspend_only);
    sigaddset(&suspend_only, SIGTSTP);
    frontend_suspend(machine_frontend(loop->config.machine));
    raise(SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &suspend_only, NULL); /* here it stops */
    pthread_sigmask(SIG_BLOCK, &suspend_only, NULL);
    frontend_resume(machine_frontend(loop->config.machine));
}

/* gdb's numbers of the signals that end the program are the host's. */
static void end_by_signal(struct loop *loop, int number)
{
    const struct gdb_stop stop = {.kind = GDB_STOP_KILLED, .code = number};
    end_with(loop, &stop, EXIT_SIGNAL + number);
}

static void on_signal(struct loop *loop, int number)
{
    switch (number) {
    case SIGCONT:
        break;
    case SIGTSTP:
        suspend(loop);
        break;
    case SIGWINCH:
        frontend_resize(machine_frontend(loop->config.machine));
        break;
    case SIGINT:
        if (attached(loop)) {
            /* With a debugger there Ctrl-C is a key like others. */
            frontend_type(machine_frontend(loop->config.machine), CTRL_C);
            break;
        }
        __attribute__((fallthrough));
    default:
        end_by_signal(loop, number);
    }
}

static void read_signals(struct loop *loop)
{
    struct signalfd_siginfo info;
    while (read(loop->config.signals, &info, sizeof info) == sizeof info)
        on_signal(loop, (int)info.ssi_signo);
}

/* ---- The machine's events */

/* The guest has ended by itself. */
static void guest_exited(struct loop *loop, int status)
{
    const struct gdb_stop stop = {.kind = GDB_STOP_EXITED, .code = status};
    end_with(loop, &stop, status);
}

static void guest_died(struct loop *loop, const struct run_event *event)
{
    char text[4096];
    struct cpu_state state;
    struct vcpu *vcpu = machine_cpu(loop->config.machine, event->cpu);
    frontend_suspend(machine_frontend(loop->config.machine)); /* else nobody sees it */
    debug_explain_death(machine_debug(loop->config.machine), event, text, sizeof text);
    fprintf(stderr, "stepvm: the guest died: %s", text);
    if (!vcpu_read_state(vcpu, &state)) {
        cpu_dump(&state, text, sizeof text);
        fprintf(stderr, "%s", text);
    }
    fprintf(stderr, "stepvm: (to look at it alive: stepvm -S, and gdb)\n");
    end(loop, EXIT_GUEST_DIED);
}

static void reset(struct loop *loop)
{
    struct boot_result result;
    struct error error;
    if (loop->config.verbose)
        fprintf(stderr, "stepvm: the guest resets the machine\n");
    if (machine_power_on(loop->config.machine, &result, &error)) {
        fprintf(stderr, "stepvm: reset: %s\n", error.text);
        guest_exited(loop, 1);
        return;
    }
    debug_note_reset(machine_debug(loop->config.machine));
    run_control_restart(debug_run_control(machine_debug(loop->config.machine)));
}

/* Whether a client may still look at how the guest came to its end. */
static bool is_kept(struct loop *loop, const struct run_event *event)
{
    struct gdb_stop stop;
    return attached(loop) && debug_keeps_end(machine_debug(loop->config.machine), event, &stop) &&
           gdb_server_report_stop(loop->config.server, &stop);
}

static void on_request(struct loop *loop, const struct run_event *event)
{
    if (event->request != RUN_REQUEST_RESET && is_kept(loop, event))
        return;
    switch (event->request) {
    case RUN_REQUEST_RESET:
        reset(loop);
        break;
    case RUN_REQUEST_POWEROFF:
        guest_exited(loop, 0);
        break;
    case RUN_REQUEST_EXIT: /* as QEMU's isa-debug-exit */
        guest_exited(loop, (int)((event->value << 1 | 1) & 0xff));
        break;
    case RUN_REQUEST_NONE:
        break;
    }
}

/* False if no debugger is there to hear it. */
static bool tell_debugger(struct loop *loop, struct run_event *event)
{
    struct gdb_stop stop;
    if (!attached(loop))
        return false;
    if (debug_goes_on(machine_debug(loop->config.machine), event))
        return true;
    debug_stop_of(machine_debug(loop->config.machine), event, &stop);
    return gdb_server_report_stop(loop->config.server, &stop);
}

static void read_event(struct loop *loop)
{
    struct run_event event;
    if (!run_control_take(debug_run_control(machine_debug(loop->config.machine)), &event))
        return;
    if (event.kind == RUN_EVENT_REQUEST)
        on_request(loop, &event);
    else if (tell_debugger(loop, &event))
        return;
    else if (event.kind == RUN_EVENT_DIED)
        guest_died(loop, &event);
    else
        machine_run(loop->config.machine); /* its client has gone in between */
}

/* By the debugger: `kill`, `monitor quit`, or it has left a guest that had ended. */
static void end_killed(struct loop *loop)
{
    const struct gdb_stop stop = {.kind = GDB_STOP_KILLED, .code = SIGKILL};
    end_with(loop, &stop, loop->status);
}

/* ---- Time */

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int64_t milliseconds(void)
{
    return (int64_t)(nanoseconds() / 1000000);
}

/* ---- The loop */

/* What was typed for us. */
static void on_display_key(struct loop *loop, enum display_key key)
{
    if (key == DISPLAY_QUIT)
        end_by_signal(loop, SIGINT);
    else if (key == DISPLAY_SUSPEND)
        suspend(loop);
}

enum { FD_SIGNALS, FD_EVENTS, FD_FIRST };

/* What the client has done to the machine. */
static void note_end(struct loop *loop)
{
    if (machine_is_killed(loop->config.machine))
        end_killed(loop);
    else if (!loop->done && !held(loop))
        loop->status = 0;
    if (loop->config.server && gdb_server_finished(loop->config.server))
        end(loop, 0); /* gdb, which started us by a pipe, has gone */
}

/* The shorter of two times; -1 is without end. */
static int sooner(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Waits for something to happen, for MOST ms at most (-1: without end), and sees to it. */
static void turn(struct loop *loop, int most)
{
    struct machine *m = loop->config.machine;
    struct frontend *frontend = machine_frontend(m);
    struct pollfd fds[FD_FIRST + GDB_SERVER_FDS + FRONTEND_FDS];
    fds[FD_SIGNALS] = (struct pollfd){.fd = loop->config.signals, .events = POLLIN};
    fds[FD_EVENTS] = (struct pollfd){
        .fd = run_control_fd(debug_run_control(machine_debug(m))),
        .events = POLLIN,
    };
    struct pollfd *server_fds = fds + FD_FIRST;
    if (debug_travels(machine_debug(m)))
        most = 0;
    most = sooner(most, loop->config.server ? gdb_server_timeout(loop->config.server) : -1);
    const size_t server_n =
        loop->config.server ? gdb_server_poll(loop->config.server, server_fds) : 0;
    struct pollfd *frontend_fds = server_fds + server_n;
    /* First: it may have something to send. */
    const int timeout = sooner(most, frontend_timeout(frontend));
    const size_t frontend_n = frontend_poll(frontend, frontend_fds);

    const int n = poll(fds, FD_FIRST + server_n + frontend_n, timeout);
    if (n < 0)
        return; /* EINTR: look again */
    if (fds[FD_SIGNALS].revents)
        read_signals(loop);
    if (fds[FD_EVENTS].revents)
        read_event(loop);
    if (server_n)
        gdb_server_dispatch(loop->config.server, server_fds, server_n);
    debug_travel_on(machine_debug(m));
    on_display_key(loop, frontend_dispatch(frontend, frontend_fds, frontend_n));
    note_end(loop);
}

/* ---- The loop on a vCPU's thread: relay.h */

/* A client that steps sends its next packet as soon as it has read the answer, gdb after some 300
 * us. Within the first time that costs less than to sleep; after the second it is a person's turn.
 */
#define SPIN_NS 50000u
#define STAY_MS 2

static enum run_phase phase(struct loop *loop)
{
    return run_control_phase(debug_run_control(machine_debug(loop->config.machine)));
}

static bool is_stepping(void *context)
{
    return phase(context) == RUN_STEPPING;
}

static bool take(void *context)
{
    struct loop *loop = context;
    return relay_take(&loop->relay);
}

/* The client's next packet, if it comes soon. */
static bool look(struct loop *loop)
{
    const uint64_t end = nanoseconds() + loop->spin_ns;
    bool found;
    do
        found = gdb_server_look(loop->config.server);
    while (!found && nanoseconds() < end);
    note_end(loop);
    return found;
}

/* Sleeps until the server has something to do. All else can wait for the loop to come home. */
static bool is_spoken_to(struct loop *loop)
{
    struct pollfd fds[GDB_SERVER_FDS];
    return poll(fds, gdb_server_poll(loop->config.server, fds), STAY_MS) > 0;
}

static bool stays(struct loop *loop)
{
    return !loop->done && attached(loop) && !debug_travels(machine_debug(loop->config.machine)) &&
           !relay_is_wanted(&loop->relay);
}

static void serve(void *context)
{
    struct loop *loop = context;
    read_event(loop);
    run_control_ready(debug_run_control(machine_debug(loop->config.machine))); /* it reads now */
    enum run_phase now;
    while ((now = phase(loop)) == RUN_STOPPED && stays(loop) &&
           (look(loop) || (is_spoken_to(loop) && look(loop))))
        ;
    relay_give(&loop->relay, now == RUN_STEPPING);
}

/* More than one turn of a client that steps is left to the thread that steps. */
static int lend(struct loop *loop)
{
    if (!attached(loop) || !is_stepping(loop))
        return -1;
    return relay_lend(&loop->relay, is_stepping, loop) ? 0 : -1;
}

/* With one host CPU there is nobody to send anything while we look for it. */
static uint64_t spin_time(void)
{
    cpu_set_t cpus;
    return !sched_getaffinity(0, sizeof cpus, &cpus) && CPU_COUNT(&cpus) == 1 ? 0 : SPIN_NS;
}

static void begin_relay(struct loop *loop)
{
    relay_init(&loop->relay);
    loop->taker = (struct run_taker){.take = take, .serve = serve, .context = loop};
    loop->spin_ns = spin_time();
    if (loop->config.server)
        run_control_set_taker(debug_run_control(machine_debug(loop->config.machine)), &loop->taker);
}

/* With all vCPUs parked. */
static void end_relay(struct loop *loop)
{
    run_control_set_taker(debug_run_control(machine_debug(loop->config.machine)), NULL);
    relay_destroy(&loop->relay);
}

/* The last reply is on its way to the client; a guest that is gone has nothing more to do. */
static void say_goodbye(struct loop *loop)
{
    const int64_t start = milliseconds();
    while (attached(loop)) {
        const int64_t elapsed = milliseconds() - start;
        if (elapsed >= GOODBYE_MS)
            break;
        struct pollfd fds[GDB_SERVER_FDS];
        const size_t n = gdb_server_poll(loop->config.server, fds);
        if (poll(fds, n, (int)(GOODBYE_MS - elapsed)) > 0)
            gdb_server_dispatch(loop->config.server, fds, n);
    }
}

int loop_run(const struct loop_config *config)
{
    struct loop loop = {.config = *config};
    begin_relay(&loop);
    if (!config->stop)
        machine_run(config->machine);
    for (int most = -1; !loop.done; most = lend(&loop))
        turn(&loop, most);
    run_control_pause(debug_run_control(machine_debug(config->machine)));
    end_relay(&loop);
    say_goodbye(&loop);
    close(loop.config.signals);
    return loop.status;
}
