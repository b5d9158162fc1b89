#include "dev/i8042.h"

#include "dev/byte_registers.h"
#include "dev/scan_codes.h"

#include <stddef.h>

#define STATUS_OUTPUT_FULL 0x01
#define STATUS_SYSTEM      0x04
#define STATUS_COMMAND     0x08
#define STATUS_UNLOCKED    0x10
#define STATUS_AUXILIARY   0x20
#define STATUS_TIMEOUT     0x40

#define CONFIG_KEYBOARD_IRQ  0x01
#define CONFIG_AUXILIARY_IRQ 0x02
#define CONFIG_SYSTEM        0x04 /* shown in the status: self-test passed */
#define CONFIG_KEYBOARD_OFF  0x10
#define CONFIG_AUXILIARY_OFF 0x20
#define CONFIG_TRANSLATE     0x40
#define CONFIG_AT_RESET                                                                            \
    (CONFIG_KEYBOARD_IRQ | CONFIG_SYSTEM | CONFIG_AUXILIARY_OFF | CONFIG_TRANSLATE)

#define OUTPUT_RESET     0x01 /* active low */
#define OUTPUT_A20       0x02
#define OUTPUT_KEYBOARD  0x10 /* its output buffer is full */
#define OUTPUT_AUXILIARY 0x20
#define OUTPUT_LINES     0xcc /* clock and data lines, idle */

#define INPUT_PORT   0x80 /* keyboard not locked */
#define SELF_TEST_OK 0x55
#define INTERFACE_OK 0x00
#define NO_PASSWORD  0xf1
#define NOBODY_THERE 0xfe

enum source { KEYBOARD, AUXILIARY };

static uint8_t *config(struct i8042_state *s)
{
    return &s->ram[0];
}

static const struct i8042_byte *front(const struct i8042_state *s)
{
    return s->count ? &s->queue[s->head % I8042_QUEUE] : NULL;
}

static void drive(const struct irq_line *line, bool *level, bool wanted)
{
    if (*level == wanted)
        return;
    *level = wanted;
    irq_set(line, wanted);
}

static void drive_irqs(struct i8042 *i8042)
{
    struct i8042_state *s = &i8042->state;
    const struct i8042_byte *byte = front(s);
    drive(&i8042->keyboard_irq, &s->keyboard_irq,
          byte && !byte->auxiliary && (*config(s) & CONFIG_KEYBOARD_IRQ));
    drive(&i8042->auxiliary_irq, &s->auxiliary_irq,
          byte && byte->auxiliary && (*config(s) & CONFIG_AUXILIARY_IRQ));
}

/* A full queue drops the byte: only a guest that sends without ever reading gets there. */
static void answer(struct i8042_state *s, uint8_t value, enum source source)
{
    if (s->count == I8042_QUEUE)
        return;
    s->queue[(s->head + s->count++) % I8042_QUEUE] =
        (struct i8042_byte){value, source == AUXILIARY};
}

/* A byte of a key's code has come from the keyboard. */
static void receive(struct i8042_state *s, uint8_t byte)
{
    if (!(*config(s) & CONFIG_TRANSLATE)) {
        answer(s, byte, KEYBOARD);
        return;
    }
    if (byte == SCAN_BREAK) {
        s->break_code = true;
        return;
    }
    answer(s, scan_code_translate(byte) | (s->break_code ? 0x80 : 0), KEYBOARD);
    s->break_code = false;
}

/* After any access: the next byte of what was typed, if it may come now. */
static void fetch(struct i8042 *i8042)
{
    struct i8042_state *s = &i8042->state;
    uint8_t byte;
    while (!s->count && !(*config(s) & CONFIG_KEYBOARD_OFF) &&
           ps2_keyboard_take(&s->keyboard, &byte))
        receive(s, byte);
}

/* After an access that found the keyboard not idle if WAS_BUSY. */
static void settle(struct i8042 *i8042, bool was_busy)
{
    fetch(i8042);
    drive_irqs(i8042);
    if (was_busy && i8042_idle(i8042) && i8042->host.idle)
        i8042->host.idle(i8042->host.context);
}

static uint8_t take(struct i8042 *i8042)
{
    struct i8042_state *s = &i8042->state;
    const struct i8042_byte *byte = front(s);
    if (!byte)
        return s->last_data;
    s->last_data = byte->value;
    s->head = (uint8_t)((s->head + 1) % I8042_QUEUE);
    s->count--;
    /* The line falls with each byte read, so that the next one is an edge for the PIC. */
    drive(&i8042->keyboard_irq, &s->keyboard_irq, false);
    drive(&i8042->auxiliary_irq, &s->auxiliary_irq, false);
    return s->last_data;
}

static uint8_t output_port(const struct i8042 *i8042)
{
    const struct i8042_byte *byte = front(&i8042->state);
    return (uint8_t)(OUTPUT_LINES | OUTPUT_RESET | (i8042->system->state.a20 ? OUTPUT_A20 : 0) |
                     (byte ? byte->auxiliary ? OUTPUT_AUXILIARY : OUTPUT_KEYBOARD : 0));
}

static void write_output_port(struct i8042 *i8042, uint8_t value)
{
    system_control_set_a20(i8042->system, value & OUTPUT_A20);
    if (!(value & OUTPUT_RESET))
        system_control_pulse_reset(i8042->system);
}

static void send_to_keyboard(struct i8042_state *s, uint8_t value)
{
    uint8_t reply[PS2_KEYBOARD_REPLY];
    *config(s) &= (uint8_t)~CONFIG_KEYBOARD_OFF; /* sending enables the interface */
    size_t n = ps2_keyboard_send(&s->keyboard, value, reply);
    for (size_t i = 0; i < n; i++)
        answer(s, *config(s) & CONFIG_TRANSLATE ? scan_code_translate(reply[i]) : reply[i],
               KEYBOARD);
}

/* Commands, each with what it does. VALUE is the data byte of those that take one. */

static void read_ram(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    (void)value;
    answer(&i8042->state, i8042->state.ram[command & 0x1f], KEYBOARD);
}

static void write_ram(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    i8042->state.ram[command & 0x1f] = value;
}

static void test(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    (void)value;
    struct i8042_state *s = &i8042->state;
    if (command == 0xaa)
        *config(s) |= CONFIG_SYSTEM;
    answer(s,
           command == 0xaa   ? SELF_TEST_OK
           : command == 0xa4 ? NO_PASSWORD
                             : INTERFACE_OK,
           KEYBOARD);
}

static void enable(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    (void)value;
    uint8_t *byte = config(&i8042->state);
    uint8_t off = command <= 0xa8 ? CONFIG_AUXILIARY_OFF : CONFIG_KEYBOARD_OFF;
    bool disables = command == 0xa7 || command == 0xad;
    *byte = (uint8_t)(disables ? *byte | off : *byte & ~off);
}

static void read_port(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    (void)value;
    answer(&i8042->state, command == 0xc0 ? INPUT_PORT : output_port(i8042), KEYBOARD);
}

static void set_output_port(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    (void)command;
    write_output_port(i8042, value);
}

static void loop_back(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    answer(&i8042->state, value, command == 0xd2 ? KEYBOARD : AUXILIARY);
}

static void send_to_auxiliary(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    (void)command, (void)value;
    i8042->state.timeout = true;
    answer(&i8042->state, NOBODY_THERE, AUXILIARY);
}

static void gate_a20(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    (void)value;
    system_control_set_a20(i8042->system, command == 0xdf);
}

/* Bits 0-3 say which lines of the output port are pulsed low: 0 means this one is. Pulsing A20
 * (bit 1) for six microseconds is nothing that a guest could see. */
static void pulse(struct i8042 *i8042, uint8_t command, uint8_t value)
{
    (void)value;
    if (!(command & OUTPUT_RESET))
        system_control_pulse_reset(i8042->system);
}

static const struct command {
    uint8_t first, last;
    bool data; /* a byte to the data port follows */
    void (*run)(struct i8042 *i8042, uint8_t command, uint8_t value);
} commands[] = {
    {0x20, 0x3f, false, read_ram},  /* 20: the command byte */
    {0x60, 0x7f, true, write_ram},  /* 60: the command byte */
    {0xa4, 0xa4, false, test},      /* is a password installed? */
    {0xa7, 0xa8, false, enable},    /* second channel off, on */
    {0xa9, 0xab, false, test},      /* second channel, self-test, keyboard channel */
    {0xad, 0xae, false, enable},    /* keyboard off, on */
    {0xc0, 0xc0, false, read_port}, /* input port */
    {0xd0, 0xd0, false, read_port}, /* output port */
    {0xd1, 0xd1, true, set_output_port},
    {0xd2, 0xd3, true, loop_back}, /* as if the keyboard, the second channel had sent it */
    {0xd4, 0xd4, true, send_to_auxiliary},
    {0xdd, 0xdd, false, gate_a20}, /* off */
    {0xdf, 0xdf, false, gate_a20}, /* on */
    {0xf0, 0xff, false, pulse},
};

static const struct command *find_command(uint8_t code)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].first <= code && code <= commands[i].last)
            return &commands[i];
    return NULL;
}

bool i8042_takes_data(uint8_t code)
{
    const struct command *command = find_command(code);
    return command && command->data;
}

static uint8_t data_read(void *device, unsigned offset)
{
    struct i8042 *i8042 = device;
    const bool was_busy = !i8042_idle(i8042);
    (void)offset;
    const uint8_t value = take(i8042);
    settle(i8042, was_busy);
    return value;
}

static void data_write(void *device, unsigned offset, uint8_t value)
{
    struct i8042 *i8042 = device;
    struct i8042_state *s = &i8042->state;
    uint8_t code = s->command;
    const bool was_busy = !i8042_idle(i8042);
    (void)offset;
    s->last_was_command = false;
    s->timeout = false;
    s->command = 0;
    if (code)
        find_command(code)->run(i8042, code, value);
    else
        send_to_keyboard(s, value);
    settle(i8042, was_busy);
}

static uint8_t status_read(void *device, unsigned offset)
{
    struct i8042 *i8042 = device;
    const struct i8042_state *s = &i8042->state;
    const struct i8042_byte *byte = front(s);
    (void)offset;
    return (uint8_t)(STATUS_UNLOCKED | (s->ram[0] & CONFIG_SYSTEM ? STATUS_SYSTEM : 0) |
                     (byte ? STATUS_OUTPUT_FULL : 0) |
                     (byte && byte->auxiliary ? STATUS_AUXILIARY : 0) |
                     (s->last_was_command ? STATUS_COMMAND : 0) |
                     (s->timeout ? STATUS_TIMEOUT : 0));
}

static void command_write(void *device, unsigned offset, uint8_t code)
{
    struct i8042 *i8042 = device;
    const struct command *command = find_command(code);
    const bool was_busy = !i8042_idle(i8042);
    (void)offset;
    i8042->state.last_was_command = true;
    i8042->state.timeout = false;
    i8042->state.command = command && command->data ? code : 0;
    if (command && !command->data)
        command->run(i8042, code, 0);
    settle(i8042, was_busy);
}

BYTE_REGISTER_OPS(i8042_data_ops, 1, data_read, data_write);
BYTE_REGISTER_OPS(i8042_command_ops, 1, status_read, command_write);

void i8042_init(struct i8042 *i8042, struct system_control *system, struct irq_line keyboard_irq,
                struct irq_line auxiliary_irq, const struct i8042_host *host)
{
    *i8042 = (struct i8042){.system = system,
                            .keyboard_irq = keyboard_irq,
                            .auxiliary_irq = auxiliary_irq,
                            .host = *host};
    i8042_reset(i8042);
}

void i8042_reset(struct i8042 *i8042)
{
    struct i8042_state *s = &i8042->state;
    drive(&i8042->keyboard_irq, &s->keyboard_irq, false);
    drive(&i8042->auxiliary_irq, &s->auxiliary_irq, false);
    *s = (struct i8042_state){.ram = {CONFIG_AT_RESET}};
    ps2_keyboard_reset(&s->keyboard);
}

bool i8042_idle(const struct i8042 *i8042)
{
    return ps2_keyboard_idle(&i8042->state.keyboard);
}

void i8042_key(struct i8042 *i8042, uint8_t key, bool down)
{
    ps2_keyboard_key(&i8042->state.keyboard, key, down);
    fetch(i8042);
    drive_irqs(i8042);
}
