#include "debug/cpu/selector.h"

#include "debug/cpu/vector.h"
#include "vcpu/vcpu.h"

#include <errno.h>

#define SELECTOR_LDT 4u

/* Bits of a code or data segment's type, and types of system segments (SDM vol. 3, tables 3-1 and
 * 3-2). */
enum { TYPE_WRITABLE = 2, TYPE_READABLE = 2, TYPE_CODE = 8 };
enum { TYPE_TSS_16 = 1, TYPE_LDT = 2, TYPE_BUSY = 2, TYPE_TSS = 9 };

static int check_width(uint32_t selector, struct gdb_text *why)
{
    if (selector <= 0xffff)
        return 0;
    gdb_text_printf(why, "0x%x is no selector (16 bits)", selector);
    return -EINVAL;
}

static int not_such(uint32_t selector, const char *what, struct gdb_text *why)
{
    gdb_text_printf(why, "selector 0x%x names no present %s in the %s", selector, what,
                    selector & SELECTOR_LDT ? "LDT" : "GDT");
    return -EINVAL;
}

static bool is_null(uint32_t selector)
{
    return selector < 4;
}

static struct kvm_segment unusable(uint32_t selector)
{
    return (struct kvm_segment){.selector = (uint16_t)selector, .unusable = 1};
}

/* What SEG may hold, in words; *FITS: whether TYPE is such. */
static const char *wanted(unsigned seg, unsigned type, bool *fits)
{
    if (seg == GDB_CS) {
        *fits = type & TYPE_CODE;
        return "code segment";
    }
    if (seg == GDB_SS) {
        *fits = !(type & TYPE_CODE) && (type & TYPE_WRITABLE);
        return "writable data segment";
    }
    *fits = !(type & TYPE_CODE) || (type & TYPE_READABLE);
    return "readable segment";
}

int selector_load(const struct gva_space *space, struct kvm_sregs *sregs, bool v86, unsigned seg,
                  struct kvm_segment *segment, uint32_t selector, struct gdb_text *why)
{
    struct kvm_segment loaded;
    bool fits = false;
    if (check_width(selector, why))
        return -EINVAL;
    if (!(sregs->cr0 & CPU_CR0_PE) || v86) {
        segment->selector = (uint16_t)selector;
        segment->base = selector * 16;
        return 0;
    }
    if (is_null(selector) && seg != GDB_CS && (seg != GDB_SS || vcpu_code_bits(sregs) == 64)) {
        *segment = unusable(selector);
        return 0;
    }
    const bool found = descriptor_load(space, sregs, (uint16_t)selector, &loaded);
    const char *what = wanted(seg, found ? loaded.type : 0, &fits);
    if (!found || !fits)
        return not_such(selector, what, why);
    *segment = loaded;
    return 0;
}

/* The system segment that SELECTOR names in the GDT. Its descriptor has 16 bytes in long mode: the
 * base's upper half is in the third word (SDM vol. 3, 8.2.3). */
static bool system_descriptor(const struct gva_space *space, const struct kvm_sregs *sregs,
                              uint32_t selector, struct kvm_segment *segment)
{
    const uint32_t offset = selector & 0xfff8;
    uint32_t upper;
    if (selector & SELECTOR_LDT)
        return false;
    segment->present = 0;
    descriptor_load(space, sregs, (uint16_t)selector, segment);
    if (!segment->present || segment->s)
        return false;
    if (!(sregs->efer & CPU_EFER_LMA))
        return true;
    if (offset + 15 > sregs->gdt.limit ||
        gva_read(space, sregs->gdt.base + offset + 8, &upper, sizeof upper) != sizeof upper)
        return false;
    segment->base |= (uint64_t)upper << 32;
    return true;
}

static int check_protected(const struct kvm_sregs *sregs, bool v86, const char *insn,
                           struct gdb_text *why)
{
    if ((sregs->cr0 & CPU_CR0_PE) && !v86)
        return 0;
    gdb_text_printf(why, "there is no %s in real and virtual-8086 mode", insn);
    return -EINVAL;
}

int selector_load_ldtr(const struct gva_space *space, struct kvm_sregs *sregs, bool v86,
                       uint32_t selector, struct gdb_text *why)
{
    struct kvm_segment loaded;
    if (check_width(selector, why) || check_protected(sregs, v86, "LLDT", why))
        return -EINVAL;
    if (is_null(selector)) {
        sregs->ldt = unusable(selector);
        return 0;
    }
    if (!system_descriptor(space, sregs, selector, &loaded) || loaded.type != TYPE_LDT) {
        gdb_text_printf(why, "selector 0x%x names no present LDT in the GDT", selector);
        return -EINVAL;
    }
    sregs->ldt = loaded;
    return 0;
}

static bool is_tss(const struct kvm_sregs *sregs, unsigned type)
{
    const unsigned idle = type & ~(unsigned)TYPE_BUSY;
    return idle == TYPE_TSS || (idle == TYPE_TSS_16 && !(sregs->efer & CPU_EFER_LMA));
}

int selector_load_tr(const struct gva_space *space, struct kvm_sregs *sregs, bool v86,
                     uint32_t selector, struct gdb_text *why)
{
    struct kvm_segment loaded;
    if (check_width(selector, why) || check_protected(sregs, v86, "LTR", why))
        return -EINVAL;
    if (is_null(selector) || !system_descriptor(space, sregs, selector, &loaded) ||
        !is_tss(sregs, loaded.type)) {
        gdb_text_printf(why, "selector 0x%x names no present TSS in the GDT", selector);
        return -EINVAL;
    }
    loaded.type |= TYPE_BUSY; /* in the register it always is */
    sregs->tr = loaded;
    return 0;
}
