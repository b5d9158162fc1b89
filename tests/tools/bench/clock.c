#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

_Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

uint64_t now_ns(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t))
        give_up("clock_gettime");
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void sleep_ns(uint64_t ns)
{
    struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    nanosleep(&t, NULL);
}

unsigned long number_of(const char *text)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 0);
    if (!*text || *end)
        errno = EINVAL;
    if (errno)
        give_up(text);
    return number;
}

uint64_t seconds_of(const char *text)
{
    return (uint64_t)(strtod(text, NULL) * 1e9);
}

void rate_start(struct rate *rate, uint64_t duration)
{
    const uint64_t now = now_ns(CLOCK_MONOTONIC);
    *rate = (struct rate){.start = now, .now = now, .end = now + duration};
}

bool rate_go_on(struct rate *rate, uint64_t n)
{
    rate->count += n;
    rate->now = now_ns(CLOCK_MONOTONIC);
    return rate->now < rate->end;
}

void rate_print(const struct rate *rate, double unit)
{
    printf("%.3f\n", (double)rate->count * 1e9 / (double)(rate->now - rate->start) / unit);
}
