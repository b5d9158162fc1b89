/* A console's output on its way from the threads that make it to the one that writes it.
 * Internal to console*.c. */
#ifndef VMM_CONSOLE_QUEUE_H
#define VMM_CONSOLE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_QUEUE_SIZE 65536u /* bytes */

struct console_queue {
    pthread_mutex_t lock; /* guards what follows it; any thread puts, the polling thread takes */
    bool discarding;      /* there is nowhere to write to */
    size_t head, count;
    uint8_t bytes[CONSOLE_QUEUE_SIZE];
};

void console_queue_init(struct console_queue *queue);
void console_queue_destroy(struct console_queue *queue);

/* Takes as many of the LEN bytes as fit and returns how many: all of them, to no effect, while
 * discarding. *WAKE becomes true if the queue was empty and is no more. */
size_t console_queue_put(struct console_queue *queue, const void *bytes, size_t len, bool *wake);
size_t console_queue_room(struct console_queue *queue);

/* Copies up to SIZE bytes of the queue's start, which stay in it; returns how many. */
size_t console_queue_peek(struct console_queue *queue, uint8_t *bytes, size_t size);
/* Removes N bytes that peek has shown. */
void console_queue_drop(struct console_queue *queue, size_t n);

/* Sets discarding. Turning it on empties the queue. */
void console_queue_discard(struct console_queue *queue, bool discarding);

#endif
