# What the end-to-end tests share. A test script sources this, defines functions and names them:
#
#     . "$(dirname "$0")/../lib.sh"
#     stops_at_the_boot_sector()
#     {
#         start_vm -S "$GUESTS/demo.img"
#         run_gdb <<<'print/x $pc'
#         expect_gdb <<<'$1 = 0x7c00'
#     }
#     TEST stops_at_the_boot_sector
#
# Each TEST runs in a subshell with a directory of its own, $dir; what it started (the VM, gdb) is
# killed and $dir removed when it ends. A check that fails is noted with what was expected and what
# was there, and the test goes on. BUILD (build) and STEPVM ($BUILD/stepvm) say what is tested.
#
# Runs where only bash, gdb and busybox are: options that busybox knows, no python.
# shellcheck shell=bash
set -u
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
. tests/processes.sh
BUILD=${BUILD:-build}
STEPVM=${STEPVM:-$BUILD/stepvm}
# shellcheck disable=SC2034 # for the tests
GUESTS=$BUILD/guests TOOLS=$BUILD/tests/tools
patience=${STEPVM_PATIENCE:-180} # seconds that anything may take; then the test has failed

# ---- A test

# Runs function $1 and prints its one line. If STEPVM_ONLY is set: only if that has its name.
TEST()
{
    local status
    [[ -z ${STEPVM_ONLY:-} || " $STEPVM_ONLY " == *" $1 "* ]] || return 0
    dir=$(mktemp -d "${TMPDIR:-/tmp}/t.XXXXXX") && mkfifo "$dir.never" || exit 1
    (
        export STEPVM_TEST=$dir # marks every process of this test, whoever its parent is
        trap end_started EXIT
        "$1"
        exit 0 # it has failed if it called fail, not if its last command was a comparison
    ) >"$dir.log" 2>&1 </dev/null
    status=$?
    if [ -e "$dir.skip" ]; then
        echo "skip $1 - $(<"$dir.skip")"
    elif [ $status -eq 0 ] && [ ! -e "$dir.failed" ]; then
        echo "ok $1"
    else
        sed 's/^/    /' "$dir.log"
        echo "not ok $1 - ${2:-see above}"
    fi
    rm -rf "$dir" "$dir".*
}

# Notes that the running test has failed, and why; it goes on.
fail()
{
    echo "$*"
    : >"$dir.failed"
}

# Called by bash: a misspelt check must not go unnoticed.
command_not_found_handle()
{
    fail "$1: no such command"
    return 127
}

# Ends the running test as failed.
give_up()
{
    fail "$@"
    exit 1
}

# Ends the running test as one that can't run here, and says why.
skip()
{
    echo "$*" >"$dir.skip"
    exit 0
}

# $1: a program the test needs; $2: the Debian package that has it.
skip_without()
{
    command -v "$1" >/dev/null || skip "$1 is not installed (apt-get install $2)"
}

skip_without_kvm()
{
    [[ -r /dev/kvm && -w /dev/kvm ]] || skip "/dev/kvm is not there or not allowed"
}

# The running test's processes, those that are called $1 if it is given.
our_processes()
{
    local pid name
    processes_with "STEPVM_TEST=$dir" | while read -r pid name; do
        [[ -n ${1:-} && $name != "$1" ]] || echo "$pid"
    done
}

# shellcheck disable=SC2317 # called by a trap
end_started()
{
    local pid
    exec 2>/dev/null # bash would report each one killed
    while read -r pid _; do
        kill "-${STEPVM_END_SIGNAL:-KILL}" "$pid" # (TERM: tests/coverage.sh)
    done < <(processes_with "STEPVM_TEST=$dir")
    wait
}

# ---- Waiting

# Waits until the command $2... succeeds; $1 says what is waited for. In vain: the test has failed,
# and what gdb and stepvm said is shown.
await()
{
    local what=$1 end=$((SECONDS + patience)) file looks=0
    shift
    until "$@"; do
        if [ $SECONDS -ge $end ]; then
            for file in "$dir/gdb.raw" "$dir/stderr" "$dir/console"; do
                [ ! -s "$file" ] || { echo "${file##*/}:" && sed 's/^/  /' "$file"; }
            done
            give_up "waited $patience s in vain for $what"
        fi
        looks=$((looks + 1))
        pause $((looks < 20 ? 2 : 5))
    done
}

# Waits $1 hundredths of a second (1 to 9), in bash itself: to start a program that sleeps takes the
# software CPU of tests/nested longer than the sleep, and keeps it from what is waited for.
pause()
{
    read -r -t "0.0$1" <>"$dir.never" # to which nobody writes
}

process_gone()
{
    local stat
    # A zombie has ended: bash reaps it when it is asked to.
    ! { read -r stat <"/proc/$1/stat"; } 2>/dev/null || [[ $stat == *") Z "* ]]
}

# Waits until file $1 has a match of the regular expression $2.
await_text()
{
    await "'$2' in ${1##*/}" grep -qsE -e "$2" "$1"
}

# ---- The VM

# Starts stepvm with the arguments; returns once gdb can connect to $gdb_address. The guest's console
# (the screen's text, COM1, port 0xe9) is in $dir/console, stepvm's messages in $dir/stderr.
start_vm()
{
    gdb_address=$dir/gdb.sock
    [ ! -e "$gdb_address" ] || rm "$gdb_address"
    start_stepvm --gdb "unix:$gdb_address" "$@"
    await "stepvm to listen" vm_listens
    process_gone "$vm_pid" && give_up "stepvm has ended: $(<"$dir/stderr")"
}

# gdb's command that waits until the guest has run, for a gdb that has let it go.
gdb_waits()
{
    { declare -f pause look_at_vcpus let_guest_run; echo let_guest_run; } >"$dir/let_guest_run"
    echo "shell dir=$dir vm_pid=$vm_pid bash $dir/let_guest_run"
}

# Starts a guest that is there for 16, 32 and 64 bits, as calls16, calls32 and calls64: $1 is its
# name without them, $2 how many.
start_of_bits()
{
    case $2 in
    16) start_vm -S "$GUESTS/$1$2.img" ;;
    32) start_vm -S -f flat --mode protected "$GUESTS/$1$2.bin" ;;
    64) start_vm -S -f flat --mode long "$GUESTS/$1$2.bin" ;;
    esac
}

# Starts stepvm with just these arguments, behind those in $STEPVM_OPTIONS. Its stdin is $vm_input,
# if set.
start_stepvm()
{
    skip_without_kvm
    # shellcheck disable=SC2086 # several words
    "$STEPVM" ${STEPVM_OPTIONS:-} "$@" <"${vm_input:-/dev/null}" >"$dir/console" 2>"$dir/stderr" &
    vm_pid=$!
}

# The socket has its name before anybody listens there; what stepvm says comes when all is set up.
vm_listens()
{
    [ -S "$gdb_address" ] && grep -qsa 'target remote ' "$dir/stderr" || process_gone "$vm_pid"
}

# Sets $vcpu_time to the clock ticks that the threads of the guest's CPUs have used in all, and
# $vcpu_rests to 1 if one is in the kernel's KVM_RUN and waits there: it is halted.
look_at_vcpus()
{
    local task name fields call request
    vcpu_time=0 vcpu_rests=0
    for task in /proc/"$vm_pid"/task/*; do
        read -r name <"$task/comm" && [[ $name == vcpu* ]] || continue
        read -r -a fields <"$task/stat" || continue # "PID (vcpu N) STATE ...": proc(5)
        vcpu_time=$((vcpu_time + fields[14] + fields[15]))
        read -r call _ request _ <"$task/syscall" || continue
        [[ $call != 16 || $request != 0xae80 ]] || vcpu_rests=1
    done 2>/dev/null
}

# Until the guest's CPUs have used a tenth of a second, however long that takes here, or are halted: so
# it has run for a while. (Where that can't be seen: for some seconds.)
let_guest_run()
{
    local tries rests=0 before last
    look_at_vcpus
    before=$vcpu_time
    for ((tries = 0; tries < 100; tries++)); do
        last=$vcpu_time
        pause 5
        look_at_vcpus
        [ "$vcpu_time" != "$last" ] || rests=$((rests + vcpu_rests))
        [[ $rests -lt 5 && $vcpu_time -lt $((before + 10)) ]] || return 0
    done
}

# Waits for the VM to end and compares its exit status.
expect_vm_status()
{
    await "stepvm to end" process_gone "$vm_pid"
    wait "$vm_pid"
    expect_equal "stepvm's exit status" $? "$1"
}

expect_vm_runs()
{
    process_gone "$vm_pid" && fail "stepvm has ended: $(<"$dir/stderr")"
}

# Runs stepvm with the arguments to its end: output in $dir/console and $dir/stderr.
run_stepvm()
{
    start_stepvm "$@"
    await "stepvm to end" process_gone "$vm_pid"
    wait "$vm_pid"
    # shellcheck disable=SC2034 # for the tests
    vm_status=$?
}

# The address of label $2 of guest $1, as 0x7c00.
label()
{
    local address
    find_label "$1" "$2"
    printf '%#x' "0x$address"
}

# The address of LABEL or LABEL+N of guest $1.
at()
{
    local address more=0
    [[ $2 != *+* ]] || more=${2#*+}
    find_label "$1" "${2%+*}"
    printf '%#x' $((0x$address + more))
}

# Sets $address.
find_label()
{
    local name
    while read -r address name; do
        [ "$name" != "$2" ] || return 0
    done <"$GUESTS/$1.labels"
    give_up "guest $1 has no label $2" >&2
}

# Runs the shell commands $1 on a terminal of their own; typed: what comes from $dir/typed. stepvm's
# exit status is in $dir/status, the terminal's settings are in $dir/before and $dir/after.
on_a_terminal()
{
    skip_without script bsdutils
    skip_without_kvm
    cat >"$dir/session" <<END
stty -a >$dir/before
$1
echo \$? >$dir/status
stty -a >$dir/after
END
    mkfifo "$dir/typed"
    exec 7<>"$dir/typed"
    script -q -c "/bin/bash $dir/session" /dev/null <"$dir/typed" >"$dir/screen" 2>&1 &
    script_pid=$!
}

# ---- gdb

# Starts gdb, connects it to the VM, then gives it the commands on stdin. Arguments: ELF files whose
# symbols are added after connecting. Its output goes to $dir/gdb.out, what it says while connecting
# to $dir/connect.out.
start_gdb()
{
    local elf commands
    IFS= read -r -d '' commands
    {
        echo "target remote $gdb_address"
        for elf in "$@"; do
            echo "add-symbol-file $elf"
        done
        printf '%s\n' 'printf "@connected@\n"'
        printf '%s' "$commands"
        printf '%s\n' 'printf "@end@\n"' # what follows is gdb's leave-taking
    } >"$dir/gdb.commands"
    start_gdb_alone
}

# A KVM without virtualization hardware under it interprets kernel-mode code, and not all of it.
skip_if_not_emulated()
{
    ! grep -q 'could not emulate' "$dir/gdb.out" || skip "this KVM does not run such an instruction"
}

# Starts gdb with the commands in $dir/gdb.commands.
start_gdb_alone()
{
    skip_without gdb gdb
    # From stdin, not as a script: an error must not end the session.
    HOME=$dir gdb -q -nx -nh -iex 'set prompt' -iex 'set pagination off' -iex 'set confirm off' \
        -iex 'set width 0' -iex 'set height 0' -iex 'set style enabled off' \
        -iex 'set debuginfod enabled off' -ix tests/lib.gdb <"$dir/gdb.commands" >"$dir/gdb.raw" 2>&1 &
    gdb_pid=$!
}

finish_gdb()
{
    await "gdb to end" process_gone "$gdb_pid"
    wait "$gdb_pid"
    sed -n -e "/@connected@/w $dir/connected" -e "1,/@connected@/{" \
        -e "/@connected@/!w $dir/connect.out" -e "d" -e "}" -e "/@end@/q" -e "w $dir/gdb.out" "$dir/gdb.raw"
    [ -s "$dir/connected" ] || fail "gdb did not connect: $(<"$dir/gdb.raw")"
}

run_gdb()
{
    start_gdb "$@"
    finish_gdb
}

# Sends gdb a Ctrl-C once the target runs: when "Continuing." is there for the $1th time (1).
interrupt_gdb()
{
    await "gdb to continue" gdb_continued "${1:-1}"
    let_guest_run
    sleep 0.2 # the guest is to be in the middle of it
    kill -INT "$gdb_pid"
}

gdb_continued()
{
    [ "$(grep -c '^Continuing\.' "$dir/gdb.raw")" -ge "$1" ]
}

# The guest spin runs, with no client there: between two looks at its counter it has counted.
counter_grows()
{
    local first='' now i
    for i in {1..20}; do
        run_gdb <<<'printf "> %d\n", *(int *)0x9000'
        now=$(grep '^> ' "$dir/gdb.out")
        [[ ${now#> } -gt 0 && -n $first && $now != "$first" ]] && return
        first=${first:-$now}
        pause 10
    done
    fail "the guest does not run: its counter was '$first', then '$now'"
}

# Steps from the first of the labels of guest $1 on, one instruction a label; each stop is to be
# there. Symbols are not loaded: gdb steps by address.
expect_steps()
{
    local guest=$1 place first=1
    shift
    : >"$dir/expected"
    for place in "$@"; do
        if [ $first = 1 ]; then
            printf 'run-to %s\n' "$(at "$guest" "$place")"
        else
            printf 'stepi\n'
        fi
        printf 'printf "> %%#lx\\n", $pc\n'
        printf '> %s\n' "$(at "$guest" "$place")" >>"$dir/expected"
        first=0
    done >"$dir/steps"
    run_gdb <"$dir/steps"
    expect_marked <"$dir/expected"
}

# ---- Expectations

expect_equal() # what actual expected
{
    [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"
}

# LINE as an anchored regular expression, {{...}} in it being one already, in $pattern.
pattern_of()
{
    local rest=$1 quoted
    pattern='^'
    while [[ $rest == *'{{'*'}}'* ]]; do
        quote_pattern "${rest%%'{{'*}"
        rest=${rest#*'{{'}
        pattern+=$quoted${rest%%'}}'*}
        rest=${rest#*'}}'}
    done
    quote_pattern "$rest"
    pattern+=$quoted'$'
}

# TEXT as a regular expression, in $quoted.
quote_pattern()
{
    local special
    quoted=$1
    [[ $quoted == *[^a-zA-Z0-9\ :,=_/-]* ]] || return 0
    for special in \\ . '*' '^' '$' + '?' '(' ')' '{' '}' '[' '|'; do
        quoted=${quoted//"$special"/"\\$special"}
    done
}

# Compares the whole of file $1 with the text on stdin, line by line. {{regex}} in an expected line
# stands for what matches that extended regular expression; a line that is just "..." for any
# number of lines.
expect_text()
{
    local expected actual line i=0 any=0 pattern
    mapfile -t expected
    mapfile -t actual <"$1"
    actual=("${actual[@]//$'\r'/}")
    for line in "${expected[@]}"; do
        [ "$line" = ... ] && any=1 && continue
        pattern_of "$line"
        if [ $any = 1 ]; then
            while [ $i -lt ${#actual[@]} ] && ! [[ ${actual[i]} =~ $pattern ]]; do
                i=$((i + 1))
            done
        fi
        if [ $i -ge ${#actual[@]} ] || ! [[ ${actual[i]} =~ $pattern ]]; then
            show_difference "$1" "line $((i + 1)) should be: $line" "${expected[@]}"
            return
        fi
        any=0 i=$((i + 1))
    done
    [ $any = 1 ] || [ $i -eq ${#actual[@]} ] ||
        show_difference "$1" "too much from line $((i + 1)) on: ${actual[i]}" "${expected[@]}"
}

show_difference()
{
    fail "${1##*/}: $2"
    echo "expected:"
    printf '  %s\n' "${@:3}"
    echo "got:"
    sed 's/^/  /' "$1"
    [ ! -s "$dir/stderr" ] || { echo "stepvm said:" && sed 's/^/  /' "$dir/stderr"; }
}

expect_gdb()
{
    expect_text "$dir/gdb.out"
}

# Compares the lines of gdb's output that begin with "> ": what the test's own printf wrote.
expect_marked()
{
    local ok=1
    grep '^> ' "$dir/gdb.out" >"$dir/marked.out"
    [ ! -e "$dir.failed" ] || ok=0
    expect_text "$dir/marked.out"
    [ $ok = 0 ] || [ ! -e "$dir.failed" ] || { echo "gdb said:" && sed 's/^/  /' "$dir/gdb.out"; }
}

# File $1 is removed: stepvm-files does so, which stepvm does not wait for without end.
expect_removed()
{
    await "${1##*/} to be removed" test ! -e "$1"
}

# File $1 has a line that matches the pattern $2 (as in expect_text).
expect_line()
{
    local line pattern
    pattern_of "$2"
    while IFS= read -r line || [ -n "$line" ]; do
        [[ ${line%$'\r'} =~ $pattern ]] && return
    done <"$1"
    fail "${1##*/}: no line is: $2"
    sed 's/^/  /' "$1"
}

# File $1 has no match of the regular expression $2.
expect_nowhere()
{
    grep -qE -e "$2" "$1" || return 0
    fail "${1##*/}: '$2' should not be there:"
    sed 's/^/  /' "$1"
}
