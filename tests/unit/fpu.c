/* The XSAVE area both ways, byte for byte (SDM vol. 1, tables 10-2 and 8-4: tags are 00 valid, 01
 * zero, 10 special, 11 empty). */
#include "tests/check.h"

#include "debug/cpu/fpu.h"

static uint8_t *bytes(struct kvm_xsave_area *area)
{
    return (uint8_t *)area->region;
}

static void an_empty_unit(void)
{
    struct kvm_xsave_area area = {.region = {0}};
    struct gdb_x86_regs v;
    memset(&v, 0xee, sizeof v);
    memcpy(bytes(&area), "\x7f\x03", 2);
    memcpy(bytes(&area) + 24, "\x80\x1f", 2);
    fpu_view(&area, &v);
    CHECK_EQ(v.fctrl, 0x37f);
    CHECK_EQ(v.fstat, 0);
    CHECK_EQ(v.ftag, 0xffff);
    CHECK_EQ(v.mxcsr, 0x1f80);
}

static void tags_follow_the_physical_registers(void)
{
    static const uint8_t one[10] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f};
    static const uint8_t infinity[10] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f};
    static const uint8_t denormal[10] = {1};
    struct kvm_xsave_area area = {.region = {0}};
    struct gdb_x86_regs v;
    /* TOP = 5: ST(0) is R5, ST(1) R6, ST(2) R7, ST(3) R0. */
    bytes(&area)[3] = 5 << 3;
    bytes(&area)[4] = 0xe1;
    memcpy(bytes(&area) + 32, one, 10);
    memcpy(bytes(&area) + 64, infinity, 10);
    memcpy(bytes(&area) + 80, denormal, 10);
    fpu_view(&area, &v);
    /* R7 special 10, R6 zero 01, R5 valid 00, R4-R1 empty, R0 special 10 */
    CHECK_EQ(v.ftag, 0x93fe);
    CHECK_MEM(v.st[2], infinity, 10);
    fpu_take(&area, &v);
    CHECK_EQ(bytes(&area)[4], 0xe1);
}

static void every_field_has_its_place(void)
{
    struct kvm_xsave_area area = {.region = {0}}, back = {.region = {0}};
    struct gdb_x86_regs v = {.fctrl = 0x27f,
                             .fstat = 0x3800,
                             .ftag = 0,
                             .fop = 0x7ff,
                             .fioff = 0x11223344,
                             .fiseg = 0x5566,
                             .fooff = 0x778899aa,
                             .foseg = 0xbbcc,
                             .mxcsr = 0x9fc0};
    struct gdb_x86_regs got;
    memset(v.st, 0x5a, sizeof v.st);
    memset(v.xmm, 0xa5, sizeof v.xmm); /* also 16 to 31, which are not of this unit */
    fpu_take(&area, &v);
    CHECK_MEM(bytes(&area),
              "\x7f\x02\x00\x38\xff\x00\xff\x07\x44\x33\x22\x11\x66\x55\x00\x00"
              "\xaa\x99\x88\x77\xcc\xbb\x00\x00\xc0\x9f\x00\x00",
              28);
    CHECK_EQ(bytes(&area)[32 + 7 * 16 + 9], 0x5a);
    CHECK_EQ(bytes(&area)[32 + 7 * 16 + 10], 0); /* ten bytes a register, not sixteen */
    CHECK_EQ(bytes(&area)[160 + 15 * 16 + 15], 0xa5);
    CHECK_EQ(bytes(&area)[160 + 16 * 16], 0);
    CHECK_EQ(bytes(&area)[512], 3); /* XSTATE_BV: else KVM takes the initial values */
    fpu_view(&area, &got);
    fpu_take(&back, &got);
    CHECK_MEM(&back, &area, sizeof area);
}

static void other_components_stay(void)
{
    struct kvm_xsave_area area = {.region = {0}};
    struct gdb_x86_regs v;
    bytes(&area)[512] = 4;
    bytes(&area)[576] = 0x77; /* AVX */
    fpu_view(&area, &v);
    fpu_take(&area, &v);
    CHECK_EQ(bytes(&area)[512], 7);
    CHECK_EQ(bytes(&area)[576], 0x77);
}

int main(void)
{
    TEST(an_empty_unit);
    TEST(tags_follow_the_physical_registers);
    TEST(every_field_has_its_place);
    TEST(other_components_stay);
    return check_done();
}
