/* The client's symbols from us: qXfer:exec-file, the image by vFile, qOffsets; and QEMU's words for
 * interrupts in steps. */
#include "peer.h"

#define IMAGE_HEX "2f746d702f612b622e656c66" /* /tmp/a+b.elf */

static struct peer *with_image(void)
{
    struct peer *p = new_peer(GDB_ARCH_X86_64);
    p->fake.image_path = "/tmp/a+b.elf";
    p->fake.image_arch = GDB_ARCH_X86_64;
    memcpy(p->fake.image, "\177ELF image}#$*", 14);
    p->fake.image_size = 14;
    return p;
}

static void names_the_image(void)
{
    struct peer *p = with_image();
    CHECK(strstr(ask(p, "qSupported"), ";qXfer:exec-file:read+"));
    ASK(p, "qXfer:exec-file:read:1:0,fff", "l/tmp/a+b.elf");
    ASK(p, "qXfer:exec-file:read::0,4", "m/tmp");
    ASK(p, "qXfer:exec-file:read:a410:4,4", "m/a+b");
    ASK(p, "qXfer:exec-file:read:a410:8,fff", "l.elf");
    ASK(p, "qXfer:exec-file:read:a410:ffffffffffffffff,fff", "l");
    ASK(p, "qXfer:exec-file:read:0,4", "E16");
    p->fake.arch = GDB_ARCH_I8086; /* an ELF file is no program of 16-bit code */
    CHECK(!strstr(ask(p, "qSupported"), "exec-file"));
    ASK(p, "qXfer:exec-file:read:1:0,fff", "E00");
    p->ops.image_name = NULL;
    CHECK(!strstr(ask(p, "qSupported"), "exec-file"));
    ASK(p, "qXfer:exec-file:read:1:0,fff", "E00");
    free_peer(p);
}

static void serves_the_image_only(void)
{
    static const char *const refused[] = {
        "vFile:open:" IMAGE_HEX ",1,0",                        /* O_WRONLY */
        "vFile:open:" IMAGE_HEX ",2,0",                        /* O_RDWR */
        "vFile:open:" IMAGE_HEX ",200,1ff",                    /* O_CREAT */
        "vFile:open:2f746d702f612b622e656c,0,0",               /* /tmp/a+b.el */
        "vFile:open:" IMAGE_HEX "00,0,0",                      /* a 0 behind it */
        "vFile:open:" IMAGE_HEX "2f,0,0",                      /* /tmp/a+b.elf/ */
        "vFile:open:612b622e656c66,0,0",                       /* a+b.elf */
        "vFile:open:2f746d702f2f612b622e656c66,0,0",           /* /tmp//a+b.elf */
        "vFile:open:2f746d702f2e2f612b622e656c66,0,0",         /* /tmp/./a+b.elf */
        "vFile:open:2f746d702f2e2e2f6574632f706173737764,0,0", /* /tmp/../etc/passwd */
        "vFile:open:2f746d702f612b622e656c662f2e2e2f7061737377642c,0,0",
        "vFile:open:2f6574632f706173737764,0,0", /* /etc/passwd */
        "vFile:open:,0,0",
        "vFile:open:2F746D702F612B622E656C66,0,0", /* gdb writes small digits */
        "vFile:open:zz746d702f612b622e656c66,0,0",
    };
    struct peer *p = with_image();
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ASK(p, refused[i], "F-1,2");
    ASK(p, "vFile:open:" IMAGE_HEX ",0,1c0", "F2");
    p->fake.arch = GDB_ARCH_I8086; /* whatever runs meanwhile */
    ASK(p, "vFile:open:" IMAGE_HEX ",0,0", "F2");
    p->fake.image_path = NULL;
    ASK(p, "vFile:open:" IMAGE_HEX ",0,0", "F-1,2");
    free_peer(p);
}

static void reads_the_image(void)
{
    struct peer *p = with_image();
    ASK(p, "vFile:pread:2,1000,0", "Fe;\\7fELF image}#$*");
    ASK(p, "vFile:pread:2,4,1", "F4;ELF ");
    ASK(p, "vFile:pread:2,1000,d", "F1;*");
    ASK(p, "vFile:pread:2,1000,e", "F0;");
    ASK(p, "vFile:pread:2,0,0", "F0;");
    ASK(p, "vFile:pread:2,ffffffffffffffff,5", "F9;image}#$*");
    ASK(p, "vFile:pread:2,1,ffffffffffffffff", "F0;");
    CHECK(!strncmp(ask(p, "vFile:fstat:2"), "F40;", 4));
    ASK(p, "vFile:close:2", "F0");
    p->ops.image_name = NULL;
    ASK(p, "vFile:pread:2,1,0", "F-1,9");
    ASK(p, "vFile:fstat:2", "F-1,9");
    ASK(p, "vFile:close:2", "F-1,9");
    free_peer(p);
}

/* The size is at 28, 8 bytes, big-endian. */
static void tells_the_size(void)
{
    struct peer *p = with_image();
    p->fake.image_size = 0x21;
    const char *reply = ask(p, "vFile:fstat:2");
    CHECK_STR(reply + strlen(reply) - (7 * 3 + 1 + 28 * 3),
              "\\00\\00\\00\\00\\00\\00\\00!"
              "\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00"
              "\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00");
    free_peer(p);
}

/* The file was changed, or its disk is gone. */
static void survives_what_becomes_of_the_file(void)
{
    struct peer *p = with_image();
    p->fake.image_size = 3;
    ASK(p, "vFile:pread:2,1000,0", "F3;\\7fEL");
    ASK(p, "vFile:pread:2,1000,8", "F0;");
    p->fake.image_size = -EIO;
    ASK(p, "vFile:pread:2,1000,0", "F-1,270f"); /* EUNKNOWN */
    ASK(p, "vFile:fstat:2", "F-1,270f");
    ASK(p, "vFile:close:2", "F0");
    free_peer(p);
}

static int64_t fill(void *target, uint64_t offset, void *buf, size_t len)
{
    (void)target, (void)offset;
    memset(buf, '#', len); /* each byte is escaped */
    return (int64_t)len;
}

static void bounds_reads_of_the_image(void)
{
    struct peer *p = with_image();
    p->ops.read_image = fill;
    const char *reply = ask(p, "vFile:pread:2,ffffffff,0");
    CHECK(!strncmp(reply, "F7ffe0;###", 10));
    CHECK_EQ(strlen(reply), 7 + 0x7ffe0);
    CHECK(p->wire_len <= PACKET_SIZE);
    free_peer(p);
}

static void tells_offsets(void)
{
    struct peer *p = with_image();
    ASK(p, "qOffsets", ""); /* loaded where it says */
    p->fake.image_by = 0x200000;
    ASK(p, "qOffsets", "Text=200000;Data=200000;Bss=200000");
    p->ops.image_offset = NULL;
    ASK(p, "qOffsets", "");
    ASK(p, "qOffsetsX", "");
    free_peer(p);
}

static void speaks_qemus_words(void)
{
    static const char *const refused[] = {"Qqemu.sstep=",   "Qqemu.sstep=8",  "Qqemu.sstep=x",
                                          "Qqemu.sstep=0x", "Qqemu.sstep=1x", "Qqemu.sstep=6",
                                          "Qqemu.sstep=0",  "Qqemu.sstep=-1", "Qqemu.sstep=5 "};
    struct peer *p = new_peer(GDB_ARCH_I386);
    ASK(p, "qqemu.Supported", "sstepbits;sstep");
    ASK(p, "qqemu.sstepbits", "ENABLE=1,NOIRQ=2,NOTIMER=4");
    ASK(p, "Qqemu.sstepbits", "ENABLE=1,NOIRQ=2,NOTIMER=4");
    ASK(p, "qqemu.sstep", "0x7");
    ASK(p, "Qqemu.sstep=0x5", "OK");
    CHECK_EQ(p->fake.let_in, true);
    ASK(p, "qqemu.sstep", "0x1");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ASK(p, refused[i], "E16");
    CHECK_EQ(p->fake.let_in, true);
    ASK(p, "Qqemu.sstep=7", "OK");
    CHECK_EQ(p->fake.let_in, false);
    ASK(p, "Qqemu.sstep=1", "OK");
    ASK(p, "Qqemu.sstep=3", "OK");
    CHECK_EQ(p->fake.let_in, false);
    ASK(p, "Qqemu.sstep", "0x7");
    p->ops.set_step_interrupts = NULL;
    ASK(p, "qqemu.Supported", "");
    ASK(p, "qqemu.sstepbits", "");
    ASK(p, "qqemu.sstep", "");
    ASK(p, "Qqemu.sstep=7", "");
    ASK(p, "qqemu.PhyMemMode", "");
    free_peer(p);
}

int main(void)
{
    TEST(names_the_image);
    TEST(serves_the_image_only);
    TEST(reads_the_image);
    TEST(tells_the_size);
    TEST(survives_what_becomes_of_the_file);
    TEST(bounds_reads_of_the_image);
    TEST(tells_offsets);
    TEST(speaks_qemus_words);
    return check_done();
}
