/* Where a 64-bit Linux kernel lies in the linear address space of a running CPU. Pure but for the
 * guest's memory.
 *
 * Facts: Linux, Documentation/arch/x86/x86_64/mm.rst: the kernel's image is mapped somewhere in the
 * GiB from 0xffffffff80000000 on, at a multiple of 2 MiB, and nothing of that GiB below it is
 * mapped; it begins with the symbol _text. */
#ifndef VMM_DEBUG_LINUX_KERNEL_H
#define VMM_DEBUG_LINUX_KERNEL_H

#include "debug/cpu/gva.h"

#include <stdbool.h>
#include <stdint.h>

/* Where _text is linked unless the kernel was configured otherwise (PHYSICAL_START): what is the
 * same in Debian's, Fedora's, Ubuntu's and Arch's kernels. */
#define LINUX_TEXT_LINKED 0xffffffff81000000ull

struct linux_kernel {
    uint64_t text;    /* linear address of _text */
    uint64_t gpa;     /* where that is in guest-physical memory */
    char banner[256]; /* "Linux version ...", its first line, as far as there is room */
};

/* Looks for the kernel in SPACE, a CPU's. If that is user code's and the kernel keeps its pages
 * from it (page-table isolation), in the kernel's own tables, which lie before the user's. False if
 * no such mapping has a banner in it: 64 MiB are searched. */
bool linux_kernel_find(const struct gva_space *space, struct linux_kernel *kernel);

#endif
