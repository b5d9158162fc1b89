#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "printout.h"

int printout_init(struct printout *p)
{
    *p = (struct printout){.elsewhere = p->elsewhere, .context = p->context};
    p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->fd < 0)
        return -errno;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->room, NULL);
    return 0;
}

void printout_free(struct printout *p)
{
    if (p->fd < 0)
        return;
    close(p->fd);
    p->fd = -1;
    pthread_cond_destroy(&p->room);
    pthread_mutex_destroy(&p->lock);
    buffer_free(&p->text);
}

/* ---- With the lock held */

static void set_readable(struct printout *p, bool readable)
{
    uint64_t count = 1;
    ssize_t n = readable ? write(p->fd, &count, sizeof(count)) : read(p->fd, &count, sizeof(count));
    (void)n; /* it is so already */
}

static void send_elsewhere(struct printout *p, const void *text, size_t len)
{
    if (p->elsewhere && len)
        p->elsewhere(p->context, text, len);
}

static void keep_text(struct printout *p, const char *text, size_t len)
{
    if (p->text.len + len > PRINTOUT_MAX || p->text.failed) {
        p->lost += len;
        return;
    }
    if (!p->text.len)
        set_readable(p, true);
    buffer_append(&p->text, text, len);
}

/* Once there is room again. */
static void tell_of_loss(struct printout *p)
{
    char text[80];
    if (!p->lost)
        return;
    const int len =
        snprintf(text, sizeof(text),
                 "\nstepvm: %" PRIu64 " bytes that were printed here are lost\n", p->lost);
    p->lost = 0;
    keep_text(p, text, (size_t)len);
}

static void consume(struct printout *p, size_t len)
{
    buffer_consume(&p->text, len);
    if (!p->text.len)
        tell_of_loss(p);
    if (!p->text.len)
        set_readable(p, false);
}

/* ---- By any thread */

void printout_write(struct printout *p, const char *text, size_t len)
{
    pthread_mutex_lock(&p->lock);
    while (p->state == PRINTOUT_KEPT && p->text.len && p->text.len + len > PRINTOUT_ROOM)
        pthread_cond_wait(&p->room, &p->lock);
    if (p->state == PRINTOUT_ELSEWHERE)
        send_elsewhere(p, text, len);
    else
        keep_text(p, text, len);
    pthread_mutex_unlock(&p->lock);
}

/* ---- By the thread that polls */

void printout_keep(struct printout *p)
{
    pthread_mutex_lock(&p->lock);
    p->state = PRINTOUT_KEPT;
    pthread_mutex_unlock(&p->lock);
}

void printout_hurry(struct printout *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->state == PRINTOUT_KEPT)
        p->state = PRINTOUT_HURRIED;
    pthread_cond_broadcast(&p->room);
    pthread_mutex_unlock(&p->lock);
}

void printout_release(struct printout *p)
{
    pthread_mutex_lock(&p->lock);
    p->state = PRINTOUT_ELSEWHERE;
    while (p->text.len) {
        const size_t len = p->text.len;
        send_elsewhere(p, buffer_bytes(&p->text), len);
        consume(p, len);
    }
    pthread_cond_broadcast(&p->room);
    pthread_mutex_unlock(&p->lock);
}

size_t printout_take(struct printout *p, char *buf, size_t size)
{
    pthread_mutex_lock(&p->lock);
    const size_t len = p->text.len < size ? p->text.len : size;
    if (len) {
        memcpy(buf, buffer_bytes(&p->text), len);
        consume(p, len);
        pthread_cond_broadcast(&p->room);
    }
    pthread_mutex_unlock(&p->lock);
    return len;
}
