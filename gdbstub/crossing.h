/* What a client must be told when a CPU stops in another mode than the client has the description
 * of, and again when gdb does not notice that this stop was meant for its user.
 *
 *     NONE   no exec event is under way
 *     HELD   the exec event was sent in place of a stop; the next resume is answered with that stop
 *     TOLD   so it was. gdb shows it to its user, and asks for the list of threads: NONE. Or it
 *            resumes by itself
 *
 * At an exec event gdb 13 forgets that it was stepping, and what it had set to come back from a
 * call. Where it was stepping off a breakpoint it then takes the true stop for the end of that
 * step, and where the frame of `until` or `finish` is not found again in the new mode, for a
 * breakpoint of another frame; and where a watched value has changed, it has read the new one
 * already and sees no change: it resumes, and would run away. A resume in TOLD that may be such a
 * one is therefore answered with the stop once more, with a word; one stop too many can be
 * continued from. A client that only continued, and stands on a breakpoint of its user's (whose
 * condition is false), is let go. */
#ifndef GDBSTUB_CROSSING_H
#define GDBSTUB_CROSSING_H

#include <stdbool.h>

enum resume_shape {
    RESUME_CONTINUES,
    RESUME_STEPS,       /* a thread steps, others may run */
    RESUME_STEPS_ALONE, /* a thread steps and the others stay: off a breakpoint, in gdb's case */
};

struct crossing {
    enum { CROSSING_NONE, CROSSING_HELD, CROSSING_TOLD } phase;
    enum resume_shape by;       /* what brought the CPU into the new mode */
    enum resume_shape answered; /* what the true stop was the answer to */
    bool lost;                  /* gdb has not inserted again all that it had inserted before */
    bool at_risk;               /* what was hit is something that gdb may not know again: below */
    bool shown;                 /* the client's user has seen this stop, or the event itself */
    bool repeated;              /* the stop has been told twice */
};

enum crossing_answer {
    CROSSING_RUN,    /* the target is to be resumed */
    CROSSING_TELL,   /* it is not: the answer is the held stop */
    CROSSING_REPEAT, /* the same stop once more, as gdb stands where it stood before its step */
    CROSSING_INSIST, /* as a signal, which gdb shows to its user whatever it thinks */
};

/* An exec event is sent in place of the stop that the resume BY has brought. */
void crossing_begin(struct crossing *c, enum resume_shape by);
/* The client resumes by SHAPE. The answer to the first resume depends on LOST and AT_RISK, as they
 * are then: AT_RISK if the CPU stands on a breakpoint that a command of gdb's has set for itself,
 * or has written to what is watched. */
enum crossing_answer crossing_resume(struct crossing *c, enum resume_shape shape, bool lost,
                                     bool at_risk);
/* The client's user is shown where the target is. */
void crossing_shown(struct crossing *c);

#endif
