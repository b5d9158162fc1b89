/* Tracepoints as the client has defined them (GDB manual, "Tracepoint Packets": QTDP, QTDPsrc). A
 * client's tracepoint with several locations is several here, of one number. */
#ifndef GDBSTUB_TRACE_POINT_H
#define GDBSTUB_TRACE_POINT_H

#include "trace_action.h"
#include "x86_regs.h"

enum {
    TRACE_POINTS_MAX = 4096,
    TRACE_POINTS_BYTES_MAX = 4 << 20, /* of all packets that define them */
};

struct trace_point {
    unsigned number; /* the client's, at most 0xffff */
    uint64_t addr;   /* linear */
    bool enabled;
    uint64_t steps;              /* of while-stepping; 0: none */
    uint64_t passes;             /* hits that end the trace; 0: none do */
    struct agent_expr condition; /* without code: none */
    struct trace_actions actions, step_actions;
    /* What the client calls its registers by, in all of these. */
    struct x86_layout layout;

    size_t bytes;       /* of the packets that define it */
    bool whole;         /* no further packet is due */
    bool outdated;      /* the client may define it anew */
    bool in_steps;      /* the packets are at the actions of while-stepping */
    struct buffer text; /* as a later client is told of it: lines of qTsP, a 0 after each */

    bool inserted;        /* in the target */
    uint64_t hits, usage; /* since the trace began; bytes that it has recorded */
};

/* All zero is none. In order of address, then of number. */
struct trace_points {
    struct trace_point **list;
    size_t n, cap;
    size_t bytes;
};

/* Takes the LEN bytes behind "QTDP:", for the registers of LAYOUT; *POINT is the one that they are
 * about. 0, or -errno and WHY, and nothing has changed. */
int trace_points_define(struct trace_points *set, const char *text, size_t len,
                        struct x86_layout layout, struct trace_point **point, struct gdb_text *why);
/* The same behind "QTDPsrc:": a piece of what its user typed. */
int trace_points_source(struct trace_points *set, const char *text, size_t len,
                        struct gdb_text *why);
void trace_points_clear(struct trace_points *set);
/* An exec event: the client takes all for gone, and while a trace runs defines them anew. Those
 * that it does stay where they are, in the target too, and go on counting. */
void trace_points_outdate(struct trace_points *set);

/* NULL if there is none. */
struct trace_point *trace_points_find(const struct trace_points *set, uint64_t number,
                                      uint64_t addr);
/* The index of the first one at ADDR or behind it. */
size_t trace_points_from(const struct trace_points *set, uint64_t addr);

/* Appends the line of qTfP that begins the tracepoint's definition. */
void trace_point_tell(const struct trace_point *p, struct buffer *out);

#endif
