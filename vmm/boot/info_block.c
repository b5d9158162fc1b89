#include "info_block.h"

#include <string.h>

size_t info_add(struct info_block *info, const void *data, size_t len)
{
    const size_t offset = info->used;
    info->used += len;
    if (data)
        info_set(info, offset, data, len);
    else if (info->bytes)
        memset(info->bytes + offset, 0, len);
    return offset;
}

void info_align(struct info_block *info, size_t align)
{
    info_add(info, NULL, (align - info->used % align) % align);
}

size_t info_add_words(struct info_block *info, const char *first, const char *second)
{
    const size_t offset = info->used;
    if (first)
        info_add(info, first, strlen(first));
    if (first && second)
        info_add(info, " ", 1);
    if (second)
        info_add(info, second, strlen(second));
    info_add(info, "", 1);
    return offset;
}

void info_set(struct info_block *info, size_t offset, const void *data, size_t len)
{
    if (info->bytes)
        memcpy(info->bytes + offset, data, len);
}

uint32_t info_address(const struct info_block *info, size_t offset)
{
    return (uint32_t)(info->gpa + offset);
}
