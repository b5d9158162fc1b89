/* Many clients at once, and what comes of it when there are no descriptors left. */
#include <sys/resource.h>

#include "hostile.h"

enum { CROWD = 1000 };

struct caller {
    int fd;
    bool sent;
};

/* A descriptor for each, if the system lets us; how many callers there can be. */
static unsigned crowd_size(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return 100;
    if (limit.rlim_cur < CROWD + 50) {
        limit.rlim_cur = limit.rlim_max < CROWD + 50 ? limit.rlim_max : CROWD + 50;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur < CROWD + 50 ? (unsigned)limit.rlim_cur - 50 : CROWD;
}

/* Connects COUNT at once: none waits for an answer. Where the queue of the listener is full a Unix
 * socket says so, and is tried again; a TCP socket goes on trying by itself. */
static void connect_all(struct vm *vm, struct caller *callers, unsigned count)
{
    struct sockaddr_storage address;
    const socklen_t len = rsp_address(vm->address, &address);
    for (unsigned i = 0; i < count; i++) {
        callers[i] = (struct caller){
            .fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
        };
        if (callers[i].fd < 0)
            wrong(vm, "socket: %s", strerror(errno));
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned tries = 0;
        while (connect(callers[i].fd, (struct sockaddr *)&address, len) && errno == EAGAIN) {
            if (tries++ == RSP_PATIENCE_MS)
                wrong(vm, "caller %u: nobody accepts it", i);
            rsp_sleep_us(1000);
        }
    }
}

static void close_all(const struct caller *callers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        close(callers[i].fd);
}

/* Each hears something, be it only the end; PATIENCE in all. How many were answered as a client
 * is. */
static unsigned hear_all(struct vm *vm, struct caller *callers, unsigned count)
{
    unsigned served = 0;
    for (unsigned i = 0; i < count; i++) {
        char text[256] = "";
        struct pollfd p = {.fd = callers[i].fd, .events = POLLIN};
        if (send(p.fd, "$qC#b4", 6, MSG_NOSIGNAL) < 0 && errno == EAGAIN) {
            const struct pollfd connected = {.fd = p.fd, .events = POLLOUT};
            struct pollfd wait = connected;
            poll(&wait, 1, RSP_PATIENCE_MS);
            (void)!send(p.fd, "$qC#b4", 6, MSG_NOSIGNAL);
        }
        if (poll(&p, 1, RSP_PATIENCE_MS) <= 0)
            wrong(vm, "caller %u of %u hears nothing", i, count);
        const ssize_t n = recv(p.fd, text, sizeof text - 1, 0);
        if (n > 0 && strstr(text, "$QC"))
            served++;
        else if (n > 0 && !strstr(text, "another debugger") && strcmp(text, "+"))
            wrong(vm, "caller %u hears '%s'", i, text);
    }
    return served;
}

/* Beside a client, which goes on undisturbed. */
static void beside_a_client(struct vm *vm)
{
    static struct caller callers[CROWD];
    const unsigned count = crowd_size();
    visit(vm);
    connect_all(vm, callers, count);
    expect(vm, "T05", "vCont;s:1");
    if (hear_all(vm, callers, count))
        wrong(vm, "a second client is served");
    expect(vm, "T05", "vCont;s:1");
    process_expect_asleep(vm);
    leave(vm);
    close_all(callers, count);
}

/* With nobody there one of them has the session. */
static void with_nobody_there(struct vm *vm)
{
    static struct caller callers[CROWD];
    const unsigned count = crowd_size();
    connect_all(vm, callers, count);
    const unsigned served = hear_all(vm, callers, count);
    if (served != 1)
        wrong(vm, "%u of %u are served", served, count);
    process_expect_asleep(vm);
    close_all(callers, count);
}

/* They come and go at once, before they are accepted or after. */
static void come_and_go(struct vm *vm)
{
    static struct caller callers[CROWD];
    for (int round = 0; round < 10; round++) {
        connect_all(vm, callers, 100);
        close_all(callers, 100);
    }
    process_expect_asleep(vm);
}

/* ---- No descriptor is left */

static void limit_descriptors(const struct vm *vm, unsigned count, struct rlimit *was)
{
    struct rlimit limit;
    const pid_t pid = (pid_t)strtol(vm->pid, NULL, 10);
    if (prlimit(pid, RLIMIT_NOFILE, NULL, was))
        wrong(vm, "prlimit: %s", strerror(errno));
    limit = *was;
    limit.rlim_cur = count;
    if (prlimit(pid, RLIMIT_NOFILE, &limit, NULL))
        wrong(vm, "prlimit: %s", strerror(errno));
}

static void give_back_descriptors(const struct vm *vm, const struct rlimit *was)
{
    prlimit((pid_t)strtol(vm->pid, NULL, 10), RLIMIT_NOFILE, was, NULL);
}

/* Who comes is turned away; nothing spins; with descriptors there all is as it was. COUNT: what
 * stepvm may have. */
static void turned_away(struct vm *vm, unsigned count)
{
    static struct caller callers[CROWD];
    struct rlimit was;
    limit_descriptors(vm, count, &was);
    connect_all(vm, callers, 6); /* as many as the listener's queue holds */
    process_expect_asleep(vm);
    give_back_descriptors(vm, &was);
    close_all(callers, 6);
}

static void without_descriptors(struct vm *vm)
{
    turned_away(vm, vm->at_rest.fds);
}

/* The descriptor that stepvm holds back for this: it was made right after the listener. */
static unsigned spare(const struct vm *vm)
{
    char path[64], target[32];
    bool listener = false;
    for (unsigned fd = 0; fd < vm->at_rest.fds + 10; fd++) {
        snprintf(path, sizeof path, "/proc/%s/fd/%u", vm->pid, fd);
        const ssize_t n = readlink(path, target, sizeof target);
        listener |= n > 7 && !memcmp(target, "socket:", 7);
        if (listener && n > 10 && !memcmp(target, "anon_inode", 10))
            return fd;
    }
    wrong(vm, "no descriptor is held back");
}

static void without_any_descriptor(struct vm *vm)
{
    turned_away(vm, spare(vm));
}

static void without_descriptors_beside_a_client(struct vm *vm)
{
    visit(vm);
    turned_away(vm, vm->at_rest.fds + 1);
    expect(vm, "T05", "vCont;s:1");
    turned_away(vm, spare(vm));
    expect(vm, "T05", "vCont;s:1");
    leave(vm);
}

const struct scenario crowd_scenarios[] = {
    {"a crowd beside a client", beside_a_client},
    {"a crowd with nobody there", with_nobody_there},
    {"a crowd that comes and goes", come_and_go},
    {"no descriptor left", without_descriptors},
    {"no descriptor at all", without_any_descriptor},
    {"no descriptor left beside a client", without_descriptors_beside_a_client},
    {0},
};

/* ---- One after the other */

static void attach_and_detach(struct vm *vm)
{
    for (int i = 0; i < CROWD; i++) {
        visit(vm);
        leave(vm);
    }
}

static void attach_and_vanish(struct vm *vm)
{
    for (int i = 0; i < CROWD / 2; i++) {
        visit(vm);
        if (i % 2)
            expect(vm, "OK", "Z0,%x,1", vm->code);
        if (i % 4 == 3)
            tell(vm, "vCont;c");
        close(vm->rsp.fd);
    }
}

const struct scenario cycle_scenarios[] = {
    {"1,000 times attached and detached", attach_and_detach},
    {"500 times attached and gone", attach_and_vanish},
    {0},
};
