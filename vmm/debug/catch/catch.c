#include "debug/catch/catch.h"

#include "debug/catch/catch_match.h"
#include "debug/catch/catch_rule.h"
#include "debug/cpu/gva.h"
#include "debug/step/insn.h"
#include "memory/layout.h"
#include "vcpu/cpu_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define PAGE 4096u

struct catches {
    const struct memory *memory;
    bool keeps_state;
    struct catch_rule rules[CATCHES_MAX];
    unsigned count;
};

struct catches *catches_new(const struct memory *memory, bool keeps_state)
{
    struct catches *set = calloc(1, sizeof *set);
    if (!set)
        return NULL;
    set->memory = memory;
    set->keeps_state = keeps_state;
    return set;
}

void catches_free(struct catches *set)
{
    free(set);
}

void catches_clear(struct catches *set)
{
    set->count = 0;
}

static bool has(const struct catches *set, enum catch_kind kind)
{
    for (unsigned i = 0; i < set->count; i++)
        if (set->rules[i].kind == kind)
            return true;
    return false;
}

bool catches_reset(const struct catches *set)
{
    return has(set, CATCH_RESET);
}

bool catches_triple_fault(const struct catches *set)
{
    return has(set, CATCH_TRIPLE_FAULT);
}

bool catches_need_steps(const struct catches *set)
{
    for (unsigned i = 0; i < set->count; i++)
        if (catch_rule_needs_steps(&set->rules[i], set->keeps_state))
            return true;
    return false;
}

/* ---- Adding and listing */

static bool is_apic(uint64_t addr)
{
    return addr - LAYOUT_IOAPIC < PAGE || addr - LAYOUT_LAPIC < PAGE;
}

/* Why nothing of an MMIO range would ever exit, or NULL if something may. */
static const char *unseen(const struct catches *set, const struct catch_rule *rule)
{
    if (rule->kind != CATCH_MMIO)
        return NULL;
    if (is_apic(rule->first) && rule->last / PAGE == rule->first / PAGE)
        return "the APICs are in KVM, which does not tell of accesses to them";
    uint64_t addr = rule->first;
    while (addr <= rule->last) {
        const struct memory_region *region = memory_find(set->memory, addr);
        if (!region)
            return NULL;
        addr = region->gpa + region->size;
    }
    return "that is memory, whose accesses do not exit: use gdb's watch, rwatch or awatch";
}

static bool holds_memory(const struct catches *set, const struct catch_rule *range)
{
    const struct memory_region *next = memory_next(set->memory, range->first);
    return memory_find(set->memory, range->first) || (next && next->gpa <= range->last);
}

static void print_cost(const struct catches *set, const struct catch_rule *rule,
                       struct gdb_text *out)
{
    catch_rule_print(rule, out);
    gdb_text_printf(out, catch_rule_needs_steps(rule, set->keeps_state)
                             ? ": the guest runs by single steps, many times slower"
                             : ": costs nothing until it happens");
    if (rule->kind == CATCH_MMIO && holds_memory(set, rule))
        gdb_text_printf(out, " (not for the memory in that range: use gdb's watch)");
    gdb_text_printf(out, "\n");
}

static int refuse(int err, const char *words, const char *why, struct gdb_text *out)
{
    if (*words)
        gdb_text_printf(out, "break-on %s: %s\n", words, why);
    gdb_text_printf(out, "usage: monitor break-on %s\n", CATCH_USAGE);
    return err;
}

int catches_add(struct catches *set, const char *words, struct gdb_text *out)
{
    struct catch_rule rule;
    const char *why = catch_rule_parse(words, &rule);
    if (!why)
        why = unseen(set, &rule);
    if (why)
        return refuse(-EINVAL, words, why, out);
    unsigned i = 0;
    while (i < set->count && !catch_rule_equal(&set->rules[i], &rule))
        i++;
    if (i == CATCHES_MAX)
        return refuse(-ENOSPC, words, "64 events are caught already (monitor break-on off)", out);
    set->rules[i] = rule;
    if (i == set->count)
        set->count++;
    print_cost(set, &rule, out);
    return 0;
}

void catches_list(const struct catches *set, struct gdb_text *out)
{
    if (!set->count)
        gdb_text_printf(out, "Nothing is caught (monitor break-on EVENT).\n");
    for (unsigned i = 0; i < set->count; i++)
        print_cost(set, &set->rules[i], out);
}

/* ---- Matching, on the vCPU's thread */

/* ", at 0x7c2a", if that is certain. */
static void print_place(const struct catches *set, struct vcpu *vcpu,
                        const struct vcpu_access *access, struct gdb_text *why)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    if (kvm_get_regs(vcpu_kvm(vcpu), &regs) || kvm_get_sregs(vcpu_kvm(vcpu), &sregs))
        return;
    uint8_t bytes[CATCH_BEFORE + INSN_MAX] = {0};
    uint64_t pc = vcpu_linear_pc_of(&regs, &sregs), place;
    const struct gva_space space = gva_space(set->memory, &sregs);
    gva_read(&space, pc - CATCH_BEFORE, bytes, CATCH_BEFORE);
    gva_read(&space, pc, bytes + CATCH_BEFORE, INSN_MAX);
    if (catch_access_place(access, bytes, pc, vcpu_code_bits(&sregs), (uint16_t)regs.rdx, &place))
        gdb_text_printf(why, ", at 0x%" PRIx64, place);
}

bool catches_access(const struct catches *set, struct vcpu *vcpu, const struct vcpu_access *access,
                    struct gdb_text *why)
{
    /* A fence makes it exit (memory.h), not the machine. */
    const bool is_memory = access->space == BUS_MMIO && memory_find(set->memory, access->addr);
    for (unsigned i = 0; i < set->count; i++) {
        if (!catch_access_matches(&set->rules[i], access) || is_memory)
            continue;
        gdb_text_printf(why, "CPU %u: ", vcpu_index(vcpu));
        catch_access_print(access, why);
        print_place(set, vcpu, access, why);
        gdb_text_printf(why, "\n");
        return true;
    }
    return false;
}

bool catches_step(const struct catches *set, struct vcpu *vcpu, const struct step_report *report,
                  struct gdb_text *why)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    char text[160];
    struct gdb_text line;
    if (!set->count || kvm_get_regs(vcpu_kvm(vcpu), &regs) || kvm_get_sregs(vcpu_kvm(vcpu), &sregs))
        return false;
    gdb_text_init(&line, text, sizeof text);
    for (unsigned i = 0; i < set->count; i++)
        if (catch_step_matches(&set->rules[i], report, &regs, !(sregs.cr0 & CPU_CR0_PE), &line)) {
            gdb_text_printf(why, "CPU %u: %s\n", vcpu_index(vcpu), text);
            return true;
        }
    return false;
}
