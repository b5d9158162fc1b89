#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target_xml.h"
#include "x86_regs.h"

static const char *const architectures[] = {
    [GDB_ARCH_I8086] = "i8086",
    [GDB_ARCH_I386] = "i386",
    [GDB_ARCH_X86_64] = "i386:x86-64",
};

static const char *const features[X86_FEATURES] = {
    [X86_CORE] = "org.gnu.gdb.i386.core",
    [X86_SSE] = "org.gnu.gdb.i386.sse",
    [X86_SEGMENTS] = "org.gnu.gdb.i386.segments",
    [X86_SYSTEM] = "org.stepvm.x86.system",
    [X86_AVX] = "org.gnu.gdb.i386.avx",
    [X86_AVX512] = "org.gnu.gdb.i386.avx512",
    [X86_PKEYS] = "org.gnu.gdb.i386.pkeys",
    [X86_XCR] = "org.stepvm.x86.xcr",
    [X86_MSR] = "org.stepvm.x86.msr",
};

/* The views of an XMM register: how many of which elements. */
static const struct {
    const char *name, *type;
    unsigned count;
} vec128[] = {
    {"v4_float", "ieee_single", 4}, {"v2_double", "ieee_double", 2}, {"v16_int8", "int8", 16},
    {"v8_int16", "int16", 8},       {"v4_int32", "int32", 4},        {"v2_int64", "int64", 2},
};

void buffer_printf(struct buffer *out, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n > 0)
        buffer_append(out, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void buffer_xml_escaped(struct buffer *out, const char *text)
{
    for (; *text; text++)
        if (strchr("<>&\"'", *text))
            buffer_printf(out, "&#%d;", *text);
        else if ((unsigned char)*text >= ' ')
            buffer_append(out, text, 1);
}

/* One "NAME:BIT" or "NAME:FIRST-LAST"; returns what follows it. */
static const char *flags_field(struct buffer *out, const char *field)
{
    const char *colon = strchr(field, ':');
    char *end;
    unsigned long first = strtoul(colon + 1, &end, 10);
    unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;
    buffer_printf(out, "<field name=\"%.*s\" start=\"%lu\" end=\"%lu\"/>", (int)(colon - field),
                  field, first, last);
    return *end ? end + 1 : end;
}

static void flags_types(enum x86_feature feature, struct buffer *out)
{
    for (size_t i = 0; i < x86_flags_rows; i++) {
        if (x86_flags[i].feature != feature)
            continue;
        buffer_printf(out, "<flags id=\"%s\" size=\"%u\">", x86_flags[i].id, x86_flags[i].bytes);
        for (const char *field = x86_flags[i].fields; *field;)
            field = flags_field(out, field);
        buffer_printf(out, "</flags>\n");
    }
}

static void vector_types(struct buffer *out)
{
    size_t n = sizeof(vec128) / sizeof(vec128[0]);
    for (size_t i = 0; i < n; i++)
        buffer_printf(out, "<vector id=\"%s\" type=\"%s\" count=\"%u\"/>\n", vec128[i].name,
                      vec128[i].type, vec128[i].count);
    buffer_printf(out, "<union id=\"vec128\">");
    for (size_t i = 0; i < n; i++)
        buffer_printf(out, "<field name=\"%s\" type=\"%s\"/>", vec128[i].name, vec128[i].name);
    buffer_printf(out, "<field name=\"uint128\" type=\"uint128\"/></union>\n");
}

/* A type is known in its own feature only. */
static void types(enum x86_feature feature, struct buffer *out)
{
    flags_types(feature, out);
    if (feature == X86_SSE || feature == X86_AVX512)
        vector_types(out);
    if (feature == X86_AVX512)
        buffer_printf(out, "<vector id=\"v2_uint128\" type=\"uint128\" count=\"2\"/>\n");
}

static bool has_feature(enum x86_feature feature, struct x86_layout layout)
{
    for (size_t i = 0; i < x86_reg_rows; i++)
        if (x86_regs[i].feature == feature && x86_reg_belongs(&x86_regs[i], layout))
            return true;
    return false;
}

static void registers(enum x86_feature feature, struct x86_layout layout, struct buffer *out)
{
    for (size_t i = 0; i < x86_reg_rows; i++) {
        const struct x86_reg *reg = &x86_regs[i];
        if (reg->feature != feature || !x86_reg_belongs(reg, layout))
            continue;
        buffer_printf(out, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"", reg->name, reg->bits,
                      reg->type);
        if (reg->group)
            buffer_printf(out, " group=\"%s\"", reg->group);
        /* A call of a guest's function by gdb must not turn these back, the TSC least of all. */
        if (feature == X86_SYSTEM || feature == X86_XCR || feature == X86_MSR)
            buffer_printf(out, " save-restore=\"no\"");
        buffer_printf(out, "/>\n");
    }
}

void target_xml(struct x86_layout layout, struct buffer *out)
{
    /* Without <osabi> a gdb that was built for Linux takes the machine for a Linux process. */
    buffer_printf(out,
                  "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
                  "<target version=\"1.0\">\n<architecture>%s</architecture>\n"
                  "<osabi>none</osabi>\n",
                  architectures[layout.arch]);
    for (enum x86_feature feature = 0; feature < X86_FEATURES; feature++) {
        if (!has_feature(feature, layout))
            continue;
        buffer_printf(out, "<feature name=\"%s\">\n", features[feature]);
        types(feature, out);
        registers(feature, layout, out);
        buffer_printf(out, "</feature>\n");
    }
    buffer_printf(out, "</target>\n");
}
