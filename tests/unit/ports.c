/* The devices of one port or two: debug console, debug exit, reset control. */
#include "vmm/dev/debug_exit.h"
#include "vmm/dev/debugcon.h"
#include "vmm/dev/reset_control.h"

#include "tests/check.h"

struct calls {
    int count;
    uint32_t value;
    char text[64];
    size_t len;
    bool full;
};

static void called(void *context)
{
    ((struct calls *)context)->count++;
}

static void called_with(void *context, uint32_t value)
{
    struct calls *calls = context;
    calls->count++;
    calls->value = value;
}

static size_t print(void *context, const uint8_t *bytes, size_t len)
{
    struct calls *calls = context;
    if (calls->full)
        return 0;
    memcpy(calls->text + calls->len, bytes, len);
    calls->len += len;
    return len;
}

static void debugcon_prints(void)
{
    struct debugcon device;
    struct calls calls = {0};
    debugcon_init(&device, print, &calls);
    CHECK_EQ(debugcon_ops.read(&device, 0, 1), 0xe9);
    debugcon_ops.write(&device, 0, 'h', 1);
    debugcon_ops.write(&device, 0, 0x3f21, 2); /* the second byte is for the next port */
    CHECK_EQ(calls.len, 2);
    CHECK_MEM(calls.text, "h!", 2);
    calls.full = true;
    debugcon_ops.write(&device, 0, 'x', 1);
    CHECK_EQ(device.state.dropped, 1);
    debugcon_reset(&device);
    CHECK_EQ(device.state.dropped, 0);
}

static void debug_exit_takes_any_width(void)
{
    static const struct {
        unsigned len;
        uint64_t offset, value;
        uint32_t expected;
    } rows[] = {{1, 0, 0x10, 0x10},
                {2, 0, 0x1234, 0x1234},
                {4, 0, 0x89abcdef, 0x89abcdef},
                {1, 3, 0xff, 0xff},
                {8, 0, 0x1122334455667788, 0x55667788}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct debug_exit device;
        struct calls calls = {0};
        debug_exit_init(&device, called_with, &calls);
        CHECK_EQ(debug_exit_ops.read(&device, 0, 4), 0);
        CHECK_EQ(calls.count, 0);
        debug_exit_ops.write(&device, rows[i].offset, rows[i].value, rows[i].len);
        CHECK_EQ(calls.count, 1);
        CHECK_EQ(calls.value, rows[i].expected);
    }
}

static void reset_control_acts_on_the_edge(void)
{
    struct reset_control device;
    struct calls calls = {0};
    reset_control_init(&device, called, &calls);
    reset_control_ops.write(&device, 0, 0x02, 1);
    CHECK_EQ(calls.count, 0);
    CHECK_EQ(reset_control_ops.read(&device, 0, 1), 0x02);
    reset_control_ops.write(&device, 0, 0x06, 1);
    CHECK_EQ(calls.count, 1);
    reset_control_ops.write(&device, 0, 0x0e, 1); /* it is up already */
    CHECK_EQ(calls.count, 1);
    reset_control_ops.write(&device, 0, 0xf1, 1);
    CHECK_EQ(calls.count, 1);
    CHECK_EQ(reset_control_ops.read(&device, 0, 1), 0x00);
    reset_control_ops.write(&device, 0, 0x04, 1); /* the processor alone */
    CHECK_EQ(calls.count, 2);
    reset_control_reset(&device);
    CHECK_EQ(reset_control_ops.read(&device, 0, 1), 0x00);
}

int main(void)
{
    TEST(debugcon_prints);
    TEST(debug_exit_takes_any_width);
    TEST(reset_control_acts_on_the_edge);
    return check_done();
}
