#include "vcpu/cpu_dump.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct sink {
    char *buf;
    size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void put(struct sink *sink, const char *format, ...)
{
    if (sink->len + 1 >= sink->size)
        return;
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(sink->buf + sink->len, sink->size - sink->len, format, args);
    va_end(args);
    if (n > 0)
        sink->len += (size_t)n;
    if (sink->len >= sink->size)
        sink->len = sink->size - 1;
}

static bool is_64bit(const struct cpu_state *s)
{
    return (s->efer & CPU_EFER_LMA) && s->seg[CPU_CS].l;
}

const char *cpu_mode_name(const struct cpu_state *s)
{
    if (!(s->cr0 & CPU_CR0_PE))
        return "real mode";
    if (is_64bit(s))
        return "long mode";
    if (s->efer & CPU_EFER_LMA)
        return "compatibility mode";
    return s->seg[CPU_CS].db ? "protected mode" : "protected mode, 16-bit";
}

static void put_general(struct sink *out, const struct cpu_state *s)
{
    static const char *const names[8] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    static const int order[8] = {CPU_RAX, CPU_RBX, CPU_RCX, CPU_RDX,
                                 CPU_RSI, CPU_RDI, CPU_RBP, CPU_RSP};
    const bool wide = is_64bit(s);
    for (int i = 0; i < 8; i++)
        put(out, wide ? "r%s=%016" PRIx64 "%c" : "e%s=%08" PRIx64 "%c", names[order[i]],
            s->gpr[order[i]], i % 4 == 3 ? '\n' : ' ');
    for (int i = 8; wide && i < 16; i++)
        put(out, "r%-2d=%016" PRIx64 "%c", i, s->gpr[i], i % 4 == 3 ? '\n' : ' ');
    put(out,
        wide ? "rip=%016" PRIx64 " rflags=%08" PRIx64 "\n"
             : "eip=%08" PRIx64 " eflags=%08" PRIx64 "\n",
        s->rip, s->rflags);
}

static void put_segments(struct sink *out, const struct cpu_state *s)
{
    static const char *const names[CPU_SEGS] = {"es", "cs", "ss", "ds", "fs", "gs", "tr", "ldt"};
    for (int i = 0; i < CPU_SEGS; i++) {
        const struct cpu_segment *g = &s->seg[i];
        put(out, "%-3s=%04x base=%08" PRIx64 " limit=%08x type=%x dpl=%u%s%s%s\n", names[i],
            g->selector, g->base, g->limit, g->type, g->dpl, g->present ? "" : " unusable",
            g->db ? " 32-bit" : "", g->l ? " 64-bit" : "");
    }
}

void cpu_dump(const struct cpu_state *s, char *buf, size_t size)
{
    struct sink out = {buf, size, 0};
    if (size)
        buf[0] = 0;
    put(&out, "%s, next instruction at %04x:%08" PRIx64 " (linear 0x%" PRIx64 ")\n",
        cpu_mode_name(s), s->seg[CPU_CS].selector, s->rip,
        is_64bit(s) ? s->rip : (uint64_t)(uint32_t)(s->seg[CPU_CS].base + s->rip));
    put_general(&out, s);
    put_segments(&out, s);
    put(&out, "gdt=%016" PRIx64 "/%04x idt=%016" PRIx64 "/%04x\n", s->gdt.base, s->gdt.limit,
        s->idt.base, s->idt.limit);
    put(&out,
        "cr0=%08" PRIx64 " cr2=%016" PRIx64 " cr3=%016" PRIx64 " cr4=%08" PRIx64 " efer=%08" PRIx64
        "\n",
        s->cr0, s->cr2, s->cr3, s->cr4, s->efer);
}
