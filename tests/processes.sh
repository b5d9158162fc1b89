# Which processes belong to a test: those that have a certain variable in their environment, whoever
# their parent is by now. Sourced by tests/run and tests/lib.sh.
# shellcheck shell=bash

# Prints "PID NAME" of each process whose environment has the line $1 (VARIABLE=VALUE). In bash
# alone: busybox's grep does not look past the zeros between the variables.
processes_with()
{
    local file pid name variable
    local -a environment
    for file in /proc/[0-9]*/environ; do
        environment=()
        mapfile -d '' -t environment <"$file" || continue
        for variable in "${environment[@]}"; do
            [ "$variable" = "$1" ] || continue
            pid=${file#/proc/} pid=${pid%/environ}
            read -r name <"/proc/$pid/comm" && echo "$pid $name"
            break
        done
    done 2>/dev/null
}
