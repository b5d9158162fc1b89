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

# A few of the rows as gdb steps them: arguments are rows, the first label of each being where it
# begins. In the order of the table, and before what not each KVM executes.
gdb_steps() # guest row...
{
    local guest=$1 row place
    shift
    for row in "$@"; do
        printf 'run-to %s\n' "$(label "$guest" "${row%% *}")"
        for place in ${row#* }; do
            printf 'stepi\nprintf "> %%#lx\\n", $pc\n'
            printf '> %s\n' "$(label "$guest" "$place")" >>"$dir/expected"
        done
    done >"$dir/commands"
    run_gdb <"$dir/commands"
    expect_marked <"$dir/expected"
}

gdb_in_real_mode()
{
    start_vm -S -f flat --address 0x7c00 "$GUESTS/exact_real.bin"
    gdb_steps exact_real 'loop_self loop_self loop_self loop_self_next' 'sti sti_2 sti_next' \
        'hlt hlt_next' 'rep_stosb rep_stosb rep_stosb rep_stosb_next' \
        'out_out out_2 out_3 out_out_next' 'int_n handler_48'
}

gdb_in_long_mode()
{
    start_vm -S -f flat --mode long "$GUESTS/exact_long.bin"
    gdb_steps exact_long 'iret iret_next' 'mov_ss mov_ss_2 mov_ss_next' \
        'hlt_pending hlt_2 hlt_pending_next' 'rep_movsw rep_movsw rep_movsw_next' \
        'mmio_writes mmio_2 mmio_writes_next' 'mov_to_cr3 mov_to_cr3_next'
}

if [[ -r /dev/kvm && -w /dev/kvm ]]; then
    table 1
    table 2
else
    echo "skip table - /dev/kvm is not there or not allowed"
fi
TEST gdb_in_real_mode
TEST gdb_in_long_mode
