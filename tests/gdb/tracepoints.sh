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

# A condition, a variable that an action counts with, a pointer that leads nowhere at half of the hits,
# and a second tracepoint at the same place.
conditions_and_variables()
{
    start_vm -S "$guest"
    run_script "$guest" <<END
set language c
define show-frame
  if \$tracepoint == 2
    printf "> %d: payment %d, after", rounds, \$count
    output to->next->balance
    printf "\n"
  else
    printf "> %d\n", amount
  end
end
break finished
tvariable \$count = 40
trace $(line paid) if amount > 15
actions
  teval \$count = \$count + 1
  collect rounds, \$count, to, to->next, to->next->balance
end
trace $(line paid) if amount < 0
actions
  collect amount
end
tstart
continue
tstop
printf "> in all %d\n", \$count
tfind start
walk
END
    expect_marked <<'END'
> in all 44
> -1
> -1
> 16: payment 41, after250
> 17: payment 42, after<unavailable>
> 18: payment 43, after267
> 19: payment 44, after<unavailable>
END
}

# A breakpoint where a tracepoint is: the frame is made, then it stops.
beside_a_breakpoint()
{
    start_vm -S "$guest"
    run_script "$guest" <<END
set language c
$show_pay
break $(line paid)
trace $(line paid)
actions
  collect \$regs, \$args, \$locals, *to, rounds
end
tstart
continue
continue
printf "> at %d\n", rounds
stepi
continue
tstop
tfind start
walk
END
    { echo '> at 1' && payments 3; } | expect_marked
}

# The buffer of $1 bytes, circular or not ($2), after 20 hits; then what gdb says of it. $3: how the
# trace is ended, if it has not by itself.
fill_buffer()
{
    start_vm -S "$guest"
    run_script "$guest" <<END
set language c
define show-frame
  printf "> %d\n", rounds
end
set trace-buffer-size $1
set circular-trace-buffer $2
break finished
trace $(line paid)
actions
  collect rounds
end
tstart
continue
tstatus
$3
tfind start
walk
END
}

full_buffer()
{
    fill_buffer 200 off "" # 31 bytes a frame
    printf '> %s\n' 0 1 2 3 4 5 | expect_marked
    expect_line "$dir/gdb.out" 'Trace stopped because the buffer was full.'
}

circular_buffer()
{
    fill_buffer 200 on tstop
    printf '> %s\n' 14 15 16 17 18 19 | expect_marked
    expect_line "$dir/gdb.out" 'Buffer contains 6 trace frames (of 20 created total).'
}

# An error in an expression ends the trace, and gdb says which.
error()
{
    start_vm -S "$guest"
    run_script "$guest" <<END
set language c
break finished
trace $(line paid)
actions
  collect 100 / (amount - 3)
end
tstart
continue
tstatus
END
    expect_line "$dir/gdb.out" 'Trace stopped by an error (division by zero, tracepoint 2).'
    expect_line "$dir/gdb.out" 'Collected 4 trace frames.'
}

# gdb takes its tracepoints for gone at each change of mode, and defines them anew.
over_mode_switches()
{
    start_vm -S "$GUESTS/demo.img"
    run_script <<END
define show-frame
  printf "> %d at 0x%x\n", \$tracepoint, \$rip
end
trace *$(label demo stage_protected)
trace *$(label demo stage_long)
actions
  collect \$regs
end
tstart
break *$(label demo the_end)
continue
tstop
tfind start
walk
END
    expect_marked <<END
> 1 at $(label demo stage_protected)
> 2 at $(label demo stage_long)
END
}

# What gdb reads from the file is what it read from stepvm.
trace_file()
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
tsave $dir/trace.tf
END
    cat >"$dir/gdb.commands" <<END
printf "a file\n@connected@\n"
file $guest
target tfile $dir/trace.tf
source $dir/read
printf "@end@\n"
END
    cat >"$dir/read" <<END
set language c
$show_pay
define walk
  while \$trace_frame != -1
    show-frame
    tfind
  end
end
tfind start
info registers esp
walk
END
    start_gdb_alone
    finish_gdb
    payments 20 | expect_marked
    expect_line "$dir/gdb.out" 'esp {{ *0x[0-9a-f]+ +0x[0-9a-f]+ <stack.*}}'
}

# Two CPUs at one place: each hit is a frame, and none is lost.
two_cpus()
{
    start_vm -S -c 2 "$GUESTS/smp_count.elf"
    run_script "$GUESTS/smp_count.elf" <<END
set language c
define show-frame
  set \$frames = \$frames + 1
  set \$order = \$order + (guarded == \$frames - 1)
end
set \$frames = 0
set \$order = 0
tvariable \$hits = 0
trace count_guarded
actions
  teval \$hits = \$hits + 1
  collect guarded, \$hits
end
break count.c:$(grep -n 'nrounds: ' guests/smp_count/count.c | cut -d: -f1)
tstart
continue
tstop
printf "> %d hits\n", \$hits
tfind start
walk
printf "> %d frames, %d in order\n", \$frames, \$order
END
    expect_marked <<'END'
> 200 hits
> 200 frames, 200 in order
END
}

# A trace that goes on without a client, and one that does not; the client detaches, or is killed.
leave()
{
    start_vm -S "$guest"
    run_script "$guest" <<END
set disconnected-tracing $1
trace $(line paid)
actions
  collect rounds
end
set circular-trace-buffer on
tstart
$2
END
    sleep 0.3
    run_gdb "$guest" <<END
tstatus
info tracepoints
tstop
tfind start
print rounds
END
}

goes_on_without_a_client()
{
    leave on detach
    expect_line "$dir/connect.out" 'Trace is already running on the target.'
    expect_line "$dir/gdb.out" 'Trace will continue if GDB disconnects.'
    expect_line "$dir/gdb.out" 'Collected {{[1-9][0-9]+}} trace frames.'
    expect_line "$dir/gdb.out" '$1 = 0'
}

ends_with_its_client()
{
    leave off detach
    expect_line "$dir/gdb.out" 'Trace stopped because of disconnection.'
}

goes_on_when_gdb_is_killed()
{
    leave on 'shell kill -9 $PPID' 2>/dev/null
    expect_line "$dir/connect.out" 'Trace is already running on the target.'
}

# In non-stop mode gdb can ask while the guest runs.
status_while_it_runs()
{
    start_vm -S "$guest"
    {
        printf '%s\n' 'set non-stop on' "target remote $gdb_address" 'printf "@connected@\n"'
        cat <<END
add-symbol-file $guest
trace $(line paid)
actions
collect rounds
end
set circular-trace-buffer on
tstart
continue &
while *(unsigned *)&rounds < 20
end
tstatus
tstop
echo stopped:\n
tstatus
tfind start
print rounds
printf "@end@\n"
END
    } >"$dir/gdb.commands"
    start_gdb_alone
    finish_gdb
    sed '/stopped:/,$d' "$dir/gdb.out" >"$dir/running.out"
    expect_line "$dir/running.out" '{{[> ]*}}Trace is running on the target.'
    expect_line "$dir/running.out" 'Collected {{[1-9][0-9]+}} trace frames.'
    expect_line "$dir/gdb.out" '$1 = 0'
    expect_vm_runs
}

TEST collects_what_c_has
TEST finds
TEST counts_in_real_mode
TEST counts_in_protected_mode
TEST counts_in_long_mode
TEST conditions_and_variables
TEST beside_a_breakpoint
TEST full_buffer
TEST circular_buffer
TEST error
TEST over_mode_switches
TEST trace_file
TEST two_cpus
TEST goes_on_without_a_client
TEST ends_with_its_client
TEST goes_on_when_gdb_is_killed
TEST status_while_it_runs
