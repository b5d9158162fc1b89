/* What a client says to a machine that stands still: monitor commands, and the packets that show
 * and change registers, memory and breakpoints, to the real target operations over a KVM that has
 * no processor (fake_kvm.h). The first byte is the machine's setting; then a script (script.h).
 *
 *     >s OFFSET BYTE ...   bytes of struct kvm_sregs: tables, control registers, as a guest sets
 * them >r                   KVM refuses what is set; or takes it again */
#include "fuzz.h"

#include "fake_kvm.h"
#include "script.h"
#include "tests/protocol/peer.h"
#include "vmm/machine.h"

const unsigned fuzz_rounds = 500;
const char *const fuzz_goals[] = {
    "an error", "usage",     "a region", "a table",     "a walk that fails",
    "a catch",  "a refusal", "the end",  "a recording", "a snapshot gone back to",
    NULL};

struct fixture {
    struct peer *peer;
    struct machine *machine;
    struct gdb_target_ops ops;
    struct options options;
    struct rsp_trace rsp;
    struct traces traces;
    FILE *nowhere;
    int image;
    char words[6][64]; /* the command line, which the machine's options point into */
};

/* ---- The machine: 1 MiB, a boot sector */

static int never_runs(void *target, const struct gdb_resume *actions, size_t n)
{
    (void)target, (void)actions, (void)n;
    return -EIO;
}

static void stays(void *target, gdb_hit_filter *filter, void *context)
{
    (void)target, (void)filter, (void)context;
}

static void make_options(struct fixture *f, bool two_cpus)
{
    static const char *const words[] = {"stepvm", "-m1M", "--serial=none", "--gdb=none"};
    char *argv[7] = {NULL};
    struct error error;
    for (int i = 0; i < 6; i++)
        argv[i] = f->words[i];
    for (int i = 0; i < 4; i++)
        strcpy(f->words[i], words[i]);
    strcpy(f->words[4], two_cpus ? "-c2" : "-c1");
    f->image = memfd_create("image", MFD_CLOEXEC);
    CHECK(f->image >= 0 && !ftruncate(f->image, 1024) && pwrite(f->image, "\x55\xaa", 2, 510) == 2);
    snprintf(f->words[5], sizeof f->words[5], "/proc/self/fd/%d", f->image);
    CHECK_EQ(options_parse(&f->options, 6, argv, &error), 0);
}

static void power_on(struct fixture *f)
{
    struct error error = {.text = ""};
    struct boot_result result;
    f->nowhere = fopen("/dev/null", "w");
    f->rsp.out = f->nowhere;
    f->traces = (struct traces){.kvm = kvm_trace_new(f->nowhere, false), .rsp = &f->rsp};
    if (machine_new(&f->machine, &f->options, &f->traces, "none", &error) ||
        machine_power_on(f->machine, &result, &error))
        check_fail(__FILE__, __LINE__, "%s", error.text);
}

static struct fixture *begin(unsigned setting)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct peer *p = f->peer = calloc(1, sizeof *p);
    fake_kvm_reset(setting & 1);
    make_options(f, setting & 2);
    power_on(f);
    f->ops = debug_target_ops;
    f->ops.resume = never_runs;
    f->ops.detach = stays;
    p->printout = (struct printout){.elsewhere = note_elsewhere, .context = p};
    CHECK_EQ(printout_init(&p->printout), 0);
    p->session = (struct gdb_session){
        .ops = &f->ops, .target = machine_debug(f->machine), .printout = &p->printout};
    CHECK_EQ(session_init(&p->session), 0);
    const struct gdb_stop stop = stop_of(GDB_SIGINT);
    session_stopped(&p->session, &stop);
    return f;
}

static void end(struct fixture *f)
{
    session_free(&f->peer->session);
    printout_free(&f->peer->printout);
    machine_free(f->machine);
    kvm_trace_free(f->traces.kvm);
    fclose(f->nowhere);
    close(f->image);
    free(f->peer);
    free(f);
}

/* ---- The conversation */

/* Of replies whose text is in hex. */
static void note(const char *reply)
{
    static const struct {
        const char *text, *goal;
    } kinds[] = {
        {"usage: monitor", "usage"},       {"  RAM  added RAM", "a region"},
        {"not present", "a table"},        {"Not mapped: the", "a walk that fails"},
        {"exception 13", "a catch"},       {"KVM_SET_MSRS", "a refusal"},
        {"Recording from", "a recording"}, {": restored in", "a snapshot gone back to"},
    };
    char hex[64];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (size_t c = 0; c < strlen(kinds[i].text); c++)
            sprintf(hex + 2 * c, "%02x", (uint8_t)kinds[i].text[c]);
        if (strstr(reply, hex))
            fuzz_reached(kinds[i].goal);
    }
    if (reply[0] == 'E')
        fuzz_reached("an error");
}

static void set_sregs(struct record *numbers)
{
    uint8_t *sregs = fake_kvm_state(KVM_SET_SREGS);
    uint64_t offset = record_number(numbers);
    for (; numbers->len; offset++) {
        const uint8_t byte = (uint8_t)record_number(numbers);
        if (offset < sizeof(struct kvm_sregs))
            sregs[offset] = byte;
    }
}

static void event(struct record *record)
{
    struct record numbers = {record->text + 2, record->len > 2 ? record->len - 2 : 0};
    const char kind = record->len > 1 ? record->text[1] : 0;
    if (kind == 's')
        set_sregs(&numbers);
    else if (kind == 'r')
        fake_kvm.refuses = !fake_kvm.refuses;
}

static void send_record(struct peer *p, const struct record *record)
{
    size_t len;
    char *bytes = record_bytes(record, &len);
    for (size_t taken = feed(p, bytes, len); taken < len;) {
        hear(p);
        const size_t n = feed(p, bytes + taken, len - taken);
        taken += n;
        if (!n)
            break; /* it waits for a stop that is never to come */
    }
    free(bytes);
    if (strstr(hear(p), "<junk>"))
        check_fail(__FILE__, __LINE__, "not a frame: %.1000s", p->text);
    note(p->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct fixture *f = begin((unsigned)fuzz_number(&in, 1));
    const char *at = (const char *)in.at;
    struct record record;
    while (!machine_is_killed(f->machine) && !check_failures && !session_over(&f->peer->session) &&
           script_next(&at, &in.left, &record))
        if (record_is_event(&record))
            event(&record);
        else
            send_record(f->peer, &record);
    if (machine_is_killed(f->machine))
        fuzz_reached("the end");
    end(f);
    return fuzz_verdict();
}
