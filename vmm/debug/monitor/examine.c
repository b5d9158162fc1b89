#include "debug/monitor/examine.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

unsigned examine_size(char letter)
{
    static const char letters[] = "bhwg";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? 1u << (found - letters) : 0;
}

static bool is_format(char letter)
{
    return letter && strchr("xduoc", letter);
}

/* N; false if it is too large. */
static bool parse_count(const char **p, unsigned *count)
{
    unsigned n = 0;
    if (!isdigit((unsigned char)**p))
        return true;
    for (; isdigit((unsigned char)**p) && n <= EXAMINE_MAX; (*p)++)
        n = n * 10 + (unsigned)(**p - '0');
    *count = n;
    return n >= 1 && n <= EXAMINE_MAX;
}

const char *examine_parse(const char **p, struct examine_format *f)
{
    *f = (struct examine_format){.count = 1};
    if (**p == '/') {
        (*p)++;
        if (!parse_count(p, &f->count))
            return "a count is from 1 to 1024";
        for (; **p && **p != ' '; (*p)++) {
            if (is_format(**p) && !f->format)
                f->format = **p;
            else if (examine_size(**p) && !f->size)
                f->size = examine_size(**p);
            else
                return "a format is one of x d u o c, a size one of b h w g";
        }
        if (**p == ' ')
            (*p)++;
    }
    if (!f->format)
        f->format = 'x';
    if (!f->size)
        f->size = f->format == 'c' ? 1 : 4;
    return NULL;
}

static int64_t sign_extend(uint64_t value, unsigned size)
{
    const unsigned unused = 64 - 8 * size;
    return (int64_t)(value << unused) >> unused;
}

/* As gdb does it: the number, and the character that its low byte is. */
static void print_char(uint64_t value, unsigned size, bool last, struct gdb_text *out)
{
    const unsigned char c = (unsigned char)value;
    char shown[8];
    snprintf(shown, sizeof shown, isprint(c) && c != '\'' && c != '\\' ? "'%c'" : "'\\%03o'", c);
    gdb_text_printf(out, last ? " %4" PRId64 " %s" : " %4" PRId64 " %-6s", sign_extend(value, size),
                    shown);
}

/* LAST: in its row. */
static void print_unit(const struct examine_format *f, uint64_t value, bool last,
                       struct gdb_text *out)
{
    /* The longest values of 1, 2, 4, 8 bytes: signed, unsigned, octal with its 0. */
    static const int signed_width[] = {[1] = 4, [2] = 6, [4] = 11, [8] = 20};
    static const int octal_width[] = {[1] = 3, [2] = 6, [4] = 11, [8] = 22};
    switch (f->format) {
    case 'd':
        gdb_text_printf(out, " %*" PRId64, signed_width[f->size], sign_extend(value, f->size));
        break;
    case 'u':
        gdb_text_printf(out, " %*" PRIu64, signed_width[f->size], value);
        break;
    case 'o':
        gdb_text_printf(out, " 0%0*" PRIo64, octal_width[f->size], value);
        break;
    case 'c':
        print_char(value, f->size, last, out);
        break;
    default:
        gdb_text_printf(out, " 0x%0*" PRIx64, 2 * (int)f->size, value);
    }
}

/* As many in a row as gdb has there: 8 bytes or half words, 4 words, 2 giant words. */
void examine_print(const struct examine_format *f, uint64_t gpa, const uint8_t *bytes, unsigned n,
                   struct gdb_text *out)
{
    const unsigned row = f->size <= 2 ? 8 : 16 / f->size;
    for (unsigned i = 0; i < n; i++) {
        uint64_t value = 0;
        memcpy(&value, bytes + (size_t)i * f->size, f->size);
        if (i % row == 0)
            gdb_text_printf(out, "0x%016" PRIx64 ":", gpa + (uint64_t)i * f->size);
        const bool last = i % row == row - 1 || i + 1 == n;
        print_unit(f, value, last, out);
        if (last)
            gdb_text_printf(out, "\n");
    }
}
