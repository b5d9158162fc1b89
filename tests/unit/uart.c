/* The 16550A: registers, FIFOs, interrupts, loopback, back-pressure, and how drivers identify it.
 */
#include "vmm/dev/uart.h"

#include "tests/check.h"

enum { RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };

struct bench {
    struct uart uart;
    char out[512];
    size_t out_len, accepts; /* how many bytes the host takes yet */
    bool level;
    int edges, rooms;
};

static size_t host_write(void *context, const uint8_t *bytes, size_t len)
{
    struct bench *bench = context;
    size_t n = len < bench->accepts ? len : bench->accepts;
    memcpy(bench->out + bench->out_len, bytes, n);
    bench->out_len += n;
    bench->accepts -= n;
    return n;
}

static void host_room(void *context)
{
    ((struct bench *)context)->rooms++;
}

static void set_line(void *context, bool level)
{
    struct bench *bench = context;
    bench->level = level;
    bench->edges++;
}

static void start(struct bench *bench)
{
    *bench = (struct bench){.accepts = sizeof bench->out};
    struct uart_host host = {host_write, host_room, bench};
    uart_init(&bench->uart, &host, (struct irq_line){set_line, bench});
}

static uint8_t in(struct bench *bench, unsigned offset)
{
    return (uint8_t)uart_ops.read(&bench->uart, offset, 1);
}

static void out(struct bench *bench, unsigned offset, uint8_t value)
{
    uart_ops.write(&bench->uart, offset, value, 1);
}

static size_t type(struct bench *bench, const char *text)
{
    return uart_receive(&bench->uart, (const uint8_t *)text, strlen(text));
}

static void power_on_values(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(in(&b, RBR), 0);
    CHECK_EQ(in(&b, IER), 0);
    CHECK_EQ(in(&b, IIR), 0x01); /* none pending, FIFOs off */
    CHECK_EQ(in(&b, LCR), 0);
    CHECK_EQ(in(&b, MCR), 0);
    CHECK_EQ(in(&b, LSR), 0x60);
    CHECK_EQ(in(&b, MSR), 0xb0); /* DCD, DSR, CTS; no deltas */
    CHECK_EQ(in(&b, SCR), 0);
    CHECK_EQ(b.edges, 0);
    CHECK_EQ(uart_room(&b.uart), 1);
}

static void writable_bits(void)
{
    static const struct {
        unsigned offset;
        uint8_t mask;
    } rows[] = {{IER, 0x0f}, {LCR, 0xff}, {MCR, 0x1f}, {SCR, 0xff}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned value = 0; value < 256; value++) {
            struct bench b;
            start(&b);
            out(&b, rows[i].offset, (uint8_t)value);
            if (rows[i].offset != LCR || !(value & 0x80))
                CHECK_EQ(in(&b, rows[i].offset), value & rows[i].mask);
        }
}

static void the_divisor_hides_behind_dlab(void)
{
    struct bench b;
    start(&b);
    out(&b, IER, 0x05);
    out(&b, LCR, 0x83);
    CHECK_EQ(uart_ops.read(&b.uart, 0, 2), 12); /* 9600 baud */
    out(&b, 0, 0x34);
    out(&b, 1, 0x12);
    CHECK_EQ(uart_ops.read(&b.uart, 0, 2), 0x1234);
    out(&b, LCR, 0x03);
    CHECK_EQ(in(&b, IER), 0x05);
    CHECK_EQ(in(&b, RBR), 0);
    CHECK_EQ(b.out_len, 0); /* what went to the latch was not sent */
}

static void bytes_go_out_in_order(void)
{
    struct bench b;
    start(&b);
    for (const char *p = "hello"; *p; p++) {
        CHECK_EQ(in(&b, LSR), 0x60);
        out(&b, THR, (uint8_t)*p);
    }
    CHECK_EQ(b.out_len, 5);
    CHECK_MEM(b.out, "hello", 5);
}

static void a_slow_host_holds_thr_full(void)
{
    struct bench b;
    start(&b);
    b.accepts = 1;
    out(&b, IER, 0x02);
    CHECK_EQ(in(&b, IIR), 0x02);
    out(&b, THR, 'a');
    CHECK_EQ(in(&b, IIR), 0x02);
    out(&b, THR, 'b');
    CHECK_EQ(in(&b, LSR), 0x00);
    CHECK_EQ(in(&b, IIR), 0x01);
    CHECK(!b.level);
    uart_drain(&b.uart); /* no room yet */
    CHECK_EQ(in(&b, LSR), 0x00);
    out(&b, THR, 'c'); /* against the rules: lost */
    b.accepts = 10;
    uart_drain(&b.uart);
    CHECK_EQ(in(&b, LSR), 0x60);
    CHECK(b.level);
    CHECK_EQ(in(&b, IIR), 0x02);
    CHECK_EQ(b.out_len, 2);
    CHECK_MEM(b.out, "ab", 2);
}

static void a_slow_host_fills_the_fifo(void)
{
    struct bench b;
    start(&b);
    b.accepts = 0;
    out(&b, FCR, 0x01);
    for (int i = 0; i < 20; i++)
        out(&b, THR, (uint8_t)('a' + i));
    CHECK_EQ(in(&b, LSR), 0x00);
    b.accepts = 5;
    uart_drain(&b.uart);
    CHECK_EQ(in(&b, LSR), 0x00); /* THRE means that the FIFO is empty */
    b.accepts = 100;
    out(&b, THR, 'z');
    CHECK_EQ(in(&b, LSR), 0x60);
    CHECK_EQ(b.out_len, 17);
    CHECK_MEM(b.out, "abcdefghijklmnopz", 17);
    uart_drain(&b.uart);
    CHECK_EQ(b.out_len, 17);
}

static void one_byte_is_received_without_fifos(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(type(&b, "xy"), 1);
    CHECK_EQ(uart_room(&b.uart), 0);
    CHECK_EQ(type(&b, "y"), 0);
    CHECK_EQ(in(&b, LSR), 0x61);
    CHECK_EQ(b.rooms, 0);
    CHECK_EQ(in(&b, RBR), 'x');
    CHECK_EQ(b.rooms, 1);
    CHECK_EQ(in(&b, LSR), 0x60);
    CHECK_EQ(in(&b, RBR), 0);
    CHECK_EQ(b.rooms, 1);
}

static void sixteen_bytes_are_received_with_fifos(void)
{
    struct bench b;
    start(&b);
    out(&b, FCR, 0x01);
    CHECK_EQ(type(&b, "0123456789abcdefgh"), 16);
    CHECK_EQ(in(&b, RBR), '0');
    CHECK_EQ(in(&b, RBR), '1');
    CHECK_EQ(type(&b, "ghi"), 2); /* wraps around */
    for (const char *p = "23456789abcdefgh"; *p; p++)
        CHECK_EQ(in(&b, RBR), *p);
    CHECK_EQ(in(&b, LSR), 0x60);
}

static void trigger_levels(void)
{
    static const uint8_t levels[] = {1, 4, 8, 14};
    for (unsigned i = 0; i < 4; i++) {
        struct bench b;
        start(&b);
        out(&b, FCR, (uint8_t)(i << 6 | 1));
        out(&b, IER, 0x01);
        for (unsigned n = 1; n <= 16; n++) {
            CHECK_EQ(type(&b, "x"), 1);
            CHECK_EQ(in(&b, IIR), n >= levels[i] ? 0xc4 : 0xcc);
            CHECK(b.level);
        }
        for (unsigned n = 16; n-- > 0;) {
            in(&b, RBR);
            CHECK_EQ(in(&b, IIR), n == 0 ? 0xc1 : n >= levels[i] ? 0xc4 : 0xcc);
        }
        CHECK(!b.level);
    }
}

static void fcr_clears_and_switches(void)
{
    struct bench b;
    start(&b);
    b.accepts = 0;
    out(&b, FCR, 0x81);
    type(&b, "abc");
    out(&b, THR, '1');
    out(&b, FCR, 0x83); /* receiver only */
    CHECK_EQ(in(&b, LSR), 0x00);
    type(&b, "abc");
    out(&b, FCR, 0x85); /* transmitter only */
    CHECK_EQ(in(&b, LSR), 0x61);
    out(&b, FCR, 0x06); /* off clears both, whatever else is written */
    CHECK_EQ(in(&b, LSR), 0x60);
    CHECK_EQ(in(&b, IIR), 0x01);
    type(&b, "a");
    out(&b, FCR, 0x06); /* without bit 0 the others do nothing */
    CHECK_EQ(in(&b, LSR), 0x61);
    b.accepts = 100;
    uart_drain(&b.uart);
    CHECK_EQ(b.out_len, 0);
}

static void interrupts_by_priority(void)
{
    struct bench b;
    start(&b);
    out(&b, MCR, 0x10); /* loopback: the lines DCD, DSR and CTS fall: deltas */
    out(&b, THR, 'a');
    out(&b, THR, 'b'); /* overrun */
    CHECK(!b.level);
    out(&b, IER, 0x0f);
    CHECK(b.level);
    CHECK_EQ(in(&b, IIR), 0x06);
    CHECK_EQ(in(&b, IIR), 0x06); /* reading IIR does not take it back */
    CHECK_EQ(in(&b, LSR), 0x63);
    CHECK_EQ(in(&b, LSR), 0x61); /* reading LSR does */
    CHECK_EQ(in(&b, IIR), 0x04);
    CHECK_EQ(in(&b, RBR), 'b'); /* without FIFOs the later byte stays */
    CHECK_EQ(in(&b, IIR), 0x02);
    CHECK_EQ(in(&b, IIR), 0x00); /* reading IIR took THRE back */
    CHECK(b.level);
    CHECK_EQ(in(&b, MSR), 0x0b);
    CHECK_EQ(in(&b, IIR), 0x01);
    CHECK(!b.level);
    CHECK_EQ(b.edges, 2);
}

static void each_interrupt_has_its_enable(void)
{
    static const struct {
        uint8_t ier, iir;
    } rows[] = {{0x01, 0x04}, {0x02, 0x02}, {0x04, 0x06}, {0x08, 0x00}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        start(&b);
        out(&b, MCR, 0x10);
        out(&b, THR, 'a');
        out(&b, THR, 'b');
        out(&b, IER, rows[i].ier);
        CHECK_EQ(in(&b, IIR), rows[i].iir);
        out(&b, IER, 0);
        CHECK(!b.level);
        CHECK_EQ(in(&b, IIR), 0x01);
    }
}

/* Linux 8250 tests for chips that do not do this ("TXEN" and "THRE" bugs). */
static void enabling_thre_interrupts_again_gives_one_again(void)
{
    struct bench b;
    start(&b);
    for (int i = 0; i < 3; i++) {
        out(&b, IER, 0x02);
        CHECK_EQ(in(&b, IIR), 0x02);
        CHECK_EQ(in(&b, IIR), 0x01);
        out(&b, IER, 0x02); /* no change: none */
        CHECK_EQ(in(&b, IIR), 0x01);
        out(&b, IER, 0);
        CHECK_EQ(in(&b, IIR), 0x01);
    }
    CHECK_EQ(b.edges, 6);
}

static void loopback_keeps_bytes_inside(void)
{
    struct bench b;
    start(&b);
    out(&b, FCR, 0x01);
    out(&b, MCR, 0x10);
    CHECK_EQ(uart_room(&b.uart), 0);
    CHECK_EQ(type(&b, "x"), 0);
    for (int i = 0; i < 17; i++)
        out(&b, THR, (uint8_t)i);
    CHECK_EQ(in(&b, LSR), 0x63); /* one too many: overrun */
    for (int i = 0; i < 16; i++)
        CHECK_EQ(in(&b, RBR), i);
    CHECK_EQ(in(&b, LSR), 0x60);
    CHECK_EQ(b.out_len, 0);
    CHECK_EQ(b.rooms, 0);
    out(&b, MCR, 0);
    CHECK_EQ(b.rooms, 1);
    CHECK_EQ(type(&b, "x"), 1);
}

static void loopback_wires_mcr_to_msr(void)
{
    static const struct {
        uint8_t mcr, lines;
    } rows[] = {{0x11, 0x20}, {0x12, 0x10}, {0x14, 0x40}, {0x18, 0x80}, {0x1f, 0xf0}, {0x1a, 0x90}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        start(&b);
        out(&b, MCR, rows[i].mcr);
        CHECK_EQ(in(&b, MSR) & 0xf0, rows[i].lines);
        CHECK_EQ(in(&b, MSR), rows[i].lines); /* the deltas are read once */
    }
}

static void ring_counts_on_its_trailing_edge(void)
{
    struct bench b;
    start(&b);
    out(&b, MCR, 0x10);
    in(&b, MSR);
    out(&b, MCR, 0x14);
    CHECK_EQ(in(&b, MSR), 0x40);
    out(&b, MCR, 0x10);
    CHECK_EQ(in(&b, MSR), 0x04);
    out(&b, MCR, 0x13); /* CTS and DSR rise */
    out(&b, MCR, 0x10); /* and fall: the deltas stay */
    CHECK_EQ(in(&b, MSR), 0x03);
}

static void lsr_and_msr_are_not_written(void)
{
    struct bench b;
    start(&b);
    out(&b, LSR, 0xff);
    out(&b, MSR, 0xff);
    CHECK_EQ(in(&b, LSR), 0x60);
    CHECK_EQ(in(&b, MSR), 0xb0);
}

/* As Linux's autoconfig and GRUB do it. */
static void drivers_find_a_16550a(void)
{
    struct bench b;
    start(&b);
    out(&b, IER, 0x00);
    CHECK_EQ(in(&b, IER), 0x00);
    out(&b, IER, 0x0f);
    CHECK_EQ(in(&b, IER), 0x0f);
    out(&b, IER, 0x00);
    out(&b, MCR, 0x1a);
    CHECK_EQ(in(&b, MSR) & 0xf0, 0x90);
    out(&b, MCR, 0x00);
    out(&b, SCR, 0xa5);
    CHECK_EQ(in(&b, SCR), 0xa5);
    out(&b, SCR, 0x5a);
    CHECK_EQ(in(&b, SCR), 0x5a);
    out(&b, LCR, 0xbf); /* 16650 and later have an EFR here */
    out(&b, FCR, 0x00);
    out(&b, LCR, 0x00);
    out(&b, FCR, 0x01);
    CHECK_EQ(in(&b, IIR) >> 6, 3); /* 16550A: both bits; 16550: one; 16450: none */
    out(&b, LCR, 0x80);
    CHECK(in(&b, IIR) != 0); /* 0 would be a 16650's EFR */
    out(&b, LCR, 0x00);
    out(&b, FCR, 0x21); /* 16750: bit 5 is its 64-byte FIFO */
    CHECK_EQ(in(&b, IIR) & 0x20, 0);
    out(&b, IER, 0x40); /* XScale: a sixth bit in IER */
    CHECK_EQ(in(&b, IER), 0x00);
}

static void configured_by_lcr_or_ier_only(void)
{
    for (unsigned offset = 0; offset < 8; offset++) {
        struct bench b;
        start(&b);
        out(&b, offset, 0x03);
        for (unsigned i = 0; i < 8; i++)
            in(&b, i);
        CHECK_EQ(uart_configured(&b.uart), offset == LCR || offset == IER);
        uart_reset(&b.uart);
        CHECK(!uart_configured(&b.uart));
    }
}

static void reset_empties_and_lowers(void)
{
    struct bench b;
    start(&b);
    b.accepts = 0;
    out(&b, FCR, 0xc1);
    out(&b, IER, 0x0f);
    out(&b, SCR, 0x77);
    out(&b, THR, 'a');
    type(&b, "0123456789abcdef");
    CHECK(b.level);
    uart_reset(&b.uart);
    CHECK(!b.level);
    CHECK_EQ(b.rooms, 1);
    b.accepts = 100;
    uart_drain(&b.uart);
    CHECK_EQ(b.out_len, 0);
    struct bench fresh;
    start(&fresh);
    CHECK_MEM(&b.uart.state, &fresh.uart.state, sizeof fresh.uart.state);
}

static void wide_accesses_are_successive_bytes(void)
{
    struct bench b;
    start(&b);
    uart_ops.write(&b.uart, IER, 0x1a03070f, 4); /* IER, FCR, LCR, MCR */
    CHECK_EQ(uart_ops.read(&b.uart, LCR, 2), 0x1a03);
    CHECK_EQ(in(&b, IER), 0x0f);
    uart_ops.write(&b.uart, SCR, 0x1122334455667788, 8); /* ends past the device */
    CHECK_EQ(uart_ops.read(&b.uart, SCR, 8), 0xffffffffffffff88);
    CHECK_EQ(uart_ops.read(&b.uart, 8, 1), 0xff);
    CHECK_EQ(uart_ops.read(&b.uart, UINT64_MAX, 8), UINT64_MAX);
    uart_ops.write(&b.uart, UINT64_MAX, 'x', 8);
    CHECK_EQ(b.out_len, 0);
}

int main(void)
{
    TEST(power_on_values);
    TEST(writable_bits);
    TEST(the_divisor_hides_behind_dlab);
    TEST(bytes_go_out_in_order);
    TEST(a_slow_host_holds_thr_full);
    TEST(a_slow_host_fills_the_fifo);
    TEST(one_byte_is_received_without_fifos);
    TEST(sixteen_bytes_are_received_with_fifos);
    TEST(trigger_levels);
    TEST(fcr_clears_and_switches);
    TEST(interrupts_by_priority);
    TEST(each_interrupt_has_its_enable);
    TEST(enabling_thre_interrupts_again_gives_one_again);
    TEST(loopback_keeps_bytes_inside);
    TEST(loopback_wires_mcr_to_msr);
    TEST(ring_counts_on_its_trailing_edge);
    TEST(lsr_and_msr_are_not_written);
    TEST(drivers_find_a_16550a);
    TEST(configured_by_lcr_or_ier_only);
    TEST(reset_empties_and_lowers);
    TEST(wide_accesses_are_successive_bytes);
    return check_done();
}
