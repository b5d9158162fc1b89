/* A 16550A serial port (National Semiconductor PC16550D datasheet; section numbers below are its).
 *
 * Bytes move at once, not at the baud rate: the divisor is stored and means nothing. What follows:
 * - the transmitter holds bytes only while the host takes none; LSR.THRE is then 0 and a guest that
 *   respects it loses nothing.
 * - a FIFO that holds less than its trigger level gives the character timeout interrupt at once.
 * - host bytes never overrun the receiver: uart_receive takes what fits, the rest waits outside.
 * Outside loopback the modem lines are those of a terminal that is there: CTS, DSR and DCD. The
 * interrupt line is not gated by MCR.OUT2, which a PC does on its board, outside the chip. */
#ifndef VMM_DEV_UART_H
#define VMM_DEV_UART_H

#include "board/bus.h"
#include "board/irq.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_FIFO 16 /* bytes */

struct uart_fifo {
    uint8_t bytes[UART_FIFO];
    uint8_t head, count;
};

struct uart_state {
    uint8_t ier, lcr, mcr, scr, dll, dlm;
    uint8_t fcr;             /* enable (bit 0) and trigger level (bits 6-7) only */
    uint8_t line_errors;     /* LSR bits 1-4 that no read has cleared yet */
    uint8_t modem_deltas;    /* MSR bits 0-3 */
    struct uart_fifo rx, tx; /* with FIFOs off one byte deep: RBR and THR */
    bool thr_interrupt;      /* THR has become empty, and the guest has not been told yet */
    bool irq;                /* level of the interrupt line */
    bool configured;
};

/* The outside, called with the bus lock held. */
struct uart_host {
    /* Takes as many of the LEN bytes as it can now, perhaps none; returns how many. */
    size_t (*write)(void *context, const uint8_t *bytes, size_t len);
    /* The receiver was full and can take bytes again. May be NULL. */
    void (*room)(void *context);
    void *context;
};

struct uart {
    struct uart_state state;
    struct uart_host host;
    struct irq_line irq;
};

extern const struct bus_ops uart_ops; /* 8 ports */

void uart_init(struct uart *uart, const struct uart_host *host, struct irq_line irq);
/* Master reset (table I): buffers are emptied, the line is lowered. */
void uart_reset(struct uart *uart);

/* The host has room again: hands over what the transmitter holds. */
void uart_drain(struct uart *uart);

/* How many bytes uart_receive would take now: none in loopback. */
size_t uart_room(const struct uart *uart);
/* Bytes from the host; returns how many were taken, from the start on. */
size_t uart_receive(struct uart *uart, const uint8_t *bytes, size_t len);

/* True once the guest has written LCR or IER since reset: it has a driver for this port. (The
 * divisor latch is reached by LCR first.) */
bool uart_configured(const struct uart *uart);

#endif
