/* What --trace and `monitor trace` switch, for who hands it from the one to the other. */
#ifndef VMM_TRACES_H
#define VMM_TRACES_H

#include "kvm/kvm_trace.h"
#include "rsp_trace.h"

#include <stdio.h>

/* Not owned. Both are there, on or off. The names are those of the files that were given at the
 * start, NULL for standard error. */
struct traces {
    struct kvm_trace *kvm;
    struct rsp_trace *rsp;
    const char *kvm_file, *rsp_file;
    FILE *record; /* where `monitor record save` writes to; NULL: nowhere */
    const char *record_file;
};

#endif
