/* The state of run control, for the files that it is made of: run_control.c is asked and stops
 * vCPUs, run_start.c sets them going, run_non_stop.c those of which each stops by itself,
 * run_event.c says what came of it. */
#ifndef VMM_DEBUG_RUN_STATE_H
#define VMM_DEBUG_RUN_STATE_H

#include "debug/run/run_control.h"
#include "debug/step/step.h"

#include <pthread.h>

/* Why a vCPU has parked although nothing has happened that anyone shall hear of. */
enum run_again {
    AGAIN_NO,
    AGAIN_ALONE,  /* its next instruction must run alone, with no fence and no int3 in its way */
    AGAIN_REPLAN, /* the breakpoints want other carriers */
    AGAIN_LEAVE,  /* it is at a breakpoint that is no stop, and is to leave it, alone */
    AGAIN_FREELY, /* what it has hit is no stop */
};

/* One vCPU as run control sees it. Under the lock, but for `step`, which belongs to the vCPU's
 * thread while it runs. */
struct run_cpu {
    struct vcpu *vcpu;
    struct step step;
    enum run_action action;  /* RUN_HOLD: takes no part in the run */
    struct step_range range; /* of RUN_STEP */
    bool running;
    bool runs_code;     /* was neither halted nor waiting to be started when it was set going */
    uint64_t host_time; /* its vcpu_host_time when all had last been waited for: give_others_time */
    bool
        leaving; /* was told to have stopped at the breakpoint at its pc, and has not left it yet */
    bool asked;  /* the filter is being asked about it; of the vCPU's thread */
    bool passed; /* has parked at a breakpoint that is no stop, as the filter said */
    bool asks;   /* the filter wants to be asked after its next instruction */
    bool unasked; /* stands at a breakpoint that the filter is to be asked about before it runs */
    bool over;    /* must first step alone: off a breakpoint, over what a fence is in the way of */
    bool opened;  /* does so with the fences open */
    bool among;   /* steps once, as `over`, while the others run */
    bool stepping_open; /* has the fences open for the present step: see run_hooks.c */
    struct {
        uint64_t rip, addr;
        unsigned times;
    } same;               /* the last access to a fenced page, and how often it has come in a row */
    enum run_again again; /* of the vCPU's thread while it runs */
    size_t unmapped_next; /* the same: breakpoints_now_mapped's */
    bool pending;         /* has stopped by itself, and nobody has heard of it */
    bool came_to_one;     /* to a breakpoint of the client's, when it parked so */
    bool stepped;         /* by the end of a RUN_STEP, in the last run */
    struct vcpu_stop stop;
    char why[160]; /* what was caught, or "" */
    /* For a triple fault that is to be stopped at, where KVM forgets the registers: those before
     * the last entry. */
    struct run_before {
        bool is_set;
        struct kvm_regs regs;
        struct kvm_sregs sregs;
    } before;
    struct run_event event; /* non-stop: of its last stop */
    bool keeps_request; /* the same: a request, perhaps by what it was caught at, waits for it */
};

struct run_control {
    pthread_mutex_t lock;
    pthread_cond_t all_parked;
    struct memory *memory;
    struct breakpoints *breakpoints; /* changes only while stopped */
    const struct catches *catches;   /* the same */
    const struct host_debug *host;
    bool replan;        /* before the next run of all */
    size_t overwritten; /* int3 bytes of ours in this run, the first at: */
    uint64_t overwritten_at;
    unsigned stepping_open;    /* how many vCPUs have the fences open for a step */
    struct temp_int3 *temp;    /* of the vCPUs' steps */
    struct recorder *recorder; /* NULL: none; not owned; changes only while stopped */
    struct {
        gdb_hit_filter *ask;
        void *context;
    } filter; /* changes only while stopped */
    struct {
        bool is_set, is_alone; /* the client has none there */
        uint64_t addr;         /* linear */
    } own;                     /* where whoever comes stops, whatever the filter says; the same */

    struct run_cpu cpus[RUN_MAX_CPUS];
    unsigned count, running;
    bool stopped;     /* no run is under way; false from resume until the event is made */
    bool stop_wanted; /* everyone shall park */
    bool gathering;   /* who runs has been kicked, and the last to park decides what follows */
    bool pausing;     /* run_control_pause waits, or non-stop: until run_control_unpause */
    bool serving;     /* the polling thread has a request to serve, or is about to: until restart */
    bool interrupted; /* run_control_interrupt waits for an event that is not a request */
    unsigned first;   /* who stopped first in this run, or was reported last */
    bool unshared; /* the last run was one's step: what the others had before it does not count */
    enum run_request request;
    uint32_t value;

    struct run_event event; /* the last one made */
    bool posted;            /* and not yet taken */
    bool signalled;         /* fd is readable */
    const struct run_taker *taker;
    bool served; /* the taker has it: the vCPU's thread that is in on_parked is to serve */
    bool non_stop;
    unsigned told[RUN_MAX_CPUS]; /* non-stop: whose event is not yet taken, in that order */
    unsigned told_count;
    int fd;
};

/* The linear address space of a parked vCPU, or of the calling one. False if it can't be read. */
bool run_cpu_space(const struct run_control *rc, struct run_cpu *cpu, struct gva_space *space);

/* run_hooks.c: what a vCPU's thread calls while it runs; they fill HOOKS. */
void run_hooks(struct run_control *rc, struct vcpu_hooks *hooks);
/* CPU has parked by STOP, a kick: if its step is over all the same, STOP says so from here on. On
 * the vCPU's thread. */
void run_hooks_arrived(struct run_control *rc, struct run_cpu *cpu, struct vcpu_stop *stop);
/* A watched access was the last one of a repeated instruction: moves the pc behind it. */
void run_hooks_leave_rep(struct run_control *rc, struct run_cpu *cpu);
/* After a triple fault: the registers again as they were before it, if they were kept. On the
 * vCPU's thread. */
void run_hooks_undo_reset(struct run_cpu *cpu);
/* Ends what a vCPU had begun that has parked in the middle of it. With the lock held. */
void run_hooks_parked(struct run_control *rc, struct run_cpu *cpu);

/* run_record.c, on the vCPU's thread: before step_before_run, after it, when a step may have ended,
 * and when it has parked by STOP. */
void run_record_enter(struct run_control *rc, struct run_cpu *cpu);
void run_record_entered(struct run_control *rc, struct run_cpu *cpu);
void run_record_stepped(struct run_control *rc, struct run_cpu *cpu);
void run_record_parked(struct run_control *rc, struct run_cpu *cpu, const struct vcpu_stop *stop);
/* After that, once whoever has to park for CPU's stop is kicked: they get a turn only then. */
void run_record_left(struct run_control *rc, struct run_cpu *cpu);
/* All are parked, and somebody may look at them: what the last instruction did to another vCPU is
 * done now, so that the place is the same each time the log leads there. */
void run_record_stopped(struct run_control *rc);

/* All with the lock held. */

/* run_alone.c: one vCPU that runs with the others parked. */

/* Whether CPU, which has an action and perhaps a breakpoint to leave, must begin so. */
bool run_alone_first(const struct run_control *rc, struct run_cpu *cpu);
/* If there are others, and it is at a hlt: does that in the processor's place, because KVM would
 * not come back until one of those wakes it. False if it must run for it. */
bool run_alone_halt(const struct run_control *rc, struct run_cpu *cpu);
/* Takes the int3 bytes of ours out of its instruction, if they are still planted. */
void run_alone_clear(struct run_control *rc, struct run_cpu *cpu);
/* After run_alone_clear: takes everything else out of its way. How it runs then. */
enum step_action run_alone_begin(struct run_control *rc, struct run_cpu *cpu);
/* It has parked: nothing is out of its way any more. What it has changed of a watched value is
 * noted.
 */
void run_alone_close(struct run_control *rc, struct run_cpu *cpu);
/* It has parked with STOP: true if the run goes on, false if there is a reason to stop. */
bool run_alone_end(struct run_control *rc, struct run_cpu *cpu, const struct vcpu_stop *stop);
bool run_cpu_at_breakpoint(const struct run_control *rc, struct run_cpu *cpu);
bool run_cpu_at_halt(const struct run_control *rc, struct run_cpu *cpu);
/* Neither halted nor waiting to be started. */
bool run_cpu_is_awake(const struct run_cpu *cpu);
/* Whether it stands at a breakpoint that it has come to by running, though it was parked before
 * KVM saw it. */
bool run_cpu_arrived(const struct run_control *rc, struct run_cpu *cpu);
/* Lifts the int3 bytes, and remembers if any was overwritten. */
void run_lift(struct run_control *rc);

/* run_among.c: one vCPU that goes on while the others run. */

/* CPU has parked and is to go on for AGAIN: does so at once, if it need not be alone for that. */
bool run_among_begin(struct run_control *rc, struct run_cpu *cpu, enum run_again again);
/* It was `among`, and has parked with STOP: as run_alone_end. */
bool run_among_end(struct run_control *rc, struct run_cpu *cpu, const struct vcpu_stop *stop);

/* run_hit.c: the filter. */

/* The client's own breakpoint at PC, or NULL. */
const struct breakpoint *run_clients_at(const struct run_control *rc, uint64_t pc);
/* Whether run_control_stop_at has said so of linear PC. */
bool run_own_at(const struct run_control *rc, uint64_t pc);

/* CPU has parked by STOP: if it has hit something, asks whether that is a stop. If not, CPU goes on
 * (run_cpu.again); a stop is said by STOP. On the vCPU's thread, with no lock held. */
void run_hit_judge(struct run_control *rc, struct run_cpu *cpu, struct vcpu_stop *stop);
/* Asks at once about the CPU of INDEX, which is `unasked`. True: it stops there. By the thread that
 * polls, all being parked, with the lock held, which it lets go while it asks. */
bool run_hit_ask_now(struct run_control *rc, unsigned index);

/* run_range.c: steps through a range. CPU has RUN_STEP, and has finished an instruction. */

/* Whether it is still where its range lets it step on, whatever else may stop it there. */
bool run_range_holds(struct run_cpu *cpu);
/* The same, and nothing stops it. */
bool run_range_goes_on(const struct run_control *rc, struct run_cpu *cpu);
/* The same, of one that has left a breakpoint by a step which was not alone: it is to go on anew,
 * with that breakpoint planted. */
bool run_range_left_halt(const struct run_control *rc, struct run_cpu *cpu);
/* It has stepped on to a hlt, and nobody runs who could wake it: run_alone_halt is to do that. On
 * its thread. */
bool run_range_halts(const struct run_control *rc, struct run_cpu *cpu);

/* run_control.c */

/* Everyone shall park. */
void run_kick_all(struct run_control *rc);
/* What CPU is to do in the next run, from where it stands. */
void run_prepare(struct run_control *rc, struct run_cpu *cpu, const struct run_order *order);
/* Notes CPU's stop if it has one by run_cpu_arrived, and that of each. */
void run_note_arrival(struct run_control *rc, struct run_cpu *cpu);
void run_note_arrivals(struct run_control *rc);
/* All is prepared: goes, or tells at once what there is to tell. */
void run_set_going(struct run_control *rc, bool any_pending);
/* Notes a stop that KVM had no part in; STEPPED: by the end of a step. */
void run_note_stop(const struct run_control *rc, struct run_cpu *cpu, bool stepped);
/* All are parked and shall stay so. */
void run_finish_stop(struct run_control *rc);

/* run_start.c */

/* Chooses what carries each breakpoint as the CPUs are now, if that has changed. */
void run_plan_carriers(struct run_control *rc);
/* The same for a run, which keeps what has been chosen. */
void run_plan(struct run_control *rc);
/* Sets CPU going by ACTION. */
void run_start(struct run_control *rc, struct run_cpu *cpu, enum step_action action);
/* Whether no other takes part in the run. */
bool run_is_alone(const struct run_control *rc, const struct run_cpu *cpu);
/* Starts all that have an action, or first those that must run alone. */
void run_proceed(struct run_control *rc);

/* run_event.c */

/* Makes run_control_fd readable. */
void run_event_signal(struct run_control *rc);
/* Lets run_control_take have rc->event. In on_parked the taker may get it. */
void run_event_post(struct run_control *rc);
/* A stop that was held back is only worth reporting if its cause is still there. */
bool run_event_still_holds(struct run_control *rc, struct run_cpu *cpu);
/* CPU has parked with something to tell: notes what of it may hold on. */
void run_event_note(const struct run_control *rc, struct run_cpu *cpu);
/* The event of a vCPU that is pending, which it then is no more. */
void run_event_of_cpu(struct run_control *rc, unsigned index, struct run_event *event);
/* Makes rc->event of the request. */
void run_event_of_request(struct run_control *rc);
/* Makes the event of a stop that has just become complete. False if there is nothing to tell. */
bool run_event_make(struct run_control *rc);
/* Adds to EVENT what the client's user must know of this run: that breakpoints were overwritten. */
void run_event_remark(struct run_control *rc, struct run_event *event);

/* run_non_stop.c */

/* All are parked: queues the events that there are, and lets the others go on if nothing forbids
 * it. */
void run_non_stop_go(struct run_control *rc);
/* The same in the middle of a pause: the events only. */
void run_non_stop_collect(struct run_control *rc);
/* Takes the first one in the queue. False if there is none, or nobody shall hear of it yet. */
bool run_non_stop_take(struct run_control *rc, struct run_event *event);
/* The CPUs' state is new: what is queued is told as that. */
void run_non_stop_forget(struct run_control *rc);
/* run_control_resume, run_control_restart. */
void run_non_stop_resume(struct run_control *rc, const struct run_order *orders);
void run_non_stop_restart(struct run_control *rc);

#endif
