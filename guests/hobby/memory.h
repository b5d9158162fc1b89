/* What the compiler itself calls, as in any C library. */
#ifndef HOBBY_MEMORY_H
#define HOBBY_MEMORY_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

#endif
