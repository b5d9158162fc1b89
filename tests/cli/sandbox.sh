#!/bin/bash
# The sandbox of the running program: what /proc says of each thread and of each descriptor; and what
# happens when a debugger makes stepvm itself do what a guest or a client that has taken it over would.
. "$(dirname "$0")/../lib.sh"

ulimit -c 0 # it is made to die

# The value of KEY in a status file: status_of FILE KEY
status_of()
{
    local key value
    while read -r key value; do
        [ "$key" = "$2:" ] && echo "$value" && return
    done <"$1"
}

helper_of()
{
    local status
    for status in /proc/[0-9]*/status; do
        [ "$(status_of "$status" PPid 2>/dev/null)" = "$1" ] && status=${status#/proc/} &&
            echo "${status%/status}" && return
    done 2>/dev/null
}

skip_without_filter()
{
    local state
    state=$(monitor info host | grep '^Sandbox: ')
    [[ $state == *"no filter of system calls: this build"* ]] && skip "$state"
    expect_equal "monitor info host" "${state%%:*}: $(cut -d' ' -f2 <<<"$state")" "Sandbox: on:"
}

# What stepvm's monitor says.
monitor()
{
    HOME=$dir gdb -q -nx -batch -iex 'set debuginfod enabled off' -iex 'set remotetimeout 180' \
        -ex "target remote $gdb_address" -ex "monitor $*" -ex detach 2>&1
}

# expect_confined DIRECTORY SECCOMP CAPABILITIES
expect_confined()
{
    local key forbidden
    expect_equal "$1: NoNewPrivs" "$(status_of "$1/status" NoNewPrivs)" 1
    expect_equal "$1: Seccomp" "$(status_of "$1/status" Seccomp)" "$2"
    for key in CapInh CapPrm CapEff CapBnd CapAmb; do
        forbidden=$((0x$(status_of "$1/status" $key) & ~$3))
        [ $forbidden -eq 0 ] || [[ $key = CapBnd && $EUID -ne 0 ]] || # only root may drop those
            fail "$1: $key is $(status_of "$1/status" $key)"
    done
}

# One that KVM has made in the process ("kvm-nx-lpage-re") runs in the kernel only.
each_thread_is_confined()
{
    local task names=
    start_vm -S -c 3 "$GUESTS/demo.img"
    skip_without_filter
    for task in /proc/"$vm_pid"/task/*; do
        [[ $(<"$task/comm") != kvm-* ]] || continue
        names+=" $(<"$task/comm")"
        expect_confined "$task" 2 0
    done
    expect_equal "threads" "$names" ' stepvm vcpu 0 vcpu 1 vcpu 2'
}

has_a_filter() # pid
{
    [ "$(status_of "/proc/$1/status" Seccomp)" = 2 ]
}

# CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH and CAP_FOWNER: it opens what root could.
the_helper_is_confined()
{
    local helper fd
    start_vm -S "$GUESTS/demo.img"
    skip_without_filter
    helper=$(helper_of "$vm_pid")
    await "the helper to be ready" has_a_filter "$helper"
    expect_equal "the helper's name" "$(<"/proc/$helper/comm")" stepvm-files
    expect_confined "/proc/$helper" 2 0xe
    for fd in /proc/"$helper"/fd/*; do
        [[ $(readlink "$fd") = socket:* ]] || fail "the helper has ${fd##*/}: $(readlink "$fd")"
    done
}

# As it is itself, and with a socket only.
a_snapshots_process_is_confined()
{
    local keeper fd
    start_vm -S "$GUESTS/demo.img"
    skip_without_filter
    monitor snapshot save one >"$dir/said"
    grep -q 'saved in' "$dir/said" || fail "there is none: $(<"$dir/said")"
    await "it to have closed the rest" keeps_a_socket
    expect_confined "/proc/$keeper" 2 0
}

# Sets `keeper`, once it has its name.
keeps_a_socket()
{
    keeper=$(our_processes stepvm-snapshot)
    [ -n "$keeper" ] || return
    for fd in /proc/"$keeper"/fd/*; do
        [[ $(readlink "$fd") = socket:* ]] || return
    done
}

# What a descriptor of stepvm's may lead to.
expect_descriptors()
{
    local fd to
    for fd in /proc/"$vm_pid"/fd/*; do
        to=$(readlink "$fd") || continue # closed meanwhile
        case ${fd##*/}:$to in
        [012]:* | *:/dev/kvm | *:anon_inode:* | *:socket:*) ;;
        *:/proc/"$vm_pid"/pagemap) ;; # which of its own pages are in use
        *:"$dir/console" | *:"$dir/stderr" | *:/dev/null | *:"$dir/image") ;;
        *) fail "descriptor ${fd##*/} leads to $to" ;;
        esac
    done
}

inherits_no_descriptors()
{
    cp "$GUESTS/demo.img" "$dir/image"
    exec {given}</etc/passwd {high}>"$dir/other"
    start_vm -S "$dir/image"
    expect_descriptors
    exec {given}<&- {high}>&-
}

# Given on purpose: by name, which is opened before the rest is closed.
takes_a_descriptor_that_is_named()
{
    exec {trace}>"$dir/trace"
    start_vm -S --trace "rsp=/dev/fd/$trace" "$GUESTS/demo.img"
    exec {trace}>&-
    run_gdb <<<'stepi'
    await_text "$dir/trace" 'vCont;s'
}

# ---- In its place

# Has gdb make stepvm do CALL, and prints what comes of it. stepvm goes on, or ends.
make_it_do()
{
    HOME=$dir gdb -q -nx -batch -iex 'set debuginfod enabled off' -iex 'set auto-load off' \
        -ex 'set pagination off' -ex 'set breakpoint pending off' -p "$vm_pid" -ex "print $1" \
        -ex 'signal SIGSYS' >"$dir/done" 2>&1
    grep -qE 'ptrace: Operation not permitted|Could not attach' "$dir/done" &&
        skip "no process may be debugged here"
}

start_victim()
{
    skip_without gdb gdb
    start_vm -S "$@" "$GUESTS/demo.img"
    skip_without_filter
}

opens_no_file()
{
    start_victim
    make_it_do '(int)open("/etc/passwd", 0)'
    grep -q '^\$1 = -1$' "$dir/done" || fail "open: $(<"$dir/done")"
}

expect_trapped() # CALL NUMBER NAME
{
    start_victim
    make_it_do "$1"
    grep -qE 'SIGSYS' "$dir/done" || fail "$1: $(<"$dir/done")"
    await "stepvm to end" process_gone "$vm_pid"
    wait "$vm_pid"
    expect_equal "$1: exit status" $? 159
    expect_line "$dir/stderr" "stepvm: the sandbox stopped system call $2 ($3), {{.*}}--no-sandbox{{.*}}"
    await "the socket to be removed" test ! -e "$gdb_address"
}

runs_no_program()
{
    expect_trapped '(int)execve("/bin/true", 0, 0)' 59 execve
}

makes_no_socket()
{
    expect_trapped '(int)socket(2, 1, 0)' 41 socket
}

traces_nobody()
{
    expect_trapped '(long)ptrace(16, 1, 0, 0)' 101 ptrace
}

# So the tests above find what they look for.
without_it_all_that_can_be_done()
{
    skip_without gdb gdb
    start_vm --no-sandbox -S "$GUESTS/demo.img"
    expect_equal "Seccomp" "$(status_of "/proc/$vm_pid/status" Seccomp)" \
        "$(status_of /proc/self/status Seccomp)"
    expect_equal "the helper" "$(helper_of "$vm_pid")" ''
    expect_equal "monitor info host" "$(monitor info host | grep '^Sandbox: ')" \
        "Sandbox: off: --no-sandbox"
    make_it_do '(int)open("/etc/passwd", 0)'
    grep -qE '^\$1 = [0-9]+$' "$dir/done" || fail "open: $(<"$dir/done")"
}

as_a_user()
{
    skip_without_kvm
    skip_without setpriv util-linux
    [ $EUID -eq 0 ] || skip "only root becomes another user"
    chmod 755 "$dir"
    gdb_address=$dir/d/gdb.sock
    mkdir "$dir/d" && chown 65534 "$dir/d"
    setpriv --reuid 65534 --regid 65534 --groups "$(stat -c %g /dev/kvm)" \
        "$STEPVM" -S --gdb "unix:$gdb_address" "$GUESTS/demo.img" \
        </dev/null >"$dir/console" 2>"$dir/stderr" &
    vm_pid=$!
    await "stepvm to listen" vm_listens
    process_gone "$vm_pid" && skip "another user can't run it here: $(<"$dir/stderr")"
    skip_without_filter
    expect_confined "/proc/$vm_pid" 2 0
    expect_nowhere "$dir/stderr" warning
}

# ---- What goes on as without it

sockets_are_removed()
{
    start_vm -S --serial "unix:$dir/com1" --serial "unix:$dir/com2" "$GUESTS/demo.img"
    expect_equal "mode" "$(stat -c %a "$gdb_address" "$dir/com1" | xargs)" '600 600'
    rm "$dir/com2"
    : >"$dir/com2" # somebody else's
    kill -TERM "$vm_pid"
    expect_vm_status 143
    expect_removed "$gdb_address"
    expect_removed "$dir/com1"
    expect_equal "left" "$(cd "$dir" && echo gdb.sock* com*)" 'gdb.sock* com2'
}

sockets_are_removed_after_a_kill()
{
    start_vm -S "$GUESTS/demo.img"
    [ -n "$(helper_of "$vm_pid")" ] || skip "there is no helper"
    kill -KILL "$vm_pid"
    await "the socket to be removed" test ! -e "$gdb_address"
}

# It is told so, and cut off, while the first one stays.
a_second_client_is_turned_away()
{
    start_vm -S "$GUESTS/demo.img"
    printf '%s\n' "shell HOME=$dir gdb -q -nx -batch -ex 'set remotetimeout 180' -ex 'target remote $gdb_address' >$dir/second 2>&1" \
        'printf "> %#lx\n", $pc' >"$dir/commands"
    run_gdb <"$dir/commands"
    grep -q '0x0*7c00 in' "$dir/second" && fail "it came in"
    expect_marked <<<'> 0x7c00'
    expect_vm_runs
}

# The machine goes on when the process that opens files has died; a reset then says what is wrong.
survives_its_helper()
{
    start_vm -S "$GUESTS/demo.img"
    kill -KILL "$(helper_of "$vm_pid")"
    monitor reset >"$dir/said"
    grep -q 'Broken pipe' "$dir/said" || fail "reset: $(<"$dir/said")"
    expect_vm_runs
}

tells_of_an_open_door()
{
    local where
    start_stepvm -S --gdb 0.0.0.0:0 "$GUESTS/demo.img"
    await_text "$dir/stderr" 'target remote'
    expect_line "$dir/stderr" 'stepvm: warning: other hosts can reach gdb'"'"'s port, 0.0.0.0:{{[0-9]+}}, {{.*}}'
    kill "$vm_pid"
    for where in :0 127.0.0.1:0 localhost:0; do
        start_stepvm -S --gdb $where "$GUESTS/demo.img"
        await_text "$dir/stderr" 'target remote (127\.0\.0\.1|\[::1\]):[0-9]+$'
        expect_nowhere "$dir/stderr" warning
        kill "$vm_pid"
    done
}

TEST each_thread_is_confined
TEST the_helper_is_confined
TEST a_snapshots_process_is_confined
TEST inherits_no_descriptors
TEST takes_a_descriptor_that_is_named
TEST opens_no_file
TEST runs_no_program
TEST makes_no_socket
TEST traces_nobody
TEST without_it_all_that_can_be_done
TEST as_a_user
TEST sockets_are_removed
TEST sockets_are_removed_after_a_kill
TEST a_second_client_is_turned_away
TEST survives_its_helper
TEST tells_of_an_open_door
