/* What is typed: where it goes, and what waits until there is room. */
#include "input/typing.h"

#include "tests/check.h"

enum { RBR = 0, LCR = 3 };

struct desk {
    struct uart com1;
    struct system_control system;
    struct i8042 i8042;
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

static void no_reset(void *context)
{
    (void)context;
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
    memset(desk, 0, sizeof *desk);
    uart_init(&desk->com1, &host, (struct irq_line){NULL, NULL});
    system_control_init(&desk->system, no_reset, desk);
    i8042_init(&desk->i8042, &desk->system, (struct irq_line){set_keyboard, desk},
               (struct irq_line){NULL, NULL}, &(struct i8042_host){has_room, desk});
    typing_init(&desk->typing, &desk->com1, &desk->i8042);
}

static void type(struct desk *desk, const char *text)
{
    typing_add(&desk->typing, (const uint8_t *)text, strlen(text));
}

/* What port 60h gives while the line is up. */
static size_t read_codes(struct desk *desk, uint8_t *codes, size_t max)
{
    size_t n = 0;
    for (; n < max && desk->level; n++)
        codes[n] = (uint8_t)i8042_data_ops.read(&desk->i8042, 0, 1);
    return n;
}

#define CHECK_CODES(desk, ...)                                                                     \
    do {                                                                                           \
        static const uint8_t expected[] = {__VA_ARGS__};                                           \
        uint8_t codes[64] = {0};                                                                   \
        CHECK_EQ(read_codes(desk, codes, sizeof codes), sizeof expected);                          \
        CHECK_MEM(codes, expected, sizeof expected);                                               \
    } while (0)

static void goes_to_the_keyboard_first(void)
{
    struct desk desk;
    start(&desk);
    type(&desk, "aB");
    CHECK_EQ(desk.edges, 1);
    CHECK_CODES(&desk, 0x1e, 0x9e, 0x2a, 0x30, 0xb0, 0xaa);
    CHECK_EQ(desk.edges, 6);
    CHECK(typing_has_room(&desk.typing));
}

static void holds_modifiers(void)
{
    struct desk desk;
    start(&desk);
    type(&desk, "\033[3;8~"); /* Shift, Ctrl and Alt with Delete */
    CHECK_CODES(&desk, 0x2a, 0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xaa, 0x9d, 0xb8);
    i8042_command_ops.write(&desk.i8042, 0, 0x60, 1);
    i8042_data_ops.write(&desk.i8042, 0, 0x05, 1); /* as the keyboard sends it */
    type(&desk, "\033[3;8~");
    CHECK_CODES(&desk, 0x12, 0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x12, 0xf0, 0x14, 0xf0,
                0x11);
}

static void types_codes_on_the_number_pad(void)
{
    struct desk desk;
    start(&desk);
    type(&desk, "\xe2\x94\x80"); /* 196 */
    CHECK_CODES(&desk, 0x38, 0x4f, 0xcf, 0x49, 0xc9, 0x4d, 0xcd, 0xb8);
}

static void goes_to_com1_once_it_is_driven(void)
{
    struct desk desk;
    start(&desk);
    uart_ops.write(&desk.com1, LCR, 1, 3);
    type(&desk, "x");
    CHECK_EQ(desk.edges, 0);
    CHECK_EQ(uart_ops.read(&desk.com1, RBR, 1), 'x');
}

static void waits_for_a_keyboard(void)
{
    struct desk desk;
    start(&desk);
    i8042_data_ops.write(&desk.i8042, 0, 0xf5, 1); /* it does not scan */
    CHECK_CODES(&desk, 0xfa);
    type(&desk, "12");
    CHECK(!typing_has_room(&desk.typing));
    CHECK(!desk.level);
    i8042_data_ops.write(&desk.i8042, 0, 0xf4, 1);
    CHECK_CODES(&desk, 0xfa, 0x02, 0x82, 0x03, 0x83);
    i8042_command_ops.write(&desk.i8042, 0, 0xad, 1);
    type(&desk, "34"); /* one waits in the keyboard, one here */
    CHECK(!desk.level);
    CHECK(!typing_has_room(&desk.typing));
    i8042_command_ops.write(&desk.i8042, 0, 0xae, 1);
    CHECK_CODES(&desk, 0x04, 0x84, 0x05, 0x85);
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
}

static void holds_so_much_and_no_more(void)
{
    uint8_t many[TYPING_SIZE + 50];
    struct desk desk;
    start(&desk);
    memset(many, 'k', sizeof many);
    typing_add(&desk.typing, many, sizeof many);
    CHECK_EQ(desk.typing.count, TYPING_SIZE - 1); /* one is being typed */
    typing_add(&desk.typing, many, 1);
    CHECK_EQ(desk.typing.count, TYPING_SIZE - 1);
    typing_reset(&desk.typing);
    i8042_reset(&desk.i8042);
    CHECK(typing_has_room(&desk.typing));
    type(&desk, "k");
    CHECK_CODES(&desk, 0x25, 0xa5);
}

static void has_one_place_to_go(void)
{
    struct desk desk;
    start(&desk);
    typing_init(&desk.typing, &desk.com1, NULL); /* a port, driven or not */
    type(&desk, "x");
    CHECK_EQ(uart_ops.read(&desk.com1, RBR, 1), 'x');
    typing_init(&desk.typing, NULL, &desk.i8042);
    uart_ops.write(&desk.com1, LCR, 1, 3);
    type(&desk, "x");
    CHECK_CODES(&desk, 0x2d, 0xad);
}

int main(void)
{
    TEST(goes_to_the_keyboard_first);
    TEST(holds_modifiers);
    TEST(types_codes_on_the_number_pad);
    TEST(goes_to_com1_once_it_is_driven);
    TEST(waits_for_a_keyboard);
    TEST(waits_for_com1);
    TEST(holds_so_much_and_no_more);
    TEST(has_one_place_to_go);
    return check_done();
}
