#include <stdbool.h>
#include <string.h>

#include "agent_format.h"

/* ---- Strings of the guest */

enum { PIECE = 256, PAGE = 4096 };

/* How much to read at once: never over the end of a page, as the next one may not be there. */
static size_t piece_at(uint64_t addr, size_t max)
{
    const size_t in_page = PAGE - addr % PAGE, n = max < PIECE ? max : PIECE;
    return n < in_page ? n : in_page;
}

enum agent_error agent_string_size(const struct agent_host *host, uint64_t addr, size_t max,
                                   size_t *size)
{
    char piece[PIECE];
    for (*size = 0; *size < max;) {
        const size_t n = piece_at(addr + *size, max - *size);
        if (host->read_memory(host->context, addr + *size, piece, n))
            return AGENT_NO_MEMORY;
        const size_t before_end = strnlen(piece, n);
        if (before_end < n) {
            *size += before_end + 1;
            return AGENT_OK;
        }
        *size += n;
    }
    return AGENT_OK;
}

/* ---- The text */

struct text {
    size_t len;
    bool cut; /* there was more */
    char buf[AGENT_TEXT_MAX];
};

static void put(struct text *text, const char *bytes, size_t len)
{
    const size_t room = sizeof(text->buf) - text->len, n = len < room ? len : room;
    memcpy(text->buf + text->len, bytes, n);
    text->len += n;
    text->cut |= n < len;
}

static void put_times(struct text *text, char c, size_t n)
{
    while (n--)
        put(text, &c, 1);
}

static void mark_cut(struct text *text)
{
    static const char mark[] = "...\n";
    if (text->cut)
        memcpy(text->buf + sizeof(text->buf) - strlen(mark), mark, strlen(mark));
}

/* ---- A conversion */

struct conversion {
    bool minus, plus, space, alternate, zero;
    bool has_precision;
    size_t width, precision;
    unsigned bytes; /* of the value; 4 without a length */
    bool has_length;
    char type;
};

static void read_flags(struct conversion *c, const char **at)
{
    for (;; ++*at) {
        switch (**at) {
        case '-':
            c->minus = true;
            break;
        case '+':
            c->plus = true;
            break;
        case ' ':
            c->space = true;
            break;
        case '#':
            c->alternate = true;
            break;
        case '0':
            c->zero = true;
            break;
        case '\'': /* groups of thousands: the C locale has none */
            break;
        default:
            return;
        }
    }
}

/* No digits are 0. False if there are too many. */
static bool read_number(size_t *number, const char **at)
{
    const char *start = *at;
    for (*number = 0; **at >= '0' && **at <= '9'; ++*at)
        if (*at - start < AGENT_WIDTH_DIGITS)
            *number = *number * 10 + (size_t)(**at - '0');
    return *at - start <= AGENT_WIDTH_DIGITS;
}

static void read_length(struct conversion *c, const char **at)
{
    static const struct {
        const char *letters;
        unsigned bytes;
    } lengths[] = {{"hh", 1}, {"h", 2}, {"ll", 8}, {"l", 8}, {"j", 8}, {"z", 8}, {"t", 8}};
    c->bytes = 4;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t n = strlen(lengths[i].letters);
        if (strncmp(*at, lengths[i].letters, n))
            continue;
        c->bytes = lengths[i].bytes;
        c->has_length = true;
        *at += n;
        return;
    }
}

/* Reads what follows a '%', up to its letter. */
static bool read_conversion(struct conversion *c, const char **at)
{
    *c = (struct conversion){0};
    read_flags(c, at);
    if (!read_number(&c->width, at))
        return false;
    if (**at == '.') {
        ++*at;
        c->has_precision = true;
        if (!read_number(&c->precision, at))
            return false;
    }
    read_length(c, at);
    c->type = **at;
    if (c->type)
        ++*at;
    return true;
}

/* ---- Fields */

struct field {
    const char *prefix; /* a sign, or 0x: before the zeros that fill */
    size_t zeros;
    const char *body;
    size_t len;
};

static void put_field(struct text *text, const struct conversion *c, const struct field *f)
{
    const size_t used = strlen(f->prefix) + f->zeros + f->len;
    const size_t fill = c->width > used ? c->width - used : 0;
    const bool by_zeros = c->zero && !c->minus && !c->has_precision;
    if (!c->minus && !by_zeros)
        put_times(text, ' ', fill);
    put(text, f->prefix, strlen(f->prefix));
    put_times(text, '0', f->zeros + (by_zeros ? fill : 0));
    put(text, f->body, f->len);
    if (c->minus)
        put_times(text, ' ', fill);
}

/* Writes VALUE so that it ends at END; returns its first digit. 0 has none. */
static char *digits_before(char *end, uint64_t value, unsigned base, bool capitals)
{
    const char *digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    for (; value; value /= base)
        *--end = digits[value % base];
    return end;
}

static void put_number(struct text *text, const struct conversion *c, const char *prefix,
                       uint64_t value, unsigned base)
{
    char buf[24], *end = buf + sizeof(buf); /* 22 octal digits are the most */
    const char *first = digits_before(end, value, base, c->type == 'X');
    const size_t len = (size_t)(end - first);
    size_t least = c->has_precision ? c->precision : 1;
    if (base == 8 && c->alternate && least <= len)
        least = len + 1; /* # makes octal begin with a 0 */
    put_field(text, c, &(struct field){prefix, least > len ? least - len : 0, first, len});
}

static uint64_t of_bytes(uint64_t value, unsigned bytes)
{
    return bytes < 8 ? value & ((UINT64_C(1) << bytes * 8) - 1) : value;
}

static void put_signed(struct text *text, const struct conversion *c, uint64_t value)
{
    const unsigned above = 64 - c->bytes * 8;
    const int64_t number = (int64_t)(value << above) >> above;
    const char *positive = c->plus ? "+" : c->space ? " " : "";
    put_number(text, c, number < 0 ? "-" : positive,
               number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
}

static void put_unsigned(struct text *text, const struct conversion *c, uint64_t value)
{
    static const char prefixes[][3] = {"0x", "0X"};
    const unsigned base = c->type == 'u' ? 10 : c->type == 'o' ? 8 : 16;
    value = of_bytes(value, c->bytes);
    const bool prefixed = base == 16 && c->alternate && value;
    put_number(text, c, prefixed ? prefixes[c->type == 'X'] : "", value, base);
}

/* As glibc's, because that is what gdb prints when it does this itself. */
static void put_pointer(struct text *text, const struct conversion *c, uint64_t value)
{
    struct conversion plain = {.minus = c->minus, .width = c->width, .type = 'p'};
    if (value)
        put_number(text, &plain, "0x", value, 16);
    else
        put_field(text, &plain, &(struct field){"", 0, "(nil)", 5});
}

static void put_character(struct text *text, const struct conversion *c, uint64_t value)
{
    const char character = (char)value;
    const struct conversion plain = {.minus = c->minus, .width = c->width};
    put_field(text, &plain, &(struct field){"", 0, &character, 1});
}

static enum agent_error put_string(struct text *text, const struct agent_host *host,
                                   const struct conversion *c, uint64_t addr)
{
    const struct conversion plain = {.minus = c->minus, .width = c->width};
    char bytes[AGENT_STRING_MAX + 3] = "(null)";
    size_t size = 6, max = c->has_precision ? c->precision : AGENT_STRING_MAX;
    if (addr) {
        if (!host->read_memory)
            return AGENT_UNSUPPORTED;
        const enum agent_error error = agent_string_size(host, addr, max, &size);
        if (error || (size && host->read_memory(host->context, addr, bytes, size)))
            return AGENT_NO_MEMORY;
    }
    size_t len = strnlen(bytes, size < max ? size : max);
    if (!c->has_precision && len == AGENT_STRING_MAX) {
        memcpy(bytes + len, "...", 3);
        len += 3;
    }
    put_field(text, &plain, &(struct field){"", 0, bytes, len});
    return AGENT_OK;
}

static enum agent_error put_value(struct text *text, const struct agent_host *host,
                                  const struct conversion *c, uint64_t value)
{
    if (c->type == 'd' || c->type == 'i')
        put_signed(text, c, value);
    else if (c->type && strchr("uoxX", c->type))
        put_unsigned(text, c, value);
    else if (c->type == 'p')
        put_pointer(text, c, value);
    else if (c->type == 'c' && !c->has_length)
        put_character(text, c, value);
    else if (c->type == 's' && !c->has_length)
        return put_string(text, host, c, value);
    else
        return AGENT_BAD_FORMAT;
    return AGENT_OK;
}

/* ---- The format */

/* The character that the escape stands for whose letter is at *AT; 0 if there is none. */
static char read_escape(const char **at)
{
    static const char letters[] = "abefnrtv\\\"'", characters[] = "\a\b\033\f\n\r\t\v\\\"'";
    const char *letter = **at ? strchr(letters, **at) : NULL;
    if (!letter)
        return 0;
    ++*at;
    return characters[letter - letters];
}

static enum agent_error put_escape(struct text *text, const char **at)
{
    const char character = read_escape(at);
    if (!character)
        return AGENT_BAD_FORMAT;
    put(text, &character, 1);
    return AGENT_OK;
}

static enum agent_error put_conversion(struct text *text, const struct agent_host *host,
                                       const char **at, struct agent_arguments *arguments)
{
    struct conversion c;
    if (**at == '%') {
        put(text, (*at)++, 1);
        return AGENT_OK;
    }
    if (!read_conversion(&c, at) || !arguments->n)
        return AGENT_BAD_FORMAT;
    arguments->n--;
    return put_value(text, host, &c, *--arguments->end);
}

enum agent_error agent_format(const struct agent_host *host, const char *format, size_t len,
                              const struct agent_arguments *arguments)
{
    struct text text;
    struct agent_arguments left = *arguments;
    enum agent_error error = AGENT_OK;
    if (!len || format[len - 1])
        return AGENT_BAD_FORMAT;
    text.len = 0;
    text.cut = false;
    while (*format && !error) {
        const char c = *format++;
        if (c == '\\')
            error = put_escape(&text, &format);
        else if (c == '%')
            error = put_conversion(&text, host, &format, &left);
        else
            put(&text, &c, 1);
    }
    if (error)
        return error;
    mark_cut(&text);
    host->print(host->context, text.buf, text.len);
    return AGENT_OK;
}
