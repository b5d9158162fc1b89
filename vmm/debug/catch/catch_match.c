#include "debug/catch/catch_match.h"

#include "debug/cpu/exception.h"

#include <inttypes.h>
#include <string.h>

/* ---- Accesses that exited */

bool catch_access_matches(const struct catch_rule *rule, const struct vcpu_access *access)
{
    const enum catch_kind kind = access->space == BUS_PIO ? CATCH_IO : CATCH_MMIO;
    uint64_t last;
    if (rule->kind != kind || !(access->is_write ? rule->writes : rule->reads))
        return false;
    if (!access->len || __builtin_add_overflow(access->addr, access->len - 1, &last))
        last = access->addr;
    return access->addr <= rule->last && rule->first <= last;
}

static const char *bytes_word(unsigned len)
{
    return len == 1 ? "byte" : "bytes";
}

static void print_port(bool is_write, const uint64_t *value, uint64_t port, unsigned len,
                       struct gdb_text *why)
{
    gdb_text_printf(why, is_write ? "out" : "in");
    if (value)
        gdb_text_printf(why, " 0x%" PRIx64, *value);
    gdb_text_printf(why, " %s port 0x%" PRIx64 " (%u %s)", is_write ? "->" : "<-", port, len,
                    bytes_word(len));
}

void catch_access_print(const struct vcpu_access *access, struct gdb_text *why)
{
    uint64_t value = 0;
    if (access->is_write)
        memcpy(&value, access->data, access->len < sizeof value ? access->len : sizeof value);
    if (access->space == BUS_PIO)
        print_port(access->is_write, access->is_write ? &value : NULL, access->addr, access->len,
                   why);
    else if (access->is_write)
        gdb_text_printf(why, "write 0x%" PRIx64 " -> 0x%" PRIx64 " (%u %s)", value, access->addr,
                        access->len, bytes_word(access->len));
    else
        gdb_text_printf(why, "read <- 0x%" PRIx64 " (%u %s)", access->addr, access->len,
                        bytes_word(access->len));
}

/* ---- IN and OUT as instructions (SDM vol. 2, IN, INS, OUT, OUTS) */

struct port_insn {
    bool is_write, is_string;
    uint16_t port;
    unsigned width; /* in bytes */
};

static bool decode_port_insn(const uint8_t *bytes, size_t n, unsigned bits, uint16_t dx,
                             struct port_insn *insn)
{
    const size_t at = insn_opcode(bytes, n, bits);
    if (at == n)
        return false;
    const uint8_t opcode = bytes[at];
    const bool by_dx = (opcode & 0xfc) == 0xec, is_string = (opcode & 0xfc) == 0x6c;
    const bool by_number = (opcode & 0xfc) == 0xe4;
    if (!(by_dx || is_string || by_number) || (by_number && at + 1 == n))
        return false;
    const bool wide = (bits == 16) == (memchr(bytes, 0x66, at) != NULL);
    *insn = (struct port_insn){
        .is_write = opcode & 2,
        .is_string = is_string,
        .port = by_number ? bytes[at + 1] : dx,
        .width = !(opcode & 1) ? 1
                 : wide        ? 4
                               : 2,
    };
    return true;
}

/* The N BYTES are one instruction that makes ACCESS and nothing behind it. */
static bool is_insn_of(const struct vcpu_access *access, const uint8_t *bytes, size_t n,
                       unsigned bits, uint16_t dx)
{
    struct port_insn insn;
    return decode_port_insn(bytes, n, bits, dx, &insn) && insn.is_write == access->is_write &&
           insn.port == access->addr && insn.width == access->len;
}

/* The length of the one instruction that makes ACCESS and ends with the CATCH_BEFORE bytes. 0 if
 * there is none, or several: a byte before it may be its prefix or another one's last. */
static unsigned insn_len_before(const struct vcpu_access *access, const uint8_t *bytes,
                                unsigned bits, uint16_t dx)
{
    unsigned found = 0, count = 0;
    for (unsigned len = 1; len <= CATCH_BEFORE; len++) {
        const uint8_t *start = bytes + CATCH_BEFORE - len;
        const size_t opcode = insn_opcode(start, len, bits);
        const bool by_number = opcode < len && (start[opcode] & 0xfc) == 0xe4;
        if (opcode + (by_number ? 2 : 1) != len || !is_insn_of(access, start, len, bits, dx))
            continue;
        found = len;
        count++;
    }
    return count == 1 ? found : 0;
}

bool catch_access_place(const struct vcpu_access *access, const uint8_t *bytes, uint64_t pc,
                        unsigned bits, uint16_t dx, uint64_t *place)
{
    if (access->space != BUS_PIO)
        return false;
    const bool here = is_insn_of(access, bytes + CATCH_BEFORE, INSN_MAX, bits, dx);
    /* What is read has not been delivered yet, so that the pc still stands there. */
    const unsigned before = access->is_write ? insn_len_before(access, bytes, bits, dx) : 0;
    *place = here ? pc : pc - before;
    return here != (before > 0);
}

/* ---- Steps */

static bool mode_matches(const struct step_report *report, struct gdb_text *why)
{
    if (report->bits_before == report->bits_after)
        return false;
    gdb_text_printf(why, "mode: %u-bit -> %u-bit code", report->bits_before, report->bits_after);
    return true;
}

static bool is_software_interrupt(const struct step_report *report)
{
    const size_t at = insn_opcode(report->bytes, report->n, report->bits_before);
    return at < report->n && report->bytes[at] == 0xcd;
}

static bool exception_matches(const struct catch_rule *rule, const struct step_report *report,
                              bool in_real_mode, struct gdb_text *why)
{
    if (report->vector < 0 || (uint64_t)report->vector != rule->first ||
        is_software_interrupt(report))
        return false;
    const unsigned vector = (unsigned)report->vector;
    gdb_text_printf(why, "exception %u (%s), raised at 0x%" PRIx64, vector, exception_name(vector),
                    report->pc);
    /* Where a BIOS leaves the first PIC (interrupts.h), and where DOS programs expect it. */
    if (in_real_mode && vector >= 8 && vector < 16)
        gdb_text_printf(why, "; in real mode it may have been IRQ %u", vector - 8);
    return true;
}

static bool msr_matches(const struct catch_rule *rule, const struct step_report *report,
                        const struct kvm_regs *regs, struct gdb_text *why)
{
    const size_t at = insn_opcode(report->bytes, report->n, report->bits_before);
    if (at + 1 >= report->n || report->bytes[at] != 0x0f)
        return false;
    const bool is_write = report->bytes[at + 1] == 0x30;
    if (!(is_write || report->bytes[at + 1] == 0x32) || (uint32_t)regs->rcx != rule->first)
        return false;
    const uint64_t value = regs->rdx << 32 | (uint32_t)regs->rax;
    const bool raised = report->vector == EXCEPTION_GP;
    gdb_text_printf(why, "%s 0x%" PRIx64, is_write ? "wrmsr" : "rdmsr", rule->first);
    if (is_write || !raised)
        gdb_text_printf(why, " %s 0x%" PRIx64, is_write ? "=" : "->", value);
    gdb_text_printf(why, ", at 0x%" PRIx64, report->pc);
    if (raised)
        gdb_text_printf(why, ", which raised #GP");
    return true;
}

/* Ports whose accesses do not exit; the others come by catch_access_matches. */
static bool kernel_port_matches(const struct catch_rule *rule, const struct step_report *report,
                                const struct kvm_regs *regs, struct gdb_text *why)
{
    struct port_insn insn;
    if (report->vector == EXCEPTION_GP ||
        !decode_port_insn(report->bytes, report->n, report->bits_before, (uint16_t)regs->rdx,
                          &insn) ||
        !catch_is_kernel_port(insn.port, insn.port) || insn.port < rule->first ||
        insn.port > rule->last || !(insn.is_write ? rule->writes : rule->reads))
        return false;
    const uint64_t value = regs->rax & (insn.width == 4 ? 0xffffffff : (1u << 8 * insn.width) - 1);
    print_port(insn.is_write, insn.is_string ? NULL : &value, insn.port, insn.width, why);
    gdb_text_printf(why, ", at 0x%" PRIx64, report->pc);
    return true;
}

bool catch_step_matches(const struct catch_rule *rule, const struct step_report *report,
                        const struct kvm_regs *regs, bool in_real_mode, struct gdb_text *why)
{
    switch (rule->kind) {
    case CATCH_MODE:
        return mode_matches(report, why);
    case CATCH_EXCEPTION:
        return exception_matches(rule, report, in_real_mode, why);
    case CATCH_MSR:
        return msr_matches(rule, report, regs, why);
    case CATCH_IO:
        return kernel_port_matches(rule, report, regs, why);
    case CATCH_TRIPLE_FAULT:
    case CATCH_RESET:
    case CATCH_MMIO:
        break;
    }
    return false;
}
