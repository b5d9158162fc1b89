#include "dev/uart.h"

#include "dev/byte_registers.h"

#include <assert.h>

enum { RBR_THR_DLL, IER_DLM, IIR_FCR, LCR, MCR, LSR, MSR, SCR, REGISTERS };

#define IER_RDA  0x01 /* received data available */
#define IER_THRE 0x02 /* transmitter holding register empty */
#define IER_RLS  0x04 /* receiver line status */
#define IER_MSR  0x08 /* modem status */
#define IER_ALL  0x0f

#define IIR_MSR     0x00
#define IIR_NONE    0x01
#define IIR_THRE    0x02
#define IIR_RDA     0x04
#define IIR_RLS     0x06
#define IIR_TIMEOUT 0x0c
#define IIR_FIFOS   0xc0

#define FCR_ENABLE   0x01
#define FCR_CLEAR_RX 0x02
#define FCR_CLEAR_TX 0x04
#define FCR_TRIGGER  0xc0

#define LCR_DLAB 0x80

#define MCR_DTR  0x01
#define MCR_RTS  0x02
#define MCR_OUT1 0x04
#define MCR_OUT2 0x08
#define MCR_LOOP 0x10
#define MCR_ALL  0x1f

#define LSR_DR   0x01
#define LSR_OE   0x02
#define LSR_THRE 0x20
#define LSR_TEMT 0x40

#define MSR_CTS  0x10
#define MSR_DSR  0x20
#define MSR_RI   0x40
#define MSR_DCD  0x80
#define MSR_TERI 0x04 /* trailing edge of RI: the only one of its two that counts */

#define DIVISOR_9600 12 /* what PC BIOSes leave behind */

static void fifo_push(struct uart_fifo *fifo, uint8_t byte)
{
    fifo->bytes[(fifo->head + fifo->count++) % UART_FIFO] = byte;
}

static void fifo_drop(struct uart_fifo *fifo, size_t n)
{
    fifo->head = (uint8_t)((fifo->head + n) % UART_FIFO);
    fifo->count = (uint8_t)(fifo->count - n);
}

static void fifo_clear(struct uart_fifo *fifo)
{
    *fifo = (struct uart_fifo){0};
}

static unsigned depth(const struct uart_state *s)
{
    return s->fcr & FCR_ENABLE ? UART_FIFO : 1;
}

static unsigned trigger_level(const struct uart_state *s)
{
    static const uint8_t levels[] = {1, 4, 8, 14}; /* 8.4 */
    return s->fcr & FCR_ENABLE ? levels[s->fcr >> 6] : 1;
}

/* The pending interrupt of the highest priority (8.5). */
static uint8_t interrupt_id(const struct uart_state *s)
{
    if ((s->ier & IER_RLS) && s->line_errors)
        return IIR_RLS;
    if ((s->ier & IER_RDA) && s->rx.count)
        return s->rx.count >= trigger_level(s) ? IIR_RDA : IIR_TIMEOUT;
    if ((s->ier & IER_THRE) && s->thr_interrupt)
        return IIR_THRE;
    if ((s->ier & IER_MSR) && s->modem_deltas)
        return IIR_MSR;
    return IIR_NONE;
}

static uint8_t modem_lines(const struct uart_state *s)
{
    if (!(s->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD;
    return (uint8_t)((s->mcr & MCR_RTS ? MSR_CTS : 0) | (s->mcr & MCR_DTR ? MSR_DSR : 0) |
                     (s->mcr & MCR_OUT1 ? MSR_RI : 0) | (s->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

/* After any change: drives the line, and tells the host if the receiver, which had HAD_ROOM bytes
 * of room before, has just got some. */
static void settle(struct uart *uart, size_t had_room)
{
    bool level = interrupt_id(&uart->state) != IIR_NONE;
    if (level != uart->state.irq) {
        uart->state.irq = level;
        irq_set(&uart->irq, level);
    }
    if (!had_room && uart_room(uart) && uart->host.room)
        uart->host.room(uart->host.context);
}

static void transmit(struct uart *uart)
{
    struct uart_fifo *tx = &uart->state.tx;
    uint8_t bytes[UART_FIFO];
    size_t n = tx->count;
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        bytes[i] = tx->bytes[(tx->head + i) % UART_FIFO];
    size_t taken = uart->host.write(uart->host.context, bytes, n);
    assert(taken <= n);
    fifo_drop(tx, taken);
    if (tx->count == 0)
        uart->state.thr_interrupt = true;
}

/* In loopback nobody waits for room: a byte too many is an overrun (8.3). With FIFOs it is lost,
 * without it takes the place of the one in RBR. */
static void loop_back(struct uart_state *s, uint8_t byte)
{
    if (s->tx.count == 0)
        s->thr_interrupt = true;
    if (s->rx.count >= depth(s)) {
        s->line_errors |= LSR_OE;
        if (s->fcr & FCR_ENABLE)
            return;
        fifo_clear(&s->rx);
    }
    fifo_push(&s->rx, byte);
}

static void write_thr(struct uart *uart, uint8_t value)
{
    struct uart_state *s = &uart->state;
    s->thr_interrupt = false;
    if (s->mcr & MCR_LOOP) {
        loop_back(s, value);
        return;
    }
    if (s->tx.count < depth(s)) /* else the guest has ignored THRE, and loses the byte */
        fifo_push(&s->tx, value);
    transmit(uart);
}

static void write_ier(struct uart_state *s, uint8_t value)
{
    /* Enabling the interrupt while THR is empty gives one at once: drivers test for that. */
    if ((value & ~s->ier & IER_THRE) && s->tx.count == 0)
        s->thr_interrupt = true;
    s->ier = value & IER_ALL;
    s->configured = true;
}

static void write_fcr(struct uart_state *s, uint8_t value)
{
    bool toggled = (s->fcr ^ value) & FCR_ENABLE;
    if (toggled || (value & FCR_ENABLE && value & FCR_CLEAR_RX))
        fifo_clear(&s->rx);
    if ((toggled || (value & FCR_ENABLE && value & FCR_CLEAR_TX)) && s->tx.count) {
        fifo_clear(&s->tx);
        s->thr_interrupt = true;
    }
    /* The other bits are programmed only together with bit 0 (8.4). */
    s->fcr = value & FCR_ENABLE ? value & (FCR_ENABLE | FCR_TRIGGER) : s->fcr & FCR_TRIGGER;
}

static void write_mcr(struct uart_state *s, uint8_t value)
{
    uint8_t before = modem_lines(s);
    s->mcr = value & MCR_ALL;
    uint8_t after = modem_lines(s);
    uint8_t changed = (uint8_t)((before ^ after) & ~MSR_RI) >> 4;
    s->modem_deltas |= changed | (before & ~after & MSR_RI ? MSR_TERI : 0);
}

static uint8_t read_rbr(struct uart_state *s)
{
    if (s->rx.count == 0)
        return 0;
    uint8_t byte = s->rx.bytes[s->rx.head % UART_FIFO];
    fifo_drop(&s->rx, 1);
    return byte;
}

static uint8_t read_iir(struct uart_state *s)
{
    uint8_t id = interrupt_id(s);
    if (id == IIR_THRE)
        s->thr_interrupt = false;
    return id | (s->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

static uint8_t read_lsr(struct uart_state *s)
{
    uint8_t value = (uint8_t)((s->rx.count ? LSR_DR : 0) | s->line_errors |
                              (s->tx.count ? 0 : LSR_THRE | LSR_TEMT));
    s->line_errors = 0;
    return value;
}

static uint8_t read_msr(struct uart_state *s)
{
    uint8_t value = modem_lines(s) | s->modem_deltas;
    s->modem_deltas = 0;
    return value;
}

static uint8_t read_register(struct uart_state *s, unsigned offset)
{
    bool dlab = s->lcr & LCR_DLAB;
    switch (offset) {
    case RBR_THR_DLL:
        return dlab ? s->dll : read_rbr(s);
    case IER_DLM:
        return dlab ? s->dlm : s->ier;
    case IIR_FCR:
        return read_iir(s);
    case LCR:
        return s->lcr;
    case MCR:
        return s->mcr;
    case LSR:
        return read_lsr(s);
    case MSR:
        return read_msr(s);
    default:
        return s->scr;
    }
}

static void write_register(struct uart *uart, unsigned offset, uint8_t value)
{
    struct uart_state *s = &uart->state;
    bool dlab = s->lcr & LCR_DLAB;
    switch (offset) {
    case RBR_THR_DLL:
        if (dlab)
            s->dll = value;
        else
            write_thr(uart, value);
        break;
    case IER_DLM:
        if (dlab)
            s->dlm = value;
        else
            write_ier(s, value);
        break;
    case IIR_FCR:
        write_fcr(s, value);
        break;
    case LCR:
        s->lcr = value;
        s->configured = true;
        break;
    case MCR:
        write_mcr(s, value);
        break;
    case SCR:
        s->scr = value;
        break;
    default: /* LSR and MSR: writing is for factory tests (8.3) */
        break;
    }
}

static uint8_t uart_read(void *device, unsigned offset)
{
    struct uart *uart = device;
    size_t room = uart_room(uart);
    uint8_t value = read_register(&uart->state, offset);
    settle(uart, room);
    return value;
}

static void uart_write(void *device, unsigned offset, uint8_t value)
{
    struct uart *uart = device;
    size_t room = uart_room(uart);
    write_register(uart, offset, value);
    settle(uart, room);
}

BYTE_REGISTER_OPS(uart_ops, REGISTERS, uart_read, uart_write);

void uart_init(struct uart *uart, const struct uart_host *host, struct irq_line irq)
{
    *uart = (struct uart){.host = *host, .irq = irq};
    uart_reset(uart);
}

void uart_reset(struct uart *uart)
{
    size_t room = uart_room(uart);
    bool irq = uart->state.irq;
    uart->state = (struct uart_state){.dll = DIVISOR_9600, .irq = irq};
    settle(uart, room);
}

void uart_drain(struct uart *uart)
{
    transmit(uart);
    settle(uart, uart_room(uart));
}

size_t uart_room(const struct uart *uart)
{
    const struct uart_state *s = &uart->state;
    if ((s->mcr & MCR_LOOP) || s->rx.count >= depth(s))
        return 0;
    return depth(s) - s->rx.count;
}

size_t uart_receive(struct uart *uart, const uint8_t *bytes, size_t len)
{
    size_t room = uart_room(uart);
    size_t n = len < room ? len : room;
    for (size_t i = 0; i < n; i++)
        fifo_push(&uart->state.rx, bytes[i]);
    settle(uart, room);
    return n;
}

bool uart_configured(const struct uart *uart)
{
    return uart->state.configured;
}
