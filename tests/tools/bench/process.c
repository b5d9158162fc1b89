#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

pid_t start_program(char **argv, int out)
{
    pid_t pid = fork();
    if (pid < 0)
        give_up("fork");
    if (pid)
        return pid;
    int null = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int fd = 0; fd < 3; fd++)
        dup2(fd == 1 && out >= 0 ? out : null, fd);
    execvp(argv[0], argv);
    _exit(127);
}

void end_program(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* A new mapping in smaps begins with its range; its fields follow, in KiB. */
void bench_memory(char **args)
{
    char path[64], line[512];
    unsigned long start, end, rss = 0, pss = 0, value;
    const unsigned long guest = number_of(args[1]);
    bool counted = true;
    snprintf(path, sizeof path, "/proc/%s/smaps", args[0]);
    FILE *smaps = fopen(path, "r");
    if (!smaps)
        give_up(path);
    while (fgets(line, sizeof line, smaps)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            counted = end - start < guest / 2;
        else if (counted && sscanf(line, "Rss: %lu", &value) == 1)
            rss += value;
        else if (counted && sscanf(line, "Pss: %lu", &value) == 1)
            pss += value;
    }
    fclose(smaps);
    printf("%.3f %.3f\n", (double)rss / 1024, (double)pss / 1024);
}

void bench_cpu(char **args)
{
    clockid_t clock;
    errno = clock_getcpuclockid((pid_t)number_of(args[0]), &clock);
    if (errno)
        give_up(args[0]);
    const uint64_t before = now_ns(clock);
    sleep_ns(seconds_of(args[1]));
    printf("%.3f\n", (double)(now_ns(clock) - before) / 1e6);
}
