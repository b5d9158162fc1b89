/* KVM's ioctls as text: names, arguments, exit reasons. For kvm_trace.c, and who
 * counts them. */
#ifndef VMM_KVM_DECODE_H
#define VMM_KVM_DECODE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line that is being written: cut at the end if it gets too long. Start with {0}. */
struct kvm_line {
    char text[512];
    size_t len;
};

__attribute__((format(printf, 2, 3))) void kvm_line_add(struct kvm_line *line, const char *format,
                                                        ...);

struct kvm_ioctl {
    unsigned long request;
    const char *name;
    bool fills; /* the kernel writes ARG: there is nothing to show if the call failed */
    void (*decode)(struct kvm_line *line, const void *arg); /* NULL: no argument worth a word */
};

/* The table of those that stepvm calls; its length. */
extern const struct kvm_ioctl kvm_ioctls[];
extern const size_t kvm_ioctl_count;

/* "IO" for KVM_EXIT_IO; NULL if the table has no such reason. */
const char *kvm_exit_name(uint32_t reason);
/* Why KVM_RUN returned: "IO(out port=0xe9 size=1 count=1 value=0x41)". */
void kvm_decode_exit(struct kvm_line *line, const struct kvm_run *run);

#endif
