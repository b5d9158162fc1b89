#!/bin/bash
# Back in time in a session: from a crash, with several CPUs and interrupts, at the limits of the
# log, and with clients that interrupt, leave and come back.
. "$(dirname "$0")/../lib.sh"

# Starts a machine that counts at 0x9000 for ever; recorded for $1 rounds, by the commands on stdin.
spinning()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<END
monitor record on ${2:-}
break *$(label spin spin_b) if *(int *)0x9000 == $1
continue
delete
$(cat)
END
}

# gdb was told so often that the log goes no further.
expect_ends()
{
    expect_equal "ends of the history" \
        "$(grep -c '^No more reverse-execution history' "$dir/gdb.out")" "$1"
}

# ---- Death

# The stop is live in the past: the instruction that died, and the way to it.
after_a_triple_fault()
{
    start_vm -S "$GUESTS/lost.img"
    run_gdb "$GUESTS/lost.elf" <<'END'
monitor record on
continue
printf "> %#lx on the stack %#x\n", $pc, *(short *)$esp & 0xffff
watch -l *(short *)$esp
reverse-continue
printf "> %#lx on the stack %#x\n", $pc, *(short *)0x7bf8 & 0xffff
x/i $pc
delete
continue
printf "> %#lx on the stack %#x\n", $pc, *(short *)0x7bf8 & 0xffff
END
    expect_marked <<END
> $(label lost cleared) on the stack 0x2020
> $(at lost clear+16) on the stack 0x10
> $(label lost cleared) on the stack 0x2020
END
    expect_line "$dir/gdb.out" '{{.*}}rep stos {{.*}}'
    expect_line "$dir/gdb.out" '{{.*}}triple fault{{.*}}'
}

# In each mode: $1, the label of the instruction that dies, and how far behind triple_$1 the one
# before it is.
triple_fault()
{
    local died before
    died=$(label triple "$2") before=$(at triple "triple_$1+$3")
    start_vm -S -f flat --mode "$1" --address 0x7c00 --entry "$(label triple "triple_$1")" \
        "$GUESTS/triple.img"
    run_gdb <<END
monitor record on
continue
printf "> %#lx %#x\n", \$pc, \$ebx
tbreak *$before
reverse-continue
printf "> %#lx %#x\n", \$pc, \$ebx
reverse-stepi
printf "> %#lx %#x\n", \$pc, \$ebx
continue
printf "> %#lx %#x\n", \$pc, \$ebx
reverse-continue
stepi
printf "> %#lx died %d\n", \$pc, \$pc == $died
monitor record off
continue
END
    expect_marked <<END
> $died {{0x[1-6]+}}
> $before {{0x[1-6]+}}
> {{.*}} 0
> $died {{0x[1-6]+}}
> {{.*}} died 0
END
    expect_equal "deaths told" "$(grep -c '^CPU 0: triple fault' "$dir/gdb.out")" 2
}

triple_fault_real()
{
    triple_fault real real_fault 7
}

triple_fault_protected()
{
    triple_fault protected protected_fault 5
}

triple_fault_long()
{
    triple_fault long long_fault 5
}

# The guest ends itself, by the debug-exit port.
after_a_debug_exit()
{
    start_vm -S --entry "$(label ending debug_exit)" "$GUESTS/ending.img"
    run_gdb <<'END'
monitor record on
continue
reverse-stepi
printf "> %#lx\n", $pc
reverse-stepi
printf "> %#lx\n", $pc
stepi
printf "> %#lx %#x\n", $pc, $eax & 0xff
END
    expect_marked <<END
> $(at ending debug_exit+2)
> $(label ending debug_exit)
> $(at ending debug_exit+2) 0x21
END
}

# ---- The log

what_it_says_without_a_log()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<'END'
reverse-stepi
printf "> %#lx\n", $pc
monitor record status
stepi
printf "> %#lx\n", $pc
END
    expect_marked <<END
> $(label spin spin)
> $(label spin spin_b)
END
    expect_line "$dir/gdb.out" "Can't go back: {{.*record.*}}"
    expect_line "$dir/gdb.out" 'No more reverse-execution history.'
}

limits_are_refused()
{
    local limit
    start_vm -S "$GUESTS/spin.img"
    run_gdb < <(
        for limit in 1 63K 65G 99999999999T 0 -1 64X; do
            echo "monitor record on $limit"
        done
        echo 'monitor record status'
    )
    expect_text "$dir/gdb.out" <<'END'
1: the log can have 64K to 64G {{.*}}
63K: the log can have 64K to 64G {{.*}}
65G: the log can have 64K to 64G {{.*}}
usage: monitor record on [LIMIT]
0: the log can have 64K to 64G {{.*}}
usage: monitor record on [LIMIT]
usage: monitor record on [LIMIT]
Nothing is recorded {{.*}}
END
}

# Only the last instructions are kept; forth it goes to where it was.
the_oldest_fall_out()
{
    spinning 6000 64K <<'END'
printf "> %d\n", *(int *)0x9000
reverse-continue
printf "> %d\n", *(int *)0x9000 > 0 && *(int *)0x9000 < 6000
reverse-stepi
continue
printf "> %d\n", *(int *)0x9000
stepi
stepi
printf "> %d\n", *(int *)0x9000
END
    expect_marked <<'END'
> 6000
> 1
> 6000
> 6001
END
    expect_ends 3
}

# What is written in the past is what goes on from there; what came after it is gone.
writing_in_the_past()
{
    spinning 100 <<END
break *$(label spin spin) if *(int *)0x9000 == 40
reverse-continue
printf "> %d\n", *(int *)0x9000
delete
set var *(int *)0x9000 = 1000
stepi
printf "> %d\n", *(int *)0x9000
break *$(label spin spin_b) if *(int *)0x9000 == 1010
continue
printf "> %d\n", *(int *)0x9000
delete
reverse-continue
printf "> %d\n", *(int *)0x9000
END
    expect_marked <<'END'
> 40
> 1001
> 1010
> 0
END
    expect_ends 1
}

# ---- Clients

going_back()
{
    [ "$(grep -c '^-> bc' "$dir/packets")" -ge 30 ]
}

# gdb has to evaluate the condition, so that this takes long.
interrupted()
{
    start_vm -S --trace "rsp=$dir/packets" "$GUESTS/spin.img"
    start_gdb <<END
monitor record on
break *$(label spin spin_b) if *(int *)0x9000 == 4000
continue
delete
break *$(label spin spin_b) if \$pc == 0
reverse-continue
printf "> %d\n", *(int *)0x9000 > 0 && *(int *)0x9000 < 4000
delete
reverse-stepi
printf "> %d\n", *(int *)0x9000 > 0
detach
END
    await "gdb to be on its way back" going_back
    kill -INT "$gdb_pid"
    finish_gdb
    expect_marked <<'END'
> 1
> 1
END
    expect_line "$dir/gdb.out" '{{.*}}received signal SIGINT{{.*}}'
}

# Who detaches in the past lets the machine run on.
detached_in_the_past()
{
    spinning 100 <<'END'
reverse-stepi
reverse-stepi
reverse-stepi
detach
END
    expect_line "$dir/gdb.out" '[Inferior 1 (Remote target) detached]'
    expect_vm_runs
    counter_grows
}

killed_in_the_past()
{
    start_vm -S "$GUESTS/spin.img"
    start_gdb <<END
monitor record on
tbreak *$(label spin spin_b) if *(int *)0x9000 == 100
continue
break *$(label spin spin_b) if *(int *)0x9000 == 50
reverse-continue
printf "> here\n"
shell sleep 100
END
    await_text "$dir/gdb.raw" '^> here'
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
    expect_vm_runs
    counter_grows
}

# The next client finds the log.
attached_again()
{
    spinning 100 <<'END'
detach
END
    run_gdb <<END
break *$(label spin spin_b)
reverse-continue
set \$count = *(int *)0x9000
reverse-continue
printf "> %d\n", \$count - *(int *)0x9000
continue
printf "> %d\n", \$count - *(int *)0x9000
END
    expect_marked <<'END'
> 1
> 0
END
}

# `starti` begins anew, without a past.
restarted_in_the_past()
{
    start_vm -S "$GUESTS/spin.img"
    {
        echo "target extended-remote $gdb_address"
        cat <<END
printf "@connected@\n"
monitor record on
tbreak *$(label spin spin_b) if *(int *)0x9000 == 100
continue
reverse-stepi
starti
reverse-stepi
printf "> %#lx %d\n", \$pc, *(int *)0x9000
stepi
printf "> %#lx %d\n", \$pc, *(int *)0x9000
printf "@end@\n"
END
    } >"$dir/gdb.commands"
    start_gdb_alone
    finish_gdb
    expect_marked <<END
> $(label spin spin) 0
> $(label spin spin_b) 1
END
}

# ---- Interrupts and several CPUs

# Each tick is at its place.
interrupts()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
monitor record on
tbreak *$(label timer five_ticks)
continue
set \$ticks = *(short *)0x9000
break *$(label timer tick)
$(for i in 1 2 3 4 5; do
        printf 'reverse-continue\nprintf "> %%#lx %%d\\n", $pc, $ticks - *(short *)0x9000\n'
    done)
$(for i in 1 2 3 4; do
        printf 'continue\nprintf "> %%#lx %%d\\n", $pc, $ticks - *(short *)0x9000\n'
    done)
delete
continue
printf "> %#lx %d\n", \$pc, \$ticks - *(short *)0x9000
END
    local tick
    tick=$(label timer tick)
    expect_marked <<END
> $tick 1
> $tick 2
> $tick 3
> $tick 4
> $tick 5
> $tick 4
> $tick 3
> $tick 2
> $tick 1
> $(label timer five_ticks) 0
END
}

# Says $1 times, after the command $2, which CPU is at the breakpoint and what all have counted.
says_who()
{
    local i
    for ((i = 0; i < $1; i++)); do
        echo "$2
printf \"> cpu %d counters %d %d\n\", \$esi, $(cell counters 0), $(cell counters 1)"
    done
}

# All go back in the one order that they had, and forth again. (Not to each breakpoint: gdb steps
# one CPU off it while it is out, and the others, which the log moves too, may pass it then.)
several_cpus()
{
    . tests/gdb/workers.inc
    start_workers 2
    start_gdb_at_work <<END
monitor record on
break *counted
$(says_who 40 continue)
$(says_who 39 reverse-continue)
delete
$(says_who 1 continue)
END
    finish_gdb
    grep '^> ' "$dir/gdb.out" >"$dir/marked"
    expect_equal "stops" "$(wc -l <"$dir/marked")" 80
    head -n 40 "$dir/marked" >"$dir/there"
    sed -n '41,79p' "$dir/marked" | tac >"$dir/back"
    head -n 39 "$dir/there" | cmp -s - "$dir/back" || fail "the way back is another one:
$(diff "$dir/there" "$dir/back")"
    expect_equal "the last" "$(sed -n '80s/.*counters//p' "$dir/marked")" \
        "$(sed -n '40s/.*counters//p' "$dir/marked")"
    expect_equal "CPUs that came" "$(grep -o 'cpu .' "$dir/there" | sort -u | wc -l)" 2
}

# A step of one CPU undoes what the others did since.
one_cpu_of_several()
{
    . tests/gdb/workers.inc
    start_workers 2
    start_gdb_at_work <<END
monitor record on
tbreak *counted if $(cell counters 0) > 5 && $(cell counters 1) > 5
continue
thread 1
set \$pc1 = \$pc
stepi
set \$pc2 = \$pc
stepi
reverse-stepi
printf "> %d\n", \$pc == \$pc2
reverse-stepi
printf "> %d\n", \$pc == \$pc1
continue
thread 2
set \$pc1 = \$pc
stepi
stepi
reverse-stepi
reverse-stepi
printf "> %d\n", \$pc == \$pc1
END
    finish_gdb
    expect_marked <<'END'
> 1
> 1
> 1
END
}

TEST after_a_triple_fault
TEST triple_fault_real
TEST triple_fault_protected
TEST triple_fault_long
TEST after_a_debug_exit
TEST what_it_says_without_a_log
TEST limits_are_refused
TEST the_oldest_fall_out
TEST writing_in_the_past
TEST interrupted
TEST detached_in_the_past
TEST killed_in_the_past
TEST attached_again
TEST restarted_in_the_past
TEST interrupts
TEST several_cpus
TEST one_cpu_of_several
