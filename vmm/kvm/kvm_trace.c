#include "kvm/kvm_trace.h"
#include "kvm/kvm_decode.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct total {
    const char *name;
    uint64_t calls, nanoseconds;
};

struct kvm_trace {
    FILE *out;
    atomic_bool on;
    pthread_mutex_t lock;  /* for all below, and so that a line is written at once */
    struct total totals[]; /* as kvm_ioctls, and one more for what is not in it */
};

struct kvm_trace *kvm_trace_new(FILE *out, bool on)
{
    struct kvm_trace *trace =
        calloc(1, sizeof *trace + (kvm_ioctl_count + 1) * sizeof trace->totals[0]);
    if (!trace)
        return NULL;
    trace->out = out;
    atomic_init(&trace->on, on);
    pthread_mutex_init(&trace->lock, NULL);
    for (size_t i = 0; i < kvm_ioctl_count; i++)
        trace->totals[i].name = kvm_ioctls[i].name;
    trace->totals[kvm_ioctl_count].name = "others";
    return trace;
}

static int more_time_first(const void *left, const void *right)
{
    const struct total *l = left, *r = right;
    return (l->nanoseconds < r->nanoseconds) - (l->nanoseconds > r->nanoseconds);
}

static bool has_traced(const struct kvm_trace *trace)
{
    for (size_t i = 0; i <= kvm_ioctl_count; i++)
        if (trace->totals[i].calls)
            return true;
    return false;
}

static void print_summary(struct kvm_trace *trace)
{
    qsort(trace->totals, kvm_ioctl_count + 1, sizeof trace->totals[0], more_time_first);
    fprintf(trace->out, "%10s %12s %10s  %s\n", "calls", "total us", "mean us", "ioctl");
    for (size_t i = 0; i <= kvm_ioctl_count; i++) {
        const struct total *total = &trace->totals[i];
        double us = (double)total->nanoseconds / 1000;
        if (total->calls)
            fprintf(trace->out, "%10llu %12.1f %10.1f  %s\n", (unsigned long long)total->calls, us,
                    us / (double)total->calls, total->name);
    }
    fflush(trace->out);
}

void kvm_trace_free(struct kvm_trace *trace)
{
    if (!trace)
        return;
    if (has_traced(trace))
        print_summary(trace);
    pthread_mutex_destroy(&trace->lock);
    free(trace);
}

void kvm_trace_switch(struct kvm_trace *trace, bool on)
{
    atomic_store_explicit(&trace->on, on, memory_order_relaxed);
}

bool kvm_trace_is_on(const struct kvm_trace *trace)
{
    return atomic_load_explicit(&trace->on, memory_order_relaxed);
}

/* Its place in the table; kvm_ioctl_count if it has none. */
static size_t index_of(unsigned long request)
{
    size_t i = 0;
    while (i < kvm_ioctl_count && kvm_ioctls[i].request != request)
        i++;
    return i;
}

static void add_call(struct kvm_line *line, size_t index, unsigned long request, const void *arg,
                     int result)
{
    if (index == kvm_ioctl_count) {
        kvm_line_add(line, "ioctl %#lx(%p)", request, arg);
        return;
    }
    const struct kvm_ioctl *call = &kvm_ioctls[index];
    kvm_line_add(line, "%s(", call->name);
    if (call->decode && (result >= 0 || !call->fills))
        call->decode(line, arg);
    kvm_line_add(line, ")");
}

static void add_result(struct kvm_line *line, int result)
{
    const char *name = result < 0 ? strerrorname_np(-result) : NULL;
    if (name)
        kvm_line_add(line, " = -%s", name);
    else
        kvm_line_add(line, " = %d", result);
}

void kvm_trace_ioctl(struct kvm_trace *trace, const char *who, unsigned long request,
                     const void *arg, const struct kvm_run *run, int result, uint64_t nanoseconds)
{
    struct kvm_line line = {.len = 0};
    size_t index = index_of(request);
    kvm_line_add(&line, "[%s] ", who);
    add_call(&line, index, request, arg, result);
    add_result(&line, result);
    if (run && result >= 0) {
        kvm_line_add(&line, " exit=");
        kvm_decode_exit(&line, run);
    }
    pthread_mutex_lock(&trace->lock);
    trace->totals[index].calls++;
    trace->totals[index].nanoseconds += nanoseconds;
    fprintf(trace->out, "%s <%llu us>\n", line.text,
            (unsigned long long)(nanoseconds + 500) / 1000);
    pthread_mutex_unlock(&trace->lock);
}
