#!/bin/bash
# One stepi, one instruction, as the manual has it: the table in guests/exact/rows.s, in each mode,
# with one CPU and with two. A row that this KVM can't execute at all is skipped by name.
. "$(dirname "$0")/../lib.sh"

# The mode's guest, and how stepvm is told to start it.
modes=(
    "real -f flat --address 0x7c00"
    "segment -f flat --address 0x10000"
    "protected -f flat --mode protected"
    "protected_user -f flat --mode protected"
    "paging -f flat --mode protected"
    "paging_user -f flat --mode protected"
    "long -f flat --mode long"
    "long_user -f flat --mode long"
)

# Prints the results itself: those of the table's rows are more than one a mode.
table() # cpus
{
    local mode
    folder=$(mktemp -d "${TMPDIR:-/tmp}/t.XXXXXX") || exit 1
    for mode in "${modes[@]}"; do
        # shellcheck disable=SC2086 # the words are arguments
        "$TOOLS/exact" "$STEPVM" "$GUESTS" "$folder" "$1" $mode ||
            echo "not ok ${mode%% *}_$1_cpu - see above"
    done
    rm -rf "$folder"
}

if [[ -r /dev/kvm && -w /dev/kvm ]]; then
    table 1
    table 2
else
    echo "skip table - /dev/kvm is not there or not allowed"
fi
