/* `monitor msr`: a model-specific register, by number or by name. */
#include "debug/monitor/monitor.h"

#include "debug/cpu/msr_list.h"
#include "debug/number.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define NAME_SIZE 64

/* The manuals' IA32_LSTAR and MSR_LSTAR mean lstar. */
static const struct msr_name *find_name(const char *word, size_t len)
{
    static const char *const prefixes[] = {"ia32_", "msr_"};
    char name[NAME_SIZE];
    if (len >= sizeof name)
        return NULL;
    for (size_t i = 0; i < len; i++)
        name[i] = (char)tolower((unsigned char)word[i]);
    name[len] = 0;
    const struct msr_name *found = msr_by_name(name);
    for (size_t i = 0; !found && i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            found = msr_by_name(name + strlen(prefixes[i]));
    return found;
}

/* The first word of *ARGS, which *ARGS is moved past. */
static bool parse_msr(const char **args, uint32_t *number)
{
    uint64_t value;
    if (isdigit((unsigned char)**args)) {
        const bool valid = number_word(args, UINT32_MAX, &value);
        *number = (uint32_t)value;
        return valid;
    }
    const size_t len = strcspn(*args, " ");
    const struct msr_name *msr = find_name(*args, len);
    if (!msr)
        return false;
    *number = msr->number;
    *args += len + ((*args)[len] == ' ');
    return true;
}

/* RC is what kvm_get_msr or kvm_set_msr returned, and not 1. */
static void print_refusal(const char *request, uint32_t number, int rc, struct gdb_text *out)
{
    const struct msr_name *name = msr_by_number(number);
    gdb_text_printf(out, "MSR 0x%x%s%s%s: %s: ", number, name ? " (" : "", name ? name->name : "",
                    name ? ")" : "", request);
    if (rc < 0)
        gdb_text_printf(out, "%s\n", strerror(-rc));
    else
        gdb_text_printf(out, "refused: this KVM does not have it, or not with this value\n");
}

static void print_value(uint32_t number, uint64_t value, struct gdb_text *out)
{
    const struct msr_name *name = msr_by_number(number);
    gdb_text_printf(out, "MSR 0x%08x %s%s= 0x%016" PRIx64, number, name ? name->name : "",
                    name ? " " : "", value);
}

static void write_msr(struct kvm_cpu *cpu, uint32_t number, uint64_t value, struct gdb_text *out)
{
    uint64_t old, now;
    int rc = kvm_get_msr(cpu, number, &old);
    const bool known = rc == 1;
    rc = kvm_set_msr(cpu, number, value);
    if (rc != 1) {
        print_refusal("KVM_SET_MSRS", number, rc, out);
        return;
    }
    if (kvm_get_msr(cpu, number, &now) != 1)
        now = value;
    print_value(number, now, out);
    if (known)
        gdb_text_printf(out, ", was 0x%016" PRIx64, old);
    gdb_text_printf(out, "%s\n",
                    now == value ? "" : " (KVM kept another value than the one given)");
}

void monitor_msr(struct debug *d, const char *args, struct gdb_text *out)
{
    struct kvm_sregs sregs;
    uint32_t number;
    uint64_t value;
    if (!parse_msr(&args, &number)) {
        monitor_usage("msr", "NUMBER|NAME [VALUE]", out);
        return;
    }
    const bool writes = *args;
    if (writes && (!number_word(&args, UINT64_MAX, &value) || *args)) {
        monitor_usage("msr", "NUMBER|NAME [VALUE]", out);
        return;
    }
    if (!monitor_read_sregs(d, &sregs, out))
        return;
    struct kvm_cpu *cpu = vcpu_kvm(d->cpus[d->chosen]);
    if (writes) {
        write_msr(cpu, number, value, out);
        return;
    }
    const int rc = kvm_get_msr(cpu, number, &value);
    if (rc != 1) {
        print_refusal("KVM_GET_MSRS", number, rc, out);
        return;
    }
    print_value(number, value, out);
    gdb_text_printf(out, "\n");
}
