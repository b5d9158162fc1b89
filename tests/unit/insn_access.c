/* insn_access.c: which memory instructions access, worked out by hand from SDM vol. 2. */
#include "tests/unit/ram.h"

#include "debug/step/insn_access.h"
#include "vcpu/cpu_state.h"

#include <stdlib.h>

static const struct kvm_regs regs = {.rax = 0xfee00000,
                                     .rbx = 0x10,
                                     .rcx = 4,
                                     .rdx = 0xffffffffffffffdf, /* -33 */
                                     .rsi = 0x12340020,
                                     .rdi = 0x56780040,
                                     .rbp = 0x7000,
                                     .rsp = 0x8000,
                                     .rip = 0x100000};

/* 0x2000 for the stack, 0x1000 for es. */
static struct kvm_sregs state(unsigned bits)
{
    struct kvm_sregs sregs;
    memset(&sregs, 0, sizeof sregs);
    sregs.cr0 = bits > 16 ? CPU_CR0_PE : 0;
    sregs.es.base = 0x1000;
    sregs.ss.base = 0x2000;
    sregs.ss.db = bits > 16;
    sregs.gs.base = 0xffff800000000000;
    return sregs;
}

static struct insn_accesses accesses_of(unsigned bits, const void *insn, size_t n,
                                        const struct memory *memory, const struct kvm_regs *r)
{
    const struct kvm_sregs sregs = state(bits);
    const struct gva_space space = {.memory = memory};
    struct insn_parts parts;
    insn_take_apart(&parts, insn, n, bits);
    return insn_accesses(&parts, &space, r, &sregs);
}

/* As "r address length", w or rw for each; ~ for what else there may be. */
static const char *text_of(const struct insn_accesses *a)
{
    static char text[200];
    size_t at = 0;
    text[0] = 0;
    for (unsigned i = 0; i < a->count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%s %" PRIx64 " %u", at ? " " : "",
                               a->list[i].reads ? "r" : "", a->list[i].writes ? "w" : "",
                               a->list[i].addr, a->list[i].len);
    snprintf(text + at, sizeof text - at, "%s", a->more ? "~" : "");
    return text;
}

static const struct row {
    unsigned bits;
    const char *insn;
    size_t n;
    const char *accesses;
} rows[] = {
#define ROW(bits, insn, accesses)                                                                  \
    {                                                                                              \
        bits, insn, sizeof insn - 1, accesses                                                      \
    }
    /* ModRM. */
    ROW(32, "\x89\x98\x00\x03\x00\x00", "w fee00300 4"),             /* mov %ebx,0x300(%eax) */
    ROW(32, "\x8b\x04\x88", "r fee00010 4"),                         /* mov (%eax,%ecx,4),%eax */
    ROW(64, "\x8b\x04\x25\xb0\x00\xe0\xfe", "r fffffffffee000b0 4"), /* mov 0x...,%eax */
    ROW(64, "\x65\x48\x8b\x04\x25\x08\x00\x00\x00", "r ffff800000000008 8"), /* mov %gs:8,%rax */
    ROW(16, "\x8a\x07", "r 10 1"),                                           /* mov (%bx),%al */
    ROW(16, "\x8b\x46\x02", "r 9002 2"),                               /* mov 2(%bp),%ax: in ss */
    ROW(16, "\x66\x8b\x46\x02", "r 9002 4"),                           /* mov 2(%bp),%eax */
    ROW(16, "\x26\x8b\x07", "r 1010 2"),                               /* mov %es:(%bx),%ax */
    ROW(64, "\x8b\x05\x10\x00\x00\x00", "r 100016 4"),                 /* mov 0x10(%rip),%eax */
    ROW(64, "\xc7\x05\x10\x00\x00\x00\x01\x00\x00\x00", "w 10001a 4"), /* movl $1,0x10(%rip) */
    ROW(64, "\x83\x3d\x10\x00\x00\x00\x01", "r 100017 4"),             /* cmpl $1,0x10(%rip) */
    ROW(32, "\x89\xd8", ""),                                           /* mov %ebx,%eax */
    ROW(32, "\x8d\x03", ""),                                           /* lea (%ebx),%eax */
    ROW(32, "\x01\x03", "rw 10 4"),                                    /* add %eax,(%ebx) */
    ROW(32, "\x03\x03", "r 10 4"),                                     /* add (%ebx),%eax */
    ROW(32, "\x39\x03", "r 10 4"),                                     /* cmp %eax,(%ebx) */
    ROW(32, "\x38\x03", "r 10 1"),                                     /* cmp %al,(%ebx) */
    ROW(32, "\x80\x3b\x01", "r 10 1"),                                 /* cmpb $1,(%ebx) */
    ROW(32, "\x80\x03\x01", "rw 10 1"),                                /* addb $1,(%ebx) */
    ROW(32, "\xf7\x03\x01\x00\x00\x00", "r 10 4"),                     /* testl $1,(%ebx) */
    ROW(32, "\xf7\x1b", "rw 10 4"),                                    /* negl (%ebx) */
    ROW(32, "\xf7\x33", "r 10 4"),                                     /* divl (%ebx) */
    ROW(32, "\x87\x03", "rw 10 4"),                                    /* xchg %eax,(%ebx) */
    ROW(32, "\xf0\x0f\xb1\x0b", "rw 10 4"),                            /* lock cmpxchg */
    ROW(64, "\x48\x0f\xc7\x0b", "rw 10 16"),                           /* cmpxchg16b (%rbx) */
    ROW(32, "\x0f\xb6\x03", "r 10 1"),                                 /* movzbl (%ebx),%eax */
    ROW(32, "\x0f\x94\x03", "w 10 1"),                                 /* setz (%ebx) */
    ROW(32, "\x0f\x44\x03", "r 10 4"),                                 /* cmovz (%ebx),%eax */
    ROW(64, "\x48\x63\x03", "r 10 4"),                                 /* movslq (%rbx),%rax */
    ROW(16, "\x8c\x0f", "w 10 2"),                                     /* mov %cs,(%bx) */
    ROW(16, "\x8e\x07", "r 10 2~"),                                    /* mov (%bx),%es */
    ROW(16, "\xc4\x07", "r 10 4~"),                                    /* les (%bx),%ax */
    ROW(32, "\x62\x03", "r 10 8"),                                     /* bound %eax,(%ebx) */
    ROW(32, "\x0f\x01\x13", "r 10 6"),                                 /* lgdt (%ebx) */
    ROW(64, "\x0f\x01\x0b", "w 10 10"),                                /* sidt (%rbx) */
    ROW(32, "\x0f\x01\xc1", "~"),                                      /* vmcall */
    ROW(32, "\x0f\x1f\x03", ""),                                       /* nop (%ebx) */
    ROW(32, "\x0f\xa3\x13", "r 8 4"),                                  /* bt %edx,(%ebx) */
    ROW(32, "\x0f\xab\x0b", "rw 10 4"),                                /* bts %ecx,(%ebx) */
    ROW(64, "\x48\x0f\xbb\x13", "rw 8 8"),                             /* btc %rdx,(%rbx) */
    ROW(32, "\x0f\xba\x23\x21", "r 10 4"),                             /* bt $33,(%ebx) */
    ROW(32, "\xdb\x2b", "r 10 10"),                                    /* fldt (%ebx) */
    ROW(32, "\xdd\x1b", "w 10 8"),                                     /* fstpl (%ebx) */
    ROW(16, "\xdd\x37", "w 10 94"),                                    /* fnsave (%bx) */
    ROW(32, "\xd9\xc0", ""),                                           /* fld %st */
    /* Vectors. */
    ROW(32, "\x0f\x28\x03", "r 10 16"),                                 /* movaps (%ebx),%xmm0 */
    ROW(32, "\xf3\x0f\x11\x03", "w 10 4"),                              /* movss %xmm0,(%ebx) */
    ROW(32, "\x0f\x6f\x03", "r 10 8"),                                  /* movq (%ebx),%mm0 */
    ROW(64, "\x66\x0f\x38\x21\x03", "r 10 4"),                          /* pmovsxbd (%rbx),%xmm0 */
    ROW(64, "\x66\x0f\x3a\x0f\x05\x10\x00\x00\x00\x04", "r 10001a 16"), /* palignr 0x10(%rip) */
    ROW(64, "\xc5\xfd\x6f\x03", "r 10 32"),                             /* vmovdqa (%rbx),%ymm0 */
    ROW(64, "\xc4\xe2\x7d\x18\x03", "r 10 4"),                          /* vbroadcastss */
    ROW(64, "\x62\xf1\x7c\x48\x28\x03", "~"),                           /* EVEX */
    ROW(32, "\x66\x0f\xf7\xc1", "w 56780040 16"),                       /* maskmovdqu */
    /* Addresses of their own. */
    ROW(32, "\xa1\x20\x00\xe0\xfe", "r fee00020 4"),                 /* mov 0xfee00020,%eax */
    ROW(16, "\xa2\x34\x12", "w 1234 1"),                             /* mov %al,0x1234 */
    ROW(64, "\xa1\x00\x00\xe0\xfe\x00\x00\x00\x00", "r fee00000 4"), /* movabs */
    ROW(16, "\xd7", "r 10 1"),                                       /* xlat */
    /* Strings. */
    ROW(32, "\xa5", "r 12340020 4 w 56781040 4"),     /* movsl */
    ROW(16, "\xf3\xab", "w 1040 2"),                  /* rep stosw */
    ROW(16, "\x2e\xac", "r 20 1"),                    /* lods %cs:(%si) */
    ROW(32, "\xf3\xa6", "r 12340020 1 r 56781040 1"), /* repe cmpsb */
    ROW(64, "\xf2\x48\xaf", "r 56780040 8"),          /* repne scasq */
    ROW(16, "\x6d", "w 1040 2~"),                     /* insw */
    ROW(64, "\x48\x6f", "r 12340020 4~"),             /* outsl */
    /* The stack. */
    ROW(16, "\x50", "w 9ffe 2"), /* push %ax */
    ROW(32, "\x66\x50", "w 9ffe 2"),
    ROW(32, "\x6a\x01", "w 9ffc 4"), /* push $1 */
    ROW(64, "\x50", "w 7ff8 8"),
    ROW(64, "\x66\x58", "r 8000 2"),                   /* pop %ax */
    ROW(64, "\xff\x33", "r 10 8 w 7ff8 8"),            /* push (%rbx) */
    ROW(32, "\x8f\x04\x24", "w a004 4 r a000 4"),      /* pop (%esp) */
    ROW(32, "\x60", "w 9fe0 32"),                      /* pusha */
    ROW(16, "\x61", "r a000 16"),                      /* popa */
    ROW(32, "\xe8\x00\x00\x00\x00", "w 9ffc 4"),       /* call */
    ROW(64, "\xff\x13", "r 10 8 w 7ff8 8"),            /* call *(%rbx) */
    ROW(16, "\x9a\x00\x00\x00\x00", "w 9ffc 4~"),      /* lcall */
    ROW(32, "\xff\x1b", "r 10 6 w 9ff8 8~"),           /* lcall *(%ebx) */
    ROW(64, "\xff\x23", "r 10 8"),                     /* jmp *(%rbx) */
    ROW(32, "\xc2\x08\x00", "r a000 4"),               /* ret $8 */
    ROW(16, "\xcb", "r a000 4~"),                      /* lret */
    ROW(16, "\xcf", "r a000 6~"),                      /* iret */
    ROW(64, "\x48\xcf", "r 8000 40~"),                 /* iretq */
    ROW(32, "\xc9", "r 9000 4"),                       /* leave */
    ROW(32, "\xc8\x10\x00\x00", "w 9ffc 4"),           /* enter $16,$0 */
    ROW(32, "\xc8\x10\x00\x03", "r 8ff8 8 w 9ff0 16"), /* enter $16,$3 */
    /* Nothing, and what nobody knows. */
    ROW(32, "\x74\x00", ""),
    ROW(32, "\xfa", ""),
    ROW(16, "\xe6\x80", "~"),
    ROW(64, "\x0f\x30", "~"),
    ROW(64, "\x0f\x04", "~"),
    ROW(64, "", "~"),
    ROW(16, "\x66\xf3", "~"),
};

static void the_table_holds(void)
{
    struct memory *m = ram_new(0x20000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        const struct insn_accesses a = accesses_of(row->bits, row->insn, row->n, m, &regs);
        if (strcmp(text_of(&a), row->accesses))
            check_fail(__FILE__, __LINE__, "row %zu: expected \"%s\", got \"%s\"", i, row->accesses,
                       text_of(&a));
    }
    memory_free(m);
}

static void nothing_with_a_count_of_zero(void)
{
    struct kvm_regs r = regs;
    r.rcx = 0x10000;
    struct insn_accesses a = accesses_of(16, "\xf3\xa4", 2, NULL, &r);
    CHECK_STR(text_of(&a), "");
    a = accesses_of(32, "\xf3\xa4", 2, NULL, &r);
    CHECK_STR(text_of(&a), "r 12340020 1 w 56781040 1");
}

/* What lies on the stack says how much of it there is. */
static void far_returns(void)
{
    struct memory *m = ram_new(0x20000);
    const uint16_t user = 0x1b;
    memory_poke(m, 0xa004, &user, sizeof user);
    struct insn_accesses a = accesses_of(32, "\xcf", 1, m, &regs);
    CHECK_STR(text_of(&a), "r a000 20~");
    a = accesses_of(32, "\xca\x10\x00", 3, m, &regs);
    CHECK_STR(text_of(&a), "r a000 8 r a018 8~");
    a = accesses_of(32, "\x66\xcb", 2, m, &regs);
    CHECK_STR(text_of(&a), "r a000 4~");
    memory_free(m);
}

/* The stack pointer of 16-bit code wraps. */
static void the_stack_wraps(void)
{
    struct kvm_regs r = regs;
    r.rsp = 0x10000;
    const struct insn_accesses a = accesses_of(16, "\x50", 1, NULL, &r);
    CHECK_STR(text_of(&a), "w 11ffe 2");
}

static void any_bytes_have_an_answer(void)
{
    struct memory *m = ram_new(0x20000);
    uint8_t bytes[INSN_MAX];
    srandom(1);
    for (unsigned i = 0; i < 1000000; i++) {
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)(random() >> 7);
        if (i % 4 == 0)
            memset(bytes, 0x66, (size_t)(random() % INSN_MAX));
        const struct insn_accesses a =
            accesses_of(16u << i % 3, bytes, (size_t)(random() % (INSN_MAX + 1)), m, &regs);
        CHECK(a.count <= INSN_ACCESSES);
        for (unsigned k = 0; k < a.count; k++)
            CHECK(a.list[k].len && a.list[k].len <= 576);
    }
    memory_free(m);
}

int main(void)
{
    TEST(the_table_holds);
    TEST(nothing_with_a_count_of_zero);
    TEST(far_returns);
    TEST(the_stack_wraps);
    TEST(any_bytes_have_an_answer);
    return check_done();
}
