/* `monitor break-on`: its words, what they cost, and which accesses and steps they catch. */
#include "tests/unit/ram.h"

#include "debug/catch/catch.h"
#include "debug/catch/catch_match.h"
#include "debug/catch/catch_rule.h"
#include "debug/cpu/exception.h"
#include "debug/step/insn.h"

#include <errno.h>
#include <stdlib.h>

struct answer {
    char buf[8192];
    struct gdb_text text;
};

static struct gdb_text *empty(struct answer *a)
{
    gdb_text_init(&a->text, a->buf, sizeof a->buf);
    return &a->text;
}

/* ---- Words */

/* WORDS are taken and mean PRINTED. */
static void check_rule(const char *words, const char *printed)
{
    struct answer a;
    struct catch_rule rule;
    const char *why = catch_rule_parse(words, &rule);
    if (why) {
        check_fail(__FILE__, __LINE__, "\"%s\" is refused: %s", words, why);
        return;
    }
    catch_rule_print(&rule, empty(&a));
    CHECK_STR(a.buf, printed);
}

static void words_are_understood(void)
{
    check_rule("triple-fault", "triple-fault");
    check_rule("reset", "reset");
    check_rule("mode", "mode");
    check_rule("exception 0", "exception 0 (#DE)");
    check_rule("exception 0xd", "exception 13 (#GP)");
    check_rule("exception 31", "exception 31 (reserved)");
    check_rule("exception #PF", "exception 14 (#PF)");
    check_rule("exception ud", "exception 6 (#UD)");
    check_rule("exception nmi", "exception 2 (NMI)");
    check_rule("io 0", "io 0x0");
    check_rule("io 1016", "io 0x3f8");
    check_rule("io 010", "io 0xa"); /* no octal */
    check_rule("io 0x3F8-0x3ff w", "io 0x3f8-0x3ff w");
    check_rule("io 0-65535 r", "io 0x0-0xffff r");
    check_rule("  io \t 0x60   r ", "io 0x60 r");
    check_rule("mmio 0xb8000-0xfffffffffffff", "mmio 0xb8000-0xfffffffffffff");
    check_rule("msr 0xc0000080", "msr 0xc0000080");
    check_rule("msr 4294967295", "msr 0xffffffff");
}

static void other_words_are_refused(void)
{
    static const char *const wrong[] = {
        "",
        " ",
        "i",
        "ioo 1",
        "reset now",
        "triple-fault 1",
        "mode 16",
        "exception",
        "exception 32",
        "exception -1",
        "exception 1-2",
        "exception #",
        "exception GPF",
        "exception 1 2",
        "io",
        "io x",
        "io 0x",
        "io 0x3f8-",
        "io -0x3f8",
        "io 5-4",
        "io 65536",
        "io 0-65536",
        "io 1 x",
        "io 1 rw",
        "io 1 r w",
        "io 1 r w 4 5 6",
        "io 1-2-3",
        "io 1,2",
        "io 18446744073709551617",
        "io 0x10000000000000001",
        "io +1",
        "mmio 0x10000000000000",
        "msr 0x100000000",
        "msr 1 r",
        "io "
        "0x000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000000000001",
    };
    struct catch_rule rule;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (!catch_rule_parse(wrong[i], &rule))
            check_fail(__FILE__, __LINE__, "\"%s\" is taken", wrong[i]);
}

static void names_of_exceptions(void)
{
    for (unsigned i = 0; i < EXCEPTIONS; i++) {
        const char *name = exception_name(i);
        CHECK_EQ(exception_by_name(name), strcmp(name, "reserved") ? (int)i : -1);
    }
    CHECK_STR(exception_name(32), "reserved");
    CHECK_STR(exception_name(~0u), "reserved");
    CHECK_EQ(exception_by_name(""), -1);
}

/* ---- The set */

#define STEPS  ": the guest runs by single steps, many times slower\n"
#define EXITS  ": costs nothing until it happens\n"
#define MEMORY " (not for the memory in that range: use gdb's watch)\n"

static void a_line_each_with_its_cost(void)
{
    static const char *const words[] = {
        "triple-fault",   "reset",   "mode",      "exception 13", "io 0x3f8 w",
        "io 0x20 r",      "io 0-32", "io 0-0x1f", "mmio 0xd0000", "mmio 0x1ffff-0x20000",
        "msr 0xc0000080",
    };
    static const char list[] =
        "triple-fault" STEPS "reset" EXITS "mode" STEPS "exception 13 (#GP)" STEPS
        "io 0x3f8 w" EXITS "io 0x20 r" STEPS "io 0x0-0x20" STEPS "io 0x0-0x1f" EXITS
        "mmio 0xd0000" EXITS "mmio 0x1ffff-0x20000: costs nothing until it happens" MEMORY
        "msr 0xc0000080" STEPS;
    struct answer added, listed;
    struct memory *m = ram_new(0x20000);
    struct catches *set = catches_new(m, false);
    empty(&added);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        CHECK_EQ(catches_add(set, words[i], &added.text), 0);
    catches_list(set, empty(&listed));
    CHECK_STR(added.buf, list);
    CHECK_STR(listed.buf, list);
    /* Once more changes nothing. */
    CHECK_EQ(catches_add(set, "io 0x3f8 w", empty(&added)), 0);
    CHECK_STR(added.buf, "io 0x3f8 w" EXITS);
    catches_list(set, empty(&listed));
    CHECK_STR(listed.buf, list);
    catches_clear(set);
    catches_list(set, empty(&listed));
    CHECK_STR(listed.buf, "Nothing is caught (monitor break-on EVENT).\n");
    catches_free(set);
    memory_free(m);
}

static void what_could_never_happen_is_refused(void)
{
    struct answer a;
    struct memory *m = ram_new(0x20000);
    struct catches *set = catches_new(m, true);
    CHECK_EQ(catches_add(set, "mmio 0-0x1ffff", empty(&a)), -EINVAL);
    CHECK_STR(a.buf, "break-on mmio 0-0x1ffff: that is memory, whose accesses do not exit: use "
                     "gdb's watch, rwatch or awatch\nusage: monitor break-on " CATCH_USAGE "\n");
    CHECK_EQ(catches_add(set, "mmio 0xfee00000-0xfee00fff r", empty(&a)), -EINVAL);
    CHECK_EQ(catches_add(set, "mmio 0xfec00010", empty(&a)), -EINVAL);
    CHECK_EQ(catches_add(set, "mmio 0xfee00000-0xfee01000", empty(&a)), 0);
    CHECK_EQ(catches_add(set, "", empty(&a)), -EINVAL);
    CHECK_STR(a.buf, "usage: monitor break-on " CATCH_USAGE "\n");
    catches_list(set, empty(&a));
    CHECK_STR(a.buf, "mmio 0xfee00000-0xfee01000" EXITS);
    catches_free(set);
    memory_free(m);
}

static void the_set_has_an_end(void)
{
    struct answer a;
    char words[32];
    struct memory *m = ram_new(0x1000);
    struct catches *set = catches_new(m, true);
    for (int i = 0; i < CATCHES_MAX; i++) {
        snprintf(words, sizeof words, "io %d", 1000 + i);
        CHECK_EQ(catches_add(set, words, empty(&a)), 0);
    }
    CHECK_EQ(catches_add(set, "io 1", empty(&a)), -ENOSPC);
    CHECK(strstr(a.buf, "break-on io 1: 64 events are caught already"));
    CHECK_EQ(catches_add(set, "io 1000", empty(&a)), 0);
    catches_clear(set);
    CHECK_EQ(catches_add(set, "io 1", empty(&a)), 0);
    catches_free(set);
    memory_free(m);
}

/* With only WORDS in the set. */
static void check_wants(bool keeps_state, const char *words, bool steps, bool reset, bool triple)
{
    struct answer a;
    struct memory *m = ram_new(0x1000);
    struct catches *set = catches_new(m, keeps_state);
    CHECK_EQ(catches_add(set, words, empty(&a)), 0);
    CHECK_EQ(catches_need_steps(set), steps);
    CHECK_EQ(catches_reset(set), reset);
    CHECK_EQ(catches_triple_fault(set), triple);
    catches_free(set);
    memory_free(m);
}

static void who_has_to_do_what(void)
{
    check_wants(true, "reset", false, true, false);
    check_wants(true, "triple-fault", false, false, true);
    check_wants(false, "triple-fault", true, false, true);
    check_wants(true, "mode", true, false, false);
    check_wants(true, "exception 3", true, false, false);
    check_wants(true, "msr 16", true, false, false);
    check_wants(true, "io 0x61", true, false, false);
    check_wants(true, "io 0x62", false, false, false);
    check_wants(true, "io 0x4d1-0x4d2", true, false, false);
    check_wants(true, "mmio 0xd0000000", false, false, false);
}

/* ---- Accesses */

static void check_access(const char *words, enum bus_space space, uint64_t addr, unsigned len,
                         bool is_write, bool matches)
{
    struct catch_rule rule;
    uint8_t data[8] = {0};
    const struct vcpu_access access = {space, addr, data, len, 1, is_write};
    CHECK(!catch_rule_parse(words, &rule));
    if (catch_access_matches(&rule, &access) != matches)
        check_fail(__FILE__, __LINE__, "%s: %s of %u at 0x%" PRIx64 ": expected %s", words,
                   is_write ? "write" : "read", len, addr, matches ? "a match" : "none");
}

static void which_accesses_match(void)
{
    check_access("io 0x3f8", BUS_PIO, 0x3f8, 1, true, true);
    check_access("io 0x3f8", BUS_PIO, 0x3f8, 1, false, true);
    check_access("io 0x3f8", BUS_PIO, 0x3f7, 1, true, false);
    check_access("io 0x3f8", BUS_PIO, 0x3f9, 1, true, false);
    check_access("io 0x3f8", BUS_PIO, 0x3f7, 2, true, true); /* its second byte */
    check_access("io 0x3f8", BUS_PIO, 0x3f4, 4, true, false);
    check_access("io 0x3f8 w", BUS_PIO, 0x3f8, 1, true, true);
    check_access("io 0x3f8 w", BUS_PIO, 0x3f8, 1, false, false);
    check_access("io 0x3f8 r", BUS_PIO, 0x3f8, 1, true, false);
    check_access("io 0x3f8-0x3ff", BUS_PIO, 0x3ff, 1, true, true);
    check_access("io 0x3f8-0x3ff", BUS_PIO, 0x400, 1, true, false);
    check_access("io 0x3f8", BUS_MMIO, 0x3f8, 1, true, false);
    check_access("mmio 0x3f8", BUS_PIO, 0x3f8, 1, true, false);
    check_access("mmio 0xd0000000-0xd0000fff", BUS_MMIO, 0xcffffff9, 8, false, true);
    check_access("mmio 0xd0000000-0xd0000fff", BUS_MMIO, 0xcffffff8, 8, false, false);
    check_access("mmio 0-0xfffffffffffff", BUS_MMIO, UINT64_MAX, 8, true, false);
    check_access("reset", BUS_PIO, 0, 1, true, false);
}

static void check_access_line(enum bus_space space, uint64_t addr, unsigned len, bool is_write,
                              const char *expected)
{
    struct answer a;
    uint8_t data[8] = {0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x88};
    const struct vcpu_access access = {space, addr, data, len, 1, is_write};
    catch_access_print(&access, empty(&a));
    CHECK_STR(a.buf, expected);
}

static void what_an_access_is_called(void)
{
    check_access_line(BUS_PIO, 0x3f8, 1, true, "out 0x41 -> port 0x3f8 (1 byte)");
    check_access_line(BUS_PIO, 0xcf8, 4, true, "out 0x44434241 -> port 0xcf8 (4 bytes)");
    check_access_line(BUS_PIO, 0x60, 1, false, "in <- port 0x60 (1 byte)");
    check_access_line(BUS_MMIO, 0xd0000000, 8, true,
                      "write 0x8847464544434241 -> 0xd0000000 (8 bytes)");
    check_access_line(BUS_MMIO, 0xd0000004, 2, false, "read <- 0xd0000004 (2 bytes)");
}

/* What must be found for the access of LEN bytes at PORT, with the CATCH_BEFORE bytes BEFORE the pc
 * 0x7c10 and those AT it: 0 for nothing certain. DX is 0x3f8. */
static void check_place(bool is_write, uint16_t port, unsigned len, const char *before,
                        const char *at, uint64_t expected)
{
    uint8_t bytes[CATCH_BEFORE + INSN_MAX] = {0}, data[8] = {0};
    const struct vcpu_access access = {BUS_PIO, port, data, len, 1, is_write};
    uint64_t place = 0;
    memcpy(bytes, before, CATCH_BEFORE);
    memcpy(bytes + CATCH_BEFORE, at, strlen(at));
    if (!catch_access_place(&access, bytes, 0x7c10, 16, 0x3f8, &place))
        place = 0;
    CHECK_EQ(place, expected);
}

static void where_an_access_was_made(void)
{
    check_place(true, 0x3f8, 1, "\x90\x90\x90", "\xee", 0x7c10); /* out %al, %dx */
    check_place(true, 0x3f8, 1, "\x90\x90\xee", "\x90", 0x7c0f); /* the same, already passed */
    check_place(true, 0x3f8, 1, "\x90\x90\xee", "\xee", 0);      /* either */
    check_place(true, 0xf4, 1, "\x90\xe6\xf4", "\x90", 0x7c0e);  /* out %al, $0xf4 */
    check_place(true, 0xf5, 1, "\x90\xe6\xf4", "\x90", 0);       /* of another port */
    check_place(true, 0xf4, 2, "\x66\xe7\xf4", "\x90", 0x7c0e);  /* 2 bytes are without 66 */
    check_place(true, 0xf4, 4, "\x66\xe7\xf4", "\x90", 0x7c0d);  /* out %eax, $0xf4 */
    check_place(true, 0x3f8, 1, "\x90\xf3\x6e", "\x90", 0);      /* rep outsb, or ...f3; outsb */
    check_place(true, 0x3f8, 1, "\x90\x90\x90", "\xf3\x6e", 0x7c10);
    check_place(false, 0x3f8, 1, "\x90\x90\xec", "\xec", 0x7c10); /* an IN is never passed */
    check_place(false, 0x60, 1, "\xe4\x60\x90", "\xe4\x60", 0x7c10);
    check_place(false, 0x60, 1, "\xe4\x60\x90", "\xe6\x60", 0); /* that is an OUT */
    check_place(true, 0x3f8, 1, "\x90\x90\x90", "\x90", 0);
    check_place(true, 0x66, 1, "\x90\xe6\x66", "\xee", 0x7c0e); /* DX is another port */
}

/* ---- Steps */

struct step_case {
    const char *words, *bytes;
    unsigned bits_before, bits_after;
    int vector;
    bool in_real_mode;
    const char *expected; /* NULL: no match */
};

/* After it: rax 0x8000000111111500, rcx 0xc0000080, rdx 0x3000003f8. */
static void check_step(const struct step_case *c)
{
    struct answer a;
    struct catch_rule rule;
    struct step_report report = {
        .pc = 0x7c10,
        .n = (unsigned)strlen(c->bytes),
        .bits_before = c->bits_before,
        .bits_after = c->bits_after,
        .vector = c->vector,
    };
    const struct kvm_regs regs = {
        .rax = 0x8000000111111500,
        .rcx = 0xc0000080,
        .rdx = 0x3000003f8,
    };
    memcpy(report.bytes, c->bytes, report.n);
    CHECK(!catch_rule_parse(c->words, &rule));
    const bool matches = catch_step_matches(&rule, &report, &regs, c->in_real_mode, empty(&a));
    CHECK_EQ(matches, c->expected != NULL);
    CHECK_STR(a.buf, c->expected ? c->expected : "");
}

static void which_steps_match(void)
{
    static const struct step_case cases[] = {
        {"mode", "\xea", 16, 32, -1, false, "mode: 16-bit -> 32-bit code"},
        {"mode", "\xea", 64, 16, -1, false, "mode: 64-bit -> 16-bit code"},
        {"mode", "\x90", 32, 32, -1, false, NULL},
        {"exception 13", "\x8e\xd8", 32, 32, 13, false, "exception 13 (#GP), raised at 0x7c10"},
        {"exception 13", "\x8e\xd8", 16, 16, 13, true,
         "exception 13 (#GP), raised at 0x7c10; in real mode it may have been IRQ 5"},
        {"exception 6", "\x0f\x0b", 16, 16, 6, true, "exception 6 (#UD), raised at 0x7c10"},
        {"exception 13", "\x8e\xd8", 32, 32, 6, false, NULL},
        {"exception 13", "\x90", 32, 32, -1, false, NULL},
        {"exception 13", "\xcd\x0d", 32, 32, 13, false, NULL}, /* int $13 raises nothing */
        {"exception 13", "\x66\xcd\x0d", 32, 32, 13, false, NULL},
        {"exception 3", "\xcc", 32, 32, 3, false, "exception 3 (#BP), raised at 0x7c10"},
        {"exception 13", "", 64, 64, 13, false, "exception 13 (#GP), raised at 0x7c10"},
        {"msr 0xc0000080", "\x0f\x30", 64, 64, -1, false,
         "wrmsr 0xc0000080 = 0x3f811111500, at 0x7c10"},
        {"msr 0xc0000080", "\x0f\x32", 64, 64, -1, false,
         "rdmsr 0xc0000080 -> 0x3f811111500, at 0x7c10"},
        {"msr 0xc0000080", "\x66\x48\x0f\x30", 64, 64, -1, false,
         "wrmsr 0xc0000080 = 0x3f811111500, at 0x7c10"},
        {"msr 0xc0000080", "\x48\x0f\x30", 32, 32, -1, false, NULL}, /* dec %eax */
        {"msr 0xc0000080", "\x0f\x32", 64, 64, 13, false,
         "rdmsr 0xc0000080, at 0x7c10, which raised #GP"},
        {"msr 0xc0000081", "\x0f\x30", 64, 64, -1, false, NULL},
        {"msr 0xc0000080", "\x0f\x31", 64, 64, -1, false, NULL}, /* rdtsc */
        {"msr 0xc0000080", "\x0f", 64, 64, -1, false, NULL},
        {"msr 0xc0000080", "", 64, 64, -1, false, NULL},
        {"io 0x20", "\xe6\x20", 16, 16, -1, true, "out 0x0 -> port 0x20 (1 byte), at 0x7c10"},
        {"io 0x20 w", "\xe4\x20", 16, 16, -1, true, NULL},
        {"io 0x40-0x43 r", "\xe5\x42", 16, 16, -1, true,
         "in 0x1500 <- port 0x42 (2 bytes), at 0x7c10"},
        {"io 0x40-0x43 r", "\x66\xe5\x42", 16, 16, -1, true,
         "in 0x11111500 <- port 0x42 (4 bytes), at 0x7c10"},
        {"io 0x40-0x43 r", "\xe5\x42", 64, 64, -1, true,
         "in 0x11111500 <- port 0x42 (4 bytes), at 0x7c10"},
        {"io 0-0xffff", "\xe6\x80", 16, 16, -1, true, NULL}, /* that one exits */
        {"io 0-0xffff", "\xee", 16, 16, -1, true, NULL},
        {"io 0x20", "\xe6\x20", 32, 32, 13, false, NULL}, /* it was not allowed to */
        {"io 0x20", "\xe6", 16, 16, -1, true, NULL},
        {"reset", "\x90", 16, 32, 13, true, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_step(&cases[i]);
}

int main(void)
{
    TEST(words_are_understood);
    TEST(other_words_are_refused);
    TEST(names_of_exceptions);
    TEST(a_line_each_with_its_cost);
    TEST(what_could_never_happen_is_refused);
    TEST(the_set_has_an_end);
    TEST(who_has_to_do_what);
    TEST(which_accesses_match);
    TEST(what_an_access_is_called);
    TEST(where_an_access_was_made);
    TEST(which_steps_match);
    return check_done();
}
