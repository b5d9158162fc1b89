#!/bin/bash
# One machine each with 1 and with 16 CPUs, under the stress test (tests/tools/stress.c) with one
# seed after the other for MINUTES: after each, descriptors and threads are as many as before the
# first; memory stays as it was after the first minute or the first fifth, whichever is shorter, and
# four rounds; and nothing is left behind.
#
#   tests/soak.sh [MINUTES]      60; SOAK_SEED chooses the first seed
#
# Prints a line for each round, and in the end `N passed, N failed, N skipped`.
. "$(dirname "$0")/lib.sh"

minutes=${1:-60}
[[ $minutes =~ ^[1-9][0-9]*$ ]] ||
    { echo "usage: tests/soak.sh [MINUTES]: from 1 up, not '$minutes'" >&2; exit 1; }
# With an arena for each thread, what malloc holds on to grows until each has had its largest moment.
export MALLOC_ARENA_MAX=1
growth_allowed=1024 # KiB: what it may hold more of at one time than at another
warm_rounds=4

entries() # of process $1's folder $2
{
    local all=(/proc/"$1/$2"/*)
    echo ${#all[@]}
}

# KiB that are the process's own: the guest's memory is in it.
resident()
{
    awk '/^RssAnon:|^RssShmem:/ { sum += $2 } END { print sum }' "/proc/$1/status"
}

addresses_of_loops() # sets `first` and `others`
{
    local name
    first='' others=''
    for name in count count_{2..4} count_end; do
        first+=${first:+,}$(label smp "$name")
    done
    for name in other other_{2..7} other_end; do
        others+=${others:+,}$(label smp "$name")
    done
}

# What it had for the client that has just gone is let go soon. Sets `fds` and `tasks`.
at_rest() # descriptors threads
{
    fds=$(entries "$vm_pid" fd) tasks=$(entries "$vm_pid" task)
    [ "$fds $tasks" = "$*" ] || process_gone "$vm_pid"
}

# Rounds on the machine that runs until $SECONDS is $2. Sets `total`.
soak_rounds()
{
    local cpus=$1 end=$2 first others warm=$((SECONDS + ($2 - SECONDS > 300 ? 60 : ($2 - SECONDS) / 5)))
    local round=0 seed fds tasks memory base='' rest
    addresses_of_loops
    total=0 rest="$(entries "$vm_pid" fd) $(entries "$vm_pid" task)"
    while [ $SECONDS -lt "$end" ]; do
        seed=$((${SOAK_SEED:-1000} + round++))
        "$TOOLS/stress" "$gdb_address" "$vm_pid" $seed $((400 / cpus + 50)) "$cpus" "$first" \
            "$others" >"$dir/round" || { cat "$dir/round"; give_up "$cpus CPUs: seed $seed"; }
        total=$((total + 400 / cpus + 50))
        # shellcheck disable=SC2086 # two numbers
        await "$rest descriptors and threads after seed $seed" at_rest $rest
        memory=$(resident "$vm_pid")
        echo "round $round, seed $seed: $fds descriptors, $tasks threads, $memory KiB" >>"$dir/rounds"
        [[ $SECONDS -lt $warm || $round -lt $warm_rounds ]] || base=${base:-$memory}
    done
    base=${base:-$memory}
    [ $((memory - base)) -le $growth_allowed ] || fail "memory grew from $base to $memory KiB"
    echo "$cpus CPUs: $round rounds, $total operations; $fds descriptors and $tasks threads after each; $base to $memory KiB" >"$dir.sum"
}

soak()
{
    start_vm -f flat --mode protected -c "$1" "$GUESTS/smp.bin"
    soak_rounds "$1" $((SECONDS + minutes * 60 / 2))
    cat "$dir.sum" "$dir/rounds"
    cat "$dir.sum" >>"$sums"
    expect_vm_runs
    kill -TERM "$vm_pid"
    expect_vm_status 143
    expect_equal "what stepvm said" "$(grep -v 'gdb can attach' "$dir/stderr")" ""
    expect_removed "$gdb_address"
}

one_cpu()
{
    soak 1
}

sixteen_cpus()
{
    soak 16
}

sums=$(mktemp) || exit 1
trap 'rm -f "$sums"' EXIT
result=$(TEST one_cpu; TEST sixteen_cpus)
echo "$result"
cat "$sums"
passed=$(grep -c '^ok ' <<<"$result") failed=$(grep -c '^not ok ' <<<"$result")
skipped=$(grep -c '^skip ' <<<"$result")
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
