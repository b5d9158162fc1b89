#include "dev/vga.h"

#include "dev/byte_registers.h"

/* Ports, from 0x3c0 on. */
enum {
    ATTRIBUTE = 0x0,
    ATTRIBUTE_READ = 0x1,
    MISCELLANEOUS = 0x2, /* read: input status 0 */
    SEQUENCER = 0x4,
    SEQUENCER_DATA = 0x5,
    PEL_MASK = 0x6,
    DAC_READ = 0x7, /* read: the DAC's state */
    DAC_WRITE = 0x8,
    DAC_DATA = 0x9,
    FEATURE_READ = 0xa,
    MISCELLANEOUS_READ = 0xc,
    GRAPHICS = 0xe,
    GRAPHICS_DATA = 0xf,
    PORTS
};

/* Ports, from 0x3b0 or 0x3d0 on. */
enum { CRTC = 0x4, CRTC_DATA = 0x5, STATUS = 0xa /* write: feature control */, CRT_PORTS = 0xc };

#define MISCELLANEOUS_COLOUR 0x01

#define SEQUENCER_CLOCKING 0x01
#define CLOCKING_OFF       0x20

#define GRAPHICS_MISCELLANEOUS 0x06
#define GRAPHICS_MODE          0x01
#define MEMORY_MAP(value)      ((value) >> 2 & 3)

#define ATTRIBUTE_MODE    0x10
#define MODE_BLINK        0x08
#define ATTRIBUTE_VISIBLE 0x20 /* in the index */

#define STATUS_DISPLAY_OFF 0x01 /* between the lines, and in a retrace */
#define STATUS_RETRACE     0x08
#define BEAM_FRAME         64 /* reads a frame, made up: both bits change while somebody polls */
#define BEAM_RETRACE       8

/* CRTC registers */
#define H_DISPLAY_END  0x01
#define OVERFLOW       0x07
#define MAX_SCAN_LINE  0x09
#define CURSOR_START   0x0a
#define CURSOR_END     0x0b
#define START_HIGH     0x0c
#define START_LOW      0x0d
#define CURSOR_HIGH    0x0e
#define CURSOR_LOW     0x0f
#define RETRACE_END    0x11
#define V_DISPLAY_END  0x12
#define OFFSET         0x13
#define CURSOR_OFF     0x20 /* in CURSOR_START */
#define PROTECT        0x80 /* in RETRACE_END: registers 0 to 7 are not written, but for ... */
#define OVERFLOW_SPLIT 0x10 /* ... this bit of OVERFLOW */
#define SCAN_DOUBLE    0x80 /* in MAX_SCAN_LINE: each line is shown twice */
#define SCAN_LINE      0x1f
#define CELL           2 /* bytes */
#define OFFSET_UNIT    4 /* bytes: two cells */

/* An index that is too high reads as 0 and is not written. */
static uint8_t get(const uint8_t *registers, unsigned count, unsigned index)
{
    return index < count ? registers[index] : 0;
}

static void set(uint8_t *registers, unsigned count, unsigned index, uint8_t value)
{
    if (index < count)
        registers[index] = value;
}

/* ---- 3c0 to 3cf */

static void write_attribute(struct vga_state *s, uint8_t value)
{
    if (s->attribute_data)
        set(s->attribute, VGA_ATTRIBUTE, s->attribute_index & 0x1f, value);
    else
        s->attribute_index = value & 0x3f;
    s->attribute_data = !s->attribute_data;
}

/* Three accesses make a color; then the address goes on to the next. */
static uint8_t *dac_component(struct vga_state *s, uint8_t *address)
{
    uint8_t *component = &s->dac[*address][s->dac_component];
    if (++s->dac_component == 3) {
        s->dac_component = 0;
        ++*address;
    }
    return component;
}

static void set_dac_address(struct vga_state *s, uint8_t *address, uint8_t value, bool reading)
{
    *address = value;
    s->dac_component = 0;
    s->dac_reading = reading;
}

static uint8_t read_port(void *device, unsigned offset)
{
    struct vga_state *s = &((struct vga *)device)->state;
    switch (offset) {
    case ATTRIBUTE:
        return s->attribute_index;
    case ATTRIBUTE_READ:
        return get(s->attribute, VGA_ATTRIBUTE, s->attribute_index & 0x1f);
    case SEQUENCER:
        return s->sequencer_index;
    case SEQUENCER_DATA:
        return get(s->sequencer, VGA_SEQUENCER, s->sequencer_index);
    case PEL_MASK:
        return s->pel_mask;
    case DAC_READ:
        return s->dac_reading ? 3 : 0;
    case DAC_WRITE:
        return s->dac_write;
    case DAC_DATA:
        return *dac_component(s, &s->dac_read);
    case FEATURE_READ:
        return s->feature;
    case MISCELLANEOUS_READ:
        return s->miscellaneous;
    case GRAPHICS:
        return s->graphics_index;
    case GRAPHICS_DATA:
        return get(s->graphics, VGA_GRAPHICS, s->graphics_index);
    default: /* input status 0 among them: no switch is sensed */
        return 0;
    }
}

static void write_port(void *device, unsigned offset, uint8_t value)
{
    struct vga_state *s = &((struct vga *)device)->state;
    switch (offset) {
    case ATTRIBUTE:
        write_attribute(s, value);
        break;
    case MISCELLANEOUS:
        s->miscellaneous = value;
        break;
    case SEQUENCER:
        s->sequencer_index = value & 0x07;
        break;
    case SEQUENCER_DATA:
        set(s->sequencer, VGA_SEQUENCER, s->sequencer_index, value);
        break;
    case PEL_MASK:
        s->pel_mask = value;
        break;
    case DAC_READ:
        set_dac_address(s, &s->dac_read, value, true);
        break;
    case DAC_WRITE:
        set_dac_address(s, &s->dac_write, value, false);
        break;
    case DAC_DATA:
        *dac_component(s, &s->dac_write) = value & 0x3f;
        break;
    case GRAPHICS:
        s->graphics_index = value & 0x0f;
        break;
    case GRAPHICS_DATA:
        set(s->graphics, VGA_GRAPHICS, s->graphics_index, value);
        break;
    default: /* read only, or nothing */
        break;
    }
}

/* ---- 3b0 to 3bb or 3d0 to 3db */

static void write_crtc(struct vga_state *s, uint8_t value)
{
    const unsigned index = s->crtc_index;
    if (index <= OVERFLOW && (s->crtc[RETRACE_END] & PROTECT)) {
        if (index != OVERFLOW)
            return;
        value = (uint8_t)((s->crtc[OVERFLOW] & ~OVERFLOW_SPLIT) | (value & OVERFLOW_SPLIT));
    }
    set(s->crtc, VGA_CRTC, index, value);
}

/* The beam moves on with each look at it, so that who waits for either edge comes to it. */
static uint8_t read_status(struct vga_state *s)
{
    const unsigned at = s->beam++ % BEAM_FRAME;
    const bool retrace = at >= BEAM_FRAME - BEAM_RETRACE;
    s->attribute_data = false;
    return (retrace ? STATUS_RETRACE : 0) | (retrace || at % 2 ? STATUS_DISPLAY_OFF : 0);
}

static uint8_t read_crt_port(struct vga_state *s, bool colour, unsigned offset)
{
    if (colour != (bool)(s->miscellaneous & MISCELLANEOUS_COLOUR))
        return 0xff;
    switch (offset) {
    case CRTC:
        return s->crtc_index;
    case CRTC_DATA:
        return get(s->crtc, VGA_CRTC, s->crtc_index);
    case STATUS:
        return read_status(s);
    default:
        return 0xff;
    }
}

static void write_crt_port(struct vga_state *s, bool colour, unsigned offset, uint8_t value)
{
    if (colour != (bool)(s->miscellaneous & MISCELLANEOUS_COLOUR))
        return;
    switch (offset) {
    case CRTC:
        s->crtc_index = value & 0x3f;
        break;
    case CRTC_DATA:
        write_crtc(s, value);
        break;
    case STATUS:
        s->feature = value;
        break;
    default:
        break;
    }
}

static uint8_t read_mono(void *device, unsigned offset)
{
    return read_crt_port(&((struct vga *)device)->state, false, offset);
}

static void write_mono(void *device, unsigned offset, uint8_t value)
{
    write_crt_port(&((struct vga *)device)->state, false, offset, value);
}

static uint8_t read_colour(void *device, unsigned offset)
{
    return read_crt_port(&((struct vga *)device)->state, true, offset);
}

static void write_colour(void *device, unsigned offset, uint8_t value)
{
    write_crt_port(&((struct vga *)device)->state, true, offset, value);
}

BYTE_REGISTER_OPS(vga_ops, PORTS, read_port, write_port);
BYTE_REGISTER_OPS(vga_mono_ops, CRT_PORTS, read_mono, write_mono);
BYTE_REGISTER_OPS(vga_colour_ops, CRT_PORTS, read_colour, write_colour);

void vga_init(struct vga *vga)
{
    vga_reset(vga);
}

void vga_reset(struct vga *vga)
{
    vga->state = (struct vga_state){0};
}

/* ---- What is shown */

static unsigned scan_lines(const struct vga_state *s)
{
    const unsigned overflow = s->crtc[OVERFLOW];
    return (s->crtc[V_DISPLAY_END] | (overflow & 0x02) << 7 | (overflow & 0x40) << 3) + 1;
}

static unsigned cell_lines(const struct vga_state *s)
{
    const uint8_t value = s->crtc[MAX_SCAN_LINE];
    return ((value & SCAN_LINE) + 1u) * (value & SCAN_DOUBLE ? 2 : 1);
}

static uint32_t cell_address(const struct vga_state *s, unsigned high)
{
    return (uint32_t)(s->crtc[high] << 8 | s->crtc[high + 1]) * CELL;
}

static void find_window(const struct vga_state *s, struct vga_text *text)
{
    static const struct {
        uint32_t window, size;
    } maps[] = {{0, 0x20000}, {0, 0x10000}, {0x10000, 0x8000}, {0x18000, 0x8000}};
    const unsigned map = MEMORY_MAP(s->graphics[GRAPHICS_MISCELLANEOUS]);
    text->window = maps[map].window;
    text->size = maps[map].size;
}

static void find_cursor(const struct vga_state *s, struct vga_text *text)
{
    text->cursor = cell_address(s, CURSOR_HIGH);
    text->cursor_top = s->crtc[CURSOR_START] & SCAN_LINE;
    text->cursor_bottom = s->crtc[CURSOR_END] & SCAN_LINE;
    text->cell_height = (s->crtc[MAX_SCAN_LINE] & SCAN_LINE) + 1;
    text->cursor_shown = !(s->crtc[CURSOR_START] & CURSOR_OFF) &&
                         text->cursor_top <= text->cursor_bottom &&
                         text->cursor_top < text->cell_height;
}

struct vga_text vga_text(const struct vga_state *s)
{
    struct vga_text text = {.shows = VGA_TEXT_MODE};
    if (!(s->attribute_index & ATTRIBUTE_VISIBLE) ||
        (s->sequencer[SEQUENCER_CLOCKING] & CLOCKING_OFF))
        text.shows = VGA_OFF;
    else if (s->graphics[GRAPHICS_MISCELLANEOUS] & GRAPHICS_MODE)
        text.shows = VGA_GRAPHICS_MODE;
    text.columns = s->crtc[H_DISPLAY_END] + 1u;
    text.rows = scan_lines(s) / cell_lines(s);
    text.start = cell_address(s, START_HIGH);
    text.pitch = s->crtc[OFFSET] * OFFSET_UNIT;
    text.blink = s->attribute[ATTRIBUTE_MODE] & MODE_BLINK;
    find_window(s, &text);
    find_cursor(s, &text);
    return text;
}
