/* What this machine's kernel allows at most: KVM and loopback with no debugger between them. */
#include "bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* As `$vCont;s#b8` and the answer to it are. */
enum { QUESTION = 16, ANSWER = 60 };

#define SPIN_NS 50000u

static void repeat(uint64_t duration, void (*once)(const struct limit_guest *g))
{
    struct limit_guest g;
    struct rate rate;
    limit_guest_make(&g);
    rate_start(&rate, duration);
    do
        once(&g);
    while (rate_go_on(&rate, 1));
    rate_print(&rate, 1);
}

/* ---- A client, which is a process of its own */

static void without_delay(int fd)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static _Noreturn void ask(int fd, uint64_t duration)
{
    const char question[QUESTION] = {0};
    char answer[ANSWER];
    struct rate rate;
    rate_start(&rate, duration);
    do {
        if (send(fd, question, sizeof question, MSG_NOSIGNAL) != sizeof question ||
            recv(fd, answer, sizeof answer, MSG_WAITALL) != sizeof answer)
            give_up("the limit's client");
    } while (rate_go_on(&rate, 1));
    rate_print(&rate, 1);
    exit(0);
}

/* Its connection; it asks for so long. */
static int start_client(uint64_t duration)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &len))
        give_up("a port on 127.0.0.1");
    if (!fork()) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (connect(fd, (struct sockaddr *)&address, len))
            give_up("connect");
        without_delay(fd);
        ask(fd, duration);
    }
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        give_up("accept");
    without_delay(fd);
    close(listener);
    return fd;
}

static bool question_comes(int fd)
{
    char question[QUESTION];
    return recv(fd, question, sizeof question, MSG_WAITALL) == sizeof question;
}

/* The client may have gone. */
static void answer(int fd)
{
    const char text[ANSWER] = {0};
    (void)!send(fd, text, sizeof text, MSG_NOSIGNAL);
}

/* ---- Two threads, each of which spins for a while before it sleeps */

struct baton {
    atomic_bool raised;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool asleep; /* under lock */
};

#define BATON                                                                                      \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER                        \
    }

static void raise_baton(struct baton *b)
{
    pthread_mutex_lock(&b->lock);
    atomic_store(&b->raised, true);
    if (b->asleep)
        pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->lock);
}

static void await_baton(struct baton *b)
{
    const uint64_t end = now_ns(CLOCK_MONOTONIC) + SPIN_NS;
    while (!atomic_load(&b->raised) && now_ns(CLOCK_MONOTONIC) < end)
        __builtin_ia32_pause();
    pthread_mutex_lock(&b->lock);
    b->asleep = true;
    while (!atomic_load(&b->raised))
        pthread_cond_wait(&b->wake, &b->lock);
    b->asleep = false;
    atomic_store(&b->raised, false);
    pthread_mutex_unlock(&b->lock);
}

struct handover {
    struct limit_guest guest;
    struct baton wanted, done;
    atomic_bool over;
};

static void *cpu_thread(void *argument)
{
    struct handover *h = argument;
    for (;;) {
        await_baton(&h->wanted);
        if (atomic_load(&h->over))
            return NULL;
        limit_guest_step(&h->guest);
        raise_baton(&h->done);
    }
}

static void hand_over(int fd)
{
    struct handover h = {.wanted = BATON, .done = BATON};
    pthread_t thread;
    limit_guest_make(&h.guest);
    errno = pthread_create(&thread, NULL, cpu_thread, &h);
    if (errno)
        give_up("pthread_create");
    while (question_comes(fd)) {
        raise_baton(&h.wanted);
        await_baton(&h.done);
        answer(fd);
    }
    atomic_store(&h.over, true);
    raise_baton(&h.wanted);
    pthread_join(thread, NULL);
}

/* ---- One thread */

static void answer_at_once(int fd)
{
    while (question_comes(fd))
        answer(fd);
}

static void step_and_answer(int fd)
{
    struct limit_guest g;
    limit_guest_make(&g);
    while (question_comes(fd)) {
        limit_guest_step(&g);
        answer(fd);
    }
}

static bool question_comes_soon(int fd)
{
    char question[QUESTION];
    const uint64_t end = now_ns(CLOCK_MONOTONIC) + SPIN_NS;
    do {
        if (recv(fd, question, sizeof question, MSG_DONTWAIT) == sizeof question)
            return true;
    } while (now_ns(CLOCK_MONOTONIC) < end);
    return question_comes(fd);
}

static void step_and_spin(int fd)
{
    struct limit_guest g;
    limit_guest_make(&g);
    while (question_comes_soon(fd)) {
        limit_guest_step(&g);
        answer(fd);
    }
}

static const struct {
    const char *name;
    void (*once)(const struct limit_guest *g); /* repeated, without a client */
    void (*serve)(int fd);                     /* one until it goes */
} limits[] = {
    {"step", limit_guest_step, NULL},
    {"hit", limit_guest_hit, NULL},
    {"guarded", limit_guest_guarded_step, NULL},
    {"loopback", NULL, answer_at_once},
    {"hand-over", NULL, hand_over},
    {"one-thread", NULL, step_and_answer},
    {"spinning", NULL, step_and_spin},
};

static void serve_client(uint64_t duration, void (*serve)(int fd))
{
    const int fd = start_client(duration);
    serve(fd);
    wait(NULL);
}

void bench_limit(char **args)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (!strcmp(args[0], limits[i].name)) {
            if (limits[i].once)
                repeat(seconds_of(args[1]), limits[i].once);
            else
                serve_client(seconds_of(args[1]), limits[i].serve);
            return;
        }
    errno = EINVAL;
    give_up(args[0]);
}
