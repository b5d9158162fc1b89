/* vmm/dev/fw_cfg.c and vmm/board/fw_cfg_items.c: what a firmware reads from the two ports, byte by
 * byte, against QEMU's docs/specs/fw_cfg.rst; and which accesses have no effect. */
#include "vmm/board/fw_cfg_items.h"

#include "tests/check.h"
#include "vmm/memory/layout.h"

static void select_item(struct fw_cfg *fw, uint16_t selector)
{
    fw_cfg_ops.write(fw, 0, selector, 2);
}

static uint8_t data(struct fw_cfg *fw)
{
    const uint64_t value = fw_cfg_ops.read(fw, 1, 1);
    CHECK_EQ(value >> 8, UINT64_MAX >> 8); /* the bus cuts it to the access */
    return (uint8_t)value;
}

/* The item's first LEN bytes. */
static void read_item(struct fw_cfg *fw, uint16_t selector, void *buf, size_t len)
{
    select_item(fw, selector);
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)buf)[i] = data(fw);
}

static void who_it_is(void)
{
    struct fw_cfg fw;
    uint8_t bytes[6];
    fw_cfg_init(&fw);
    fw_cfg_reset(&fw);
    for (int i = 0; i < 4; i++) /* the signature is selected at power-on */
        CHECK_EQ(data(&fw), "QEMU"[i]);
    read_item(&fw, 0, bytes, 6);
    CHECK_MEM(bytes, "QEMU\0\0", 6);
    read_item(&fw, 1, bytes, 6);
    CHECK_MEM(bytes, "\1\0\0\0\0\0", 6); /* no DMA */
}

static void an_item_gives_its_bytes_and_then_zeros(void)
{
    struct fw_cfg fw;
    uint8_t bytes[5];
    fw_cfg_init(&fw);
    fw_cfg_add(&fw, 0x8003, "abc", 3);
    read_item(&fw, 0x8003, bytes, 5);
    CHECK_MEM(bytes, "abc\0\0", 5);
    read_item(&fw, 0x8003, bytes, 2);
    CHECK_MEM(bytes, "ab", 2);
    CHECK_EQ(data(&fw), 'c');
    read_item(&fw, 0x8003 | 0x4000, bytes, 3); /* to be written: read all the same */
    CHECK_MEM(bytes, "abc", 3);
}

static void no_such_item_is_zeros(void)
{
    static const uint16_t selectors[] = {0x02, 0x1a, 0x20, 0x3fff, 0x4002, 0x8000, 0xbfff, 0xffff};
    struct fw_cfg fw;
    fw_cfg_init(&fw);
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
        select_item(&fw, selectors[i]);
        for (int n = 0; n < 70000; n++)
            if (data(&fw))
                check_fail(__FILE__, __LINE__, "item %#x is not zeros", selectors[i]);
    }
    CHECK_EQ(fw.state.offset, 0);
}

/* Only a word at the first port selects, only a byte at the second is data. */
static void other_accesses(void)
{
    struct fw_cfg fw;
    fw_cfg_init(&fw);
    fw_cfg_add(&fw, 0x1234, "abcdefgh", 8);
    select_item(&fw, 0x1234);
    for (uint64_t offset = 0; offset < 4; offset++)
        for (unsigned len = 1; len <= 8; len *= 2)
            if (offset || len != 2)
                fw_cfg_ops.write(&fw, offset, 0, len);
    fw_cfg_ops.write(&fw, UINT64_MAX, 0, 2);
    CHECK_EQ(fw.state.selector, 0x1234);
    for (unsigned len = 1; len <= 8; len *= 2) {
        CHECK_EQ(fw_cfg_ops.read(&fw, 0, len), UINT64_MAX);
        CHECK_EQ(fw_cfg_ops.read(&fw, 2, len), UINT64_MAX);
        CHECK_EQ(fw_cfg_ops.read(&fw, UINT64_MAX, len), UINT64_MAX);
    }
    CHECK_EQ(fw.state.offset, 0);
    CHECK_EQ(fw_cfg_ops.read(&fw, 1, 1), ~UINT64_C(0xff) | 'a');
    CHECK_EQ(fw_cfg_ops.read(&fw, 1, 2), ~UINT64_C(0xff) | 'b'); /* as wide as the port is */
    CHECK_EQ(fw_cfg_ops.read(&fw, 1, 4), ~UINT64_C(0xff) | 'c');
    fw_cfg_reset(&fw);
    CHECK_EQ(fw.state.selector, 0);
    CHECK_EQ(fw.state.offset, 0);
}

static void the_directory_is_big_endian(void)
{
    struct fw_cfg fw;
    uint8_t bytes[4 + 3 * 64], expected[sizeof bytes] = {0, 0, 0, 2};
    static const uint8_t first[] = {0, 0, 0, 3, 0, 0x20, 0, 0, 'e', 't', 'c', '/', 'a'};
    static const uint8_t second[] = {0, 1, 2, 3, 0, 0x21, 0, 0, 'b'};
    memcpy(expected + 4, first, sizeof first);
    memcpy(expected + 4 + 64, second, sizeof second);
    fw_cfg_init(&fw);
    fw_cfg_add_file(&fw, "etc/a", "abc", 3);
    fw_cfg_add_file(&fw, "b", "", 0x010203);
    read_item(&fw, 0x19, bytes, sizeof bytes);
    CHECK_MEM(bytes, expected, sizeof bytes);
    read_item(&fw, 0x20, bytes, 4);
    CHECK_MEM(bytes, "abc\0", 4);
}

/* The selector and the size of a file, as a firmware finds it; 0 if it is not there. */
static uint16_t find_file(struct fw_cfg *fw, const char *name, uint32_t *size)
{
    struct fw_cfg_directory d;
    read_item(fw, 0x19, &d, sizeof d);
    for (uint32_t i = 0; i < __builtin_bswap32(d.count) && i < FW_CFG_FILES_MAX; i++)
        if (!strcmp(d.files[i].name, name)) {
            *size = __builtin_bswap32(d.files[i].size);
            return __builtin_bswap16(d.files[i].selector);
        }
    *size = 0;
    return 0;
}

static uint64_t number(struct fw_cfg *fw, uint16_t selector, unsigned size)
{
    uint64_t value = 0;
    read_item(fw, selector, &value, size);
    return value;
}

static void what_the_machine_is(void)
{
    struct fw_cfg fw;
    struct fw_cfg_items items;
    uint32_t size;
    fw_cfg_init(&fw);
    fw_cfg_items_init(&items, &fw, 5 * GiB, &(struct platform){.cpus = 3, .uarts = {{0x3f8, 4}}});
    CHECK_EQ(number(&fw, 0x03, 8), 5 * GiB);
    CHECK_EQ(number(&fw, 0x05, 2), 3);
    CHECK_EQ(number(&fw, 0x0f, 2), 3);
    CHECK_EQ(number(&fw, 0x0e, 2), 0);
    CHECK_EQ(number(&fw, find_file(&fw, "etc/sercon-port", &size), 8), 0x3f8);
    CHECK_EQ(size, 2);
    CHECK_EQ(number(&fw, find_file(&fw, "etc/screen-and-debug", &size), 8), 0);
    CHECK_EQ(size, 1);
    CHECK(find_file(&fw, "etc/acpi/rsdp", &size));
    CHECK_EQ(size, 36);
    CHECK(find_file(&fw, "etc/acpi/tables", &size));
    CHECK_EQ(size, items.loader.tables_size);
    CHECK(find_file(&fw, "etc/table-loader", &size));
    CHECK_EQ(size, items.loader.count * 128);
}

static void check_e820(uint64_t ram, const uint64_t (*expected)[3], uint32_t entries)
{
    struct fw_cfg fw;
    struct fw_cfg_items items;
    uint32_t size;
    fw_cfg_init(&fw);
    fw_cfg_items_init(&items, &fw, ram, &(struct platform){.cpus = 1});
    const uint16_t file = find_file(&fw, "etc/e820", &size);
    CHECK_EQ(size, 20 * entries);
    select_item(&fw, file);
    for (uint32_t i = 0; i < entries; i++) {
        uint8_t bytes[20];
        uint64_t base, length;
        uint32_t type;
        for (int n = 0; n < 20; n++)
            bytes[n] = data(&fw);
        memcpy(&base, bytes, 8), memcpy(&length, bytes + 8, 8), memcpy(&type, bytes + 16, 4);
        CHECK_EQ(base, expected[i][0]);
        CHECK_EQ(length, expected[i][1]);
        CHECK_EQ(type, expected[i][2]);
    }
}

static void the_memory_map(void)
{
    static const uint64_t small[][3] = {{0, 16 * MiB, 1}, {0xfeffc000, 0x4000, 2}};
    static const uint64_t full[][3] = {{0, 3 * GiB, 1}, {0xfeffc000, 0x4000, 2}};
    static const uint64_t large[][3] = {
        {0, 3 * GiB, 1}, {0xfeffc000, 0x4000, 2}, {4 * GiB, 2 * GiB, 1}};
    check_e820(16 * MiB, small, 2);
    check_e820(3 * GiB, full, 2);
    check_e820(5 * GiB, large, 3);
}

int main(void)
{
    TEST(who_it_is);
    TEST(an_item_gives_its_bytes_and_then_zeros);
    TEST(no_such_item_is_zeros);
    TEST(other_accesses);
    TEST(the_directory_is_big_endian);
    TEST(what_the_machine_is);
    TEST(the_memory_map);
    return check_done();
}
