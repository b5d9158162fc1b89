/* One run of the program under test: started with a fault, spoken to, and what has come of it. */
#ifndef TESTS_FAULTS_RUN_H
#define TESTS_FAULTS_RUN_H

#include "seam.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

enum { RUN_TEXT = 65536, RUN_ARGS = 24 };

struct run;

struct scenario {
    const char *name;
    /* Words of the command line. In them '%' is the guests' folder, '&' that of made inputs, '^'
     * the run's own, where the files named in KEEPS may stay; a file in it that ends in ".sock" is
     * where gdb connects. */
    const char *args[RUN_ARGS];
    const char *keeps;
    int status;     /* how it ends if nothing fails */
    bool terminal;  /* its standard input and output are one, and it is their session's leader */
    bool signalled; /* SIGTERM comes before each call as well, instead of its failing */
    bool varies;    /* what it prints is another thing each time */
    bool helper;    /* the calls of stepvm-files fail, all of them in turn */
    void (*talk)(struct run *run); /* with the program; NULL: it ends by itself */
};

struct setup {
    const char *program, *guests, *inputs, *dir; /* DIR: an empty folder for the run */
    struct seam *seam;
    int seam_fd;
    int patience_ms;
};

struct run {
    const struct setup *setup;
    const struct scenario *scenario;
    pid_t pid;
    int master, slave; /* of the terminal, or -1 */
    long deadline_ms;
    bool ended, late;
    bool stuck; /* it was late, and ended by SIGTERM */
    int wait_status;
    bool refused;      /* a client was answered by an error, or not at all */
    char refusal[256]; /* the first such packet and its answer */
    bool mode_changed; /* the terminal's mode is not what it was */
    char left[256];    /* a file that it has left behind, or "" */
    char out[RUN_TEXT], err[RUN_TEXT];
    char told[RUN_TEXT]; /* to the client, by monitor */
};

/* Runs SCENARIO with FAULT (kind, request, nth, error, always) to its end; fills in RUN and SEAM.
 */
void run_once(struct run *run, const struct setup *setup, const struct scenario *scenario,
              const struct seam *fault);

/* For talk: false once the program has ended or is late. Sleeps a moment. */
bool run_goes_on(struct run *run);
/* Path NAME in the run's own folder. */
const char *run_path(const struct run *run, const char *name, char path[256]);
/* Types at the terminal. */
void run_type(const struct run *run, const char *text);
long run_now_ms(void);

extern const struct scenario scenarios[];
/* Without a fault, before all others: it makes an input of theirs. */
extern const struct scenario scenario_first;

/* Bytes at a place of a file. */
struct scenario_piece {
    off_t at;
    const char *bytes;
    size_t len;
};

/* Makes the inputs that scenarios need in DIR. */
bool scenario_inputs(const char *dir, const char *guests);

#endif
