#include "debug/trap_flag.h"

#include "cpu_state.h"

#define TF_BYTE 1    /* TF is bit 8: in the second byte of the flags */
#define TF_MASK 0x01 /* of that byte */

static bool is_64bit(const struct kvm_sregs *sregs)
{
    return (sregs->efer & CPU_EFER_LMA) && sregs->cs.l;
}

/* The linear address OFFSET bytes above the top of the stack; a 16-bit stack wraps at 64 KiB. */
static uint64_t stack_at(const struct kvm_regs *regs, const struct kvm_sregs *sregs,
                         unsigned offset)
{
    if (is_64bit(sregs))
        return regs->rsp + offset;
    const uint64_t sp = regs->rsp + offset;
    return (uint32_t)(sregs->ss.base + (sregs->ss.db ? (uint32_t)sp : (uint16_t)sp));
}

static void clear_at(const struct gva_space *space, struct memory *memory, uint64_t flags)
{
    uint8_t byte;
    if (gva_read(space, flags + TF_BYTE, &byte, 1) == 1 && (byte & TF_MASK)) {
        byte &= (uint8_t)~TF_MASK;
        gva_write(space, memory, flags + TF_BYTE, &byte, 1);
    }
}

void trap_flag_clear_pushed(struct memory *memory, const struct kvm_regs *regs,
                            const struct kvm_sregs *sregs)
{
    const struct gva_space space = gva_space(memory, sregs);
    clear_at(&space, memory, stack_at(regs, sregs, 0));
}

static uint64_t stack_word(const struct gva_space *space, const struct kvm_regs *regs,
                           const struct kvm_sregs *sregs, unsigned offset, unsigned size)
{
    uint64_t value = 0;
    gva_read(space, stack_at(regs, sregs, offset), &value, size);
    return value;
}

void trap_flag_clear_frame(struct memory *memory, const struct kvm_regs *regs,
                           const struct kvm_sregs *sregs, uint16_t old_cs, uint64_t old_rip)
{
    const struct gva_space space = gva_space(memory, sregs);
    static const unsigned sizes[] = {8, 4, 2}; /* of a stack slot */
    for (unsigned i = is_64bit(sregs) ? 0 : 1; i < (is_64bit(sregs) ? 1 : 3); i++)
        for (unsigned code = 0; code <= 1; code++) { /* an error code lies before the frame */
            const unsigned size = sizes[i], rip = code * size;
            const uint64_t mask = size == 8 ? ~0ull : (1ull << 8 * size) - 1;
            if (stack_word(&space, regs, sregs, rip, size) == (old_rip & mask) &&
                stack_word(&space, regs, sregs, rip + size, 2) == old_cs) {
                clear_at(&space, memory, stack_at(regs, sregs, rip + 2 * size));
                return;
            }
        }
}
