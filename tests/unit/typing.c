/* What is typed: where it goes, and what waits until there is room. */
#include "typing.h"
#include "bios_machine.h"

enum { RBR = 0, LCR = 3, RING_KEYS = 15 };

struct desk {
    struct machine *machine;
    struct uart com1;
    struct typing typing;
    bool level;
    unsigned edges;
};

static size_t no_output(void *context, const uint8_t *bytes, size_t len)
{
    (void)context, (void)bytes;
    return len;
}

static void has_room(void *context)
{
    struct desk *desk = context;
    typing_feed(&desk->typing);
}

static void set_keyboard(void *context, bool level)
{
    struct desk *desk = context;
    desk->edges += level && !desk->level;
    desk->level = level;
}

static void start(struct desk *desk)
{
    const struct uart_host host = {no_output, has_room, desk};
    *desk = (struct desk){.machine = machine_new(NULL)};
    uart_init(&desk->com1, &host, (struct irq_line){NULL, NULL});
    typing_init(&desk->typing, &desk->com1, desk->machine->bios,
                (struct irq_line){set_keyboard, desk});
}

static void end(struct desk *desk)
{
    machine_free(desk->machine);
}

static void type(struct desk *desk, const char *text)
{
    typing_add(&desk->typing, (const uint8_t *)text, strlen(text));
}

/* How many keys wait in the BIOS's ring (words at 0x41a and 0x41c: its head and tail). */
static unsigned keys(struct desk *desk)
{
    const unsigned head = machine_word(desk->machine, 0x41a);
    const unsigned tail = machine_word(desk->machine, 0x41c);
    return (tail + 32 - head) % 32 / 2;
}

static void goes_to_the_keyboard_first(void)
{
    struct desk desk;
    start(&desk);
    type(&desk, "abc");
    CHECK_EQ(keys(&desk), 3);
    CHECK_EQ(desk.edges, 1);
    CHECK(!desk.level);
    CHECK_EQ(desk.typing.count, 0);
    end(&desk);
}

static void goes_to_com1_once_it_is_driven(void)
{
    struct desk desk;
    start(&desk);
    uart_ops.write(&desk.com1, LCR, 1, 3);
    type(&desk, "x");
    CHECK_EQ(keys(&desk), 0);
    CHECK_EQ(desk.edges, 0);
    CHECK_EQ(uart_ops.read(&desk.com1, RBR, 1), 'x');
    end(&desk);
}

static void waits_for_a_full_keyboard(void)
{
    struct desk desk;
    start(&desk);
    type(&desk, "0123456789abcdefgh");
    CHECK_EQ(keys(&desk), RING_KEYS);
    CHECK_EQ(desk.typing.count, 3);
    typing_feed(&desk.typing); /* nothing has been taken: no second interrupt */
    CHECK_EQ(desk.edges, 1);
    machine_set_word(desk.machine, 0x41a, machine_word(desk.machine, 0x41c));
    typing_feed(&desk.typing);
    CHECK_EQ(keys(&desk), 3);
    CHECK_EQ(desk.typing.count, 0);
    CHECK_EQ(desk.edges, 2);
    end(&desk);
}

static void waits_for_com1(void)
{
    struct desk desk;
    start(&desk);
    uart_ops.write(&desk.com1, LCR, 1, 3);
    type(&desk, "xyz"); /* one fits without a FIFO */
    CHECK_EQ(desk.typing.count, 2);
    CHECK_EQ(uart_ops.read(&desk.com1, RBR, 1), 'x'); /* makes room, which is told */
    CHECK_EQ(uart_ops.read(&desk.com1, RBR, 1), 'y');
    CHECK_EQ(uart_ops.read(&desk.com1, RBR, 1), 'z');
    CHECK_EQ(desk.typing.count, 0);
    end(&desk);
}

static void holds_so_much_and_no_more(void)
{
    uint8_t many[TYPING_SIZE + 50];
    struct desk desk;
    start(&desk);
    memset(many, 'k', sizeof many);
    typing_add(&desk.typing, many, sizeof many);
    CHECK_EQ(desk.typing.count, TYPING_SIZE - RING_KEYS);
    typing_add(&desk.typing, many, 1);
    CHECK_EQ(desk.typing.count, TYPING_SIZE - RING_KEYS);
    typing_reset(&desk.typing);
    CHECK_EQ(desk.typing.count, 0);
    machine_set_word(desk.machine, 0x41a, machine_word(desk.machine, 0x41c));
    type(&desk, "k");
    CHECK_EQ(keys(&desk), 1);
    end(&desk);
}

int main(void)
{
    TEST(goes_to_the_keyboard_first);
    TEST(goes_to_com1_once_it_is_driven);
    TEST(waits_for_a_full_keyboard);
    TEST(waits_for_com1);
    TEST(holds_so_much_and_no_more);
    return check_done();
}
