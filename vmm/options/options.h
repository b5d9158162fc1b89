/* The command line. One table holds each option with its help line; --help prints that table. */
#ifndef VMM_OPTIONS_H
#define VMM_OPTIONS_H

#include "boot/boot.h"
#include "error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPTIONS_MAX_DISKS  3 /* beside the image */
#define OPTIONS_MAX_SERIAL 4
#define OPTIONS_MAX_CPUS   16

struct options {
    uint64_t memory; /* bytes */
    unsigned cpus;
    struct boot_request boot;  /* path NULL only with bios, or if help or version was asked for */
    const char *bios;          /* --bios: the firmware's ROM image, or NULL for the BIOS services */
    bool writable;             /* --write: the guest may write to IMAGE */
    const char *snapshot_file; /* --snapshot-file, or NULL */
    bool snapshot;             /* --snapshot: to all disks, but not to their files */
    const char *gdb;           /* where, or NULL for none */
    const char *gdb_arch;      /* as what gdb is shown the CPUs, or NULL for what they execute */
    bool gdb_given; /* --gdb or -s was there: a busy port is then an error, else a warning */
    bool stop;
    const char *serial[OPTIONS_MAX_SERIAL]; /* COM1 and so on: where each leads */
    unsigned serial_count;                  /* at least 1 */
    bool display;
    struct options_disk {
        const char *path; /* points into the argument, which is cut at the comma */
        bool readonly, snapshot, virtio;
    } disks[OPTIONS_MAX_DISKS];
    unsigned disk_count;
    bool trace_kvm, trace_rsp;
    const char *trace_kvm_file, *trace_rsp_file; /* NULL: stderr */
    bool no_sandbox;
    const char *record_file; /* where `monitor record save` writes to; NULL: nowhere */
    uint64_t record; /* bytes of log to record into from the first instruction on; 0: don't */
    bool verbose, help, version;
};

/* Parses ARGV into *OPTIONS. 0, or -EINVAL with ERROR set: which option, what it was given and what
 * it takes. Strings point into ARGV. */
int options_parse(struct options *options, int argc, char **argv, struct error *error);

void options_print_help(FILE *out);

/* "64", "64K", "1M", "2G" (also lower case, 0x) as bytes. -EINVAL, -ERANGE. */
int options_parse_size(const char *text, uint64_t *size);

#endif
