#!/bin/bash
# Hits that are no stops, on several CPUs at once: each goes on by itself while the others run, and
# is judged once.
. "$(dirname "$0")/../lib.sh"
. tests/gdb/workers.inc

# With $1 CPUs at work, each of which passes two tracepoints and a condition in each round, until the
# last has done $2 of them. The breakpoints on stdin are set besides. Each round is counted once by the
# guest and once at either tracepoint; those that are in it when the counting begins or ends may make a
# difference of one each.
count_hits()
{
    local cpu sum=0 more
    more=$(cat)
    start_workers "$1"
    for ((cpu = 0; cpu < $1; cpu++)); do sum+=" + $(cell counters $cpu)"; done
    gdb_at_work <<END
delete
tvariable \$here = 0
tvariable \$there = 0
trace *counted
actions
teval \$here = \$here + 1
end
trace *counted_2
actions
teval \$there = \$there + 1
end
$more
set \$before = $sum
tstart
eval "hbreak *worked if \$esi == $(($1 - 1)) && $(cell counters $(($1 - 1))) > %u", $(cell counters $(($1 - 1))) + $2
continue
tstop
set \$rounds = $sum - \$before
printf "> stopped there %d\n", \$pc == worked && \$esi == $(($1 - 1))
printf "> enough %d\n", \$rounds >= $2
printf "> here %d\n", \$here - \$rounds <= $1 && \$rounds - \$here <= $1
printf "> there %d\n", \$there - \$rounds <= $1 && \$rounds - \$there <= $1
printf "rounds %d, here %d, there %d\n", \$rounds, \$here, \$there
END
    expect_marked <<'END'
> stopped there 1
> enough 1
> here 1
> there 1
END
}

four_cpus()
{
    count_hits 4 2000 </dev/null
}

sixteen_cpus()
{
    count_hits 16 300 </dev/null
}

# More than there are debug registers: some are int3 bytes, for which all have to be gathered, or the
# run goes by steps.
gathered_now_and_then()
{
    count_hits 4 500 <<'END'
break *forever if $esi == 77
break *work if $esi == 77
break *count if $esi == 77
END
}

# The others are not disturbed: KVM comes back for what is hit and for the step off it, and no kick.
the_others_run_on()
{
    local kicks
    start_workers 4
    gdb_at_work <<END
delete
$(for cpu in 1 2 3; do echo "set $(cell orders $cpu) = 1"; done)
hbreak *rested if \$esi == 77
hbreak *worked if \$esi == 0 && $(cell counters 0) % 2000 == 0
continue
monitor stats
printf "@@\n"
continue
monitor stats
END
    kicks=$(awk '/^@@/ { second = 1 }
                 $1 == "(interrupted)" { n[second + 0] = $2 }
                 END { print n[1] - n[0] }' "$dir/gdb.out")
    [ "$kicks" -lt 200 ] || fail "2000 false conditions on one CPU took $kicks kicks"
}

TEST four_cpus
TEST sixteen_cpus
TEST gathered_now_and_then
TEST the_others_run_on
