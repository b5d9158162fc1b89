#!/bin/bash
# Tracepoints with the real gdb: what is collected is compared with what the guest is known to do
# (guests/trace.c, and the counting loops of the guests in assembly).
. "$(dirname "$0")/../lib.sh"

guest=$GUESTS/trace.elf

# The line of guests/trace.c that ends with the comment $1.
line()
{
    local number
    number=$(grep -n "/\* $1 \*/" guests/trace.c)
    echo "trace.c:${number%%:*}"
}

# gdb runs the commands on stdin from a file: it prints no prompts between the lines of one.
run_script()
{
    {
        printf 'define walk\n  while $trace_frame != -1\n    show-frame\n    tfind\n  end\nend\n'
        cat
    } >"$dir/script"
    run_gdb "$@" <<<"source $dir/script"
}

# What pay() has when it is at "paid" for the $1 first times: one line each, as show_pay prints it.
payments()
{
    local round id amount balance=(100 200)
    for ((round = 0; round < $1; round++)); do
        id=$((round % 2)) amount=$((round % 20 % 7 == 6 ? -1 : round % 20))
        echo "> $round: account $((7 + id)) has ${balance[id]}, $amount more is $((balance[id] + amount))"
        balance[id]=$((balance[id] + amount))
    done
}

show_pay='define show-frame
  printf "> %d: account %d has %d, %d more is %d\n", rounds, to->id, to->balance, amount, after
end'

collects_what_c_has()
{
    start_vm -S "$guest"
    run_script "$guest" <<END
set language c
$show_pay
break finished
trace $(line paid)
actions
  collect \$regs, \$args, \$locals, *to, rounds
end
tstart
continue
tstop
tfind start
walk
print rounds
END
    payments 20 | expect_marked
    expect_line "$dir/gdb.out" '$1 = 20' # the machine again: walk has left the last frame
}

# Frames are found by number, tracepoint, pc and range, and left again.
finds()
{
    start_vm -S "$guest"
    run_script "$guest" <<END
set language c
break finished
trace $(line paid)
actions
  collect rounds
end
trace finished
actions
  collect rounds
end
tstart
continue
set \$at = \$pc
continue
tstop
define where
  printf "> %d: %d rounds %d\n", \$trace_frame, \$tracepoint, rounds
end
tfind 3
where
tfind tracepoint 3
where
tfind
where
tfind -
where
tfind pc \$at
where
tfind start
tfind range finished, \$at
where
tfind outside finished, \$at
where
tfind 1000
tfind none
printf "> %d\n", \$trace_frame
END
    expect_marked <<'END'
> 3: 2 rounds 3
> 20: 3 rounds 20
> 21: 2 rounds 20
> 20: 3 rounds 20
> 41: 3 rounds 40
> 20: 3 rounds 20
> 21: 2 rounds 20
> -1
END
}

# gdb runs the script on stdin, whose last command is `continue`, is interrupted, and then runs the
# commands in $after.
run_interrupted()
{
    {
        printf 'define walk\n  while $trace_frame != -1\n    show-frame\n    tfind\n  end\nend\n'
        cat
    } >"$dir/script"
    echo "$after" >"$dir/after"
    start_gdb "$@" <<END
source $dir/script
echo Continuing.\n
continue
source $dir/after
END
    interrupt_gdb
    finish_gdb
}

# A counting loop in each mode: $1 the guest, then how it is started. Registers, memory by an
# expression, and five steps of a loop of three instructions, twice; while gdb only waits.
counts_in()
{
    local name=$1 after place
    shift
    start_vm -S "$@"
    after=$'tstatus\ntfind start\nwalk'
    run_interrupted <<END
define show-frame
  printf "> %#lx %d\n", \$pc, *(unsigned short *)0x9000
end
run-to $(at "$name" work)
trace *$(at "$name" work_b)
actions
  collect \$regs, *(unsigned short *)0x9000
  while-stepping 4
    collect \$regs, *(unsigned short *)0x9000
  end
end
passcount 2
tstart
END
    # The second hit is one of the first one's steps, too.
    for place in work_b:1 work_c:1 work:1 work_b:2 work_b:2 work_c:2 work:2 work_b:3 work_c:3; do
        echo "> $(at "$name" ${place%:*}) ${place#*:}"
    done >"$dir/expected"
    expect_marked <"$dir/expected"
    expect_line "$dir/gdb.out" "Trace stopped by tracepoint {{[0-9]+}}."
}

counts_in_real_mode()
{
    counts_in real "$GUESTS/real.img"
}

counts_in_protected_mode()
{
    counts_in protected -f flat --mode protected "$GUESTS/protected.bin"
}

counts_in_long_mode()
{
    counts_in long -f flat --mode long "$GUESTS/long.bin"
}

TEST collects_what_c_has
TEST finds
TEST counts_in_real_mode
TEST counts_in_protected_mode
TEST counts_in_long_mode
