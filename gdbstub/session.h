/* One client's session: bytes in, target operations called, bytes out. It does no I/O and holds all
 * that is known about the client in one struct.
 *
 *     STOPPED   each packet is answered at once; always so in non-stop mode, where a resume is, too
 *     RUNNING   the target runs; the client waits for the stop reply and may interrupt
 *     STOPPING  the target has been asked to stop. At the start nobody waits for an answer: the
 *               client's first bytes are not taken before the target has stopped
 *     IDLE      nothing is debugged: the machine has ended, or was killed or detached from, and the
 *               client, in extended mode, stays and may start it again (program.h)
 *     ENDED     the machine has ended for good, and a client in non-stop mode has still to take the
 *               notification that says so
 *     CLOSED    nothing more is taken; what is in the outbox is still to be sent */
#ifndef GDBSTUB_SESSION_H
#define GDBSTUB_SESSION_H

#include "crossing.h"
#include "inserted.h"
#include "outbox.h"
#include "packet.h"
#include "printout.h"
#include "reply.h"
#include "stop_queue.h"
#include "trace_upload.h"
#include "x86_g.h"

enum session_state {
    SESSION_STOPPED = 1,
    SESSION_RUNNING = 2,
    SESSION_STOPPING = 4,
    SESSION_IDLE = 8,
    SESSION_ENDED = 16,
    SESSION_CLOSED = 32,
};

/* What the client said in qSupported that it understands. */
struct client_features {
    bool swbreak, hwbreak, exec_events;
    /* lldb's, each by a packet of its own. */
    bool thread_suffix;    /* ";thread:1;" ends a packet that means one thread */
    bool threads_in_stops; /* a stop names all threads */
};

/* The client's wish, in all-stop mode, that the target stops. A breakpoint can beat it, or the
 * target have stopped before it came, and gdb go on by itself, because a condition is false or a
 * `next` is not over: then it must stop the next time, or Ctrl-C would be lost again and again
 * (GDB manual, "Interrupts": it is queued). Where gdb has shown that other stop to its user, who
 * has what they wanted, it must not. lldb interrupts for reasons of its own, and forgets them. */
struct interrupt_wish {
    bool due;   /* no stop has said SIGINT since */
    bool shown; /* the last stop was shown: gdb lists the threads then. True before the first run */
};

/* Where the client is in the list of tracepoints that it fetches. */
struct trace_listing {
    size_t point;
    bool begun;  /* its first line was sent */
    size_t text; /* how much of its text was */
};

/* Where the table of packets has those that begin with one letter, so that the whole of it need not
 * be looked through for each packet. */
enum { COMMAND_LETTERS = 128 };
struct command_index {
    uint8_t first[COMMAND_LETTERS], end[COMMAND_LETTERS];
};

struct gdb_session {
    /* Set by who makes the session. */
    const struct gdb_target_ops *ops;
    void *target;
    struct printout *printout; /* where commands print, which outlives the session; NULL: nowhere */
    bool keeps_text;           /* what commands print while the target runs */
    struct trace *tracing;     /* which outlives the session; NULL: the stub has no tracepoints */
    void (*trace)(void *context, bool from_client, const char *packet, size_t len);
    void *trace_context;

    enum session_state state;
    bool waited_for;    /* the client waits for a stop reply; never so in non-stop mode */
    bool left_in_peace; /* the target was detached from, killed, or has ended for good */
    bool extended;      /* extended mode: the client stays when its program has gone */
    bool run_wanted;    /* the machine, which was detached from, is to start anew once it stops */

    struct command_index commands;
    struct packet_reader in;
    struct outbox out;
    struct reply reply;

    struct client_features client;
    /* The architecture that the client was last described: it decides the registers' layout, and
     * changes only when the client reads the description anew. */
    enum gdb_arch arch;
    bool arch_known;
    bool arch_doubted;    /* the client has a program file, whose architecture may have won */
    bool description_due; /* told of an exec event, it has not read the description since */
    struct x86_g g;       /* of the last `g` */
    int packet_thread;    /* that this packet names at its end, or 0 */
    int general_thread, resume_thread; /* as set by Hg and Hc; 0 any, -1 all */
    size_t threads_told;               /* by qfThreadInfo and qsThreadInfo so far */
    struct inserted inserted;
    bool filters;               /* the target asks at hits: hit.h */
    struct trace_frame frame;   /* that is looked at in place of the machine */
    struct trace_upload upload; /* the trace's frames, on their way to a file */
    /* gdb 13 writes into a trace file how many bytes of registers each frame has, by its idea of
     * `g` at the last qTStatus: all of the description's, until it has seen a `g` of that
     * architecture, which is shorter. */
    bool g_told[GDB_ARCH_X86_64 + 1];
    bool files_have_all;
    struct trace_listing trace_listing;
    size_t trace_variables_told;

    struct interrupt_wish interrupt;
    struct gdb_stop stop;      /* the last; valid once the target has stopped */
    struct crossing crossing;  /* the client is told of a change of architecture */
    enum resume_shape resumed; /* the last time that the target was */
    bool back;                 /* the last time that the client resumed, it was back in time */
    bool kept_mentioned;       /* that lldb does not follow a change of architecture */
    bool others_mentioned;     /* that CPUs in another mode are shown wrongly */
    bool non_stop;             /* the client's mode (non_stop.h): STOPPED though threads run */
    bool held;                 /* those are paused, until the target is let go or held as ended */
    struct stop_queue stops;   /* in that mode */
    int shown_first;           /* the thread that `?` was answered with, while others are untold */
    bool has_symbols;          /* as far as it can be seen: gdb tells of each file that it reads */
    char console[1024];        /* not yet printed on the client's console */
};

/* Makes SESSION, in which ops, target and trace are set, ready for a client: STOPPING, until
 * session_stopped is called. 0 or -ENOMEM. */
int session_init(struct gdb_session *s);
/* Frees what the session holds; the target is not touched. */
void session_free(struct gdb_session *s);

/* Takes bytes from the client, up to the end of one packet, which it answers; returns how many. It
 * takes fewer when the target has not stopped for the first time yet, or when the client does not
 * read what is sent to it. */
size_t session_feed(struct gdb_session *s, const void *bytes, size_t len);
/* False while session_feed would take nothing. */
bool session_takes_input(const struct gdb_session *s);
/* The target has stopped or ended. */
void session_stopped(struct gdb_session *s, const struct gdb_stop *stop);
/* The client has gone: the target forgets it and runs on, unless it has been left already. */
void session_hang_up(struct gdb_session *s);

/* Bytes to be written to the client, *LEN of them, valid until the next call; and that N of them
 * have been written. */
const void *session_output(const struct gdb_session *s, size_t *len);
void session_written(struct gdb_session *s, size_t n);
/* True when the session is over and all has been written. */
bool session_over(const struct gdb_session *s);

/* True while text that breakpoints' commands print can go to the client; and that it does. */
bool session_takes_text(const struct gdb_session *s);
void session_print_text(struct gdb_session *s);

/* ---- For the commands */

/* Sends a packet. */
void session_send(struct gdb_session *s, const char *data, size_t len);
/* Sends a notification; DATA begins with its '%'. */
void session_notify(struct gdb_session *s, const char *data, size_t len);
/* The target is to run, for a client that waits for its stop: what commands print is kept for it;
 * the target is to stop: no CPU waits any more until that is read; it has stopped, or has lost its
 * client: what is kept is printed now, or elsewhere. */
void session_begin_text(struct gdb_session *s);
void session_hurry_text(struct gdb_session *s);
void session_end_text(struct gdb_session *s);
/* Prints TEXT on the client's console; allowed before a stop reply and in qRcmd only. */
void session_print(struct gdb_session *s, const char *text, size_t len);
/* TEXT is printed on the client's console as soon as that is allowed; what is too long is cut. */
void session_remark(struct gdb_session *s, const char *text);
/* Prints what came with a stop and could not be printed then. */
void session_print_pending(struct gdb_session *s);
/* The registers' layout as the client was told. */
struct x86_layout session_layout(const struct gdb_session *s);
/* The thread that `g` and `m` mean. */
int session_thread(const struct gdb_session *s);
/* How many there are; none where nothing is debugged. */
size_t session_thread_count(const struct gdb_session *s);
bool session_thread_exists(const struct gdb_session *s, int64_t thread);
/* The client shows its user where the target is: it lists the threads, which gdb does then. */
void session_shown(struct gdb_session *s);
/* Sends the last stop to the client, which waits for it. */
void session_tell_stop(struct gdb_session *s);
/* Sets the target going, by ACTIONS, which the client asked for as SHAPE; session_stopped ends it.
 * Answers with an error if it can't. */
void session_resume(struct gdb_session *s, const struct gdb_resume *actions, size_t n,
                    enum resume_shape shape);
/* The same up to where the target is told: the session is RUNNING then. False if that is not to
 * be: the client was answered with a stop. Never in non-stop mode. */
bool session_begin_run(struct gdb_session *s, const struct gdb_resume *actions, size_t n,
                       enum resume_shape shape);
/* Asks the target to stop if it runs and has not been asked yet; in non-stop mode, one thread. If
 * it has just stopped, and the client goes on by itself, that is answered at once (interrupt_wish).
 */
void session_interrupt(struct gdb_session *s);
/* Lets go of the target, or ends the stopped target; then nothing more is taken, but in extended
 * mode, where it can be had back. */
void session_detach(struct gdb_session *s);
void session_kill(struct gdb_session *s);

#endif
