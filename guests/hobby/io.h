/* The instructions that C has no words for. */
#ifndef HOBBY_IO_H
#define HOBBY_IO_H

#include <stddef.h>
#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
    asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* COUNT words from PORT to BUFFER. */
static inline void in16_many(uint16_t port, void *buffer, size_t count)
{
    asm volatile("rep insw" : "+D"(buffer), "+c"(count) : "d"(port) : "memory");
}

#endif
