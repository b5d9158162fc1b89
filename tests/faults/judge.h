/* What stepvm may make of a fault. */
#ifndef TESTS_FAULTS_JUDGE_H
#define TESTS_FAULTS_JUDGE_H

#include "run.h"

enum judge_outcome {
    JUDGE_UNNOTICED, /* all goes on, and no one has to know */
    JUDGE_WARNED,    /* it goes on, and says what it does without */
    JUDGE_ANSWERED,  /* the client was told, or lost its connection */
    JUDGE_ENDED, /* status 1, and one line that says what was tried, the reason and the remedy */
    JUDGE_DIED,  /* status 2: the guest can't go on */
    JUDGE_BAD,
    JUDGE_OUTCOMES
};

/* RUN under the fault that SEAM tells of, beside BASE without; WHY: of what is bad. */
enum judge_outcome judge(const struct run *run, const struct run *base, const struct seam *seam,
                         char why[512]);
const char *judge_outcome_name(enum judge_outcome outcome);
/* NULL if the run without a fault is as it should be. */
const char *judge_base(const struct run *base, const struct seam *seam);

/* The errors of a call, ended by 0. HELPER: it is one of stepvm-files. */
const int *judge_errors(uint32_t kind, uint32_t request, bool helper);
const char *judge_fault_name(const struct seam *fault, char name[64]);
/* The reverse: "KIND[ REQUEST] NTH ERROR", REQUEST hexadecimal, ERROR a number; "KIND[ REQUEST]" is
 * that with an NTH of 0. */
bool judge_parse_fault(const char *text, struct seam *fault);

#endif
