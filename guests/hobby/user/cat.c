/* Prints the first file of the tar archive that the disk is: a header of one block, then the file
 * (POSIX, pax, "ustar Interchange Format"). Lets others run after each block. */
#include "programs.h"
#include "system.h"

#include <stdbool.h>

enum { BLOCK = 512 };

struct tar_header {
    char name[100];
    char mode[8], uid[8], gid[8];
    char size[12]; /* in octal digits */
    char mtime[12], checksum[8], type, link[100];
    char magic[6]; /* "ustar" */
};

static char block[BLOCK]; /* each task has its own */

static uint32_t octal(const char *digits, size_t count)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count && digits[i] >= '0' && digits[i] <= '7'; i++)
        value = value * 8 + (uint32_t)(digits[i] - '0');
    return value;
}

static bool is_tar(const struct tar_header *header)
{
    static const char magic[] = "ustar";
    for (size_t i = 0; i < sizeof magic; i++)
        if (header->magic[i] != magic[i])
            return false;
    return true;
}

static void say(const char *text)
{
    struct line line = {.size = 0};
    line_text(&line, "cat: ");
    line_text(&line, text);
    line_end(&line);
}

/* SIZE bytes from block NUMBER on. */
static void print_file(uint32_t number, uint32_t size)
{
    while (size) {
        const uint32_t part = size < BLOCK ? size : BLOCK;
        if (read_block(number++, block)) {
            say("a block can't be read");
            return;
        }
        write(block, part);
        size -= part;
        yield();
    }
}

void cat(void)
{
    const struct tar_header *header = (const struct tar_header *)block;
    if (read_block(0, block))
        say("there is no disk");
    else if (!is_tar(header))
        say("the disk is no tar archive");
    else
        print_file(1, octal(header->size, sizeof header->size));
}
