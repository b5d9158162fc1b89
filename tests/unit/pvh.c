/* vmm/boot: kernels that are ELF files and say by notes how they are booted: PVH, and Linux's
 * vmlinux. Structures are start_info.h's and zero-page.rst's, by offset. */
#include "tests/unit/boot_fixture.h"

#include <elf.h>
#include <stddef.h>

#define RAM     (4 * MiB)
#define INFO    0x20000u /* start information, or the zero page */
#define COMMAND 0x30000u
#define LISTS   0x3f000u
#define BASE    0x200000u /* physical */
#define VIRTUAL 0xffffffff80200000u

/* A note with an owner of up to 8 bytes and up to 8 bytes to say. */
struct note {
    Elf64_Nhdr header;
    char owner[8];
    uint8_t desc[8];
};

struct kernel {
    Elf64_Ehdr header;
    Elf64_Phdr p[2];
    struct note notes[3];
    uint8_t text[0x100];
};

static void make_note(struct note *note, const char *owner, uint32_t type, uint64_t desc)
{
    *note = (struct note){{(Elf64_Word)strlen(owner) + 1, 8, type}, "", {0}};
    memcpy(note->owner, owner, strlen(owner));
    memcpy(note->desc, &desc, 8);
    if (strlen(owner) < 4) { /* padded to 4 bytes, not to 8 */
        memmove(note->owner + 4, note->desc, 8);
        note->header.n_descsz = 12; /* what is left over is zeros */
        memset(note->owner + 12, 0, 4);
    }
}

/* A kernel of 0x100 bytes and as many of .bss, with three notes: one of another owner, one of Xen's
 * that is not it, and TYPE of OWNER. */
static void make(struct kernel *k, const char *owner, uint32_t type, uint64_t desc)
{
    memset(k, 0, sizeof *k);
    k->header = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_entry = BASE,
        .e_phoff = offsetof(struct kernel, p),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 2,
    };
    k->p[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                           .p_offset = offsetof(struct kernel, text),
                           .p_vaddr = VIRTUAL,
                           .p_paddr = BASE,
                           .p_filesz = sizeof k->text,
                           .p_memsz = 2 * sizeof k->text};
    k->p[1] = (Elf64_Phdr){
        .p_type = PT_NOTE, .p_offset = offsetof(struct kernel, notes), .p_filesz = sizeof k->notes};
    make_note(&k->notes[0], "Other", 18, 0x111111);
    make_note(&k->notes[1], "XenXen", 18, 0x222222);
    make_note(&k->notes[2], owner, type, desc);
    for (size_t i = 0; i < sizeof k->text; i++)
        k->text[i] = (uint8_t)(i * 3 + 1);
}

/* Xen's note as Linux has it: an owner of 4 bytes, and an address of 8 behind it. */
static void make_pvh(struct kernel *k, uint64_t entry)
{
    make(k, "Xen", 18, entry);
    k->notes[2].header.n_descsz = 8;
}

static int load(struct fixture *f, const struct kernel *k, struct boot_request request)
{
    request.ram = RAM;
    return fixture_load(f, k, sizeof *k, request);
}

static const struct boot_request plain = {.format = BOOT_AUTO};

static void check_kernel(const struct fixture *f, const struct kernel *k)
{
    CHECK_MEM(memory_at(f->memory, BASE, sizeof k->text), k->text, sizeof k->text);
    CHECK(filled(f, BASE + 0x100, 0x100, 0));
    CHECK(filled(f, 0x100000, BASE - 0x100000, 0xcc));
    CHECK(filled(f, BASE + 0x200, 0x1000, 0xcc));
}

static void pvh_is_entered_by_its_note(void)
{
    static const uint32_t info[14] = {0x336ec578, 1, 0, 0,          0, 0, COMMAND,
                                      0,          0, 0, LISTS + 32, 0, 5, 0};
    static const uint64_t map[5][3] = {
        {0, 0x9fc00, 1},         {0x9fc00, 0x400, 2},        {0xe0000, 0x20000, 2},
        {0x100000, 0x300000, 1}, {0xfec00000, 0x1400000, 2},
    };
    struct fixture f;
    struct kernel k;
    fixture_open(&f);
    make_pvh(&k, BASE + 0x40);
    struct boot_request request = plain;
    request.append = "a=b c";
    CHECK_EQ(load(&f, &k, request), 0);
    CHECK_EQ(f.result.format, BOOT_PVH);
    CHECK_EQ(f.result.mode, CPU_PROTECTED);
    CHECK_EQ(f.result.elf_bits, 64);
    const struct cpu_state *state = &f.result.state;
    CHECK_EQ(state->rip, BASE + 0x40);
    CHECK_EQ(state->cr0, 0x11);
    CHECK_EQ(state->rflags, 2);
    CHECK_EQ(state->gpr[CPU_RBX], INFO);
    CHECK_EQ(state->seg[CPU_TR].base, 0);
    CHECK_EQ(state->seg[CPU_TR].limit, 0x67);
    check_kernel(&f, &k);
    CHECK_MEM(memory_at(f.memory, INFO, sizeof info), info, sizeof info);
    CHECK_MEM(memory_at(f.memory, LISTS + 32, sizeof map), map, sizeof map);
    CHECK_STR(memory_at(f.memory, COMMAND, 6), "a=b c");
    CHECK(filled(&f, INFO + sizeof info, 0x1000, 0xcc));
    CHECK(filled(&f, LISTS + 32 + sizeof map, 0x1000 - 32 - sizeof map, 0xcc));
    CHECK_STR(f.result.description,
              "a PVH kernel (ELF64), 1 segments at 0x200000-0x2001ff, entered at 0x200040 in "
              "protected mode, its start information at 0x20000\nthe command line at 0x30000");
    fixture_close(&f);
}

static void pvh_gets_its_initrd_as_a_module(void)
{
    static const uint64_t module[4] = {0x3ff000, 5, 0, 0};
    struct fixture f;
    struct kernel k;
    struct temp_file initrd;
    uint64_t told[2] = {0};
    fixture_open(&f);
    make_pvh(&k, BASE);
    temp_file(&initrd, "hello", 5);
    CHECK_EQ(load(&f, &k, (struct boot_request){.initrd = initrd.path}), 0);
    temp_file_remove(&initrd);
    memory_read(f.memory, INFO + 8, told, sizeof told); /* flags and count, list */
    CHECK_EQ(told[0], (uint64_t)1 << 32);
    CHECK_EQ(told[1], LISTS);
    CHECK_MEM(memory_at(f.memory, LISTS, sizeof module), module, sizeof module);
    CHECK_MEM(memory_at(f.memory, 0x3ff000, 6), "hello\xcc", 6);
    fixture_close(&f);
}

static void an_address_of_4_bytes_will_do(void)
{
    struct fixture f;
    struct kernel k;
    fixture_open(&f);
    make_pvh(&k, BASE + 4 + (UINT64_C(0xffff) << 32));
    k.notes[2].header.n_descsz = 4;
    CHECK_EQ(load(&f, &k, plain), 0);
    CHECK_EQ(f.result.state.rip, BASE + 4);
    fixture_close(&f);
}

static void vmlinux_is_known_by_linux_notes(void)
{
    struct fixture f;
    struct kernel k;
    uint8_t page[0x50] = {0};
    fixture_open(&f);
    make(&k, "Linux", 0x100, 0);
    struct boot_request request = plain;
    request.append = "quiet";
    CHECK_EQ(load(&f, &k, request), 0);
    CHECK_EQ(f.result.format, BOOT_LINUX);
    CHECK_EQ(f.result.mode, CPU_LONG);
    CHECK_EQ(f.result.elf_bits, 64);
    CHECK_EQ(f.result.state.rip, BASE);
    CHECK_EQ(f.result.state.gpr[CPU_RSI], INFO);
    CHECK_EQ(f.result.state.seg[CPU_CS].selector, 0x10);
    CHECK_EQ(f.result.state.seg[CPU_DS].selector, 0x18);
    check_kernel(&f, &k);
    CHECK_STR(memory_at(f.memory, COMMAND, 6), "quiet");
    /* The header from 0x1f1 on that such a file has not. */
    memory_read(f.memory, INFO + 0x1f0, page, sizeof page);
    CHECK_MEM(page + 0x0e, "\x55\xaa", 2);
    CHECK_MEM(page + 0x12, "HdrS\x0f\x02", 6);
    CHECK_MEM(page + 0x20, "\xff\x01", 2);         /* loader, loaded high */
    CHECK_MEM(page + 0x24, "\x00\x00\x20\x00", 4); /* the kernel */
    CHECK_MEM(page + 0x38, "\x00\x00\x03\x00", 4); /* the command line */
    CHECK_EQ(*(uint8_t *)memory_at(f.memory, INFO + 0x1e8, 1), 5);
    /* --format asks for one or the other, whatever the notes say. */
    make_pvh(&k, BASE + 0x40);
    CHECK_EQ(load(&f, &k, (struct boot_request){.format = BOOT_LINUX}), 0);
    CHECK_EQ(f.result.state.rip, BASE);
    CHECK_EQ(load(&f, &k, (struct boot_request){.format = BOOT_ELF}), 0);
    CHECK_EQ(f.result.state.gpr[CPU_RSI], 0);
    fixture_close(&f);
}

static void check_taken_for(const struct kernel *k, enum boot_format format)
{
    struct fixture f;
    fixture_open(&f);
    CHECK_EQ(load(&f, k, plain), 0);
    CHECK_EQ(f.result.format, format);
    fixture_close(&f);
}

static void broken_notes_say_nothing(void)
{
    struct kernel k;
    make_pvh(&k, BASE);
    check_taken_for(&k, BOOT_PVH);
    k.notes[0].header.n_namesz = UINT32_MAX;
    check_taken_for(&k, BOOT_ELF);
    k.notes[0].header.n_namesz = 0; /* then the next entry is elsewhere, inside this one */
    check_taken_for(&k, BOOT_ELF);
    make_pvh(&k, BASE);
    k.notes[2].header.n_descsz = UINT32_MAX;
    check_taken_for(&k, BOOT_ELF);
    k.notes[2].header.n_descsz = 6;
    check_taken_for(&k, BOOT_ELF);
    make_pvh(&k, BASE);
    k.p[1].p_filesz = sizeof k.notes - 9; /* cuts its last byte off */
    check_taken_for(&k, BOOT_ELF);
    k.p[1].p_filesz = UINT64_MAX;
    check_taken_for(&k, BOOT_ELF);
    make_pvh(&k, BASE);
    k.p[1].p_offset = UINT64_MAX;
    check_taken_for(&k, BOOT_ELF);
    make_pvh(&k, BASE);
    k.p[1].p_offset = sizeof k;
    k.p[1].p_filesz = 0;
    check_taken_for(&k, BOOT_ELF);
    make_pvh(&k, BASE);
    k.notes[2].header.n_type = 17;
    check_taken_for(&k, BOOT_ELF);
}

static void check_refused(const struct kernel *k, struct boot_request request, int code,
                          const char *text)
{
    struct fixture f;
    fixture_open(&f);
    CHECK_EQ(load(&f, k, request), code);
    CHECK_STR(f.error.text, text);
    CHECK(filled(&f, 0, LAYOUT_LOW_RAM_END, 0xcc));
    CHECK(filled(&f, 0x100000, 3 * MiB, 0xcc));
    fixture_close(&f);
}

static void what_cannot_be_is_refused(void)
{
    static const struct boot_request pvh = {.format = BOOT_PVH}, as_linux = {.format = BOOT_LINUX};
    struct kernel k;
    make_pvh(&k, BASE + 0x200);
    check_refused(&k, plain, -ENOEXEC, "the entry for PVH, 0x200200, is in none of its segments");
    make_pvh(&k, BASE - 1);
    check_refused(&k, plain, -ENOEXEC, "the entry for PVH, 0x1fffff, is in none of its segments");
    make_pvh(&k, VIRTUAL);
    check_refused(&k, plain, -ENOEXEC,
                  "the entry for PVH, 0xffffffff80200000, is in none of its segments");
    make(&k, "Linux", 0x100, 0);
    check_refused(&k, pvh, -ENOEXEC,
                  "the ELF file has no note for PVH (XEN_ELFNOTE_PHYS32_ENTRY), so nothing says "
                  "where it is entered (--format elf or linux)");
    k.p[0].p_paddr = 0x3ff00;
    k.header.e_entry = 0x3ff00;
    check_refused(&k, as_linux, -ERANGE,
                  "the kernel or a --load file lies where its command line and the like go, "
                  "0x20000-0x3ffff (place it elsewhere)");
    make_pvh(&k, 0x3ff00);
    k.p[0].p_paddr = 0x3ff00;
    check_refused(&k, pvh, -ERANGE,
                  "the kernel or a --load file lies where its command line and the like go, "
                  "0x20000-0x3ffff (place it elsewhere)");
    make(&k, "Linux", 0x100, 0);
    struct boot_request request = as_linux;
    request.has_mode = true;
    request.mode = CPU_PROTECTED;
    check_refused(&k, request, -EINVAL,
                  "an ELF64 kernel is entered in long mode only (leave --mode out)");
}

int main(void)
{
    TEST(pvh_is_entered_by_its_note);
    TEST(pvh_gets_its_initrd_as_a_module);
    TEST(an_address_of_4_bytes_will_do);
    TEST(vmlinux_is_known_by_linux_notes);
    TEST(broken_notes_say_nothing);
    TEST(what_cannot_be_is_refused);
    return check_done();
}
