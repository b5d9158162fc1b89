/* What the measures of `make bench` share: the clock, a client of the remote protocol, programs to
 * be measured. What goes wrong ends the tool, with a message. */
#ifndef BENCH_H
#define BENCH_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* ---- clock.c */

/* Ends the tool: WHAT, and errno's text. */
_Noreturn void give_up(const char *what);
uint64_t now_ns(clockid_t clock);
void sleep_ns(uint64_t ns);
/* A number of an argument; a decimal fraction of seconds in ns. */
unsigned long number_of(const char *text);
uint64_t seconds_of(const char *text);

/* How many there were of something in a given time: rate_go_on until it says no, then rate_print.
 */
struct rate {
    uint64_t start, end, now; /* ns */
    uint64_t count;
};
void rate_start(struct rate *rate, uint64_t duration);
/* Counts N and says whether there is time for more. */
bool rate_go_on(struct rate *rate, uint64_t n);
/* Prints how many a second, divided by UNIT. */
void rate_print(const struct rate *rate, double unit);

/* ---- client.c */

enum { REPLY_MAX = 0x200000 };

struct client {
    int fd;
    bool acks;
    char *reply; /* the last reply's content, as it was sent, terminated; escapes and runs are in it
                  */
    size_t len;  /* of it */
    char *buffer;
};

/* A socket, or -1, and the address of PATH for it; one that is too long ends the tool. */
int client_unix_socket(const char *path, struct sockaddr_storage *address, socklen_t *len);
/* Connects to ADDRESS, the path of a Unix socket or a TCP port on 127.0.0.1; tries until something
 * listens there. */
void client_connect(struct client *client, const char *address);
/* The same, then no acks, as gdb goes on after its first packets. */
void client_greet(struct client *client, const char *address);
/* The same, then lets guests/bench_loop.s run to START, where its loop begins. */
enum { DATA = 0x100000 }; /* RAM that it does not use; tests/bench/vms.inc loads a file there */
enum { START = 0x7c00, LOOP_END = START + 11, LOOP_INSNS = 6 };
void client_begin(struct client *client, const char *address);
/* AX of the stopped guest, in which that loop counts its rounds. */
unsigned client_rounds(struct client *client);
void client_close(struct client *client);
void client_send(const struct client *client, const char *bytes, size_t size);
/* Receives one packet. */
void client_receive(struct client *client);
/* Sends a packet. */
__attribute__((format(printf, 2, 3))) void client_tell(struct client *client, const char *packet,
                                                       ...);
/* Sends a packet and receives its answer. */
__attribute__((format(printf, 2, 3))) void client_ask(struct client *client, const char *packet,
                                                      ...);
/* The same; an answer that does not begin with one of FIRST ends the tool. */
__attribute__((format(printf, 3, 4))) void client_expect(struct client *client, const char *first,
                                                         const char *packet, ...);
/* PACKET as it goes over the wire into the SIZE bytes of OUT, which is large enough; its length. */
size_t client_frame(char *out, size_t size, const char *packet);
/* As client_expect, with a packet framed beforehand. */
void client_repeat(struct client *client, const char *first, const char *frame, size_t size);

/* ---- process.c */

/* Starts ARGV; its stdout is OUT, or nowhere if that is -1. It ends with the tool. */
pid_t start_program(char **argv, int out);
void end_program(pid_t pid);

/* ---- bare.c: KVM with nothing around it. What fails ends the tool. */

int bare_call(int fd, unsigned long request, const void *argument, const char *name);
void *bare_map(size_t size, int flags, int fd);

/* ---- limit_guest.c: the loop of guests/bench_loop.s as KVM runs it by itself */

struct limit_guest {
    int cpu; /* the vCPU's descriptor */
    struct kvm_run *run;
};
void limit_guest_make(struct limit_guest *g);
/* KVM_SET_GUEST_DEBUG and KVM_RUN of one instruction. */
void limit_guest_step(const struct limit_guest *g);
/* The same with a debug register armed, as a step needs it on a handler to be exact. */
void limit_guest_guarded_step(const struct limit_guest *g);
/* To START, where a debug register waits, and a step off it. */
void limit_guest_hit(const struct limit_guest *g);

/* ---- steps.c, conditions.c: what is measured with breakpoints about, too (crowd.c). They print.
 */

void steps_taken(struct client *client, uint64_t duration, bool look);
void conditions_judged(struct client *client, uint64_t duration);

/* ---- The commands. Each prints its numbers on one line. */

void bench_port(char **args);  /* port.c */
void bench_start(char **args); /* start.c */
void bench_bare(char **args);  /* bare.c */
void bench_lines(char **args);
void bench_memory(char **args); /* process.c */
void bench_cpu(char **args);
void bench_steps(char **args); /* steps.c */
void bench_looks(char **args);
void bench_ranges(char **args);
void bench_conditions(char **args); /* conditions.c */
void bench_traces(char **args);     /* traces.c */
void bench_limit(char **args);      /* limit.c */
void bench_no_machine(char **args); /* no_machine.c */
void bench_reads(char **args);      /* reads.c */
void bench_writes(char **args);     /* writes.c */
void bench_served(char **args);     /* served.c */
void bench_crowd(char **args);      /* crowd.c */
void bench_undo(char **args);       /* undo.c */
void bench_logged(char **args);
/* *(uint32_t *)0x9000 == 0x12345678, where the loop has half a word: const16, ref32, const32,
 * equal, end (GDB manual, "The GDB Agent Expression Mechanism"). */
#define FALSE_CONDITION                                                                            \
    "Xb,239000192412345678"                                                                        \
    "1327"

void bench_recorded(char **args);
void bench_snapshots(char **args); /* snapshots.c */

#endif
