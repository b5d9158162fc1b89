/* What stepvm is asked to do while its host fails. */
#include "client.h"
#include "run.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GDB "-S", "--gdb", "unix:^/gdb.sock"

/* Looking, all-stop; demo.img on two CPUs, the second of which is never started. */
static const char *const looking[] = {
    "qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+;exec-events+;QThreadEvents+",
    "QStartNoAckMode",
    "!",
    "Hg0",
    "qXfer:features:read:target.xml:0,ffb",
    "?",
    "qfThreadInfo",
    "qThreadExtraInfo,2",
    "g",
    "p0",
    "m7c00,1000",
    "X9000,4:abcd",
    "qXfer:memory-map:read::0,1000",
    "qSearch:memory:7c00;10000;abcd",
    "qCRC:7c00,4000",
    "vFile:setfs:0",
    "G*", /* what g has said */
    NULL,
};

/* Each command of monitor that can't harm. */
static const char *const asking[] = {
    "qSupported:swbreak+",   "?",
    "monitor help",          "monitor arch",
    "monitor break-on",      "monitor break-on exception 13",
    "monitor break-on list", "monitor break-on off",
    "monitor cpu 1",         "monitor cpu 0",
    "monitor gdt",           "monitor idt",
    "monitor in 0x64",       "monitor info breakpoints",
    "monitor info cpus",     "monitor info devices",
    "monitor info exits",    "monitor info host",
    "monitor info irq",      "monitor info lapic",
    "monitor info pci",      "monitor info pic",
    "monitor info pit",      "monitor info registers",
    "monitor info slots",    "monitor ivt 0 8",
    "monitor linux",         "monitor memory add ram 64K at 0x40000000",
    "monitor memory list",   "monitor memory remove 0x40000000",
    "monitor msr 0x10",      "monitor msr EFER 0",
    "monitor out 0x80 1",    "monitor pw 0x9000 1",
    "monitor screen",        "monitor stats dirty on",
    "monitor stats",         "monitor stats dirty off",
    "monitor step-irq on",   "monitor tss",
    "monitor walk 0x7c00",   "monitor xp /8xb 0x7c00",
    "monitor reset",         NULL,
};

/* Breakpoints, steps and a stop while it runs. 7c12: before int 10h; 7c46: before protected mode;
 * 7e54: before long mode. */
static const char *const running[] = {
    "qSupported:swbreak+;hwbreak+;vContSupported+",
    "QStartNoAckMode",
    "?",
    "vCont;s:1",
    "vCont;s:1",
    "Z0,7c12,1",
    "Z1,7c18,1",
    "Z2,9000,2",
    "Z3,a000,2",
    "vCont;c",
    "z0,7c12,1",
    "Z0,7c12,1;X3,220127;cmds:0,X3,220027",
    "vCont;r7c12,7c18:1",
    "vCont;c",
    "z1,7c18,1",
    "z2,9000,2",
    "z3,a000,2",
    "Z0,7c46,1",
    "vCont;c",
    "Z0,7e54,1",
    "vCont;c",
    "vCont;s:1",
    "interrupt",
    "bye",
    "qSupported:swbreak+", /* the one that comes after the first has vanished */
    "?",
    "monitor info breakpoints",
    "D",
    "bye",
    "?",
    NULL,
};

/* A trace that goes on while nobody is there. */
static const char *const tracing[] = {
    "qSupported:ConditionalTracepoints+;TracepointSource+",
    "?",
    "QTinit",
    "QTBuffer:size:10000",
    "QTDV:1:7:0:636f756e74",
    "QTDP:1:7c12:E:1:0:X3,220127-",
    "QTDP:-1:7c12:R1ffM-1,7c00,40",
    "QTDPsrc:1:7c12:at:0:7:2a307837633132",
    "QTro:7c00,7d00",
    "QTStart",
    "Z0,7c18,1",
    "vCont;c",
    "qTStatus",
    "QTStop",
    "QTFrame:0",
    "g",
    "m7c00,20",
    "qTBuffer:0,400",
    "QTFrame:ffffffff",
    "qTfP",
    "qTsP",
    "qTfV",
    "QTinit",
    NULL,
};

/* The machine is run again, and killed. */
static const char *const restarting[] = {
    "qSupported:swbreak+",
    "!",
    "?",
    "vCont;s:1",
    "vRun;",
    "?",
    "vKill;1",
    "vRun;",
    "?",
    "QNonStop:1",
    "vCont;c",
    "monitor quit",
    NULL,
};

/* Recorded, there and back: by steps, to a breakpoint, a watchpoint, a number, the beginning; a new
 * future, and the end of it. */
static const char *const travelling[] = {
    "qSupported:swbreak+;hwbreak+;vContSupported+;ReverseStep+;ReverseContinue+",
    "QStartNoAckMode",
    "?",
    "monitor record on 1M",
    "Z0,7c12,1",
    "vCont;c",
    "z0,7c12,1",
    "vCont;s:1",
    "vCont;s:1",
    "monitor history 5",
    "bs",
    "bs",
    "Z2,7000,2",
    "bc",
    "z2,7000,2",
    "monitor goto 3",
    "bc",
    "vCont;s:1",
    "g",
    "M9000,2:abcd",
    "vCont;s:1",
    "bs",
    "monitor record status",
    "monitor record off",
    "vCont;s:1",
    NULL,
};

/* Snapshots, the last of which is in the file, too. */
static const char *const saving[] = {
    "qSupported:swbreak+",
    "?",
    "vCont;s:1",
    "monitor snapshot save one",
    "M9000,2:abcd",
    "vCont;s:1",
    "monitor snapshot save two",
    "monitor snapshot list",
    "monitor snapshot restore one",
    "vCont;s:1",
    "monitor snapshot save one",
    "monitor snapshot delete two",
    "monitor snapshot restore one",
    NULL,
};

/* For the scenario that begins there. */
static const char *const saving_once[] = {"?", "monitor snapshot save one", NULL};

/* What the probe of KVM has found. */
static const char *const host[] = {"?", "monitor info host", NULL};

static void ask_of_host(struct run *run)
{
    client_talk(run, host);
}

static void look(struct run *run)
{
    client_talk(run, looking);
}

static void ask(struct run *run)
{
    client_talk(run, asking);
}

static void run_it(struct run *run)
{
    client_talk(run, running);
}

static void trace(struct run *run)
{
    client_talk(run, tracing);
}

static void travel(struct run *run)
{
    client_talk(run, travelling);
}

static void save(struct run *run)
{
    client_talk(run, saving);
}

static void save_once(struct run *run)
{
    client_talk(run, saving_once);
}

static void restart(struct run *run)
{
    client_talk(run, restarting);
}

/* Until the display shows what the guest has printed; then its key for the end. */
static void watch_display(struct run *run)
{
    const long end = run_now_ms() + 3000;
    while (run_goes_on(run) && run_now_ms() < end && !strstr(run->out, "64-bit"))
        ;
    run_type(run, "\001x");
    while (run_goes_on(run) && run_now_ms() < end + 3000)
        ;
    run_type(run, "\001x");
}

const struct scenario scenarios[] = {
    {"help", {"--help"}, NULL, 0, .talk = NULL},
    {"usage", {"--memory", "3X", "%/spin.img"}, NULL, 1, .talk = NULL},
    {"boot", {"--gdb", "none", "%/timer.img"}, NULL, 33, .signalled = true, .talk = NULL},
    {"snapshot_file",
     {"--gdb", "none", "--snapshot-file", "^/shot", "%/timer.img"},
     "shot",
     33,
     .signalled = true,
     .talk = NULL},
    {"terminal", {"--gdb", "none", "%/timer.img"}, NULL, 33, .terminal = true},
    {"display",
     {"--gdb", "none", "--display", "%/demo.img"},
     NULL,
     130,
     .terminal = true,
     .varies = true,
     .talk = watch_display},
    {"consoles",
     {"--gdb", "none", "--serial", "file:^/console", "--serial", "unix:^/com2.sock", "--serial",
      "pty", "--serial", "stderr", "%/timer.img"},
     "console",
     33,
     .signalled = true,
     .talk = NULL},
    {"traces",
     {"--gdb", "127.0.0.1:0", "--trace", "kvm=^/kvm", "--trace", "rsp=^/rsp", "%/timer.img"},
     "kvm rsp",
     33,
     .talk = NULL},
    {"snapshot",
     {"--gdb", "none", "--disk", "&/disk,snapshot", "%/ata.img"},
     NULL,
     33,
     .talk = NULL},
    {"virtio",
     {"--gdb", "none", "--snapshot", "--disk", "&/disk,virtio", "%/virtio.elf"},
     NULL,
     1,
     .talk = NULL},
    {"cd", {"--gdb", "none", "&/cd.iso"}, NULL, 33, .talk = NULL},
    {"bios", {"--gdb", "none", "-v", "--bios", "%/rom.rom"}, NULL, 1, .talk = NULL},
    {"multiboot",
     {"--gdb", "none", "-m", "32M", "--append", "a=b", "--module", "&/module,x", "--load",
      "&/module@0x1800000", "%/multiboot.elf"},
     NULL,
     1,
     .talk = NULL},
    {"multiboot2",
     {"--gdb", "none", "-m", "32M", "--module", "&/module,x", "%/multiboot2.elf"},
     NULL,
     1,
     .talk = NULL},
    {"pvh",
     {"--gdb", "none", "-m", "32M", "--append", "a=b", "--initrd", "&/module", "%/pvh.elf"},
     NULL,
     1,
     .talk = NULL},
    {"host", {GDB, "%/demo.img"}, NULL, 0, .talk = ask_of_host},
    {"look", {GDB, "-c", "2", "%/demo.img"}, NULL, 0, .varies = true, .talk = look},
    {"ask", {GDB, "-c", "2", "%/demo.img"}, NULL, 0, .varies = true, .talk = ask},
    {"run", {GDB, "-c", "2", "%/demo.img"}, NULL, 0, .varies = true, .talk = run_it},
    {"trace", {GDB, "%/demo.img"}, NULL, 0, .varies = true, .talk = trace},
    {"restart", {GDB, "%/demo.img"}, NULL, 0, .varies = true, .talk = restart},
    {"travel", {GDB, "%/demo.img"}, NULL, 0, .varies = true, .talk = travel},
    {"save",
     {GDB, "--snapshot-file", "^/shot", "--disk", "&/disk,snapshot", "%/demo.img"},
     "shot",
     0,
     .varies = true,
     .talk = save},
    {"begin",
     {"--gdb", "none", "--snapshot-file", "&/shot", "%/timer.img"},
     NULL,
     33,
     .talk = NULL},
    {"helper", {GDB, "%/demo.img"}, NULL, 0, .varies = true, .helper = true, .talk = restart},
    {"helper_at_end",
     {"--gdb", "none", "--serial", "unix:^/com1.sock", "%/timer.img"},
     NULL,
     33,
     .helper = true,
     .talk = NULL},
    {0},
};

const struct scenario scenario_first = {
    "first", {GDB, "--snapshot-file", "&/shot", "%/timer.img"}, NULL, 0, .talk = save_once};

/* ---- Inputs */

static bool put_file(const char *dir, const char *name, size_t size, const struct scenario_piece *p)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && !ftruncate(fd, (off_t)size);
    for (; good && p && p->len; p++)
        good = pwrite(fd, p->bytes, p->len, p->at) == (ssize_t)p->len;
    if (fd >= 0)
        close(fd);
    return good;
}

/* A CD as in tests/boot/cd.sh: a boot record in block 17 that leads to the catalog in block 18,
 * whose entry boots what is in block 20. */
static bool make_cd(const char *dir, const char *guests)
{
    static char guest[2048];
    char path[512];
    snprintf(path, sizeof path, "%s/cd.img", guests);
    FILE *file = fopen(path, "r");
    const size_t len = file ? fread(guest, 1, sizeof guest, file) : 0;
    if (file)
        fclose(file);
    const struct scenario_piece pieces[] = {
        {32768, "\1CD001\1", 7},
        {34816, "\0CD001\1EL TORITO SPECIFICATION", 30},
        {34887, "\x12", 1},
        {36864, "\1", 1},
        {36892, "\xaa\x55\x55\xaa\x88\0\0\0\0\0\3\0\x14", 13},
        {40960, guest, len},
        {0},
    };
    return len && put_file(dir, "cd.iso", 131072, pieces);
}

bool scenario_inputs(const char *dir, const char *guests)
{
    const struct scenario_piece text[] = {{0, "what a module may be", 20}, {0}};
    return put_file(dir, "disk", 1 << 20, NULL) && put_file(dir, "module", 4096, text) &&
           make_cd(dir, guests);
}
