/* The programs. Each is a function that runs in user mode; when it returns, its task has ended. */
#ifndef HOBBY_PROGRAMS_H
#define HOBBY_PROGRAMS_H

/* Where the CPU begins, with the program's function in EBX (start.S). */
void program_start(void);

void primes(void);
void cat(void);
void wild(void);

#endif
