#include "debug/cpu/exception.h"

#include <stddef.h>
#include <strings.h>

static const char *const names[EXCEPTIONS] = {
    [0] = "#DE",  [1] = "#DB",  [2] = "NMI",  [3] = "#BP",  [4] = "#OF",  [5] = "#BR",
    [6] = "#UD",  [7] = "#NM",  [8] = "#DF",  [10] = "#TS", [11] = "#NP", [12] = "#SS",
    [13] = "#GP", [14] = "#PF", [16] = "#MF", [17] = "#AC", [18] = "#MC", [19] = "#XM",
    [20] = "#VE", [21] = "#CP", [28] = "#HV", [29] = "#VC", [30] = "#SX",
};

const char *exception_name(unsigned vector)
{
    return vector < EXCEPTIONS && names[vector] ? names[vector] : "reserved";
}

int exception_by_name(const char *name)
{
    for (int i = 0; i < EXCEPTIONS; i++)
        if (names[i] && (!strcasecmp(name, names[i]) ||
                         (names[i][0] == '#' && !strcasecmp(name, names[i] + 1))))
            return i;
    return -1;
}
