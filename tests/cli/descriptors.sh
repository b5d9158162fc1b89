#!/bin/bash
# A program may be started without standard descriptors, and with few of them to open.
. "$(dirname "$0")/../lib.sh"

# What stepvm opens does not take their numbers: its messages would go into the disk.
without_standard_descriptors()
{
    skip_without_kvm
    head -c 65536 /dev/zero >"$dir/disk"
    cp "$dir/disk" "$dir/before"
    "$STEPVM" --gdb none --disk "$dir/disk" -f flat --mode protected --address 0x7c00 \
        --entry "$(label triple triple_protected)" "$GUESTS/triple.img" <&- >&- 2>&- &
    vm_pid=$!
    : >"$dir/stderr"
    expect_vm_status 2
    cmp "$dir/disk" "$dir/before" || fail "something was written to the disk"
}

# As few as it may open: an error says so, and nothing is left.
with_few_descriptors()
{
    local few
    skip_without_kvm
    for few in {4..24}; do
        (
            exec </dev/null >"$dir/console" 2>"$dir/stderr"
            ulimit -n "$few"
            exec "$STEPVM" --gdb none -c 2 "$GUESTS/timer.img"
        )
        case $? in
        1) expect_equal "lines of stderr" "$(grep -c '^stepvm: ' "$dir/stderr")" 1 ;;
        33) ;; # it was enough
        *) fail "with $few: exit status $?, $(<"$dir/stderr")" ;;
        esac
    done
}

TEST without_standard_descriptors
TEST with_few_descriptors
