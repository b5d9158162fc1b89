#include "debug/number.h"

#include <string.h>

static int digit(char c, unsigned base)
{
    const char *const digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
    return found && found - digits < (int)base ? (int)(found - digits) : -1;
}

bool number_parse(const char **p, uint64_t *value)
{
    unsigned base = 10;
    if ((*p)[0] == '0' && ((*p)[1] == 'x' || (*p)[1] == 'X')) {
        base = 16;
        *p += 2;
    }
    const char *const start = *p;
    *value = 0;
    for (int d; (d = digit(**p, base)) >= 0; (*p)++)
        if (__builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, (unsigned)d, value))
            return false;
    return *p > start;
}

bool number_word(const char **p, uint64_t max, uint64_t *value)
{
    if (!number_parse(p, value) || *value > max)
        return false;
    if (**p == ' ')
        (*p)++;
    else if (**p && **p != '/')
        return false;
    return true;
}

bool number_suffix(const char **p, const char *letters, char *letter)
{
    if (**p != '/')
        return true;
    const char c = (*p)[1];
    if (!c || !strchr(letters, c) || ((*p)[2] && (*p)[2] != ' '))
        return false;
    *letter = c;
    *p += (*p)[2] ? 3 : 2;
    return true;
}
