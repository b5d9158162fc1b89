/* What a console is connected to: descriptors that carry its bytes, and how peers come and go.
 * Internal to console*.c. console.c moves the bytes; a channel opens, closes and replaces the
 * descriptors, each kind in its own file. Used by the polling thread only. */
#ifndef VMM_CONSOLE_CHANNEL_H
#define VMM_CONSOLE_CHANNEL_H

#include "console/terminal.h"
#include "error.h"

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct console_channel;

/* All may be NULL. */
struct console_channel_ops {
    /* May input be read now? Called before each poll. */
    bool (*input_allowed)(struct console_channel *channel);
    /* `arrival` is readable: a peer may have come. */
    void (*arrive)(struct console_channel *channel);
    /* The peer has gone and all it sent has been read: let go of it, set in and out to -1. */
    void (*hang_up)(struct console_channel *channel);
    void (*suspend)(struct console_channel *channel);
    void (*resume)(struct console_channel *channel);
    /* Closes what the channel owns. */
    void (*close)(struct console_channel *channel);
};

struct console_channel {
    const struct console_channel_ops *ops;
    int in;       /* -1: no input, or no more */
    int out;      /* -1: output is dropped. May be the same as in */
    int arrival;  /* readable when a peer has come; -1 if peers do not come and go */
    bool hung_up; /* the peer has closed its end; what it sent last may still be in `in` */
    /* Each peer is a connection of its own, whose two directions may end apart; a new one takes the
     * place of one that has hung up, so what that one sent is read before, if it is wanted. */
    bool connections;

    union { /* each kind's own */
        struct {
            int in, out;   /* owned; -1: none */
            bool terminal; /* in is one: its mode is ours to change */
            bool suspended;
            struct terminal_use use;
        } stdio;
        struct {
            int peer;
            struct sockaddr_un address;
            dev_t device; /* of the socket in the file system */
            ino_t inode;
        } socket;
        struct {
            int master;
        } pty;
    };
};

/* Each opens a kind. PATH is what follows the colon, or NULL. 0 or -errno with ERROR; then nothing
 * stays open. The channel is zeroed, its descriptors -1, when they are called. */
int console_open_stdio(struct console_channel *channel, const char *path, struct error *error);
int console_open_screen(struct console_channel *channel, const char *path, struct error *error);
int console_open_stderr(struct console_channel *channel, const char *path, struct error *error);
int console_open_file(struct console_channel *channel, const char *path, struct error *error);
int console_open_socket(struct console_channel *channel, const char *path, struct error *error);
int console_open_pty(struct console_channel *channel, const char *path, struct error *error);

#endif
