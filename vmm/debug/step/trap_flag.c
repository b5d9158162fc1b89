#include "debug/step/trap_flag.h"

#include "debug/cpu/stack.h"
#include "vcpu/cpu_state.h"

#define TF_BYTE 1    /* TF is bit 8: in the second byte of the flags */
#define TF_MASK 0x01 /* of that byte */

static bool is_64bit(const struct kvm_sregs *sregs)
{
    return (sregs->efer & CPU_EFER_LMA) && sregs->cs.l;
}

static void put_at(const struct gva_space *space, struct memory *memory, uint64_t flags, bool own)
{
    uint8_t byte;
    if (gva_read(space, flags + TF_BYTE, &byte, 1) == 1 && !!(byte & TF_MASK) != own) {
        byte ^= TF_MASK;
        gva_write(space, memory, flags + TF_BYTE, &byte, 1);
    }
}

void trap_flag_put_pushed(struct memory *memory, const struct kvm_regs *regs,
                          const struct kvm_sregs *sregs, bool own)
{
    const struct gva_space space = gva_space(memory, sregs);
    put_at(&space, memory, stack_at(regs, sregs, 0), own);
}

static uint64_t stack_word(const struct gva_space *space, const struct kvm_regs *regs,
                           const struct kvm_sregs *sregs, unsigned offset, unsigned size)
{
    uint64_t value = 0;
    stack_read(space, regs, sregs, offset, size, &value);
    return value;
}

bool trap_flag_find_frame(const struct gva_space *space, const struct kvm_regs *regs,
                          const struct kvm_sregs *sregs, uint16_t old_cs, uint64_t old_rip,
                          uint64_t *flags)
{
    static const unsigned sizes[] = {8, 4, 2}; /* of a stack slot */
    for (unsigned i = is_64bit(sregs) ? 0 : 1; i < (is_64bit(sregs) ? 1 : 3); i++)
        for (unsigned code = 0; code <= 1; code++) { /* an error code lies before the frame */
            const unsigned size = sizes[i], rip = code * size;
            const uint64_t mask = size == 8 ? ~0ull : (1ull << 8 * size) - 1;
            if (stack_word(space, regs, sregs, rip, size) == (old_rip & mask) &&
                stack_word(space, regs, sregs, rip + size, 2) == old_cs) {
                *flags = stack_at(regs, sregs, rip + 2 * size);
                return true;
            }
        }
    return false;
}

void trap_flag_put_frame(struct memory *memory, const struct kvm_regs *regs,
                         const struct kvm_sregs *sregs, uint16_t old_cs, uint64_t old_rip, bool own)
{
    const struct gva_space space = gva_space(memory, sregs);
    uint64_t flags;
    if (trap_flag_find_frame(&space, regs, sregs, old_cs, old_rip, &flags))
        put_at(&space, memory, flags, own);
}
