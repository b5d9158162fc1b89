/* Hostile clients of a running stepvm.
 *
 *     hostile ADDRESS PID CPUS CODE,END GROUP...
 *
 * ADDRESS is where it listens, a path or HOST:PORT; the guest is guests/smp.s, with CPUS CPUs, the
 * first of which loops from CODE to END. GROUP names scenarios, as below.
 * After each one it is checked that a new client finds the machine well, and that stepvm has as
 * many descriptors and threads, and as much memory, as before (expect_health). At the end the guest
 * is left running with no client. */
#include <signal.h>

#include "hostile.h"

void wrong(const struct vm *vm, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s: ", vm->scenario);
    vprintf(format, args);
    printf("\n");
    exit(1);
}

/* For struct rsp: CONTEXT is the struct vm. */
static void rsp_failed(void *context, const char *what)
{
    wrong(context, "%s", what);
}

static void run_all(struct vm *vm, const struct scenario *scenario)
{
    for (; scenario->name; scenario++) {
        vm->scenario = scenario->name;
        printf("%s\n", scenario->name);
        scenario->run(vm);
        expect_health(vm);
    }
}

/* For who wants to know only whether the machine is well. */
static void nothing(struct vm *vm)
{
    (void)vm;
}

static const struct scenario no_scenarios[] = {{"nothing", nothing}, {0}};

static void run_group(struct vm *vm, const char *group)
{
    static const struct {
        const char *name;
        const struct scenario *scenarios;
    } groups[] = {
        {"floods", flood_scenarios},         {"silent", silent_scenarios},
        {"departures", departure_scenarios}, {"crowd", crowd_scenarios},
        {"cycles", cycle_scenarios},         {"arguments", argument_scenarios},
        {"journeys", journey_scenarios},     {"nothing", no_scenarios},
    };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (!strcmp(groups[i].name, group)) {
            run_all(vm, groups[i].scenarios);
            return;
        }
    wrong(vm, "no group of scenarios is called %s", group);
}

int main(int argc, char **argv)
{
    static struct vm vm = {.scenario = "start", .rsp.die = rsp_failed};
    if (argc < 6) {
        fprintf(stderr, "usage: see the head of tests/tools/hostile/hostile.c\n");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    vm.rsp.context = &vm;
    vm.address = argv[1];
    vm.pid = argv[2];
    vm.cpus = (unsigned)strtoul(argv[3], NULL, 0);
    char *end;
    vm.code = (uint32_t)strtoul(argv[4], &end, 0);
    vm.code_end = *end == ',' ? (uint32_t)strtoul(end + 1, NULL, 0) : 0;
    if (!vm.cpus || vm.cpus > CPUS_MAX || vm.code >= vm.code_end || vm.code_end - vm.code > 32)
        wrong(&vm, "an argument is wrong");
    note_health(&vm);
    for (int i = 5; i < argc; i++)
        run_group(&vm, argv[i]);
    return 0;
}
