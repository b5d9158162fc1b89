/* --trace kvm: each ioctl as strace would show it, and at the end how often and how long.
 *
 *     [vcpu 0] KVM_SET_GUEST_DEBUG(control=ENABLE|SINGLESTEP) = 0 <2 us>
 *     [vm] KVM_SET_USER_MEMORY_REGION(slot=0 flags=0 gpa=0x0 size=0xa0000 hva=0x7f..) = 0 <12 us>
 *
 * Any thread may call; lines never mix. */
#ifndef VMM_KVM_TRACE_H
#define VMM_KVM_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct kvm_trace;

/* Traces to OUT, which stays the caller's; on at first if ON. NULL if host memory is short. */
struct kvm_trace *kvm_trace_new(FILE *out, bool on);
/* Prints the summary of what was traced (calls, total and mean microseconds by ioctl, most time
 * first) if anything was; frees. NULL is fine. */
void kvm_trace_free(struct kvm_trace *trace);

/* Whether calls are to be traced. Any thread may switch and ask: a call under way is traced or not
 * as it was when it began. */
void kvm_trace_switch(struct kvm_trace *trace, bool on);
bool kvm_trace_is_on(const struct kvm_trace *trace);

/* A call has returned. WHO: "host", "vm" or "vcpu 3"; REQUEST and ARG as given to ioctl(2), ARG as
 * it is after the call; RESULT: what it returned or -errno; NANOSECONDS it took. For KVM_RUN, RUN
 * is the shared page, whose exit reason is decoded; NULL otherwise. */
struct kvm_run;
void kvm_trace_ioctl(struct kvm_trace *trace, const char *who, unsigned long request,
                     const void *arg, const struct kvm_run *run, int result, uint64_t nanoseconds);

#endif
