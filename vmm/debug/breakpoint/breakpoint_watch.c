/* Watchpoints and fences, as those who run vCPUs ask about them. */
#include "debug/breakpoint/breakpoint_set.h"

int breakpoints_watch(struct breakpoints *set, enum breakpoint_type type, uint64_t addr,
                      uint64_t len, const struct gva_space *space)
{
    const size_t before = watches_count(set->watches);
    int err = watches_insert(set->watches, type, addr, len);
    if (!err && watches_count(set->watches) > before) {
        watch_map(watches_get(set->watches, before), space);
        set->outdated = true;
    }
    return err;
}

int breakpoints_unwatch(struct breakpoints *set, enum breakpoint_type type, uint64_t addr,
                        uint64_t len)
{
    set->outdated = true;
    return watches_remove(set->watches, type, addr, len);
}

bool breakpoints_watches(const struct breakpoints *set, enum breakpoint_type type, uint64_t addr)
{
    const struct watch *w;
    for (size_t i = 0; (w = watches_get(set->watches, i)); i++)
        if (w->type == type && addr >= w->addr && addr - w->addr < w->len)
            return true;
    return false;
}

void breakpoints_watch_debugregs(const struct breakpoints *set, struct debugregs *regs)
{
    for (unsigned n = 0; n < set->watch_registers.used; n++) {
        uint64_t addr;
        enum debugreg_type type;
        const unsigned len = debugregs_get(&set->watch_registers, n, &addr, &type);
        debugregs_add(regs, addr, type, len);
    }
}

bool breakpoints_watch_fired(const struct breakpoints *set, const struct debugregs *regs,
                             uint64_t dr6, struct watch_hit *hit)
{
    for (unsigned n = 0; n < regs->used; n++) {
        uint64_t addr;
        enum debugreg_type type;
        if (!(dr6 >> n & 1))
            continue;
        const unsigned len = debugregs_get(regs, n, &addr, &type);
        if (type != DEBUGREG_EXECUTE)
            watches_at(set->watches, addr, len, hit);
    }
    return hit->is_hit;
}

bool breakpoints_any_watch_stepped(const struct breakpoints *set)
{
    return set->watches_carried[CARRIER_STEP];
}

bool breakpoints_watch_stepped(struct breakpoints *set, const struct gva_space *space,
                               const struct watch_accesses *accessed, struct watch_hit *hit)
{
    return watches_stepped(set->watches, space, accessed, hit);
}

bool breakpoints_any_watch(const struct breakpoints *set)
{
    return watches_count(set->watches);
}

static bool is_touched(const struct watch *w,
                       bool (*touched)(void *context, uint64_t gpa, uint64_t len), void *context,
                       struct watch_hit *hit)
{
    for (size_t i = 0; i < w->piece_count; i++) {
        const struct watch_piece *p = &w->pieces[i];
        if (touched(context, p->gpa, p->len)) {
            *hit = (struct watch_hit){true, w->type, w->addr + p->offset};
            return true;
        }
    }
    return false;
}

bool breakpoints_watch_touched(const struct breakpoints *set,
                               bool (*touched)(void *context, uint64_t gpa, uint64_t len),
                               void *context, struct watch_hit *hit)
{
    const struct watch *w;
    hit->is_hit = false;
    for (size_t i = 0; (w = watches_get(set->watches, i)) && !hit->is_hit; i++)
        if (w->type != WATCH_READ)
            is_touched(w, touched, context, hit);
    return hit->is_hit;
}

bool breakpoints_watch_reads(const struct breakpoints *set)
{
    const struct watch *w;
    for (size_t i = 0; (w = watches_get(set->watches, i)); i++)
        if (w->type != WATCH_WRITE)
            return true;
    return false;
}

bool breakpoints_watch_accessed(const struct breakpoints *set,
                                const struct watch_accesses *accessed, struct watch_hit *hit)
{
    return watches_accessed(set->watches, accessed, hit);
}

/* ---- Fences */

bool breakpoints_is_fenced_pc(const struct breakpoints *set, const struct gva_space *space,
                              uint64_t pc)
{
    uint64_t gpa;
    return fences_any(set->fences) && gva_translate(space, pc, &gpa) &&
           fences_at(set->fences, gpa) == MEMORY_CLOSED;
}

bool breakpoints_any_fence(const struct breakpoints *set)
{
    return fences_any(set->fences);
}

bool breakpoints_step_fences(const struct breakpoints *set)
{
    return set->for_real_mode && fences_any(set->fences);
}

bool breakpoints_fences_stack(const struct breakpoints *set, const struct cpu_view *view)
{
    uint64_t page[2];
    const unsigned n = cpu_view_stack(view, page);
    for (unsigned i = 0; i < n; i++)
        if (fences_at(set->fences, page[i]) != MEMORY_OPEN)
            return true;
    return false;
}

int breakpoints_open(struct breakpoints *set, const struct gva_space *space)
{
    watches_remember(set->watches, space, CARRIER_FENCE);
    return fences_open(set->fences);
}

int breakpoints_close(struct breakpoints *set, const struct gva_space *space, struct watch_hit *hit)
{
    watches_changed(set->watches, space, CARRIER_FENCE, hit);
    return fences_close(set->fences);
}

void breakpoints_watch_begin(struct breakpoints *set, const struct gva_space *space)
{
    watches_remember(set->watches, space, CARRIER_DEBUGREG);
    watches_remember(set->watches, space, CARRIER_FENCE);
}

void breakpoints_watch_end(struct breakpoints *set, const struct gva_space *space,
                           struct watch_hit *hit)
{
    watches_changed(set->watches, space, CARRIER_DEBUGREG, hit);
    watches_changed(set->watches, space, CARRIER_FENCE, hit);
    watches_changed(set->watches, space, CARRIER_STEP, hit); /* since the last step, too */
}
