/* What tests/bench.sh measures with. Each command prints its numbers on one line. ADDRESS is the
 * path of a Unix socket or a TCP port, where a stub listens that has been stopped since its start.
 *
 *     bench port                         a TCP port that is free
 *     bench start SOCKET COMMAND...      ms from fork to the first answered packet, COMMAND being a
 *                                        VMM that listens at SOCKET
 *     bench lines N COMMAND...           ms from fork to the Nth line that COMMAND writes, and from
 *                                        that to the next
 *     bench memory PID BYTES             RSS, PSS in MiB without the mapping that holds the guest's
 *                                        RAM of BYTES
 *     bench cpu PID SECONDS              ms of CPU time used in that time
 *     bench steps ADDRESS SECONDS        vCont;s round trips a second
 *     bench looks ADDRESS SECONDS        the same with the registers read after each, as gdb does
 *     bench ranges ADDRESS SECONDS       steps a second within one vCont;r
 *     bench limit WHAT SECONDS           what the kernel allows, with no debugger, in a second
 *                 loopback               TCP round trips of 16 and 60 bytes
 *                 step                   KVM_SET_GUEST_DEBUG and KVM_RUN of one instruction
 *                 hit                    a debug register's exit, and the step off it
 *                 hand-over              round trips of a step: the socket's thread hands it to the
 *                                        vCPU's, and both spin before they sleep
 *                 one-thread             the same on one thread, which sleeps for the next packet
 *                 spinning               the same, which spins for it
 *
 * A new one: a function in a file of its own, its line here, in bench.h and in the table. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

static const struct {
    const char *name;
    int args; /* at least */
    void (*run)(char **args);
} commands[] = {
    {"port", 0, bench_port},     {"start", 2, bench_start},   {"lines", 2, bench_lines},
    {"memory", 2, bench_memory}, {"cpu", 2, bench_cpu},       {"steps", 2, bench_steps},
    {"looks", 2, bench_looks},   {"ranges", 2, bench_ranges}, {"limit", 2, bench_limit},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].args) {
            commands[i].run(argv + 2);
            return 0;
        }
    fprintf(stderr, "usage: see the head of tests/tools/bench/bench.c\n");
    return 1;
}
