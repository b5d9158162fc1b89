/* The VGA's registers, and what they say of a text screen. */
#include "vmm/dev/vga.h"

#include "tests/check.h"

static uint8_t in(struct vga *vga, uint16_t port)
{
    const struct bus_ops *ops = port < 0x3c0   ? &vga_mono_ops
                                : port < 0x3d0 ? &vga_ops
                                               : &vga_colour_ops;
    return (uint8_t)ops->read(vga, port & 0xf, 1);
}

static void out(struct vga *vga, uint16_t port, uint8_t value)
{
    const struct bus_ops *ops = port < 0x3c0   ? &vga_mono_ops
                                : port < 0x3d0 ? &vga_ops
                                               : &vga_colour_ops;
    ops->write(vga, port & 0xf, value, 1);
}

static void set_crtc(struct vga *vga, uint8_t index, uint8_t value)
{
    vga_colour_ops.write(vga, 4, (uint64_t)value << 8 | index, 2); /* outw: index and data */
}

static void start(struct vga *vga)
{
    vga_init(vga);
    out(vga, 0x3c2, 0x01); /* colour ports */
}

static void keeps_indexed_registers(void)
{
    static const struct {
        uint16_t port;
        uint8_t count;
    } groups[] = {{0x3c4, VGA_SEQUENCER}, {0x3ce, VGA_GRAPHICS}, {0x3d4, VGA_CRTC}};
    struct vga vga;
    start(&vga);
    for (unsigned g = 0; g < 3; g++) {
        for (uint8_t i = 0; i < 32; i++) {
            out(&vga, groups[g].port, i);
            const uint8_t index = in(&vga, groups[g].port);
            out(&vga, groups[g].port + 1, (uint8_t)(0x40 + i)); /* not bit 7: no protection */
            CHECK_EQ(in(&vga, groups[g].port + 1), index < groups[g].count ? 0x40 + i : 0);
        }
    }
}

static void protects_the_first_crtc_registers(void)
{
    struct vga vga;
    start(&vga);
    set_crtc(&vga, 0x00, 0x5f);
    set_crtc(&vga, 0x07, 0x1f);
    set_crtc(&vga, 0x11, 0x8e);
    set_crtc(&vga, 0x00, 0x11);
    set_crtc(&vga, 0x07, 0x00); /* all but bit 4 stay */
    set_crtc(&vga, 0x0e, 0x22);
    CHECK_EQ(vga.state.crtc[0x00], 0x5f);
    CHECK_EQ(vga.state.crtc[0x07], 0x0f);
    CHECK_EQ(vga.state.crtc[0x0e], 0x22);
}

static void flips_between_index_and_data(void)
{
    struct vga vga;
    start(&vga);
    in(&vga, 0x3da);
    out(&vga, 0x3c0, 0x30);
    out(&vga, 0x3c0, 0x0c);
    CHECK_EQ(vga.state.attribute[0x10], 0x0c);
    CHECK_EQ(in(&vga, 0x3c0), 0x30);
    CHECK_EQ(in(&vga, 0x3c1), 0x0c);
    out(&vga, 0x3c0, 0x07); /* an index again */
    in(&vga, 0x3da);        /* and so is the next, by this */
    out(&vga, 0x3c0, 0x01);
    out(&vga, 0x3c0, 0x3a);
    CHECK_EQ(vga.state.attribute[0x07], 0x00);
    CHECK_EQ(vga.state.attribute[0x01], 0x3a);
    out(&vga, 0x3c0, 0x1f); /* there is no such register */
    out(&vga, 0x3c0, 0xff);
    CHECK_EQ(in(&vga, 0x3c1), 0x00);
}

static void steps_through_colors(void)
{
    static const uint8_t expected[6] = {0x01, 0x3f, 0x03, 0x04, 0x05, 0x06};
    struct vga vga;
    start(&vga);
    out(&vga, 0x3c8, 0xff);
    for (unsigned i = 0; i < 6; i++)
        out(&vga, 0x3c9, (uint8_t[]){0x41, 0xff, 3, 4, 5, 6}[i]); /* six bits of each */
    CHECK_EQ(in(&vga, 0x3c7), 0);
    CHECK_EQ(in(&vga, 0x3c8), 1); /* it has wrapped */
    out(&vga, 0x3c7, 0xff);
    CHECK_EQ(in(&vga, 0x3c7), 3);
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQ(in(&vga, 0x3c9), expected[i]);
}

/* Who waits for a retrace to begin or to end gets there, on the colour ports and on the others. */
static void beam_moves_on(void)
{
    for (unsigned colour = 0; colour < 2; colour++) {
        const uint16_t port = colour ? 0x3da : 0x3ba;
        unsigned seen[2][2] = {{0}};
        struct vga vga;
        vga_init(&vga);
        out(&vga, 0x3c2, (uint8_t)colour);
        for (unsigned i = 0; i < 200; i++) {
            const uint8_t status = in(&vga, port);
            CHECK_EQ(status & 0xf6, 0);
            CHECK(!(status & 8) || (status & 1)); /* in a retrace nothing is displayed */
            seen[0][status & 1]++;
            seen[1][status >> 3 & 1]++;
        }
        CHECK(seen[0][0] && seen[0][1] && seen[1][0] && seen[1][1]);
        CHECK_EQ(in(&vga, port ^ 0x60), 0xff);
    }
}

static void answers_where_it_is_told_to(void)
{
    struct vga vga;
    vga_init(&vga);
    out(&vga, 0x3b4, 0x0e);
    out(&vga, 0x3b5, 0x12);
    out(&vga, 0x3d5, 0x34); /* not there */
    CHECK_EQ(in(&vga, 0x3b5), 0x12);
    CHECK_EQ(in(&vga, 0x3d5), 0xff);
    out(&vga, 0x3c2, 0x67);
    CHECK_EQ(in(&vga, 0x3cc), 0x67);
    CHECK_EQ(in(&vga, 0x3d5), 0x12);
    CHECK_EQ(in(&vga, 0x3b5), 0xff);
    out(&vga, 0x3da, 0x03);
    CHECK_EQ(in(&vga, 0x3ca), 0x03);
}

/* Mode 3's registers, as far as they matter. */
static void set_text_mode(struct vga *vga)
{
    static const uint8_t crtc[][2] = {{0x01, 0x4f}, {0x07, 0x1f}, {0x09, 0x4f}, {0x0a, 0x0d},
                                      {0x0b, 0x0e}, {0x12, 0x8f}, {0x13, 0x28}};
    start(vga);
    for (unsigned i = 0; i < sizeof crtc / sizeof *crtc; i++)
        set_crtc(vga, crtc[i][0], crtc[i][1]);
    vga_ops.write(vga, 0xe, 0x0e06, 2);
    out(vga, 0x3c0, 0x20);
}

static void shows_text(void)
{
    struct vga vga;
    set_text_mode(&vga);
    struct vga_text text = vga_text(&vga.state);
    CHECK_EQ(text.shows, VGA_TEXT_MODE);
    CHECK_EQ(text.columns, 80);
    CHECK_EQ(text.rows, 25);
    CHECK_EQ(text.window, 0x18000);
    CHECK_EQ(text.size, 0x8000);
    CHECK_EQ(text.pitch, 160);
    CHECK(text.cursor_shown);
    set_crtc(&vga, 0x09, 0x47); /* eight lines a cell */
    set_crtc(&vga, 0x0c, 0x08);
    set_crtc(&vga, 0x0d, 0x01);
    set_crtc(&vga, 0x0e, 0x0a);
    text = vga_text(&vga.state);
    CHECK_EQ(text.rows, 50);
    CHECK_EQ(text.start, 0x1002);
    CHECK_EQ(text.cursor, 0x1400);
    CHECK(!text.cursor_shown);  /* below the cell */
    set_crtc(&vga, 0x09, 0xc7); /* each line twice */
    CHECK_EQ(vga_text(&vga.state).rows, 25);
    vga_ops.write(&vga, 0xe, 0x0a06, 2);
    CHECK_EQ(vga_text(&vga.state).window, 0x10000);
}

static void shows_nothing_or_graphics(void)
{
    struct vga vga;
    vga_init(&vga);
    CHECK_EQ(vga_text(&vga.state).shows, VGA_OFF);
    set_text_mode(&vga);
    vga_ops.write(&vga, 4, 0x2001, 2); /* screen off */
    CHECK_EQ(vga_text(&vga.state).shows, VGA_OFF);
    vga_ops.write(&vga, 4, 0x0001, 2);
    vga_ops.write(&vga, 0xe, 0x0506, 2);
    CHECK_EQ(vga_text(&vga.state).shows, VGA_GRAPHICS_MODE);
    vga_reset(&vga);
    CHECK_EQ(vga_text(&vga.state).shows, VGA_OFF);
}

int main(void)
{
    TEST(keeps_indexed_registers);
    TEST(protects_the_first_crtc_registers);
    TEST(flips_between_index_and_data);
    TEST(steps_through_colors);
    TEST(beam_moves_on);
    TEST(answers_where_it_is_told_to);
    TEST(shows_text);
    TEST(shows_nothing_or_graphics);
    return check_done();
}
