#include "console.h"

#include "io.h"

#include <stdarg.h>
#include <stdint.h>

/* A PC's first serial port, an NS16550A: registers from here on. */
enum { COM1 = 0x3f8 };
enum {
    DATA = 0,
    DIVISOR_LOW = 0,
    DIVISOR_HIGH = 1,
    INTERRUPTS = 1,
    FIFO = 2,
    LINE = 3,
    STATUS = 5
};
enum { LINE_8N1 = 0x03, LINE_DIVISOR = 0x80, STATUS_EMPTY = 0x20 };

/* stepvm's and QEMU's port to end by: with exit status 3 after a 1. A PC has nobody there. */
enum { DEBUG_EXIT = 0xf4 };

void console_init(void)
{
    out8(COM1 + INTERRUPTS, 0); /* we wait ourselves */
    out8(COM1 + LINE, LINE_DIVISOR);
    out8(COM1 + DIVISOR_LOW, 1); /* 115200 baud */
    out8(COM1 + DIVISOR_HIGH, 0);
    out8(COM1 + LINE, LINE_8N1);
    out8(COM1 + FIFO, 1);
}

static void put(char c)
{
    if (c == '\n')
        put('\r');
    while (!(in8(COM1 + STATUS) & STATUS_EMPTY))
        ;
    out8(COM1 + DATA, (uint8_t)c);
}

void console_write(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        put(text[i]);
}

static void put_text(const char *text)
{
    while (*text)
        put(*text++);
}

static void put_decimal(uint32_t value)
{
    if (value >= 10)
        put_decimal(value / 10);
    put((char)('0' + value % 10));
}

static void put_hex(uint32_t value)
{
    put_text("0x");
    for (int shift = 28; shift >= 0; shift -= 4)
        put("0123456789abcdef"[value >> shift & 15]);
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            put(*p);
            continue;
        }
        switch (*++p) {
        case 's':
            put_text(va_arg(arguments, const char *));
            break;
        case 'u':
            put_decimal(va_arg(arguments, uint32_t));
            break;
        case 'x':
            put_hex(va_arg(arguments, uint32_t));
            break;
        case '%':
            put('%');
            break;
        default:
            panic("print: no such conversion");
        }
    }
    va_end(arguments);
}

_Noreturn void panic(const char *why)
{
    print("kernel: %s: that is the end\n", why);
    out8(DEBUG_EXIT, 1);
    for (;;)
        asm volatile("cli; hlt");
}
