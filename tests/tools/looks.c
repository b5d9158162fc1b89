/* A client that looks at all registers after each step, and each time once more: after a packet
 * that has stepvm ask KVM for all of them anew. Both looks must see the same.
 *
 *     looks SOCKET STEPS
 *
 * at a stepvm that is stopped in real mode. Now and then it writes a register, lets the guest run,
 * puts the machine back to power-on. Prints how many of the looks after a step KVM was not asked
 * for the x87 and vector registers, and for the debug registers. Exit status 1 if two looks differ.
 */
#include "gdbstub/x86_regs.h"
#include "tests/tools/rsp.h"

static const struct x86_layout layout = {.arch = GDB_ARCH_I8086}; /* what all CPUs have is first */

struct looks {
    struct rsp rsp;
    unsigned long step, looks;
    char first[RSP_PACKET_MAX];
};

static _Noreturn void die(void *context, const char *what)
{
    const struct looks *l = context;
    printf("step %lu: %s\n", l->step, what);
    exit(1);
}

static const char *ask(struct looks *l, const char *packet)
{
    rsp_send_packet(&l->rsp, packet);
    rsp_answer(&l->rsp);
    return l->rsp.packet;
}

/* ---- Two looks */

/* Which register it is that lies at character AT of `g`. */
static const char *register_at(size_t at)
{
    const struct x86_reg *reg;
    size_t end = 0;
    for (unsigned n = 0; (reg = x86_reg_find(layout, n)); n++) {
        end += reg->bits / 4;
        if (at < end)
            return reg->name;
    }
    return "one of those that not all CPUs have";
}

static void look_twice(struct looks *l)
{
    size_t at = 0;
    strcpy(l->first, ask(l, "g"));
    ask(l, "qThreadExtraInfo,1"); /* KVM_GET_MP_STATE, after which nothing read before counts */
    const char *second = ask(l, "g");
    l->looks += 2;
    if (!strcmp(l->first, second))
        return;
    while (l->first[at] == second[at])
        at++;
    rsp_die(&l->rsp, "%s is not what it was said to be: %.32s, not %.32s (pc %.8s)",
            register_at(at), second + at, l->first + at, second + 64);
}

/* ---- What comes between */

static void write_register(struct looks *l)
{
    static const struct {
        const char *name, *value;
    } writes[] = {
        {"st3", "0102030405060708ff3f"},
        {"xmm6", "000102030405060708090a0b0c0d0e0f"},
        {"dr2", "7856341200000000"},
        {"mxcsr", "801f0000"},
        {"fctrl", "7f020000"},
        {"edx", "44332211"},
        {"dr6", "f20fffff"},
    };
    char packet[100];
    const size_t i = l->step / 13 % (sizeof writes / sizeof writes[0]);
    snprintf(packet, sizeof packet, "P%x=%s", x86_reg_number(layout, writes[i].name),
             writes[i].value);
    rsp_send_packet(&l->rsp, packet);
    rsp_expect_ok(&l->rsp);
}

static void run_for_a_moment(struct looks *l)
{
    rsp_send_packet(&l->rsp, "vCont;c");
    rsp_sleep_us(3000);
    rsp_send_bytes(&l->rsp, "\003", 1);
    rsp_answer(&l->rsp);
}

static void monitor(struct looks *l, const char *command)
{
    char packet[100] = "qRcmd,";
    for (size_t n = strlen(packet); *command; command++, n += 2)
        snprintf(packet + n, sizeof packet - n, "%02x", (unsigned char)*command);
    l->rsp.text[0] = 0;
    rsp_send_packet(&l->rsp, packet);
    rsp_expect_ok(&l->rsp);
}

/* True if there was something. */
static bool come_between(struct looks *l)
{
    if (l->step % 13 == 0)
        write_register(l);
    if (l->step % 211 == 0)
        run_for_a_moment(l);
    if (l->step % 997 == 0)
        monitor(l, "reset");
    if (l->step % 300 == 0)
        monitor(l, l->step % 600 ? "step-irq on" : "step-irq off");
    return l->step % 13 == 0 || l->step % 211 == 0 || l->step % 997 == 0 || l->step % 300 == 0;
}

/* ---- */

static unsigned long calls(struct looks *l, const char *name)
{
    monitor(l, "stats");
    const char *line = strstr(l->rsp.text, name);
    if (!line)
        rsp_die(&l->rsp, "monitor stats tells of no %s", name);
    return strtoul(line + strlen(name), NULL, 10);
}

int main(int argc, char **argv)
{
    static struct looks l;
    if (argc != 3) {
        fprintf(stderr, "usage: looks SOCKET STEPS\n");
        return 2;
    }
    const unsigned long steps = strtoul(argv[2], NULL, 10);
    l.rsp.die = die;
    l.rsp.context = &l;
    l.rsp.acks = true;
    rsp_connect(&l.rsp, argv[1]);
    ask(&l, "qSupported:swbreak+;hwbreak+;vContSupported+");
    ask(&l, "?");
    look_twice(&l);
    const unsigned long fpu = calls(&l, "KVM_GET_XSAVE "), debug = calls(&l, "KVM_GET_DEBUGREGS ");
    l.looks = 0;
    for (l.step = 1; l.step <= steps; l.step++) {
        if (come_between(&l))
            look_twice(&l);
        if (strncmp(ask(&l, "vCont;s:1"), "T05", 3))
            rsp_die(&l.rsp, "not a step's end: %.100s", l.rsp.packet);
        look_twice(&l);
    }
    printf("spared fpu %lu debug %lu of %lu\n", l.looks - (calls(&l, "KVM_GET_XSAVE ") - fpu),
           l.looks - (calls(&l, "KVM_GET_DEBUGREGS ") - debug), steps);
    return 0;
}
