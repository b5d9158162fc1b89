/* What tests/bench.sh measures with: `bench` prints the commands, `bench COMMAND ARGUMENTS` prints
 * that one's numbers on one line. ADDRESS is the path of a Unix socket or a TCP port, where a stub
 * listens that has been stopped since its start.
 *
 * A new one: a function in a file of its own, its line in bench.h and in this table. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

/* clang-format off */
static const struct {
    const char *name;
    int args; /* at least */
    void (*run)(char **args);
    const char *usage; /* the arguments, and what it prints */
} commands[] = {
    {"port", 0, bench_port, "a TCP port that is free"},
    {"start", 2, bench_start, "SOCKET COMMAND...: ms from fork to the first answered packet of COMMAND,"
                              " a VMM that listens at SOCKET"},
    {"bare", 3, bench_bare, "SOCKET BYTES CPUS: makes a VM, answers one packet at SOCKET, and stays"},
    {"lines", 2, bench_lines, "N COMMAND...: ms from fork to the Nth line that COMMAND writes, and from"
                              " that to the next"},
    {"memory", 2, bench_memory, "PID BYTES: RSS, PSS in MiB without the mapping that holds the guest's"
                                " RAM of BYTES"},
    {"cpu", 2, bench_cpu, "PID SECONDS: ms of CPU time used in that time"},
    {"steps", 2, bench_steps, "ADDRESS SECONDS: vCont;s round trips a second"},
    {"looks", 2, bench_looks, "ADDRESS SECONDS: the same with the registers read after each"},
    {"ranges", 2, bench_ranges, "ADDRESS SECONDS: steps a second within one vCont;r"},
    {"conditions", 2, bench_conditions, "ADDRESS SECONDS: false conditions judged a second"},
    {"traces", 2, bench_traces, "ADDRESS SECONDS: hits a second of a tracepoint that collects the"
                                " registers and 16 bytes"},
    {"reads", 5, bench_reads, "ADDRESS m|x N SPAN SECONDS: MB of guest memory read a second, by packets"
                              " that ask for N bytes, SPAN MiB from DATA on again and again"},
    {"writes", 4, bench_writes, "ADDRESS M|X N SECONDS: MB of guest memory written a second, by packets of N random"
                                " bytes"},
    {"crowd", 4, bench_crowd, "ADDRESS N SECONDS inserted|steps|continues|conditions: how many of N breakpoints"
                              " were inserted a second; with them vCont;s a second, vCont;c a second to one of"
                              " them, or conditions of that one judged a second"},
    {"recorded", 3, bench_recorded, "ADDRESS SECONDS recorded|undone|watched|judged|bytes: of a recording of SECONDS, instructions a second that it takes, that going back takes, the same past a watchpoint of reads, false conditions judged on the way back, or bytes of log for an instruction"},
    {"snapshots", 2, bench_snapshots, "ADDRESS save|restore: ms of a snapshot of all memory, or of going back to it after a MiB was "
                                      "changed"},
    {"undo", 1, bench_undo, "SECONDS: instructions a second undone, and done again, in a recording's log,"
                            " a register, RIP and RFLAGS each and a word of memory each fourth"},
    {"logged", 1, bench_logged, "SECONDS: the same compared and put into the log"},
    {"served", 3, bench_served, "N WIDTH SECONDS: the same by a process that only copies them and sends"
                                " WIDTH bytes for each"},
    {"limit", 2, bench_limit, "WHAT SECONDS: what the kernel allows, with no debugger, in a second:\n"
     "  loopback    TCP round trips of 16 and 60 bytes\n"
     "  step        KVM_SET_GUEST_DEBUG and KVM_RUN of one instruction\n"
     "  guarded     step, with a debug register armed\n"
     "  hit         a debug register's exit, and the step off it\n"
     "  hand-over   round trips of a step: the socket's thread hands it to the vCPU's, and both spin\n"
     "              before they sleep\n"
     "  one-thread  the same on one thread, which sleeps for the next packet\n"
     "  spinning    the same, which spins for it"},
    {"no-machine", 2, bench_no_machine, "PORT zeros|random: a stub there, for one client, whose steps and reads take"
                                        " no time; what its memory holds"},
};
/* clang-format on */

enum { COMMANDS = sizeof commands / sizeof commands[0] };

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
        if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].args) {
            commands[i].run(argv + 2);
            return 0;
        }
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stderr, "bench %s %s\n", commands[i].name, commands[i].usage);
    return 1;
}
