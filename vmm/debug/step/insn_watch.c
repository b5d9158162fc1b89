#include "debug/step/insn_watch.h"

#include "memory/memory.h"

_Static_assert(WATCH_ACCESSES >= 2 * INSN_ACCESSES, "an access may lie in two pages");

static void add(struct watch_accesses *all, const struct gva_space *space,
                const struct insn_access *access)
{
    for (uint64_t done = 0, len; done < access->len; done += len) {
        const uint64_t addr = access->addr + done, left = MEMORY_PAGE - addr % MEMORY_PAGE;
        uint64_t gpa;
        len = access->len - done < left ? access->len - done : left;
        if (gva_translate(space, addr, &gpa))
            all->list[all->count++] =
                (struct watch_access){gpa, len, access->reads, access->writes};
    }
}

void insn_watch(struct watch_accesses *out, const struct insn_parts *parts,
                const struct gva_space *space, const struct kvm_regs *regs,
                const struct kvm_sregs *sregs)
{
    const struct insn_accesses known = insn_accesses(parts, space, regs, sregs);
    out->count = 0;
    out->more = known.more;
    for (unsigned i = 0; i < known.count; i++)
        add(out, space, &known.list[i]);
}
