#!/bin/bash
# dprintf in the agent's style: the stub prints, and gdb hears of nothing else.
. "$(dirname "$0")/../lib.sh"

COUNTER=0x9000 # in the spin guest: how many rounds it has gone

# Runs the commands on stdin at the start of the spin guest's loop, where each round is printed.
at_the_loop()
{
    start_vm -S --trace "rsp=$dir/rsp" "$GUESTS/spin.img"
    start_gdb <<END
set dprintf-style agent
dprintf *$(label spin spin_b),"n=%d\n", *(int *)$COUNTER
$(cat)
END
}

# The packets that said that something had stopped.
stops_told()
{
    grep -acE '^<- [ST][0-9a-f]{2}' "$dir/rsp"
}

# gdb has shown each round from the first to the last of them, in order, and none twice.
expect_all_rounds() # least
{
    local wrong
    grep -a '^n=' "$dir/gdb.out" >"$dir/rounds"
    wrong=$(awk -F= '$2 != NR { print "line " NR " is " $0; exit }' "$dir/rounds")
    [ -z "$wrong" ] || fail "$wrong"
    [ "$(wc -l <"$dir/rounds")" -ge "$1" ] || fail "only $(wc -l <"$dir/rounds") lines, not $1"
}

prints_each_round()
{
    start_vm -S --trace "rsp=$dir/rsp" "$GUESTS/real.img"
    run_gdb <<END
set dprintf-style agent
tbreak *$(label real after_cli)
continue
dprintf *$(label real loop_a),"dx=%d cx=%d\n", \$edx, \$ecx
tbreak *$(label real after_loop)
continue
END
    expect_gdb <<END
...
Temporary breakpoint 3 at $(label real after_loop)
Continuing.
dx=0 cx=10
dx=5 cx=9
dx=10 cx=8
dx=15 cx=7
dx=20 cx=6
dx=25 cx=5
dx=30 cx=4
dx=35 cx=3
dx=40 cx=2
dx=45 cx=1

Temporary breakpoint 3, $(printf '0x%08x' "$(label real after_loop)") in ?? ()
END
    expect_equal "stops told" "$(stops_told)" 3 # the first, and two breakpoints
}

formats()
{
    at_the_loop <<END
set var {char [12]}0x600 = "hello world"
set var {long long}0x610 = -5
set var {short}0x61a = -2
delete
dprintf *$(label spin spin_b),"%s|%.5s|%-7d|%07d|%#x\n", (char *)0x600, (char *)0x600, 42, -42, 255
dprintf *$(label spin spin_b),"%lld|%llx|%u|%c|%p|100%%|\"\\t\"\n", *(long long *)0x610, *(long long *)0x610, *(short *)0x61a, 65, 0x7c00
tbreak *$(label spin spin)
continue
END
    finish_gdb
    expect_line "$dir/gdb.out" 'hello world|hello|42     |-000042|0xff'
    expect_line "$dir/gdb.out" $'-5|fffffffffffffffb|4294967294|A|0x7c00|100%|"\t"'
}

a_thousand_lines()
{
    at_the_loop <<END
tbreak *$(label spin spin) if *(int *)$COUNTER == 1000
continue
printf "> %d\n", *(int *)$COUNTER
END
    finish_gdb
    expect_marked <<<'> 1000'
    expect_all_rounds 1000
    expect_equal "lines" "$(wc -l <"$dir/rounds")" 1000
    expect_equal "stops told" "$(stops_told)" 3
}

under_a_condition()
{
    at_the_loop <<END
condition 1 *(int *)$COUNTER % 25 == 0
tbreak *$(label spin spin) if *(int *)$COUNTER == 110
continue
END
    finish_gdb
    expect_equal "lines" "$(grep -a '^n=' "$dir/gdb.out" | tr '\n' ' ')" 'n=25 n=50 n=75 n=100 '
    expect_equal "stops told" "$(stops_told)" 3
}

# Ctrl-C twice: nothing is missing at either, and all that was printed came before the stop.
ctrl_c_between()
{
    at_the_loop <<END
continue
printf "> %d\n", *(int *)$COUNTER - (\$pc == $(label spin spin_b))
continue
printf "> %d\n", *(int *)$COUNTER - (\$pc == $(label spin spin_b))
END
    interrupt_gdb 1
    interrupt_gdb 2
    finish_gdb
    expect_equal "times interrupted" "$(grep -c 'signal SIGINT' "$dir/gdb.out")" 2
    expect_all_rounds 10
    expect_last_round "$(grep -n '^> ' "$dir/gdb.out" | sed -n '1s/:.*//p')"
    expect_last_round "$(grep -n '^> ' "$dir/gdb.out" | sed -n '2s/:.*//p')"
}

# The last round that was printed before line $1 of gdb's output is the one that it says, or the
# next, if the CPU was stopped just where it is printed.
expect_last_round()
{
    local said last
    said=$(sed -n "$1s/> //p" "$dir/gdb.out")
    last=$(head -n "$1" "$dir/gdb.out" | sed -n 's/^n=//p' | tail -n 1)
    [[ $last = "$said" || $last = $((said + 1)) ]] || fail "said $said, printed $last"
}

# Each place prints when the CPU comes to it, by a step, too; and not once more when it goes on.
one_steps_onto_it()
{
    at_the_loop <<END
stepi
printf "> %#lx\n", \$pc
stepi
stepi
tbreak *$(label spin spin)
continue
printf "> %#lx %d\n", \$pc, *(int *)$COUNTER
END
    finish_gdb
    expect_marked <<END
> $(label spin spin_b)
> $(label spin spin) 2
END
    expect_equal "lines" "$(grep -a '^n=' "$dir/gdb.out" | tr '\n' ' ')" 'n=1 n=2 '
}

a_string_that_is_not_there()
{
    at_the_loop <<END
delete
dprintf *$(label spin spin_b),"%s\n", (char *)0x90000000
tbreak *$(label spin spin)
continue
END
    finish_gdb
    expect_line "$dir/gdb.out" "stepvm: a command of the breakpoint at $(label spin spin_b) can't be run: memory that can't be read"
}

# Registers by the numbers, and as wide, as gdb has them in each mode.
in_64_bit_code()
{
    start_vm -S -f flat --mode long "$GUESTS/long.bin"
    run_gdb <<END
set dprintf-style agent
hbreak *$(label long work)
continue
delete
set \$r12 = 0x123456789abcdef0
dprintf *$(label long work_b),"r12=%lx rip=%lx sp=%d\n", \$r12, \$rip, \$rsp == $(label long work)
tbreak *$(label long work_c)
continue
END
    expect_line "$dir/gdb.out" \
        "r12=123456789abcdef0 rip=$(printf '%x' "$(label long work_b)") sp=0"
}

# Two CPUs print, each line whole.
two_cpus()
{
    start_vm -S -f flat --mode protected -c 2 "$GUESTS/workers.bin"
    start_gdb <<END
set dprintf-style agent
hbreak *$(label workers work)
continue
delete
dprintf *$(label workers work),"a line of some length by the CPU whose stack is at %#x, no more\n", \$esp
continue
END
    interrupt_gdb 2
    finish_gdb
    expect_line "$dir/gdb.out" '{{.*}}received signal SIGINT, Interrupt.'
    grep -a '^a line' "$dir/gdb.out" | sort | uniq -c | sort -rn | awk '{ $1 = ""; print }' >"$dir/kinds"
    expect_text "$dir/kinds" <<'END'
 a line of some length by the CPU whose stack is at {{0x[0-9a-f]+}}, no more
 a line of some length by the CPU whose stack is at {{0x[0-9a-f]+}}, no more
END
}

# While gdb does not read, the guest waits; afterwards nothing is missing.
gdb_does_not_read()
{
    at_the_loop <<<'continue'
    await_text "$dir/gdb.raw" '^n=1$'
    kill -STOP "$gdb_pid"
    sleep 2
    kill -CONT "$gdb_pid"
    interrupt_gdb 1
    finish_gdb
    expect_all_rounds 100
}

# gdb ends without a word: the guest runs on, and another can connect.
gdb_is_killed()
{
    at_the_loop <<<'continue'
    await_text "$dir/gdb.raw" '^n=1$'
    kill -KILL "$gdb_pid"
    wait "$gdb_pid" 2>/dev/null
    run_gdb <<END
set \$first = *(int *)$COUNTER
stepi 4
printf "> %d\n", *(int *)$COUNTER > \$first
END
    expect_marked <<<'> 1'
}

# Nobody waits for room for text that nobody will read.
stepvm_ends_while_gdb_does_not_read()
{
    at_the_loop <<<'continue'
    await_text "$dir/gdb.raw" '^n=1$'
    kill -STOP "$gdb_pid"
    sleep 2
    kill -TERM "$vm_pid"
    expect_vm_status 143
    kill -KILL "$gdb_pid"
}

gdb_that_does_not_read_is_killed()
{
    at_the_loop <<<'continue'
    await_text "$dir/gdb.raw" '^n=1$'
    kill -STOP "$gdb_pid"
    sleep 2
    kill -KILL "$gdb_pid"
    wait "$gdb_pid" 2>/dev/null
    run_gdb <<<'stepi'
    expect_vm_runs
}

# gdb takes no text at any time then.
in_non_stop_mode()
{
    start_vm -S "$GUESTS/spin.img"
    printf '%s\n' 'set non-stop on' "target remote $gdb_address" 'printf "@connected@\n"' \
        'set dprintf-style agent' \
        "dprintf *$(label spin spin_b),\"n=%d\\n\", *(int *)$COUNTER" \
        "tbreak *$(label spin spin) if *(int *)$COUNTER == 5" 'continue' 'shell sleep 0.5' \
        'printf "@end@\n"' >"$dir/gdb.commands"
    start_gdb_alone
    finish_gdb
    grep '^n=' "$dir/stderr" >"$dir/lines"
    expect_text "$dir/lines" <<END
n=1
n=2
n=3
n=4
n=5
END
}

# gdb's own style stops each time.
in_gdbs_style()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<END
dprintf *$(label spin spin_b),"n=%d\n", *(int *)$COUNTER
tbreak *$(label spin spin) if *(int *)$COUNTER == 3
continue
END
    expect_equal "lines" "$(grep -a '^n=' "$dir/gdb.out" | tr '\n' ' ')" 'n=1 n=2 n=3 '
}

TEST prints_each_round
TEST formats
TEST a_thousand_lines
TEST under_a_condition
TEST ctrl_c_between
TEST one_steps_onto_it
TEST a_string_that_is_not_there
TEST in_64_bit_code
TEST two_cpus
TEST gdb_does_not_read
TEST gdb_is_killed
TEST stepvm_ends_while_gdb_does_not_read
TEST gdb_that_does_not_read_is_killed
TEST in_non_stop_mode
TEST in_gdbs_style
