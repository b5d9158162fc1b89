/* A trace experiment, as gdb calls it: what is collected where, without a stop (GDB manual,
 * "Tracepoints").
 *
 *     QTDP, QTDV ... -> points, variables      -> QTStart: inserted in the target
 *     a CPU comes to one -> trace_hit, on its thread -> a frame in the buffer -> it goes on
 *     QTFrame -> a copy of a frame -> `g` and `m` show it; qTBuffer -> all of them, for a file
 *
 * It outlives its client: another may look at what was recorded, and with QTDisconnected the trace
 * goes on meanwhile. */
#ifndef GDBSTUB_TRACE_H
#define GDBSTUB_TRACE_H

#include <pthread.h>
#include <stdatomic.h>

#include "trace_block.h"
#include "trace_buffer.h"
#include "trace_point.h"
#include "trace_variable.h"
#include "x86_g.h"

enum {
    TRACE_BUFFER_DEFAULT = 5 << 20,
    TRACE_BUFFER_MAX = 256 << 20,
    TRACE_STEPPING_MAX = 8, /* tracepoints whose while-stepping one thread does at a time */
    TRACE_READONLY_MAX = 256,
};

/* Why there is no trace running. */
enum trace_end {
    TRACE_NOT_RUN,
    TRACE_STOPPED,
    TRACE_FULL,
    TRACE_DISCONNECTED,
    TRACE_PASSED, /* a tracepoint's pass count was reached */
    TRACE_ERROR,  /* an expression could not be evaluated */
};

struct trace_range {
    uint64_t start, end; /* END is the first address behind it */
};

/* What one thread has still to step for whom. */
struct trace_thread {
    struct {
        struct trace_point *point;
        uint64_t left;
    } stepping[TRACE_STEPPING_MAX];
    size_t n;
};

/* All zero but OPS and TARGET is for trace_init. */
struct trace {
    const struct gdb_target_ops *ops;
    void *target;

    /* Changed only while the target stands still; read at hits. */
    struct trace_points points;
    struct trace_range *readonly; /* memory that frames need not hold (QTro) */
    size_t readonly_count;
    size_t threads;
    size_t inserted; /* points that are in the target */
    bool left;       /* the client has gone, and the target asks the trace itself */

    /* The client's alone. */
    bool disconnected; /* goes on without a client */
    size_t wanted_size;
    char *user, *notes, *stop_notes; /* in hex, as they came, or NULL */

    /* Under the lock. Nothing but trace_hit calls the target with it held. */
    pthread_mutex_t lock;
    atomic_bool running; /* changes under the lock */
    enum trace_end end;
    unsigned end_point; /* the number of the one that brought it about, or 0 */
    const char *end_text;
    uint64_t start_time, stop_time; /* microseconds since 1970, or 0 */
    struct trace_thread *stepping;  /* by thread, from 0 on, while it runs */
    struct trace_variables variables;
    struct trace_buffer buffer;
    struct buffer scratch; /* the frame that is being made */
    struct x86_g g;        /* of its registers */
};

/* 0 or -ENOMEM. */
int trace_init(struct trace *t);
/* The target is not touched. */
void trace_free(struct trace *t);

/* ---- For the commands. The target stands still where not said otherwise. */

/* QTinit: nothing is defined, nothing recorded. */
int trace_reset(struct trace *t);
/* QTStart: a trace runs, with nothing in the target yet. 0 or -ENOMEM. */
int trace_start(struct trace *t);
/* Puts in the target what is defined; its hit filter is set. 0, or -errno and WHY: then no trace
 * runs. */
int trace_insert(struct trace *t, struct gdb_text *why);
/* Ends the trace that runs, if one does, and takes out what it has inserted; what was recorded
 * stays. */
void trace_stop(struct trace *t, enum trace_end end);
/* Puts POINT in the target, or takes it out, as it is whole, enabled and a trace runs, or not. */
int trace_place_point(struct trace *t, struct trace_point *point, struct gdb_text *why);
/* A trace that has ended by itself is taken out of the target. */
void trace_settle(struct trace *t);
/* The target has stopped: what it was stepping for a tracepoint is over. */
void trace_interrupt(struct trace *t);
/* The client is about to leave the target: whether a trace is to go on without it, in the target,
 * which else forgets what is inserted. At any time. */
bool trace_outlives_client(struct trace *t);
/* Whether a trace runs; at any time. */
bool trace_is_running(const struct trace *t);

/* QTBuffer: from the next QTinit or QTStart on; at any time. SIZE 0 is the default. 0 or -EINVAL.
 */
int trace_set_size(struct trace *t, uint64_t size);
void trace_set_circular(struct trace *t, bool circular);

/* ---- On the threads of CPUs (trace_hit.c) */

/* HIT has come about: collects what is wanted there. GDB_HIT_GO_ON or GDB_HIT_STEP. */
enum gdb_verdict trace_hit(struct trace *t, const struct gdb_hit *hit);
/* With the lock: THREAD steps for no tracepoint any more; one that was only waiting for that to
 * have its last pass behind it ends the trace. */
void trace_give_up_steps(struct trace *t, struct trace_thread *thread);
/* With the lock: ends the trace, which runs. What it has inserted is taken out by trace_settle. */
void trace_end(struct trace *t, enum trace_end end, unsigned point, const char *text);

#endif
