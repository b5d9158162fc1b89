#include "bios/video.h"

#include "bios/state.h"

#define MISCELLANEOUS 0x3c2
#define SEQUENCER     0x3c4
#define DAC_WRITE     0x3c8
#define DAC_DATA      0x3c9
#define GRAPHICS      0x3ce
#define CRTC          0x3d4
#define STATUS        0x3da /* reading it makes the next write to ATTRIBUTE an index */
#define ATTRIBUTE     0x3c0
#define VISIBLE       0x20 /* in the attribute controller's index: the palette is the screen's */

#define MAX_SCAN_LINE 0x09
#define CURSOR_START  0x0a
#define CURSOR_END    0x0b
#define START         0x0c /* high byte; the low one follows, as of the cursor */
#define CURSOR        0x0e
#define RETRACE_END   0x11
#define PROTECT       0x80

#define CURSOR_HIDDEN 0x20
#define CGA_LINES     8
#define COLORS        64 /* that a mode sets: those of an EGA */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

static void out(struct bios *bios, uint16_t port, uint8_t value)
{
    bios->config.out(bios->config.ports_context, port, value);
}

static uint8_t in(struct bios *bios, uint16_t port)
{
    return bios->config.in(bios->config.ports_context, port);
}

/* A register behind an index port, whose data port is the next one. */
static void set_indexed(struct bios *bios, uint16_t port, unsigned index, uint8_t value)
{
    out(bios, port, (uint8_t)index);
    out(bios, port + 1, value);
}

static uint8_t get_indexed(struct bios *bios, uint16_t port, unsigned index)
{
    out(bios, port, (uint8_t)index);
    return in(bios, port + 1);
}

static void set_all(struct bios *bios, uint16_t port, const uint8_t *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        set_indexed(bios, port, i, values[i]);
}

static void set_address(struct bios *bios, unsigned index, unsigned cell)
{
    set_indexed(bios, CRTC, index, (uint8_t)(cell >> 8));
    set_indexed(bios, CRTC, index + 1, (uint8_t)cell);
}

/* ---- Modes (IBM VGA XGA Technical Reference, "VGA Function": register values of modes 1 and 3)
 */

static const uint8_t crtc_80[] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                                  0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                  0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
/* What differs: the horizontal timing, and the pitch. */
static const uint8_t crtc_40[][2] = {{0x00, 0x2d}, {0x01, 0x27}, {0x02, 0x28}, {0x03, 0x90},
                                     {0x04, 0x2b}, {0x05, 0xa0}, {0x13, 0x14}};

static const uint8_t sequencer[] = {0x03, 0x00, 0x03, 0x00, 0x02};
#define CLOCKING      0x01
#define CLOCKING_HALF 0x08 /* for 40 columns */

static const uint8_t graphics[] = {0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff};

static const uint8_t attributes[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14,
                                     0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d,
                                     0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};

#define MISCELLANEOUS_TEXT 0x67 /* colour ports, 28 MHz, 400 lines */

static void set_crtc(struct bios *bios, unsigned columns)
{
    set_indexed(bios, CRTC, RETRACE_END, crtc_80[RETRACE_END] & (uint8_t)~PROTECT);
    set_all(bios, CRTC, crtc_80, RETRACE_END);
    for (unsigned i = RETRACE_END + 1; i < ARRAY_SIZE(crtc_80); i++)
        set_indexed(bios, CRTC, i, crtc_80[i]);
    for (unsigned i = 0; columns == 40 && i < ARRAY_SIZE(crtc_40); i++)
        set_indexed(bios, CRTC, crtc_40[i][0], crtc_40[i][1]);
    set_indexed(bios, CRTC, RETRACE_END, crtc_80[RETRACE_END]);
}

/* An EGA's color number has two bits of each of red, green and blue: two thirds are bits 2 to 0,
 * one third bits 5 to 3. */
static void set_ega_color(struct bios *bios, uint8_t number)
{
    uint8_t rgb[3];
    for (unsigned i = 0; i < 3; i++)
        rgb[i] = (uint8_t)((number >> (2 - i) & 1) * 0x2a + (number >> (5 - i) & 1) * 0x15);
    video_set_color(bios, number, rgb);
}

void video_set_mode(struct bios *bios, unsigned columns)
{
    out(bios, MISCELLANEOUS, MISCELLANEOUS_TEXT);
    set_all(bios, SEQUENCER, sequencer, ARRAY_SIZE(sequencer));
    if (columns == 40)
        set_indexed(bios, SEQUENCER, CLOCKING, CLOCKING_HALF);
    set_crtc(bios, columns);
    set_all(bios, GRAPHICS, graphics, ARRAY_SIZE(graphics));
    for (uint8_t i = 0; i < ARRAY_SIZE(attributes); i++)
        video_set_attribute(bios, i, attributes[i]);
    for (uint8_t i = 0; i < COLORS; i++)
        set_ega_color(bios, i);
}

/* ---- Single registers */

void video_set_cell_height(struct bios *bios, unsigned lines)
{
    const uint8_t old = get_indexed(bios, CRTC, MAX_SCAN_LINE);
    set_indexed(bios, CRTC, MAX_SCAN_LINE, (uint8_t)((old & 0xe0) | (lines - 1)));
}

void video_set_start(struct bios *bios, unsigned cell)
{
    set_address(bios, START, cell);
}

void video_set_cursor(struct bios *bios, unsigned cell)
{
    set_address(bios, CURSOR, cell);
}

/* Line LINE of eight is the last one that it covers of HEIGHT. */
static uint8_t scale(unsigned line, unsigned height)
{
    return (uint8_t)((line + 1) * height / CGA_LINES - 1);
}

void video_set_cursor_shape(struct bios *bios, uint16_t shape, unsigned cell_height)
{
    const uint8_t hidden = shape >> 8 & CURSOR_HIDDEN;
    uint8_t top = shape >> 8 & 0x1f, bottom = shape & 0x1f;
    if (top < CGA_LINES && bottom < CGA_LINES && cell_height > CGA_LINES) {
        top = scale(top, cell_height);
        bottom = scale(bottom, cell_height);
    }
    set_indexed(bios, CRTC, CURSOR_START, top | hidden);
    set_indexed(bios, CRTC, CURSOR_END, bottom);
}

void video_set_attribute(struct bios *bios, uint8_t index, uint8_t value)
{
    in(bios, STATUS);
    out(bios, ATTRIBUTE, index & 0x1f);
    out(bios, ATTRIBUTE, value);
    out(bios, ATTRIBUTE, VISIBLE);
    in(bios, STATUS);
}

uint8_t video_get_attribute(struct bios *bios, uint8_t index)
{
    in(bios, STATUS);
    out(bios, ATTRIBUTE, index & 0x1f);
    const uint8_t value = in(bios, ATTRIBUTE + 1);
    in(bios, STATUS);
    out(bios, ATTRIBUTE, VISIBLE);
    in(bios, STATUS);
    return value;
}

void video_set_color(struct bios *bios, uint8_t index, const uint8_t rgb[3])
{
    out(bios, DAC_WRITE, index);
    for (unsigned i = 0; i < 3; i++)
        out(bios, DAC_DATA, rgb[i]);
}
