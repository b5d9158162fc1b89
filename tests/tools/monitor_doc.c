/* Prints docs/MONITOR.md from the table that `monitor help` is printed from: `make docs` writes the
 * file, and tests/cli/docs.sh compares it. */
#include "debug/monitor/monitor.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char intro[] =
    "<!-- Made by `make docs` from monitor.c and monitor_details.c (vmm/debug/monitor): edit "
    "those. -->\n"
    "# Monitor commands\n"
    "\n"
    "gdb's `monitor` sends the rest of the line to stepvm (lldb: `process plugin packet\n"
    "monitor`). It works while the guest is stopped. `monitor help` lists the commands,\n"
    "`monitor help COMMAND` prints what stands here of one, and of all that begin with its\n"
    "words. A command that can't make sense of its arguments says how it is used, and\n"
    "changes nothing.\n"
    "\n"
    "A command that is about one CPU is about the one that stopped last, or that `monitor cpu`\n"
    "has named; with several CPUs it says which. Numbers are decimal, or hexadecimal after 0x.\n";

static void print_command(const struct monitor_command *c)
{
    const char *details = monitor_details(c->name);
    printf("\n## `monitor %s%s%s`\n\n%c%s.\n", c->name, c->usage ? " " : "",
           c->usage ? c->usage : "", toupper((unsigned char)c->help[0]), c->help + 1);
    if (*details)
        printf("\n%s", details);
}

int main(void)
{
    const struct monitor_command *c;
    printf("%s", intro);
    for (size_t i = 0; (c = monitor_command(i)); i++)
        print_command(c);
    return 0;
}
