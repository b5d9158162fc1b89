/* The processor's exceptions by number and by name (SDM vol. 3, table 6-1; APM vol. 2, table 8-1
 * for 28 to 30). Pure. */
#ifndef VMM_DEBUG_EXCEPTION_H
#define VMM_DEBUG_EXCEPTION_H

#define EXCEPTIONS 32 /* vectors below this are the processor's own */

enum {
    EXCEPTION_DE = 0,
    EXCEPTION_DB = 1,
    EXCEPTION_BP = 3,
    EXCEPTION_OF = 4,
    EXCEPTION_BR = 5,
    EXCEPTION_UD = 6,
    EXCEPTION_NM = 7,
    EXCEPTION_DF = 8,
    EXCEPTION_TS = 10,
    EXCEPTION_NP = 11,
    EXCEPTION_SS = 12,
    EXCEPTION_GP = 13,
    EXCEPTION_PF = 14,
    EXCEPTION_MF = 16,
    EXCEPTION_AC = 17,
    EXCEPTION_XM = 19,
    EXCEPTION_CP = 21,
};

/* "#GP" for 13; "reserved" for one that has no name. */
const char *exception_name(unsigned vector);

/* The vector of NAME: "#GP", "GP" or "gp"; -1 if there is no such one. */
int exception_by_name(const char *name);

#endif
