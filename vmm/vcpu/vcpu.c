#include "vcpu/vcpu.h"

#include "vcpu/vcpu_cpuid.h"
#include "vcpu/vcpu_exit.h"
#include "vcpu/vcpu_snapshot.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The kick's signal. Only vCPU threads have it unblocked. */
#define VCPU_SIGNAL SIGUSR1

enum vcpu_state { VCPU_PARKED, VCPU_RUNNING };

struct vcpu {
    unsigned index;
    struct kvm_cpu kvm;
    const struct vcpu_hooks *hooks;
    struct vcpu_exits exits;
    pthread_t thread;
    bool started;     /* it is there */
    bool stepping;    /* the vCPU's thread only, as is */
    uint64_t step_pc; /* where the instruction being stepped lies, linear */
    bool stop_after;  /* the instruction whose access is being served is the last one */
    bool inside;      /* the thread runs the guest, or serves an exit */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    enum vcpu_state state; /* under lock: PARKED by the thread, RUNNING by vcpu_resume */
    bool quit;             /* under lock: set once, by vcpu_destroy */
    atomic_bool park;      /* a kick not yet served: set by anyone, cleared by the thread */

    struct vcpu_snapshot power_on; /* last, for its size is not fixed */
};

/* ---- The run loop */

static enum vcpu_next host_error(struct vcpu_stop *stop, int err)
{
    *stop = (struct vcpu_stop){.kind = VCPU_STOP_HOST_ERROR, .error = err};
    return NEXT_PARK;
}

static enum vcpu_next handle_exit(struct vcpu *vcpu, struct vcpu_stop *stop)
{
    return vcpu_exit_handle(&vcpu->exits, vcpu->kvm.run, stop);
}

/* The kicker writes it while this thread does, and the kernel reads it at each KVM_RUN. */
static void set_immediate_exit(struct vcpu *vcpu, uint8_t value)
{
    __atomic_store_n(&vcpu->kvm.run->immediate_exit, value, __ATOMIC_SEQ_CST);
}

static int enter(struct vcpu *vcpu)
{
    const int rc = kvm_run(&vcpu->kvm);
    if (rc == -EINTR || rc == -EAGAIN)
        vcpu->exits.counts.interrupted++;
    return rc;
}

static bool is_io_exit(const struct kvm_run *run)
{
    return run->exit_reason == KVM_EXIT_IO || run->exit_reason == KVM_EXIT_MMIO;
}

/* The exit that has just been served was an access of an instruction: completes that instruction
 * and runs no other. 0: something else came of it, which was handled, and *NEXT says what follows.
 * -EINTR: completed, and KVM says no more. Else -errno. */
static int complete_access(struct vcpu *vcpu, struct vcpu_stop *stop, enum vcpu_next *next)
{
    int err;
    do { /* one instruction may do several accesses, each an exit of its own */
        set_immediate_exit(vcpu, 1);
        err = enter(vcpu);
        set_immediate_exit(vcpu, 0);
        if (!err)
            *next = handle_exit(vcpu, stop);
    } while (!err && *next == NEXT_RUN && is_io_exit(vcpu->kvm.run));
    return err;
}

/* A step over an instruction with I/O is over when the I/O is completed, but not every backend
 * says so: after OUT or an MMIO write the next KVM_RUN would run one instruction more. If there was
 * no debug exit, and the pc has moved on, the step is done and this says it in KVM's place. */
static enum vcpu_next finish_step(struct vcpu *vcpu, struct vcpu_stop *stop)
{
    uint64_t pc;
    int err = vcpu_linear_pc(vcpu, &pc);
    if (err)
        return host_error(stop, err);
    if (pc == vcpu->step_pc)
        return NEXT_RUN;
    const struct vcpu_debug_exit exit = {.exception = 1, .pc = pc, .dr6 = DR6_BS};
    stop->kind = VCPU_STOP_DEBUG;
    stop->exit_reason = KVM_EXIT_DEBUG;
    return vcpu->hooks->debug(vcpu->hooks->context, vcpu, &exit) ? NEXT_PARK : NEXT_RUN;
}

static enum vcpu_next finish_access(struct vcpu *vcpu, struct vcpu_stop *stop)
{
    enum vcpu_next next = NEXT_RUN;
    const int err = complete_access(vcpu, stop, &next);
    if (err && err != -EINTR)
        return host_error(stop, err);
    if (err && vcpu->stepping)
        next = finish_step(vcpu, stop);
    if (vcpu->stop_after && !vcpu->stepping && next == NEXT_RUN) { /* a step ends by itself */
        stop->kind = VCPU_STOP_DEBUG;
        stop->exit_reason = KVM_EXIT_DEBUG;
        next = NEXT_PARK;
    }
    return next;
}

static void work(struct vcpu *vcpu)
{
    const struct vcpu_hooks *hooks = vcpu->hooks;
    while (hooks->work && !atomic_load(&vcpu->park) && hooks->work(hooks->work_context, vcpu))
        ;
}

/* One entry and what comes of it. */
static enum vcpu_next run_once(struct vcpu *vcpu, struct vcpu_stop *stop)
{
    work(vcpu);
    int err = vcpu->hooks->before_run ? vcpu->hooks->before_run(vcpu->hooks->context, vcpu) : 0;
    if (err)
        return host_error(stop, err);

    /* complete_access may have cleared what a kick had set. */
    if (atomic_load(&vcpu->park))
        set_immediate_exit(vcpu, 1);
    err = enter(vcpu);
    if (err == -EINTR || err == -EAGAIN) {
        /* The order matters, see vcpu_kick. */
        set_immediate_exit(vcpu, 0);
        stop->kind = VCPU_STOP_KICKED;
        return atomic_exchange(&vcpu->park, false) ? NEXT_PARK : NEXT_RUN;
    }
    if (err < 0)
        return host_error(stop, err);

    const enum vcpu_next next = handle_exit(vcpu, stop);
    if (next == NEXT_PARK || !(vcpu->stepping || vcpu->stop_after) || !is_io_exit(vcpu->kvm.run))
        return next;
    work(vcpu); /* DMA is part of the instruction that asked for it */
    return finish_access(vcpu, stop);
}

static void run_until_parked(struct vcpu *vcpu)
{
    struct vcpu_stop stop;
    vcpu->inside = true;
    do
        stop = (struct vcpu_stop){.kind = VCPU_STOP_KICKED};
    while (run_once(vcpu, &stop) == NEXT_RUN);

    pthread_mutex_lock(&vcpu->lock);
    vcpu->stop_after = vcpu->inside = false;
    /* A kick that lost the race against another reason to park is consumed by it. */
    atomic_store(&vcpu->park, false);
    set_immediate_exit(vcpu, 0);
    vcpu->state = VCPU_PARKED;
    pthread_mutex_unlock(&vcpu->lock);
    vcpu->hooks->parked(vcpu->hooks->context, vcpu, &stop);
}

static void *vcpu_thread(void *argument)
{
    struct vcpu *vcpu = argument;
    char name[16];
    snprintf(name, sizeof name, "vcpu %u", vcpu->index);
    pthread_setname_np(pthread_self(), name);
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, VCPU_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &kick, NULL);

    pthread_mutex_lock(&vcpu->lock);
    for (;;) {
        while (vcpu->state == VCPU_PARKED && !vcpu->quit)
            pthread_cond_wait(&vcpu->wake, &vcpu->lock);
        if (vcpu->quit)
            break;
        pthread_mutex_unlock(&vcpu->lock);
        run_until_parked(vcpu);
        pthread_mutex_lock(&vcpu->lock);
    }
    pthread_mutex_unlock(&vcpu->lock);
    return NULL;
}

static void resume(struct vcpu *vcpu, bool kicked)
{
    pthread_mutex_lock(&vcpu->lock);
    vcpu->state = VCPU_RUNNING;
    atomic_store(&vcpu->park, kicked);
    pthread_cond_signal(&vcpu->wake);
    pthread_mutex_unlock(&vcpu->lock);
}

void vcpu_resume(struct vcpu *vcpu)
{
    resume(vcpu, false);
}

void vcpu_resume_kicked(struct vcpu *vcpu)
{
    resume(vcpu, true);
}

void vcpu_catch_up(struct vcpu *vcpu)
{
    if (pthread_equal(vcpu->thread, pthread_self()) && vcpu_is_running(vcpu))
        run_until_parked(vcpu);
}

/* The kick can land between the thread's last look at `park` and KVM_RUN. The signal alone would
 * then be lost and the vCPU would run on; immediate_exit makes that KVM_RUN return at once. `park`
 * is set first and immediate_exit cleared first, so that a kick that comes between the two steps of
 * either side costs a needless turn of the loop at most, and is never lost. */
void vcpu_kick(struct vcpu *vcpu)
{
    pthread_mutex_lock(&vcpu->lock);
    if (vcpu->state == VCPU_RUNNING) {
        atomic_store(&vcpu->park, true);
        set_immediate_exit(vcpu, 1);
        pthread_kill(vcpu->thread, VCPU_SIGNAL);
    }
    pthread_mutex_unlock(&vcpu->lock);
}

/* ---- Making and unmaking */

static void on_kick(int signal)
{
    (void)signal; /* its one purpose is to make KVM_RUN return */
}

static int set_cpuid(struct vcpu *vcpu, unsigned count)
{
    const struct kvm_cpuid2 *supported;
    int err = kvm_get_supported_cpuid(vcpu->kvm.vm->host, &supported);
    if (err)
        return err;
    struct kvm_cpuid2 *cpuid = vcpu_cpuid_make(supported, vcpu->index, count);
    err = cpuid ? kvm_set_cpuid2(&vcpu->kvm, cpuid) : -ENOMEM;
    free(cpuid);
    return err;
}

static int start_thread(struct vcpu *vcpu)
{
    /* Until the new thread has its own mask, no signal may be delivered to it. */
    sigset_t all, old;
    const struct sigaction action = {.sa_handler = on_kick};
    /* Blocked, these would end the program without their handlers: the terminal's (terminal.c), the
     * sandbox's (confine.h). */
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
    sigaction(VCPU_SIGNAL, &action, NULL);
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int err = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return -err;
}

int vcpu_create(struct vcpu **out, struct kvm_vm *vm, unsigned index, unsigned count,
                struct bus *bus, const struct vcpu_hooks *hooks, struct error *error)
{
    *out = NULL;
    struct vcpu *vcpu = calloc(1, sizeof *vcpu);
    if (!vcpu)
        return error_set(error, -ENOMEM, "vCPU %u: out of memory (free some and start again)",
                         index);
    vcpu->index = index;
    vcpu->hooks = hooks;
    vcpu->exits = (struct vcpu_exits){.vcpu = vcpu, .bus = bus, .hooks = hooks};
    vcpu->state = VCPU_PARKED;
    pthread_mutex_init(&vcpu->lock, NULL);
    pthread_cond_init(&vcpu->wake, NULL);

    int err = kvm_cpu_create(&vcpu->kvm, vm, index, error);
    if (err)
        goto free_vcpu;
    err = set_cpuid(vcpu, count);
    if (err) {
        error_set(error, err, "vCPU %u: KVM_SET_CPUID2: %s (the kernel's log may say more: dmesg)",
                  index, strerror(-err));
        goto close_kvm;
    }
    err = vcpu_snapshot_save(&vcpu->kvm, VCPU_PARTS_ALL, &vcpu->power_on);
    if (err) {
        error_set(error, err, "vCPU %u: reading its first state: %s (see dmesg)", index,
                  strerror(-err));
        goto close_kvm;
    }
    *out = vcpu;
    return 0;

close_kvm:
    kvm_cpu_close(&vcpu->kvm);
free_vcpu:
    pthread_cond_destroy(&vcpu->wake);
    pthread_mutex_destroy(&vcpu->lock);
    free(vcpu);
    return err;
}

int vcpu_start(struct vcpu *vcpu, struct error *error)
{
    const int err = start_thread(vcpu);
    vcpu->started = !err;
    return err ? error_set(error, err, "vCPU %u: starting its thread: %s (is `ulimit -u` too low?)",
                           vcpu->index, strerror(-err))
               : 0;
}

static void end_thread(struct vcpu *vcpu)
{
    pthread_mutex_lock(&vcpu->lock);
    vcpu->quit = true;
    pthread_cond_signal(&vcpu->wake);
    pthread_mutex_unlock(&vcpu->lock);
    vcpu_kick(vcpu);
    pthread_join(vcpu->thread, NULL);
}

void vcpu_destroy(struct vcpu *vcpu)
{
    if (!vcpu)
        return;
    if (vcpu->started)
        end_thread(vcpu);
    kvm_cpu_close(&vcpu->kvm);
    pthread_cond_destroy(&vcpu->wake);
    pthread_mutex_destroy(&vcpu->lock);
    free(vcpu);
}

int vcpu_reset(struct vcpu *vcpu)
{
    return vcpu_snapshot_restore(&vcpu->kvm, VCPU_PARTS_ALL, &vcpu->power_on);
}

bool vcpu_is_running(struct vcpu *vcpu)
{
    pthread_mutex_lock(&vcpu->lock);
    const bool running = vcpu->state == VCPU_RUNNING;
    pthread_mutex_unlock(&vcpu->lock);
    return running;
}

uint64_t vcpu_host_time(const struct vcpu *vcpu)
{
    clockid_t clock;
    struct timespec time = {0};
    if (!pthread_getcpuclockid(vcpu->thread, &clock))
        clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

unsigned vcpu_index(const struct vcpu *vcpu)
{
    return vcpu->index;
}

bool vcpu_is_current(const struct vcpu *vcpu)
{
    return pthread_equal(vcpu->thread, pthread_self()) && vcpu->inside;
}

const struct vcpu_exit_counts *vcpu_exit_counts(const struct vcpu *vcpu)
{
    return &vcpu->exits.counts;
}

struct kvm_cpu *vcpu_kvm(struct vcpu *vcpu)
{
    return &vcpu->kvm;
}

void vcpu_stop_after_access(struct vcpu *vcpu)
{
    vcpu->stop_after = true;
}

void vcpu_set_stepping(struct vcpu *vcpu, bool stepping, uint64_t pc)
{
    vcpu->stepping = stepping;
    vcpu->step_pc = pc;
}
