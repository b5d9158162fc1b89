#!/bin/bash
# Hostile clients at the other end of a pipe (--gdb -): what they send is junk, half a packet or too
# much, and they go in any state. The machine is theirs alone: it ends with them, by status 0.
. "$(dirname "$0")/../lib.sh"

# Starts stepvm with a guest of two CPUs that count; what a client says goes to descriptor 7, and
# what it is told comes to $dir/console.
start_piped()
{
    mkfifo "$dir/input"
    exec 7<>"$dir/input" # also to read: the open would wait for stepvm
    vm_input=$dir/input
    start_stepvm --gdb - --serial none -f flat --mode protected -c 2 "$GUESTS/smp.bin" 7<&-
    exec 8>"$dir/input" 7<&-
}

# Says each argument, as a packet.
packets()
{
    local text sum i
    for text in "$@"; do
        for ((i = 0, sum = 0; i < ${#text}; i++)); do
            sum=$(((sum + $(printf '%d' "'${text:i:1}")) & 255))
        done
        printf '+$%s#%02x' "$text" $sum
    done >&8
}

expect_told()
{
    await_text "$dir/console" "$1"
}

# It goes, and so does stepvm, with nothing to say.
leave()
{
    exec 8>&-
    expect_vm_status 0
    expect_equal "what stepvm said" "$(<"$dir/stderr")" ""
}

# State $1: what is said, and what has come when that is so.
gone_when()
{
    local told=$1
    shift
    start_piped
    packets '?'
    expect_told 'T02thread:01'
    [ $# = 0 ] || packets "$@"
    expect_told "$told"
    leave
}

before_it_spoke()
{
    start_piped
    leave
}

gone_when_stopped()      { gone_when 'T02'; }
gone_when_running()      { gone_when '#[0-9a-f]{2}\+$' 'vCont;c'; }
gone_in_a_range()        { gone_when '#[0-9a-f]{2}\+$' 'vCont;r0,ffffffff:1;c'; }
gone_with_a_breakpoint() { gone_when 'OK#9a' "Z0,$(printf %x "$(label smp count)"),1" 'vCont;s:1;c'; }
gone_in_non_stop_mode()  { gone_when 'OK#9a.*OK#9a$' 'QNonStop:1' 'vCont;c'; }
gone_with_a_notice()     { gone_when '%Stop:' 'QNonStop:1' 'vCont;c:1' 'vCont;t'; }

gone_in_half_a_packet()
{
    local half
    # shellcheck disable=SC2016 # no variables
    for half in '$' '$m0,4' '$m0,4#' '$m0,4#f' '$X1000,4:}' '$vCont;c#a8$'; do
        rm -f "$dir/input"
        start_piped
        printf '%s' "$half" >&8
        leave
    done
}

# A megabyte of one byte, and a client that is served after it.
floods()
{
    local byte
    for byte in 044 043 053 055 175 052 045 003 000 377 141; do # $ # + - } * % ^C ...
        rm -f "$dir/input"
        start_piped
        head -c 1048576 /dev/zero | tr '\0' "\\$byte" >&8
        packets '' '?' # the first may be taken for the end of what came before
        expect_told 'T0[0-9]thread:'
        leave
    done
}

# Nobody reads the answers. They wait; when the client has gone, nobody does.
unread()
{
    local i
    mkfifo "$dir/input" "$dir/output"
    exec 9<>"$dir/output"
    exec 7<>"$dir/input"
    "$STEPVM" --gdb - --serial none -f flat --mode protected "$GUESTS/smp.bin" \
        <"$dir/input" >"$dir/output" 2>"$dir/stderr" 7<&- 9<&- &
    vm_pid=$!
    exec 8>"$dir/input" 7<&-
    for ((i = 0; i < 200; i++)); do
        packets 'm100000,1000'
    done
    exec 8>&- 9<&-
    await "stepvm to end" process_gone "$vm_pid"
}

TEST before_it_spoke
TEST gone_when_stopped
TEST gone_when_running
TEST gone_in_a_range
TEST gone_with_a_breakpoint
TEST gone_in_non_stop_mode
TEST gone_with_a_notice
TEST gone_in_half_a_packet
TEST floods
TEST unread
