#!/bin/bash
# Signals: those that end stepvm leave nothing behind, those that don't change nothing; a process
# that is stopped goes on where it was, for gdb and the terminal as well.
. "$(dirname "$0")/../lib.sh"

# ---- Without a terminal

ended_by() # signal number
{
    start_vm --serial "unix:$dir/com1.sock" "$GUESTS/keys.img"
    kill "-$1" "$vm_pid"
    expect_vm_status $((128 + $2))
    expect_removed "$dir/com1.sock"
    expect_removed "$gdb_address"
}

those_that_end_it()
{
    ended_by TERM 15
    ended_by HUP 1
    ended_by INT 2
    ended_by QUIT 3
}

# A guest that echoes what it reads.
start_echo()
{
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none "$GUESTS/serial.img"
    await_text "$dir/console" 'serial ready'
}

expect_echo()
{
    printf '%s' "$1" >&7
    await_text "$dir/console" "$1"
}

end_echo()
{
    printf 'q' >&7
    expect_vm_status 1
    exec 7>&-
    expect_equal "stderr" "$(<"$dir/stderr")" ""
}

those_that_do_not()
{
    local signal
    start_echo
    for signal in PIPE XFSZ WINCH CONT USR1; do
        kill "-$signal" "$vm_pid"
        expect_echo "after_$signal"
    done
    end_echo
}

stopped_and_continued()
{
    start_echo
    kill -STOP "$vm_pid"
    await "stepvm to stop" is_stopped "$vm_pid"
    printf 'meanwhile' >&7
    kill -CONT "$vm_pid"
    await_text "$dir/console" 'meanwhile'
    expect_echo 'afterwards'
    end_echo
}

is_stopped()
{
    [[ $(<"/proc/$1/stat") == *") T "* ]]
}

# The request to end is served once it goes on.
ended_while_it_is_stopped()
{
    start_vm "$GUESTS/keys.img"
    kill -STOP "$vm_pid"
    await "stepvm to stop" is_stopped "$vm_pid"
    kill -TERM "$vm_pid"
    kill -CONT "$vm_pid"
    expect_vm_status 143
}

# gdb waits, and finds all as it was; the timer has not run away.
stopped_under_gdb()
{
    local pause
    start_vm -S "$GUESTS/timer.img"
    pause="shell kill -STOP $vm_pid; sleep 0.5; kill -CONT $vm_pid"
    run_gdb <<END
hbreak *$(label timer tick)
continue
$pause
printf "> %d\n", \$pc == $(label timer tick)
stepi
printf "> %d\n", \$pc != $(label timer tick)
continue
printf "> %d\n", \$pc == $(label timer tick)
shell (sleep 0.3; kill -STOP $vm_pid; sleep 0.3; kill -CONT $vm_pid) &
delete
continue
END
    expect_marked <<'END'
> 1
> 1
> 1
END
    expect_vm_status 33
}

# From its start to its end, whatever it is about to set up.
flooded() # command
{
    local i flood
    for ((i = 0; i < 5; i++)); do
        start_stepvm --gdb none -c 2 "$GUESTS/timer.img"
        while eval "$1" 2>/dev/null; do :; done &
        flood=$!
        expect_vm_status 33
        wait $flood
        expect_equal "stderr" "$(<"$dir/stderr")" ""
    done
}

flooded_by_sigwinch()
{
    flooded "kill -WINCH \$vm_pid"
}

flooded_by_stops()
{
    flooded "kill -STOP \$vm_pid && kill -CONT \$vm_pid"
}

# ---- On a terminal

# As on_a_terminal, in a shell with job control; what is typed comes from descriptor 7.
in_a_shell()
{
    on_a_terminal "set -m
$1"
}

expect_end() # status
{
    await "the session to end" process_gone "$script_pid"
    expect_equal "exit status" "$(<"$dir/status")" "$1"
    expect_same_mode after
}

expect_same_mode() # file
{
    cmp -s "$dir/before" "$dir/$1" || fail "$1: the terminal's mode has changed:
$(diff "$dir/before" "$dir/$1")"
}

# The shell gets its terminal as it was, and after fg the guest its keys.
suspended() # keys options
{
    in_a_shell "$STEPVM --gdb none $2 $GUESTS/keys.img
echo \$? >$dir/suspended.status
stty -a >$dir/suspended
fg >/dev/null"
    await_text "$dir/screen" 'keys ready'
    printf '%b' "$1" >&7
    await_text "$dir/suspended" 'speed'
    await_text "$dir/suspended" 'echo'
    expect_same_mode suspended
    expect_equal "status of what is suspended" "$(<"$dir/suspended.status")" 148
    await "the guest to be back" guest_is_back
    printf 'abc' >&7
    await_text "$dir/screen" 'abc'
    printf 'q' >&7
    expect_end 1
}

# In the foreground, and the terminal is not the shell's any more: what is typed is not echoed.
guest_is_back()
{
    local pid
    pid=$(our_processes stepvm)
    [ -n "$pid" ] && ! is_stopped "$pid" && stty -a -F "/proc/$pid/fd/0" | grep -q -e '-echo '
}

suspended_by_control_z()
{
    suspended '\032' ''
}

suspended_from_the_display()
{
    suspended '\001z' --display
}

# A terminal of its own: nobody there could continue it, so it goes on.
not_suspended_without_a_shell()
{
    skip_without script bsdutils
    skip_without_kvm
    mkfifo "$dir/typed"
    exec 7<>"$dir/typed"
    script -q -e -c "exec $STEPVM --gdb none $GUESTS/keys.img" /dev/null <"$dir/typed" \
        >"$dir/screen" 2>&1 &
    script_pid=$!
    await_text "$dir/screen" 'keys ready'
    printf '\032' >&7
    printf 'abc' >&7
    await_text "$dir/screen" 'abc'
    printf 'q' >&7
    await "the session to end" process_gone "$script_pid"
    wait "$script_pid"
    expect_equal "exit status" $? 1
}

# Again and again, as of a window that is dragged.
flooded_on_the_display()
{
    local i pid
    in_a_shell "$STEPVM --gdb none --display $GUESTS/keys.img"
    await_text "$dir/screen" 'keys ready'
    pid=$(our_processes stepvm)
    for ((i = 0; i < 1000; i++)); do
        kill -WINCH "$pid"
    done
    printf 'q' >&7
    expect_end 1
}

TEST those_that_end_it
TEST those_that_do_not
TEST stopped_and_continued
TEST ended_while_it_is_stopped
TEST stopped_under_gdb
TEST flooded_by_sigwinch
TEST flooded_by_stops
TEST suspended_by_control_z
TEST suspended_from_the_display
TEST not_suspended_without_a_shell
TEST flooded_on_the_display
