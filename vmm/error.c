#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return code;
}

const char *error_remedy(int code)
{
    static const struct {
        int code;
        const char *remedy;
    } remedies[] = {
        {ENOMEM, "free some memory and start again"},
        {ENOSPC, "make room on that file system"},
        {EDQUOT, "make room in your quota"},
        {EFBIG, "is `ulimit -f` too low?"},
        {EMFILE, "raise `ulimit -n`"},
        {ENFILE, "the host has too many files open"},
        {EACCES, "name a place that you may use"},
        {EROFS, "name a place that you may use"},
        {ENOENT, "check the path"},
        {ENOTDIR, "check the path"},
        {EISDIR, "name a file in it"},
        {EIO, "the host's disk may be failing: see dmesg"},
        {EPIPE, "whoever read it has gone"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].code == code || remedies[i].code == -code)
            return remedies[i].remedy;
    return "see dmesg";
}
