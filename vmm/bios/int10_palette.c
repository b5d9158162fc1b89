/* INT 10h AH=10h: palette, blinking and colors. */
#include "bios/state.h"
#include "bios/video.h"

#define BORDER       0x11 /* attribute controller registers */
#define MODE_CONTROL 0x10
#define BLINK        0x08
#define PALETTE      16

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

static void set_one(struct call *call)
{
    video_set_attribute(call->bios, call_get8(call, CALL_BL), call_get8(call, CALL_BH));
}

static void set_border(struct call *call)
{
    video_set_attribute(call->bios, BORDER, call_get8(call, CALL_BH));
}

static void set_all(struct call *call)
{
    uint8_t values[PALETTE + 1]; /* the last is the border's */
    if (!call_read(call, CPU_ES, call_get16(call, CPU_RDX), values, sizeof values))
        return;
    for (uint8_t i = 0; i < PALETTE; i++)
        video_set_attribute(call->bios, i, values[i]);
    video_set_attribute(call->bios, BORDER, values[PALETTE]);
}

static void set_blinking(struct call *call)
{
    const uint8_t old = video_get_attribute(call->bios, MODE_CONTROL);
    const uint8_t blink = call_get8(call, CALL_BL) ? BLINK : 0;
    video_set_attribute(call->bios, MODE_CONTROL, (uint8_t)((old & ~BLINK) | blink));
}

static void set_color(struct call *call)
{
    const uint8_t rgb[3] = {call_get8(call, CALL_DH), call_get8(call, CALL_CH),
                            call_get8(call, CALL_CL)};
    video_set_color(call->bios, call_get8(call, CALL_BL), rgb);
}

static void set_colors(struct call *call)
{
    uint16_t offset = call_get16(call, CPU_RDX);
    const unsigned first = call_get16(call, CPU_RBX), count = call_get16(call, CPU_RCX);
    uint8_t rgb[3];
    for (unsigned i = first; i < first + count && i < 256; i++) {
        if (!call_read(call, CPU_ES, offset, rgb, sizeof rgb))
            return;
        video_set_color(call->bios, (uint8_t)i, rgb);
        offset = (uint16_t)(offset + sizeof rgb);
    }
}

void int10_palette(struct call *call)
{
    static const struct {
        uint8_t al;
        void (*serve)(struct call *call);
    } functions[] = {
        {0x00, set_one},   {0x01, set_border}, {0x02, set_all},     {0x03, set_blinking},
        {0x10, set_color}, {0x12, set_colors}, {0x13, call_ignore}, /* pages of colors */
    };
    for (unsigned i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i].al == call_get8(call, CALL_AL)) {
            functions[i].serve(call);
            return;
        }
    call_unknown(call);
}
