/* `monitor linux`: where the kernel has put itself, for gdb's symbols. */
#include "debug/monitor/linux_kernel.h"
#include "debug/monitor/monitor.h"
#include "debug/number.h"

#include <inttypes.h>

static void print(const struct linux_kernel *kernel, uint64_t linked, struct gdb_text *out)
{
    const uint64_t slide = kernel->text - linked;
    gdb_text_printf(out, "%s\n", kernel->banner);
    gdb_text_printf(out,
                    "_text is at 0x%" PRIx64 " (physical 0x%" PRIx64 "), linked at 0x%" PRIx64
                    ": moved by 0x%" PRIx64 ". In gdb:\n",
                    kernel->text, kernel->gpa, linked, slide);
    gdb_text_printf(out, "    symbol-file -o 0x%" PRIx64 " vmlinux\n", slide);
}

void monitor_linux(struct debug *d, const char *args, struct gdb_text *out)
{
    struct kvm_sregs sregs;
    struct linux_kernel kernel;
    uint64_t linked = LINUX_TEXT_LINKED;
    if (*args && (!number_word(&args, UINT64_MAX, &linked) || *args)) {
        monitor_usage("linux", "[ADDR]", out);
        return;
    }
    if (!monitor_read_sregs(d, &sregs, out))
        return;
    const struct gva_space space = gva_space(d->config.memory, &sregs);
    if (linux_kernel_find(&space, &kernel))
        print(&kernel, linked, out);
    else
        gdb_text_printf(out, "No 64-bit Linux kernel is mapped from 0xffffffff80000000 on (has it "
                             "unpacked itself yet? stop it later)\n");
}
