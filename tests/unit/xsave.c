/* The vector registers in an XSAVE area whose components lie elsewhere than usual (SDM vol. 1,
 * 13.4.3 and 13.5: YMM_Hi128 16 x 16 bytes, opmask 8 x 8, ZMM_Hi256 16 x 32, Hi16_ZMM 16 x 64,
 * PKRU 4). */
#include "tests/check.h"

#include "debug/cpu/xsave.h"

#include <stdlib.h>

enum { AVX = 0xa00, OPMASK = 0x240, ZMM = 0xb40, HI16 = 0x300, PKRU = 0xd40 };

struct leaf {
    uint32_t index, eax, ebx;
};

static const struct leaf everything[] = {
    {0, 0x2e7, 0}, {1, 0xf, 0},     {2, 256, AVX}, {5, 64, OPMASK},
    {6, 512, ZMM}, {7, 1024, HI16}, {9, 8, PKRU},  {17, 64, 0xd80},
};

static struct xsave_layout layout_of(const struct leaf *leaves, uint32_t n, uint32_t size)
{
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + (n + 1) * sizeof cpuid->entries[0]);
    cpuid->nent = n + 1;
    cpuid->entries[0] = (struct kvm_cpuid_entry2){.function = 7, .index = 2, .eax = 256};
    for (uint32_t i = 0; i < n; i++)
        cpuid->entries[i + 1] = (struct kvm_cpuid_entry2){

            .function = leaves[i].eax ? 0xd : 0,
            .index = leaves[i].index,
            .eax = leaves[i].eax,
            .ebx = leaves[i].ebx};
    const struct xsave_layout layout = xsave_layout_of(cpuid, size);
    free(cpuid);
    return layout;
}

static struct xsave_layout all(void)
{
    return layout_of(everything, sizeof everything / sizeof everything[0], 4096);
}

static uint8_t *bytes(struct kvm_xsave_area *area)
{
    return (uint8_t *)area->region;
}

static void learns_places_from_cpuid(void)
{
    const struct xsave_layout l = all();
    CHECK_EQ(l.components, 0x2e4);
    CHECK_EQ(l.offset[XSAVE_AVX], AVX);
    CHECK_EQ(l.offset[XSAVE_HI16_ZMM], HI16);
    CHECK_EQ(l.offset[XSAVE_PKRU], PKRU);
    CHECK_EQ(xsave_features(&l), GDB_HAS_AVX | GDB_HAS_AVX512 | GDB_HAS_PKU);
}

static void leaves_out_what_can_not_be(void)
{
    const struct {
        struct leaf leaf[4];
        uint64_t components;
    } rows[] = {
        {{{0, 7, 0}, {2, 256, 576}}, 4},
        {{{2, 256, 576}, {0, 7, 0}}, 4},        /* in any order */
        {{{0, 3, 0}, {2, 256, 576}}, 0},        /* XCR0 may not have it */
        {{{0, 7, 0}, {2, 128, 576}}, 0},        /* too small to hold 16 registers */
        {{{0, 7, 0}, {2, 256, 4096 - 256}}, 4}, /* just in */
        {{{0, 7, 0}, {2, 256, 4096 - 255}}, 0}, /* just out */
        {{{0, 7, 0}, {2, 256, UINT32_MAX}}, 0},
        {{{0, 7, 0}, {2, UINT32_MAX, 576}}, 0},
        {{{0, UINT32_MAX, 0}, {9, 8, 576}, {2, 256, 600}, {63, 256, 600}}, 0x204},
        {{{0}}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_EQ(layout_of(rows[i].leaf, 4, 4096).components, rows[i].components);
    const struct leaf half[] = {{0, 0xe7, 0}, {2, 256, 576}, {5, 64, 1088}, {6, 512, 1152}};
    const struct xsave_layout l = layout_of(half, 4, 4096);
    CHECK_EQ(xsave_features(&l), GDB_HAS_AVX); /* AVX-512 is all three components */
    const struct leaf no_avx[] = {{0, 0xe3, 0}, {5, 64, 1088}, {6, 512, 1152}, {7, 1024, 2000}};
    const struct xsave_layout m = layout_of(no_avx, 4, 4096);
    CHECK_EQ(xsave_features(&m), 0);
}

static void every_register_has_its_place(void)
{
    const struct xsave_layout l = all();
    struct kvm_xsave_area area = {.region = {0}}, back = {.region = {0}};
    struct gdb_x86_regs v;
    memset(&v, 0xee, sizeof v);
    for (unsigned i = 576; i < 4096; i++)
        bytes(&area)[i] = (uint8_t)(i * 7 + i / 256);
    memcpy(bytes(&area) + 512, "\xe7\x02", 2);
    xsave_view(&l, &area, &v);
    CHECK_MEM(v.ymmh[0], bytes(&area) + AVX, 16);
    CHECK_MEM(v.ymmh[15], bytes(&area) + AVX + 240, 16);
    CHECK_MEM(&v.k[7], bytes(&area) + OPMASK + 56, 8);
    CHECK_MEM(v.zmmh[0], bytes(&area) + ZMM, 32);
    CHECK_MEM(v.zmmh[15], bytes(&area) + ZMM + 480, 32);
    CHECK_MEM(v.xmm[16], bytes(&area) + HI16, 16);
    CHECK_MEM(v.ymmh[16], bytes(&area) + HI16 + 16, 16);
    CHECK_MEM(v.zmmh[16], bytes(&area) + HI16 + 32, 32);
    CHECK_MEM(v.xmm[31], bytes(&area) + HI16 + 960, 16);
    CHECK_MEM(v.zmmh[31], bytes(&area) + HI16 + 992, 32);
    CHECK_MEM(&v.pkru, bytes(&area) + PKRU, 4);
    CHECK_EQ(v.xmm[15][15], 0xee); /* SSE is another's */
    CHECK_EQ(v.mxcsr, 0xeeeeeeee);

    xsave_take(&l, &back, &v);
    CHECK_EQ(bytes(&back)[512], 0xe4);
    CHECK_EQ(bytes(&back)[513], 2);
    CHECK_MEM(bytes(&back) + AVX, bytes(&area) + AVX, 256);
    CHECK_MEM(bytes(&back) + OPMASK, bytes(&area) + OPMASK, 64);
    CHECK_MEM(bytes(&back) + ZMM, bytes(&area) + ZMM, 512);
    CHECK_MEM(bytes(&back) + HI16, bytes(&area) + HI16, 1024);
    CHECK_MEM(bytes(&back) + PKRU, bytes(&area) + PKRU, 4);
    CHECK_EQ(bytes(&back)[PKRU + 4], 0); /* four bytes are PKRU's */
    CHECK_EQ(bytes(&back)[HI16 - 1], 0);
}

/* In its initial state a component's bytes mean nothing (SDM vol. 1, 13.4.2). */
static void initial_state_is_zero(void)
{
    const struct xsave_layout l = all();
    struct kvm_xsave_area area, was;
    struct gdb_x86_regs v;
    memset(&area, 0x77, sizeof area);
    memset(bytes(&area) + 512, 0, 8);
    memset(&v, 0xee, sizeof v);
    xsave_view(&l, &area, &v);
    for (unsigned i = 0; i < 32; i++) {
        CHECK_EQ(v.ymmh[i][i % 16], 0);
        CHECK_EQ(v.zmmh[i][i], 0);
    }
    CHECK_EQ(v.k[3], 0);
    CHECK_EQ(v.pkru, 0);
    was = area;
    xsave_take(&l, &area, &v); /* nothing new: nothing changes */
    CHECK_MEM(&area, &was, sizeof area);
    v.ymmh[3][0] = 1; /* one byte: the whole component comes into use, with the others 0 */
    xsave_take(&l, &area, &v);
    CHECK_EQ(bytes(&area)[512], 4);
    CHECK_MEM(bytes(&area) + AVX + 48, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17);
    CHECK_EQ(bytes(&area)[ZMM], 0x77);
}

static void what_the_cpu_lacks_stays_out(void)
{
    const struct leaf leaves[] = {{0, 7, 0}, {2, 256, 576}};
    const struct xsave_layout l = layout_of(leaves, 2, 4096);
    struct kvm_xsave_area area = {.region = {0}};
    struct gdb_x86_regs v;
    memset(&v, 0x5a, sizeof v);
    xsave_take(&l, &area, &v);
    CHECK_EQ(bytes(&area)[512], 4);
    CHECK_EQ(bytes(&area)[0], 0);
    CHECK_EQ(bytes(&area)[576 + 255], 0x5a);
    CHECK_EQ(bytes(&area)[576 + 256], 0);
    xsave_view(&l, &area, &v);
    CHECK_EQ(v.k[0], 0);
    CHECK_EQ(v.ymmh[15][0], 0x5a);
    CHECK_EQ(v.ymmh[16][0], 0);
}

int main(void)
{
    TEST(learns_places_from_cpuid);
    TEST(leaves_out_what_can_not_be);
    TEST(every_register_has_its_place);
    TEST(initial_state_is_zero);
    TEST(what_the_cpu_lacks_stays_out);
    return check_done();
}
