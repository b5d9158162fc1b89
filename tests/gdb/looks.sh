#!/bin/bash
# All registers, looked at after each step, are those that KVM has: also those that are not read anew
# because the instruction can't have changed them.
. "$(dirname "$0")/../lib.sh"

# Enters the guest at $1 and takes $2 steps with so many CPUs: $3.
looks()
{
    start_vm -S -c "$3" -f flat --address 0x7c00 --entry "$(label looked_at "$1")" \
        "$GUESTS/looked_at.img"
    if ! "$TOOLS/looks" "$gdb_address" "$2" >"$dir/looks"; then
        fail "$(<"$dir/looks")"
        return
    fi
    # Of the steps, most of which are plain, so many went without a call of KVM's.
    read -r _ _ fpu _ debug _ <"$dir/looks"
    [ "$fpu" -gt $(($2 / 4)) ] || fail "never spared: $(<"$dir/looks")"
    [ "$debug" -gt $(($2 / 4)) ] || echo "    the debug registers are read anew: $(<"$dir/looks")"
}

few_units()
{
    looks _start 2100 1
}

two_cpus()
{
    looks _start 400 2
}

all_units()
{
    "$STEPVM" --gdb none --serial none -f flat --address 0x7c00 \
        --entry "$(label looked_at try_units)" "$GUESTS/looked_at.img" >"$dir/try" 2>&1
    if [ $? -ne 1 ]; then
        skip "this KVM executes no x87 and SSE arithmetic in real mode"
        return
    fi
    looks all_units 2100 1
}

TEST few_units
TEST two_cpus
TEST all_units
