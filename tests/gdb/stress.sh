#!/bin/bash
# A client that does all that clients may do, at random, and goes away in the middle of it: stepvm
# keeps its word to the next one, and the guest runs on as if nobody had ever looked.
. "$(dirname "$0")/../lib.sh"

# STRESS_SEED and STRESS_OPERATIONS choose others.
stress()
{
    local cpus=$1 first others
    start_vm -f flat --mode protected -c "$cpus" "$GUESTS/smp.bin"
    first=$(label smp count),$(label smp count_2),$(label smp count_3),$(label smp count_4)
    first+=,$(label smp count_end)
    others=$(label smp other),$(label smp other_2),$(label smp other_3),$(label smp other_4)
    others+=,$(label smp other_5),$(label smp other_6),$(label smp other_7),$(label smp other_end)
    "$TOOLS/stress" "$gdb_address" "$vm_pid" "${STRESS_SEED:-$2}" "${STRESS_OPERATIONS:-$3}" \
        "$cpus" "$first" "$others" || fail "seed ${STRESS_SEED:-$2}"
    expect_vm_runs
    kill -TERM "$vm_pid"
    expect_vm_status 143
    expect_equal "what stepvm said" "$(grep -v 'gdb can attach' "$dir/stderr")" ""
}

one_cpu()
{
    stress 1 1 3000
}

four_cpus()
{
    stress 4 2 3000
}

sixteen_cpus()
{
    stress 16 3 1000
}

TEST one_cpu
TEST four_cpus
TEST sixteen_cpus
