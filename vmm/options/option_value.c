#include "options/option_value.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The value of DIGIT in BASE, or -1. */
static int digit_value(char digit, unsigned base)
{
    static const char digits[] = "0123456789abcdef";
    char lower = digit >= 'A' && digit <= 'F' ? (char)(digit | 0x20) : digit;
    const char *at = lower ? strchr(digits, lower) : NULL;
    return at && (unsigned)(at - digits) < base ? (int)(at - digits) : -1;
}

/* The shift that SUFFIX stands for, or -1. */
static int suffix_shift(const char *suffix)
{
    static const char letters[] = "kKmMgG";
    if (!*suffix)
        return 0;
    const char *at = suffix[1] ? NULL : strchr(letters, *suffix);
    return at ? (int)((at - letters) / 2 + 1) * 10 : -1;
}

int option_number(const char *text, uint64_t *number)
{
    unsigned base = text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10;
    if (base == 16)
        text += 2;
    if (digit_value(*text, base) < 0)
        return -EINVAL;

    uint64_t value = 0;
    bool overflow = false;
    for (int digit; (digit = digit_value(*text, base)) >= 0; text++) {
        overflow |= __builtin_mul_overflow(value, base, &value);
        overflow |= __builtin_add_overflow(value, (uint64_t)digit, &value);
    }
    int shift = suffix_shift(text);
    if (shift < 0)
        return -EINVAL;
    if (overflow || value > UINT64_MAX >> shift)
        return -ERANGE;
    *number = value << shift;
    return 0;
}

static bool has_path(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return !strncmp(text, prefix, len) && text[len];
}

static bool is_port(const char *text)
{
    uint64_t port = 0;
    return *text && strspn(text, "0123456789") == strlen(text) && !option_number(text, &port) &&
           port <= UINT16_MAX;
}

bool option_is_gdb_place(const char *text)
{
    if (!strcmp(text, "-") || has_path(text, "unix:"))
        return true;
    const char *colon = strrchr(text, ':');
    if (!colon || !is_port(colon + 1))
        return false;
    size_t host = (size_t)(colon - text);
    bool bracketed = host >= 2 && text[0] == '[' && colon[-1] == ']';
    return bracketed || !memchr(text, ':', host);
}

static bool is_one_of(const char *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(text, names[i]))
            return true;
    return false;
}

bool option_is_gdb_arch(const char *text)
{
    static const char *const names[] = {"auto", "i8086", "i386", "x86-64"};
    return is_one_of(text, names, sizeof names / sizeof *names);
}

bool option_is_console(const char *text)
{
    static const char *const names[] = {"stdio", "none", "stderr", "pty"};
    return is_one_of(text, names, sizeof names / sizeof *names) || has_path(text, "file:") ||
           has_path(text, "unix:");
}
