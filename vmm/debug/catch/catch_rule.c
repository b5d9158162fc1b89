#include "debug/catch/catch_rule.h"

#include "debug/cpu/exception.h"
#include "debug/number.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define WORDS_MAX 4
#define ADDR_MAX  ((1ull << 52) - 1) /* guest-physical addresses end there (memory.h) */

/* A kind of event: its word, what arguments it takes. */
static const struct kind {
    const char *name;
    uint64_t max;       /* of its number; 0: it takes none */
    const char *number; /* what the number must be, for who gave none or a wrong one */
    bool range, direction;
} kinds[] = {
    [CATCH_TRIPLE_FAULT] = {"triple-fault", 0, NULL, false, false},
    [CATCH_RESET] = {"reset", 0, NULL, false, false},
    [CATCH_MODE] = {"mode", 0, NULL, false, false},
    [CATCH_EXCEPTION] = {"exception", EXCEPTIONS - 1,
                         "an exception is a number from 0 to 31 or a name such as #GP", false,
                         false},
    [CATCH_IO] = {"io", 0xffff, "ports are from 0 to 0xffff, a range is FIRST-LAST", true, true},
    [CATCH_MMIO] = {"mmio", ADDR_MAX,
                    "guest-physical addresses are from 0 to 0xfffffffffffff, a range is FIRST-LAST",
                    true, true},
    [CATCH_MSR] = {"msr", 0xffffffff, "an MSR is a number from 0 to 0xffffffff", false, false},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static bool parse_range(const char *word, const struct kind *kind, struct catch_rule *rule)
{
    if (!number_parse(&word, &rule->first))
        return false;
    rule->last = rule->first;
    if (kind->range && *word == '-') {
        word++;
        if (!number_parse(&word, &rule->last))
            return false;
    }
    return !*word && rule->first <= rule->last && rule->last <= kind->max;
}

static bool parse_direction(const char *word, struct catch_rule *rule)
{
    rule->reads = !strcmp(word, "r");
    rule->writes = !strcmp(word, "w");
    return rule->reads || rule->writes;
}

/* Cuts TEXT into words, each with a 0 behind it. More than WORDS_MAX count as WORDS_MAX. */
static unsigned split(char *text, const char *words[WORDS_MAX])
{
    unsigned n = 0;
    char *rest = text, *word;
    while (n < WORDS_MAX && (word = strtok_r(rest, " \t", &rest)))
        words[n++] = word;
    return n;
}

static const char *parse_arguments(const char *const *words, unsigned n, struct catch_rule *rule)
{
    const struct kind *kind = &kinds[rule->kind];
    const unsigned max = (kind->max > 0) + (kind->direction ? 1 : 0);
    if (n > max)
        return max ? "there are too many words" : "it takes no arguments";
    if (!max)
        return NULL;
    if (!n)
        return kind->number;
    const int named = rule->kind == CATCH_EXCEPTION ? exception_by_name(words[0]) : -1;
    if (named >= 0)
        rule->first = rule->last = (uint64_t)named;
    else if (!parse_range(words[0], kind, rule))
        return kind->number;
    if (n > 1 && !parse_direction(words[1], rule))
        return "after the range comes r, w or nothing";
    return NULL;
}

const char *catch_rule_parse(const char *words, struct catch_rule *rule)
{
    char text[128];
    const char *split_words[WORDS_MAX];
    if (strlen(words) >= sizeof text)
        return "that is too long";
    memcpy(text, words, strlen(words) + 1);
    const unsigned n = split(text, split_words);
    for (size_t i = 0; n && i < KINDS; i++)
        if (!strcmp(split_words[0], kinds[i].name)) {
            *rule = (struct catch_rule){.kind = (enum catch_kind)i, .reads = true, .writes = true};
            return parse_arguments(split_words + 1, n - 1, rule);
        }
    return n ? "there is no such event" : "an event must be named";
}

void catch_rule_print(const struct catch_rule *rule, struct gdb_text *out)
{
    const struct kind *kind = &kinds[rule->kind];
    gdb_text_printf(out, "%s", kind->name);
    if (rule->kind == CATCH_EXCEPTION)
        gdb_text_printf(out, " %" PRIu64 " (%s)", rule->first,
                        exception_name((unsigned)rule->first));
    else if (kind->max)
        gdb_text_printf(out, " 0x%" PRIx64, rule->first);
    if (rule->last != rule->first)
        gdb_text_printf(out, "-0x%" PRIx64, rule->last);
    if (rule->reads != rule->writes)
        gdb_text_printf(out, rule->reads ? " r" : " w");
}

bool catch_rule_equal(const struct catch_rule *a, const struct catch_rule *b)
{
    return a->kind == b->kind && a->first == b->first && a->last == b->last &&
           a->reads == b->reads && a->writes == b->writes;
}

/* KVM_CREATE_IRQCHIP and KVM_CREATE_PIT2 with its dummy speaker (kvm.c). */
bool catch_is_kernel_port(uint64_t first, uint64_t last)
{
    static const struct {
        uint16_t first, last;
    } ports[] = {{0x20, 0x21}, {0x40, 0x43}, {0x61, 0x61}, {0xa0, 0xa1}, {0x4d0, 0x4d1}};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (first <= ports[i].last && ports[i].first <= last)
            return true;
    return false;
}

bool catch_rule_needs_steps(const struct catch_rule *rule, bool keeps_state)
{
    switch (rule->kind) {
    case CATCH_MODE:
    case CATCH_EXCEPTION:
    case CATCH_MSR:
        return true;
    case CATCH_IO:
        return catch_is_kernel_port(rule->first, rule->last);
    case CATCH_TRIPLE_FAULT:
        return !keeps_state;
    case CATCH_RESET:
    case CATCH_MMIO:
        break;
    }
    return false;
}
