#include "console/console_queue.h"

#include <string.h>

#define SIZE CONSOLE_QUEUE_SIZE

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void console_queue_init(struct console_queue *queue)
{
    queue->head = queue->count = 0;
    queue->discarding = false;
    pthread_mutex_init(&queue->lock, NULL);
}

void console_queue_destroy(struct console_queue *queue)
{
    pthread_mutex_destroy(&queue->lock);
}

size_t console_queue_put(struct console_queue *queue, const void *bytes, size_t len, bool *wake)
{
    pthread_mutex_lock(&queue->lock);
    size_t n = len;
    *wake = false;
    if (!queue->discarding) {
        size_t tail = (queue->head + queue->count) % SIZE;
        n = smaller(len, SIZE - queue->count);
        size_t before_wrap = smaller(n, SIZE - tail);
        memcpy(&queue->bytes[tail], bytes, before_wrap);
        memcpy(queue->bytes, (const uint8_t *)bytes + before_wrap, n - before_wrap);
        *wake = queue->count == 0 && n;
        queue->count += n;
    }
    pthread_mutex_unlock(&queue->lock);
    return n;
}

size_t console_queue_room(struct console_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t room = SIZE - queue->count;
    pthread_mutex_unlock(&queue->lock);
    return room;
}

size_t console_queue_peek(struct console_queue *queue, uint8_t *bytes, size_t size)
{
    pthread_mutex_lock(&queue->lock);
    size_t n = smaller(size, queue->count);
    size_t before_wrap = smaller(n, SIZE - queue->head);
    memcpy(bytes, &queue->bytes[queue->head], before_wrap);
    memcpy(bytes + before_wrap, queue->bytes, n - before_wrap);
    pthread_mutex_unlock(&queue->lock);
    return n;
}

void console_queue_drop(struct console_queue *queue, size_t n)
{
    pthread_mutex_lock(&queue->lock);
    queue->head = (queue->head + n) % SIZE;
    queue->count -= n;
    pthread_mutex_unlock(&queue->lock);
}

void console_queue_discard(struct console_queue *queue, bool discarding)
{
    pthread_mutex_lock(&queue->lock);
    queue->discarding = discarding;
    if (discarding)
        queue->count = 0;
    pthread_mutex_unlock(&queue->lock);
}
