/* The stepping table: each row of guests/exact/rows.s in one mode, one stepi at a time.
 *
 *     exact STEPVM GUESTS FOLDER CPUS NAME ARGS...
 *
 * Starts STEPVM with the guest GUESTS/exact_NAME.bin and ARGS, its socket and messages in FOLDER.
 * The guest runs up to each row by a breakpoint, which is taken away; then it is stepped, and all
 * registers and the rows' memory are compared with what the row expects (exact_expect.h). The
 * debugger writes nothing but the bytes that leave rows out. At the end the guest's log must be
 * what it is when the same rows run freely.
 *
 * A row that fails is run once more, freely: if the guest dies of that, too, or takes an exception
 * that the row does not expect, then this KVM can't execute it, and it is reported as skipped.
 *
 * Prints `ok NAME_N_cpu`, or `not ok` with what was expected and what was there before it, and
 * `skip NAME_N_cpu_rows - why`. Exit status 1 if it could not be done, with a message. */
#include "tests/tools/exact_vm.h"

enum { TEXT_MAX = 2048 };

enum outcome { PASSED, FAILED, NOT_EXECUTED };

struct exact {
    struct exact_vm vm;
    struct exact_guest guest;
    bool skip[EXACT_ROWS_MAX];
    enum outcome outcome[EXACT_ROWS_MAX];
    char what[EXACT_ROWS_MAX][TEXT_MAX]; /* why a row has failed */
    uint8_t log[LOG_SIZE];               /* of the guest when it was stepped */
};

/* ---- Comparing */

static __attribute__((format(printf, 3, 4))) void say(struct exact *x, int row, const char *format,
                                                      ...)
{
    const size_t len = strlen(x->what[row]);
    va_list args;
    va_start(args, format);
    vsnprintf(x->what[row] + len, TEXT_MAX - len, format, args);
    va_end(args);
}

static void say_bytes(struct exact *x, int row, const uint8_t *bytes, size_t len)
{
    while (len > 1 && !bytes[len - 1])
        len--;
    say(x, row, "0x");
    while (len--)
        say(x, row, "%02x", bytes[len]);
}

/* What loading a selector makes of a segment's attributes follows from its descriptor; the rows
 * name the selector. */
static bool is_attribute(const struct x86_reg *reg)
{
    return !strcmp(reg->type, "x86_attr");
}

static void compare_registers(struct exact *x, int row, const struct exact_state *expected,
                              const struct exact_state *actual)
{
    const struct x86_reg *reg;
    for (unsigned i = 0; (reg = x86_reg_find((struct x86_layout){.arch = actual->arch}, i)); i++) {
        uint8_t want[X86_REG_MAX], got[X86_REG_MAX];
        const size_t size = reg->bits / 8;
        x86_reg_get(reg, &expected->regs, want);
        x86_reg_get(reg, &actual->regs, got);
        if (is_attribute(reg) || !memcmp(want, got, size))
            continue;
        say(x, row, "        %s: expected ", reg->name);
        say_bytes(x, row, want, size);
        say(x, row, ", got ");
        say_bytes(x, row, got, size);
        say(x, row, "\n");
    }
}

static void compare_data(struct exact *x, int row, const struct exact_expect *e)
{
    for (size_t i = 0; i < e->data_size; i++)
        if (e->state.data[i] != e->actual->data[i])
            say(x, row, "        0x%" PRIx64 ": expected %02x, got %02x\n", e->data + i,
                e->state.data[i], e->actual->data[i]);
}

/* ---- Stepping */

/* To where the row's first step begins: its label, or the one that it names, which other rows may
 * share. */
static bool run_to_row(struct exact *x, const struct exact_row *row)
{
    const char *at = strstr(row->expected, "at=");
    uint64_t addr;
    if (!vm_run_to(&x->vm, exact_row_label(&x->guest, row, "")))
        return false;
    if (!at || (at != row->expected && at[-1] != ' '))
        return true;
    if (!exact_find_label(&x->guest, at + 3, strcspn(at + 3, " "), &addr))
        exact_give_up(row->name, at);
    return vm_run_to(&x->vm, addr);
}

/* False: no stop came. */
static bool step_row(struct exact *x, int number)
{
    struct exact_state before = {0}, after;
    struct exact_expect e = {
        .guest = &x->guest,
        .row = &x->guest.rows[number],
        .data = exact_label(&x->guest, "DATA"),
        .data_size = exact_label(&x->guest, "DATA_SIZE"),
        .actual = &after,
    };
    const char *text = e.row->expected;
    vm_read_state(&x->vm, &before);
    for (unsigned step = 1; text; step++) {
        if (!vm_step(&x->vm)) {
            say(x, number, "        step %u: it does not end: %.60s\n", step, x->vm.rsp.packet);
            return false;
        }
        after = before;
        vm_read_state(&x->vm, &after);
        e.state = before;
        exact_apply(&e, &text);
        compare_registers(x, number, &e.state, &after);
        compare_data(x, number, &e);
        if (x->what[number][0]) {
            say(x, number, "        in step %u of: %s\n", step, e.row->expected);
            break;
        }
        before = after;
    }
    x->outcome[number] = x->what[number][0] ? FAILED : PASSED;
    return true;
}

/* All rows that are not skipped, in one machine. False: the guest died, or hung. Then PRESENT is
 * the row that was stepped or run to, and LAST the one before if it may have been that one; or -1.
 */
static bool step_rows(struct exact *x, int *last, int *present)
{
    *last = *present = -1;
    vm_start(&x->vm, x->skip);
    for (int i = 0; i < (int)x->guest.row_count; i++) {
        if (x->skip[i])
            continue;
        snprintf(x->vm.doing, sizeof x->vm.doing, "row %s", x->guest.rows[i].name);
        *last = *present;
        *present = i;
        x->what[i][0] = 0;
        if (!run_to_row(x, &x->guest.rows[i]))
            goto lost;
        *last = -1;
        if (!step_row(x, i))
            goto lost;
    }
    *last = *present;
    *present = -1;
    if (!vm_run_to(&x->vm, exact_label(&x->guest, "end")))
        goto lost;
    vm_read_memory(&x->vm, "LOG", x->log, LOG_SIZE);
    vm_end(&x->vm);
    return true;
lost:
    vm_end(&x->vm);
    return false;
}

/* ---- What this KVM can do */

/* Whether the guest comes to its end without a step; then LOG is its log. */
static bool run_freely(struct exact *x, const bool *skip, uint8_t log[LOG_SIZE])
{
    vm_start(&x->vm, skip);
    snprintf(x->vm.doing, sizeof x->vm.doing, "running freely");
    const bool good = vm_run_freely(&x->vm);
    if (good)
        vm_read_memory(&x->vm, "LOG", log, LOG_SIZE);
    vm_end(&x->vm);
    return good;
}

/* The vector of the first handler that ROW has to enter, or -1. */
static int first_vector(const struct exact_row *row)
{
    const char *trap = strstr(row->expected, "trap="), *fault = strstr(row->expected, "fault=");
    if (strstr(row->expected, "leave"))
        return 48; /* it steps out of that handler */
    return trap ? atoi(trap + 5) : fault ? atoi(fault + 6) : -1;
}

/* Whether row NUMBER, or no row at all, runs as the manual says, as far as the log's first entry
 * tells: an exception's vector, or that the row has come to its end. */
static bool executes(struct exact *x, int number)
{
    bool skip[EXACT_ROWS_MAX];
    uint8_t log[LOG_SIZE];
    for (int i = 0; i < EXACT_ROWS_MAX; i++)
        skip[i] = i != number;
    if (!run_freely(x, skip, log))
        return false;
    if (number < 0)
        return true;
    const int vector = first_vector(&x->guest.rows[number]);
    return log[1] & 0x80 ? vector < 0 : vector == log[0];
}

/* Leaves the row out of which the guest has died. */
static void leave_out(struct exact *x, int row, enum outcome outcome)
{
    x->skip[row] = true;
    x->outcome[row] = outcome;
    if (outcome == FAILED)
        say(x, row, "        the guest does not go on after it\n");
}

/* The guest was lost in row PRESENT or in LAST. */
static void leave_out_culprit(struct exact *x, int last, int present)
{
    if (present >= 0 && !executes(x, present))
        leave_out(x, present, NOT_EXECUTED);
    else if (last >= 0 && !executes(x, last))
        leave_out(x, last, NOT_EXECUTED);
    else if (last >= 0 || present >= 0)
        leave_out(x, last >= 0 ? last : present, FAILED);
    else
        rsp_die(&x->vm.rsp, "the guest does not come to its end");
}

/* Of the rows that have failed, leaves out those that this KVM can't execute. */
static bool leave_out_others(struct exact *x)
{
    bool any = false;
    for (int i = 0; i < (int)x->guest.row_count; i++)
        if (x->outcome[i] == FAILED && !x->skip[i] && !executes(x, i)) {
            leave_out(x, i, NOT_EXECUTED);
            any = true;
        }
    return any;
}

/* Until the guest comes to its end; each time it does not, a row is left out. */
static void step_all(struct exact *x)
{
    int last, present;
    do
        while (!step_rows(x, &last, &present))
            leave_out_culprit(x, last, present);
    while (leave_out_others(x));
}

/* ---- The whole */

static bool report_rows(const struct exact *x)
{
    bool good = true;
    for (unsigned i = 0; i < x->guest.row_count; i++)
        if (x->outcome[i] == FAILED) {
            printf("    row %s:\n%s", x->guest.rows[i].name, x->what[i]);
            good = false;
        }
    return good;
}

static bool report_log(struct exact *x)
{
    uint8_t log[LOG_SIZE];
    if (!run_freely(x, x->skip, log)) {
        printf("    run freely, the guest does not come to its end\n");
        return false;
    }
    for (unsigned i = 0; i < LOG_SIZE; i += LOG_ENTRY)
        if (memcmp(log + i, x->log + i, LOG_ENTRY)) {
            const uint16_t *free_run = (const void *)(log + i);
            const uint16_t *stepped = (const void *)(x->log + i);
            printf("    the guest's log, entry %u: run freely %04x flags %04x, %04x, %04x; "
                   "stepped %04x flags %04x, %04x, %04x\n",
                   i / LOG_ENTRY, free_run[0], free_run[1], free_run[2], free_run[3], stepped[0],
                   stepped[1], stepped[2], stepped[3]);
            return false;
        }
    return true;
}

static void report_not_executed(const struct exact *x)
{
    bool any = false;
    for (unsigned i = 0; i < x->guest.row_count; i++) {
        if (x->outcome[i] != NOT_EXECUTED)
            continue;
        if (!any)
            printf("skip %s_%s_cpu_rows - this KVM does not execute:", x->vm.name, x->vm.cpus);
        any = true;
        printf(" %s", x->guest.rows[i].name);
    }
    if (any)
        printf("\n");
}

/* Whether breakpoints are hit in the rows' mode. */
static bool breakpoint_is_hit(struct exact *x)
{
    bool skip[EXACT_ROWS_MAX];
    memset(skip, true, sizeof skip);
    vm_start(&x->vm, skip);
    const bool hit = vm_run_to(&x->vm, exact_label(&x->guest, "end"));
    vm_end(&x->vm);
    return hit;
}

static void test(struct exact *x)
{
    if (!executes(x, -1)) {
        printf("skip %s_%s_cpu - this KVM does not run such a guest\n", x->vm.name, x->vm.cpus);
        return;
    }
    if (!breakpoint_is_hit(x)) {
        printf("skip %s_%s_cpu - this KVM's debugging stops nothing in this mode\n", x->vm.name,
               x->vm.cpus);
        return;
    }
    step_all(x);
    bool good = report_rows(x);
    if (good && !report_log(x))
        good = false;
    printf("%s %s_%s_cpu\n", good ? "ok" : "not ok", x->vm.name, x->vm.cpus);
    report_not_executed(x);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: see the head of tests/tools/exact.c\n");
        return 1;
    }
    struct exact *x = calloc(1, sizeof *x);
    if (!x)
        exact_give_up("starting", "out of memory");
    struct exact_vm *vm = &x->vm;
    vm->stepvm = argv[1];
    vm->folder = argv[3];
    vm->name = argv[5];
    vm->args = argv + 6;
    vm->guest = &x->guest;
    vm->rsp.die = vm_die;
    vm->rsp.context = vm;
    snprintf(vm->cpus, sizeof vm->cpus, "%s", argv[4]);
    snprintf(vm->image, sizeof vm->image, "%s/exact_%s.bin", argv[2], vm->name);
    snprintf(vm->socket, sizeof vm->socket, "unix:%s/s", vm->folder);
    exact_load(&x->guest, argv[2], vm->name);
    test(x);
    free(x->guest.labels);
    free(x->guest.table);
    free(x);
    return 0;
}
