/* The machine under test of tests/tools/exact.c: stepvm with one guest of the stepping table, and a
 * client of its stub. */
#ifndef TESTS_TOOLS_EXACT_VM_H
#define TESTS_TOOLS_EXACT_VM_H

#include "tests/tools/exact_expect.h"
#include "tests/tools/rsp.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
    STOP_MS = 30000, /* until a stop that does not come is given up */
    FREE_MS = 3000,  /* for all rows together, run freely */
    LOG_SIZE = 0x1800,
    LOG_ENTRY = 8,
};

struct exact_vm {
    const char *stepvm, *name, *folder;
    char image[512], socket[128], cpus[8];
    char **args; /* of stepvm, for this mode; ended by NULL */
    const struct exact_guest *guest;
    char doing[100]; /* for messages */
    pid_t pid;
    struct rsp rsp;
};

static void vm_die(void *context, const char *what)
{
    const struct exact_vm *vm = context;
    printf("    %s: %s\n", vm->doing, what);
    exit(1);
}

static __attribute__((format(printf, 2, 3))) void vm_request(struct exact_vm *vm,
                                                             const char *format, ...)
{
    char packet[200];
    va_list args;
    va_start(args, format);
    vsnprintf(packet, sizeof packet, format, args);
    va_end(args);
    rsp_send_packet(&vm->rsp, packet);
}

/* ---- Coming and going */

static _Noreturn void vm_execute(const struct exact_vm *vm)
{
    const char *args[32] = {vm->stepvm, "-S",   "-c",    vm->cpus,
                            "--serial", "none", "--gdb", vm->socket};
    unsigned n = 8;
    for (unsigned i = 0; vm->args[i] && n < 30; i++)
        args[n++] = vm->args[i];
    args[n] = vm->image;
    char path[160];
    snprintf(path, sizeof path, "%s/stderr", vm->folder);
    const int output = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int input = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (output >= 0 && input >= 0 && dup2(input, 0) == 0 && dup2(output, 1) == 1 &&
        dup2(output, 2) == 2)
        execv(vm->stepvm, (char *const *)(uintptr_t)args);
    _exit(127);
}

/* The rows that are to be left out, before the first instruction. */
static void vm_write_skips(struct exact_vm *vm, const bool *skip)
{
    const uint64_t at = exact_label(vm->guest, "SKIP");
    for (unsigned i = 0; i < vm->guest->row_count; i++)
        if (skip[i]) {
            vm_request(vm, "M%" PRIx64 ",1:01", at + i);
            rsp_expect_ok(&vm->rsp);
        }
}

static void vm_start(struct exact_vm *vm, const bool *skip)
{
    const char *path = vm->socket + strlen("unix:");
    snprintf(vm->doing, sizeof vm->doing, "starting stepvm");
    unlink(path);
    fflush(stdout);
    vm->pid = fork();
    if (vm->pid < 0)
        exact_give_up("fork", strerror(errno));
    if (!vm->pid)
        vm_execute(vm);
    for (int tries = 0; !rsp_try_connect(&vm->rsp, path); tries++) {
        if (tries == RSP_PATIENCE_MS / 2 || waitpid(vm->pid, NULL, WNOHANG))
            exact_give_up(vm->stepvm, "it does not listen");
        rsp_sleep_us(2000);
    }
    vm_request(vm, "qSupported:swbreak+;hwbreak+;vContSupported+");
    rsp_answer(&vm->rsp);
    vm_request(vm, "QStartNoAckMode");
    rsp_expect_ok(&vm->rsp);
    vm->rsp.acks = false;
    vm_request(vm, "?");
    rsp_answer(&vm->rsp);
    vm_write_skips(vm, skip);
}

static void vm_end(struct exact_vm *vm)
{
    kill(vm->pid, SIGKILL);
    waitpid(vm->pid, NULL, 0);
    close(vm->rsp.fd);
}

/* ---- The state */

static void vm_unhex(struct exact_vm *vm, uint8_t *bytes, size_t len)
{
    const char *hex = vm->rsp.packet;
    if (strlen(hex) < 2 * len)
        rsp_die(&vm->rsp, "expected at least %zu bytes, got %.100s", len, hex);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)strtoul((char[]){hex[2 * i], hex[2 * i + 1], 0}, NULL, 16);
}

/* The layout of the registers is that of the description last read. */
static enum gdb_arch vm_read_arch(struct exact_vm *vm)
{
    vm_request(vm, "qXfer:features:read:target.xml:0,200");
    rsp_answer(&vm->rsp);
    if (strstr(vm->rsp.packet, ">i386:x86-64<"))
        return GDB_ARCH_X86_64;
    return strstr(vm->rsp.packet, ">i8086<") ? GDB_ARCH_I8086 : GDB_ARCH_I386;
}

static uint64_t vm_read_pc(struct exact_vm *vm)
{
    uint64_t pc = 0;
    const bool wide = vm_read_arch(vm) == GDB_ARCH_X86_64;
    const struct x86_layout layout = {.arch = wide ? GDB_ARCH_X86_64 : GDB_ARCH_I386};
    vm_request(vm, "p%x", x86_reg_number(layout, wide ? "rip" : "eip"));
    rsp_answer(&vm->rsp);
    vm_unhex(vm, (uint8_t *)&pc, wide ? 8 : 4);
    return pc;
}

static void vm_read_memory(struct exact_vm *vm, const char *label, uint8_t *bytes, size_t size)
{
    vm_request(vm, "m%" PRIx64 ",%zx", exact_label(vm->guest, label), size);
    rsp_answer(&vm->rsp);
    vm_unhex(vm, bytes, size);
}

/* What is not there in the present mode's description stays as it is in STATE. */
static void vm_read_state(struct exact_vm *vm, struct exact_state *state)
{
    uint8_t bytes[X86_REGS_MAX];
    state->arch = vm_read_arch(vm);
    const struct x86_layout layout = {.arch = state->arch};
    const size_t size = x86_regs_g_size(layout); /* what all CPUs have comes first */
    vm_request(vm, "g");
    rsp_answer(&vm->rsp);
    vm_unhex(vm, bytes, size);
    x86_regs_put(layout, &state->regs, bytes, size);
    vm_read_memory(vm, "DATA", state->data, exact_label(vm->guest, "DATA_SIZE"));
}

/* ---- Running. What the last packet was tells why one of these has failed. */

/* Resumes; true if it stopped by SIGTRAP in time, AT_BREAKPOINT or not. */
static bool vm_resume(struct exact_vm *vm, const char *how, bool at_breakpoint)
{
    vm_request(vm, "%s", how);
    vm->rsp.packet[0] = 0;
    if (!rsp_receive(&vm->rsp, STOP_MS))
        return false;
    return !strncmp(vm->rsp.packet, "T05", 3) &&
           !!strstr(vm->rsp.packet, "break:") == at_breakpoint;
}

/* As gdb does it. */
static bool vm_step(struct exact_vm *vm)
{
    return vm_resume(vm, "vCont;s:1;c", false);
}

static bool vm_run_to(struct exact_vm *vm, uint64_t addr)
{
    vm_request(vm, "Z1,%" PRIx64 ",1", addr);
    rsp_expect_ok(&vm->rsp);
    if (!vm_resume(vm, "vCont;c", true))
        return false;
    vm_request(vm, "z1,%" PRIx64 ",1", addr);
    rsp_expect_ok(&vm->rsp);
    return true;
}

/* With nothing inserted, to the guest's end, where it stays; and interrupts it there. */
static bool vm_run_freely(struct exact_vm *vm)
{
    const uint64_t last = exact_label(vm->guest, "end");
    for (unsigned ms = 20, total = 0; total < FREE_MS; total += ms, ms *= 2) {
        vm_request(vm, "vCont;c");
        if (!rsp_receive(&vm->rsp, (int)ms)) {
            rsp_send_bytes(&vm->rsp, "\003", 1);
            rsp_answer(&vm->rsp);
        }
        if (strncmp(vm->rsp.packet, "T02", 3))
            return false;
        if (vm_read_pc(vm) == last)
            return true;
    }
    return false;
}

#endif
