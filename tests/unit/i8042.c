/* The keyboard controller and port 0x92: A20, reset, and what drivers ask when they look for a
 * keyboard. */
#include "vmm/dev/i8042.h"

#include "tests/check.h"

struct bench {
    struct system_control system;
    struct i8042 i8042;
    int resets;
    bool level[2];
    int rises[2];
    int idle;
};

static void reset(void *context)
{
    ((struct bench *)context)->resets++;
}

static void set_keyboard(void *context, bool level)
{
    struct bench *bench = context;
    bench->level[0] = level;
    bench->rises[0] += level;
}

static void set_auxiliary(void *context, bool level)
{
    struct bench *bench = context;
    bench->level[1] = level;
    bench->rises[1] += level;
}

static void count_idle(void *context)
{
    ((struct bench *)context)->idle++;
}

static void start(struct bench *bench)
{
    *bench = (struct bench){0};
    system_control_init(&bench->system, reset, bench);
    i8042_init(&bench->i8042, &bench->system, (struct irq_line){set_keyboard, bench},
               (struct irq_line){set_auxiliary, bench}, &(struct i8042_host){count_idle, bench});
}

static uint8_t status(struct bench *bench)
{
    return (uint8_t)i8042_command_ops.read(&bench->i8042, 0, 1);
}

static void command(struct bench *bench, uint8_t value)
{
    i8042_command_ops.write(&bench->i8042, 0, value, 1);
}

static uint8_t data(struct bench *bench)
{
    return (uint8_t)i8042_data_ops.read(&bench->i8042, 0, 1);
}

static void send(struct bench *bench, uint8_t value)
{
    i8042_data_ops.write(&bench->i8042, 0, value, 1);
}

static uint8_t ask(struct bench *bench, uint8_t code)
{
    command(bench, code);
    CHECK_EQ(status(bench) & 0x01, 1);
    uint8_t answer = data(bench);
    CHECK_EQ(status(bench) & 0x01, 0);
    return answer;
}

static void order(struct bench *bench, uint8_t code, uint8_t value)
{
    command(bench, code);
    send(bench, value);
}

static void status_tells_what_was_last(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(status(&b), 0x14);
    command(&b, 0xae);
    CHECK_EQ(status(&b), 0x1c);
    send(&b, 0xee);
    CHECK_EQ(status(&b), 0x15);
    CHECK_EQ(data(&b), 0xee);
    CHECK_EQ(status(&b), 0x14);
    CHECK_EQ(data(&b), 0xee); /* an empty buffer still shows the last byte */
}

static void controller_commands_answer(void)
{
    static const struct {
        uint8_t code, answer;
    } rows[] = {{0xaa, 0x55}, {0xab, 0x00}, {0xa9, 0x00}, {0xa4, 0xf1}, {0xc0, 0x80}, {0x20, 0x65}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        start(&b);
        CHECK_EQ(ask(&b, rows[i].code), rows[i].answer);
    }
}

static void the_command_byte_is_kept(void)
{
    struct bench b;
    start(&b);
    order(&b, 0x60, 0x00);
    CHECK_EQ(ask(&b, 0x20), 0x00);
    CHECK_EQ(status(&b) & 0x04, 0x00); /* bit 2 is the status's system flag */
    CHECK_EQ(ask(&b, 0xaa), 0x55);     /* which a passed self-test sets */
    CHECK_EQ(ask(&b, 0x20), 0x04);
    command(&b, 0xad);
    CHECK_EQ(ask(&b, 0x20), 0x14);
    command(&b, 0xa7);
    CHECK_EQ(ask(&b, 0x20), 0x34);
    command(&b, 0xa8);
    CHECK_EQ(ask(&b, 0x20), 0x14);
    command(&b, 0xae);
    CHECK_EQ(ask(&b, 0x20), 0x04);
    order(&b, 0x7f, 0xab);
    CHECK_EQ(ask(&b, 0x3f), 0xab);
}

static void a20_has_three_ways_and_one_state(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(system_control_ops.read(&b.system, 0, 1), 0x02);
    CHECK_EQ(ask(&b, 0xd0) & 0x03, 0x03);
    command(&b, 0xdd);
    CHECK_EQ(system_control_ops.read(&b.system, 0, 1), 0x00);
    CHECK_EQ(ask(&b, 0xd0) & 0x03, 0x01);
    command(&b, 0xdf);
    CHECK(b.system.state.a20);
    order(&b, 0xd1, 0xdd);
    CHECK(!b.system.state.a20);
    order(&b, 0xd1, 0xdf);
    CHECK(b.system.state.a20);
    system_control_ops.write(&b.system, 0, 0x00, 1);
    CHECK_EQ(ask(&b, 0xd0) & 0x02, 0x00);
    system_control_ops.write(&b.system, 0, 0x02, 1);
    CHECK_EQ(ask(&b, 0xd0) & 0x02, 0x02);
    CHECK_EQ(b.resets, 0);
    command(&b, 0xdd);
    system_control_reset(&b.system);
    CHECK(b.system.state.a20);
}

static void the_output_port_shows_the_buffer(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(ask(&b, 0xd0), 0xcf);
    send(&b, 0xee);
    command(&b, 0xd0);
    CHECK_EQ(data(&b), 0xee);
    CHECK_EQ(data(&b), 0xdf); /* bit 4: a keyboard byte was there */
}

static void reset_by_pulse_by_port_and_by_0x92(void)
{
    for (unsigned code = 0xf0; code <= 0xff; code++) {
        struct bench b;
        start(&b);
        command(&b, (uint8_t)code);
        CHECK_EQ(b.resets, !(code & 1));
    }
    struct bench b;
    start(&b);
    order(&b, 0xd1, 0xfe);
    CHECK_EQ(b.resets, 1);
    system_control_ops.write(&b.system, 0, 0x03, 1);
    CHECK_EQ(b.resets, 2);
}

struct conversation {
    uint8_t sent[3];
    size_t sent_len;
    uint8_t reply[4], translated[4];
    size_t reply_len;
};

static const struct conversation conversations[] = {
    {{0xff}, 1, {0xfa, 0xaa}, {0xfa, 0xaa}, 2},
    {{0xf2}, 1, {0xfa, 0xab, 0x83}, {0xfa, 0xab, 0x41}, 3},
    {{0xee}, 1, {0xee}, {0xee}, 1},
    {{0xed, 0x07}, 2, {0xfa, 0xfa}, {0xfa, 0xfa}, 2},
    {{0xf3, 0x20}, 2, {0xfa, 0xfa}, {0xfa, 0xfa}, 2},
    {{0xf0, 0x00}, 2, {0xfa, 0xfa, 0x02}, {0xfa, 0xfa, 0x41}, 3},
    {{0xf0, 0x03}, 2, {0xfa, 0xfe}, {0xfa, 0xfe}, 2}, /* it has no such set */
    {{0xf4}, 1, {0xfa}, {0xfa}, 1},
    {{0xf5}, 1, {0xfa}, {0xfa}, 1},
    {{0xf6}, 1, {0xfa}, {0xfa}, 1},
    {{0x00}, 1, {0xfe}, {0xfe}, 1},                   /* no command */
    {{0xed, 0xf4}, 2, {0xfa, 0xfa}, {0xfa, 0xfa}, 2}, /* a command in place of a parameter */
    {{0xed, 0xee}, 2, {0xfa, 0xee}, {0xfa, 0xee}, 2},
    {{0xee, 0xfe}, 2, {0xee, 0xee}, {0xee, 0xee}, 2}, /* say it again */
};

static void the_keyboard_answers(void)
{
    for (size_t i = 0; i < sizeof conversations / sizeof conversations[0]; i++)
        for (int translate = 0; translate < 2; translate++) {
            const struct conversation *c = &conversations[i];
            struct bench b;
            start(&b);
            order(&b, 0x60, translate ? 0x45 : 0x05);
            for (size_t n = 0; n < c->sent_len; n++)
                send(&b, c->sent[n]);
            for (size_t n = 0; n < c->reply_len; n++) {
                CHECK_EQ(status(&b) & 0x21, 0x01);
                CHECK_EQ(data(&b), translate ? c->translated[n] : c->reply[n]);
            }
            CHECK_EQ(status(&b) & 0x01, 0);
        }
}

static void scan_sets_are_kept_until_reset(void)
{
    struct bench b;
    start(&b);
    order(&b, 0x60, 0x05);
    static const uint8_t bytes[] = {0xf0, 0x01, 0xf0, 0x00, 0xff, 0xf0, 0x00};
    static const uint8_t replies[] = {0xfa, 0xfa, 0xfa, 0xfa, 0x01, 0xfa, 0xaa, 0xfa, 0xfa, 0x02};
    for (size_t i = 0; i < sizeof bytes; i++)
        send(&b, bytes[i]);
    for (size_t i = 0; i < sizeof replies; i++)
        CHECK_EQ(data(&b), replies[i]);
}

static void sending_to_the_keyboard_enables_it(void)
{
    struct bench b;
    start(&b);
    command(&b, 0xad);
    CHECK_EQ(ask(&b, 0x20) & 0x10, 0x10);
    send(&b, 0xf4);
    data(&b);
    CHECK_EQ(ask(&b, 0x20) & 0x10, 0x00);
}

static void loops_come_back_by_their_channel(void)
{
    struct bench b;
    start(&b);
    order(&b, 0xd2, 0x5a);
    CHECK_EQ(status(&b) & 0x21, 0x01);
    CHECK_EQ(data(&b), 0x5a);
    order(&b, 0xd3, 0xa5);
    CHECK_EQ(status(&b) & 0x21, 0x21);
    CHECK_EQ(data(&b), 0xa5);
    order(&b, 0xd4, 0xff); /* nobody is there */
    CHECK_EQ(status(&b) & 0x61, 0x61);
    CHECK_EQ(data(&b), 0xfe);
    CHECK_EQ(b.rises[1], 0); /* its interrupt is off */
}

static void an_edge_for_each_byte(void)
{
    struct bench b;
    start(&b);
    send(&b, 0xf2);
    CHECK(b.level[0]);
    for (int i = 1; i <= 3; i++) {
        CHECK_EQ(b.rises[0], i);
        data(&b);
    }
    CHECK(!b.level[0]);
    CHECK_EQ(b.rises[0], 3);

    order(&b, 0x60, 0x46); /* keyboard interrupt off, the other on */
    send(&b, 0xee);
    CHECK(!b.level[0]);
    data(&b);
    order(&b, 0xd3, 0x00);
    CHECK(b.level[1]);
    order(&b, 0x60, 0x44);
    CHECK(!b.level[1]);
}

static void who_never_reads_loses_bytes_and_nothing_else(void)
{
    struct bench b;
    start(&b);
    for (int i = 0; i < 100; i++)
        send(&b, 0xee);
    for (int i = 0; i < I8042_QUEUE; i++) {
        CHECK_EQ(status(&b) & 0x01, 1);
        CHECK_EQ(data(&b), 0xee);
    }
    CHECK_EQ(status(&b) & 0x01, 0);
    CHECK_EQ(ask(&b, 0xaa), 0x55);
}

static void a_command_forgets_the_one_before(void)
{
    struct bench b;
    start(&b);
    command(&b, 0xd1);
    command(&b, 0xae);
    send(&b, 0x00); /* to the keyboard, not to the output port */
    CHECK_EQ(b.resets, 0);
    CHECK_EQ(data(&b), 0xfe);
    command(&b, 0xd1);
    command(&b, 0x00); /* unknown */
    send(&b, 0x00);
    CHECK_EQ(b.resets, 0);
}

static void reset_is_the_power_on_state(void)
{
    struct bench b, fresh;
    start(&b);
    start(&fresh);
    order(&b, 0x60, 0x01);
    send(&b, 0xf2);
    command(&b, 0xd1);
    CHECK(b.level[0]);
    i8042_reset(&b.i8042);
    CHECK(!b.level[0]);
    CHECK_MEM(&b.i8042.state, &fresh.i8042.state, sizeof b.i8042.state);
}

/* Scan set 1 is what translation makes of set 2, for all keys of a keyboard. */
static void keys_have_codes(void)
{
    for (unsigned way = 0; way < 3; way++) { /* translated, set 2, set 1 */
        static const uint8_t set2[][3] = {{0x1e, 0x1c}, {0x3b, 0x05}, {0x41, 0x83}, {0x44, 0x09},
                                          {0x57, 0x78}, {0x58, 0x07}, {0x53, 0x71}, {0x01, 0x76},
                                          {0x1c, 0x5a}, {0x38, 0x11}, {0x45, 0x77}, {0x56, 0x61}};
        struct bench b;
        start(&b);
        order(&b, 0x60, way ? 0x05 : 0x45);
        if (way == 2) {
            send(&b, 0xf0);
            send(&b, 0x01);
            CHECK_EQ(data(&b), 0xfa);
            CHECK_EQ(data(&b), 0xfa);
        }
        for (uint8_t key = 1; key <= 0x58; key++) {
            i8042_key(&b.i8042, key, true);
            i8042_key(&b.i8042, key | 0x80, false); /* extended */
            const uint8_t make = data(&b), prefix = data(&b);
            CHECK_EQ(prefix, 0xe0);
            for (unsigned i = 0; way == 1 && i < sizeof set2 / sizeof *set2; i++)
                if (set2[i][0] == key)
                    CHECK_EQ(make, set2[i][1]);
            if (way == 1)
                CHECK_EQ(data(&b), 0xf0);
            else
                CHECK_EQ(make, key);
            CHECK_EQ(data(&b), way == 1 ? make : key | 0x80);
            CHECK_EQ(status(&b) & 1, 0);
        }
    }
}

/* A reply is not kept waiting by what was typed, and what was typed is not lost by it. */
static void replies_come_between_codes(void)
{
    struct bench b;
    start(&b);
    i8042_key(&b.i8042, 0x1e, true);
    i8042_key(&b.i8042, 0x1e, false);
    CHECK(!i8042_idle(&b.i8042));
    send(&b, 0xee);
    CHECK_EQ(data(&b), 0x1e);
    CHECK_EQ(data(&b), 0xee);
    CHECK_EQ(b.idle, 1); /* the last code has left the keyboard */
    CHECK_EQ(data(&b), 0x9e);
    CHECK_EQ(b.rises[0], 3);
    CHECK_EQ(b.idle, 1);
}

static void keys_wait_while_the_interface_is_off(void)
{
    struct bench b;
    start(&b);
    command(&b, 0xad);
    i8042_key(&b.i8042, 0x1e, true);
    CHECK_EQ(status(&b) & 1, 0);
    CHECK(!b.level[0]);
    command(&b, 0xae);
    CHECK(b.level[0]);
    CHECK_EQ(data(&b), 0x1e);
    for (unsigned i = 0; i < 3; i++) { /* F5, F4, F6 forget what was typed */
        command(&b, 0xad);
        i8042_key(&b.i8042, 0x1e, true);
        send(&b, (uint8_t[]){0xf5, 0xf4, 0xf6}[i]);
        CHECK_EQ(data(&b), 0xfa);
        CHECK_EQ(status(&b) & 1, 0);
        CHECK_EQ(i8042_idle(&b.i8042), i > 0);
    }
}

/* What has no room is left out whole. */
static void a_full_keyboard_takes_no_half_code(void)
{
    struct bench b;
    start(&b);
    command(&b, 0xad);
    for (unsigned i = 0; i < 6; i++)
        i8042_key(&b.i8042, 0xd3, false); /* E0 F0 71: 15 bytes for five of them */
    i8042_key(&b.i8042, 0x1e, true);
    i8042_key(&b.i8042, 0x1f, true);
    command(&b, 0xae);
    for (unsigned i = 0; i < 5; i++) {
        CHECK_EQ(data(&b), 0xe0);
        CHECK_EQ(data(&b), 0xd3);
    }
    CHECK_EQ(data(&b), 0x1e);
    CHECK_EQ(status(&b) & 1, 0);
}

int main(void)
{
    TEST(status_tells_what_was_last);
    TEST(controller_commands_answer);
    TEST(the_command_byte_is_kept);
    TEST(a20_has_three_ways_and_one_state);
    TEST(the_output_port_shows_the_buffer);
    TEST(reset_by_pulse_by_port_and_by_0x92);
    TEST(the_keyboard_answers);
    TEST(scan_sets_are_kept_until_reset);
    TEST(sending_to_the_keyboard_enables_it);
    TEST(loops_come_back_by_their_channel);
    TEST(an_edge_for_each_byte);
    TEST(who_never_reads_loses_bytes_and_nothing_else);
    TEST(a_command_forgets_the_one_before);
    TEST(reset_is_the_power_on_state);
    TEST(keys_have_codes);
    TEST(replies_come_between_codes);
    TEST(keys_wait_while_the_interface_is_off);
    TEST(a_full_keyboard_takes_no_half_code);
    return check_done();
}
