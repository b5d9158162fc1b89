#include "debug/monitor/linux_kernel.h"

#include "vcpu/cpu_state.h"

#include <string.h>

#define IMAGE_FIRST  0xffffffff80000000ull /* __START_KERNEL_map */
#define IMAGE_LAST   0xffffffffbfffffffull
#define SEARCH_SIZE  (64ull << 20)
#define CHUNK        (64u << 10)
#define PTI_CR3_BITS 0x1fffull /* the kernel's half of a pair of tables, without its PCID */

static const char banner_start[] = "Linux version ";

/* The first mapped address of the image's GiB, by whole entries at a time. */
static bool first_mapped(const struct gva_space *space, uint64_t *gva, uint64_t *gpa)
{
    for (uint64_t at = IMAGE_FIRST; at >= IMAGE_FIRST && at <= IMAGE_LAST;) {
        const struct walk_result r = gva_walk(space, at);
        if (r.failure == WALK_OK) {
            *gva = at;
            *gpa = r.gpa;
            return true;
        }
        at = r.last + 1;
    }
    return false;
}

/* A line of text at GVA, without its end. */
static void read_line(const struct gva_space *space, uint64_t gva, char *line, size_t size)
{
    size_t len = gva_read(space, gva, line, size - 1);
    line[len] = 0;
    for (char *p = line; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = 0;
}

/* Chunks overlap by the text that is looked for. What is not mapped reads as nothing. */
static bool find_banner(const struct gva_space *space, uint64_t text, struct linux_kernel *kernel)
{
    static const size_t overlap = sizeof banner_start - 1;
    char chunk[CHUNK + sizeof banner_start];
    for (uint64_t done = 0; done < SEARCH_SIZE && text + done <= IMAGE_LAST; done += CHUNK) {
        const size_t len = gva_read(space, text + done, chunk, CHUNK + overlap);
        const char *found = memmem(chunk, len, banner_start, overlap);
        if (!found)
            continue;
        read_line(space, text + done + (uint64_t)(found - chunk), kernel->banner,
                  sizeof kernel->banner);
        return true;
    }
    return false;
}

static bool find_in(const struct gva_space *space, struct linux_kernel *kernel)
{
    return first_mapped(space, &kernel->text, &kernel->gpa) &&
           find_banner(space, kernel->text, kernel);
}

bool linux_kernel_find(const struct gva_space *space, struct linux_kernel *kernel)
{
    struct gva_space kernels = *space;
    kernels.mode.cr3 &= ~PTI_CR3_BITS;
    if (!(space->mode.efer & CPU_EFER_LMA))
        return false;
    return (kernels.mode.cr3 != space->mode.cr3 && find_in(&kernels, kernel)) ||
           find_in(space, kernel);
}
