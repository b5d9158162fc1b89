/* INT 09h: scan codes -> the shift state in the data area, and keys in the ring. */
#include "bios_machine.h"

#define SHIFT_FLAGS 0x417
#define MODE        0x496

/* The ring's next key, 0 for none; it is taken. */
static uint16_t next(struct machine *m)
{
    const uint16_t head = machine_word(m, 0x41a), key = machine_word(m, 0x400u + head);
    if (head == machine_word(m, 0x41c))
        return 0;
    machine_set_word(m, 0x41a, head + 2 == 0x3e ? 0x1e : head + 2);
    return key;
}

/* Sends the COUNT scan codes; true if the last one starts the machine anew. */
static bool send(struct machine *m, const uint8_t *codes, unsigned count)
{
    bool resets = false;
    for (unsigned i = 0; i < count; i++)
        resets = machine_int09(m, codes[i]);
    return resets;
}

#define SEND(m, ...) send(m, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void knows_what_is_held(void)
{
    static const struct {
        uint8_t codes[2], count;
        uint16_t flags; /* both bytes */
        uint8_t mode;   /* of 496 */
    } keys[] = {
        {{0x2a}, 1, 0x0002, 0x10},       {{0x36}, 1, 0x0001, 0x10}, {{0x1d}, 1, 0x0104, 0x10},
        {{0xe0, 0x1d}, 2, 0x0004, 0x14}, {{0x38}, 1, 0x0208, 0x10}, {{0xe0, 0x38}, 2, 0x0008, 0x18},
        {{0x3a}, 1, 0x4040, 0x10},       {{0x45}, 1, 0x2020, 0x10}, {{0x46}, 1, 0x1010, 0x10},
        {{0xe0, 0x52}, 2, 0x8080, 0x10},
    };
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct machine *m = machine_new(NULL);
        uint8_t codes[2] = {keys[i].codes[0], keys[i].codes[1]};
        const bool toggles = keys[i].flags & 0xf0;
        send(m, codes, keys[i].count);
        CHECK_EQ(machine_word(m, SHIFT_FLAGS), keys[i].flags);
        CHECK_EQ(machine_byte(m, MODE), keys[i].mode);
        codes[keys[i].count - 1] |= 0x80;
        send(m, codes, keys[i].count);
        CHECK_EQ(machine_word(m, SHIFT_FLAGS), toggles ? keys[i].flags & 0xff : 0);
        CHECK_EQ(machine_byte(m, MODE), 0x10);
        codes[keys[i].count - 1] &= 0x7f;
        send(m, codes, keys[i].count);
        CHECK_EQ(machine_word(m, SHIFT_FLAGS), toggles ? keys[i].flags & 0xff00 : keys[i].flags);
        machine_free(m);
    }
}

static void either_of_two_keys_holds(void)
{
    struct machine *m = machine_new(NULL);
    SEND(m, 0x1d, 0xe0, 0x1d, 0x9d);
    CHECK_EQ(machine_word(m, SHIFT_FLAGS), 0x0004);
    SEND(m, 0x2e); /* Ctrl-C */
    CHECK_EQ(next(m), 0x2e03);
    SEND(m, 0xe0, 0x9d);
    CHECK_EQ(machine_word(m, SHIFT_FLAGS), 0x0000);
    machine_free(m);
}

static void makes_keys(void)
{
    static const struct {
        uint8_t codes[6], count;
        uint16_t key;
    } cases[] = {
        {{0x1e}, 1, 0x1e61},
        {{0x9e}, 1, 0},
        {{0x2a, 0x1e}, 2, 0x1e41},
        {{0x3a, 0x1e}, 2, 0x1e41}, /* Caps Lock */
        {{0x3a, 0x2a, 0x1e}, 3, 0x1e61},
        {{0x3a, 0x02}, 2, 0x0231}, /* which is for letters only */
        {{0x1d, 0x39}, 2, 0x3920},
        {{0x1d, 0x02}, 2, 0}, /* Ctrl-1 is nothing */
        {{0x38, 0x10}, 2, 0x1000},
        {{0x38, 0x0b}, 2, 0x8100},
        {{0x3b}, 1, 0x3b00},
        {{0x2a, 0x44}, 2, 0x5d00},
        {{0x1d, 0x3b}, 2, 0x5e00},
        {{0x38, 0x44}, 2, 0x7100},
        {{0x57}, 1, 0x8500},
        {{0x38, 0x58}, 2, 0x8c00},
        {{0x48}, 1, 0x4800},       /* the number pad's */
        {{0x45, 0x48}, 2, 0x4838}, /* Num Lock */
        {{0x45, 0x2a, 0x48}, 3, 0x4800},
        {{0x2a, 0x4c}, 2, 0x4c35},
        {{0xe0, 0x48}, 2, 0x48e0}, /* the grey one */
        {{0xe0, 0x2a, 0xe0, 0x48}, 4, 0x48e0},
        {{0x1d, 0xe0, 0x47}, 3, 0x77e0},
        {{0x38, 0xe0, 0x53}, 3, 0xa300},
        {{0xe0, 0x1c}, 2, 0xe00d},
        {{0xe0, 0x35}, 2, 0xe02f},
        {{0x54}, 1, 0}, /* SysRq */
        {{0xfa}, 1, 0}, /* the keyboard's replies */
        {{0xfe}, 1, 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine_new(NULL);
        send(m, cases[i].codes, cases[i].count);
        CHECK_EQ(next(m), cases[i].key);
        CHECK_EQ(next(m), 0);
        machine_free(m);
    }
}

static void takes_codes_from_the_number_pad(void)
{
    struct machine *m = machine_new(NULL);
    SEND(m, 0x38, 0x4f, 0xcf, 0x50, 0xd0, 0x49, 0xc9); /* Alt, 1 2 9 */
    CHECK_EQ(next(m), 0);
    SEND(m, 0xb8);
    CHECK_EQ(next(m), 0x0081);
    SEND(m, 0x38, 0xb8); /* none was given */
    CHECK_EQ(next(m), 0);
    machine_free(m);
}

static void starts_anew(void)
{
    struct machine *m = machine_new(NULL);
    CHECK(!SEND(m, 0x1d, 0xe0, 0x53));
    CHECK(SEND(m, 0x38, 0xe0, 0x53));
    CHECK_EQ(machine_word(m, 0x472), 0x1234);
    CHECK(SEND(m, 0x53));
    machine_free(m);
}

/* 15 keys; the next waits in the keyboard. */
static void drops_nothing(void)
{
    struct machine *m = machine_new(NULL);
    for (unsigned i = 0; i < 14; i++)
        machine_int09(m, 0x1e);
    CHECK_EQ(m->i8042.state.ram[0] & 0x10, 0);
    machine_int09(m, 0x1e);
    CHECK_EQ(m->i8042.state.ram[0] & 0x10, 0x10);
    machine_int09(m, 0x9e); /* nothing is changed by what was on its way */
    CHECK_EQ(m->i8042.state.ram[0] & 0x10, 0x10);
    CHECK_EQ(next(m), 0x1e61);
    machine_int09(m, 0x2a);
    CHECK_EQ(m->i8042.state.ram[0] & 0x10, 0);
    machine_free(m);
}

int main(void)
{
    TEST(knows_what_is_held);
    TEST(either_of_two_keys_holds);
    TEST(makes_keys);
    TEST(takes_codes_from_the_number_pad);
    TEST(starts_anew);
    TEST(drops_nothing);
    return check_done();
}
