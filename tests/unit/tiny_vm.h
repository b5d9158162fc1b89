/* The least VM on the real /dev/kvm, for unit tests: one vCPU, no memory. */
#ifndef TESTS_UNIT_TINY_VM_H
#define TESTS_UNIT_TINY_VM_H

#include "kvm/kvm.h"
#include "tests/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

struct tiny_vm {
    struct kvm_host host;
    struct kvm_vm vm;
    struct kvm_cpu cpu;
};

/* VM is all zero. CHIPS: with interrupt controllers and timer. False, with the test skipped or
 * failed, if there is no such VM. */
__attribute__((unused)) static bool tiny_vm_start(struct tiny_vm *t, struct kvm_trace *trace,
                                                  bool chips)
{
    struct error error = {.text = ""};
    if (access("/dev/kvm", R_OK | W_OK)) {
        SKIP("no /dev/kvm that this user may open");
        return false;
    }
    int rc = kvm_host_open(&t->host, "/dev/kvm", trace, &error);
    if (rc == 0)
        rc = kvm_vm_create(&t->vm, &t->host, &error);
    if (rc == 0 && chips)
        rc = kvm_vm_create_irqchip(&t->vm, &error);
    if (rc == 0)
        rc = kvm_cpu_create(&t->cpu, &t->vm, 0, &error);
    CHECK_EQ(rc, 0);
    if (rc)
        printf("    %s\n", error.text);
    return rc == 0;
}

__attribute__((unused)) static void tiny_vm_stop(struct tiny_vm *t)
{
    kvm_cpu_close(&t->cpu);
    kvm_vm_close(&t->vm);
    kvm_host_close(&t->host);
}

#endif
