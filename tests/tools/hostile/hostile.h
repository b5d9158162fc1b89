/* A client that means harm, or dies, or has gone mad: what its scenarios share. Each begins with a
 * stepvm that runs guests/smp.s and has no client, and leaves it like that; hostile.c then checks
 * that it is as good as new. What goes wrong ends the tool, with a message. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "tests/tools/rsp.h"

enum {
    CPUS_MAX = 16,
    COUNTERS = 0x9000, /* where each CPU of the guest counts */
    MIB = 1 << 20,
    /* What one client may make stepvm hold: a packet of 1 MiB in, an answer, and both as they go
     * over the wire, each with half as much again for growth. */
    RSS_OF_A_CLIENT_KIB = 24 * 1024,
    RSS_LEFT_KIB = 6 * 1024, /* and that is what may be left of it, in the allocator's hands */
};

/* The process, as /proc shows it. */
struct process {
    unsigned fds, tasks;
    unsigned long rss_kib;
};

struct vm {
    const char *address, *pid;
    const char *scenario; /* what is under way, for messages */
    unsigned cpus;
    uint32_t code, code_end; /* of the first CPU's loop */
    struct process at_rest;
    char bytes[128]; /* its code, at rest */
    struct rsp rsp;  /* the one client that has the session */
};

_Noreturn __attribute__((format(printf, 2, 3))) void wrong(const struct vm *vm, const char *format,
                                                           ...);

/* ---- process.c */

void process_look(const struct vm *vm, struct process *process);
unsigned long process_rss_kib(const struct vm *vm);
/* Waits until it has the descriptors and threads that it had at rest; and about the memory. */
void process_expect_at_rest(const struct vm *vm);
/* It holds no more than one client may make it hold. */
void process_expect_bounded(const struct vm *vm);
/* Its polling thread sleeps: who spins is never seen asleep. */
void process_expect_asleep(const struct vm *vm);

/* ---- visit.c: as one client after the other */

/* Connects; who comes before the last client's end has been read comes again. The machine is
 * stopped then. Acks go on. */
void visit(struct vm *vm);
/* The same, and acks end. */
void visit_without_acks(struct vm *vm);
/* Sends the packet; receives its answer, in vm->rsp.packet; expects that it begins with FIRST. */
__attribute__((format(printf, 2, 3))) void tell(struct vm *vm, const char *format, ...);
__attribute__((format(printf, 2, 3))) const char *ask(struct vm *vm, const char *format, ...);
__attribute__((format(printf, 3, 4))) void expect(struct vm *vm, const char *first,
                                                  const char *format, ...);
/* The text that monitor command COMMAND prints, in TEXT. */
void monitor(struct vm *vm, const char *command, char *text, size_t size);
/* Waits until stepvm has closed the connection, and closes it. */
void await_end(struct vm *vm);
/* Detaches, and waits for that. */
void leave(struct vm *vm);
/* Notes how the machine is when it is well, and has counted. */
void note_health(struct vm *vm);
/* A new client comes: its guest's code has no breakpoint's byte, nothing is inserted, it can be
 * stepped, and all its CPUs count on when nobody is there. */
void expect_health(struct vm *vm);

/* ---- wire.c: bytes, whether they are packets or not */

/* Sends LEN bytes, and reads and throws away all that is answered meanwhile. False if the other
 * side has closed. */
bool pour(struct vm *vm, const void *bytes, size_t len);
/* The same byte again and again. */
bool pour_byte(struct vm *vm, char byte, size_t times);
/* Sends until nothing more is taken (a while has passed in vain) or MOST bytes are sent, and never
 * reads. How many. */
size_t cram(struct vm *vm, const char *bytes, size_t most);
/* Throws away what is answered until nothing comes for a while. */
void drain(struct vm *vm);
/* CONTENT as a packet, in FRAMED. Its length. */
size_t frame(const char *content, char *framed, size_t size);
/* A scatter of bytes, the same each time for the same *STATE. */
uint8_t scatter(uint32_t *state);

/* ---- The scenarios, by subject: each table ends with a NULL name. */

struct scenario {
    const char *name;
    void (*run)(struct vm *vm);
};
extern const struct scenario flood_scenarios[], silent_scenarios[], crowd_scenarios[];
extern const struct scenario departure_scenarios[], cycle_scenarios[], argument_scenarios[];
extern const struct scenario journey_scenarios[];

#endif
