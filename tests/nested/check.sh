#!/bin/bash
# make check-nested [JOBS=2]: runs the tests that need KVM under the ordinary kvm_amd, in nested
# guests, with the real gdb. Ends as tests/run does, with `N passed, N failed, N skipped`. By itself,
# tests/nested/check.sh TEST...: those alone.
#
# A guest runs one script after the other: its boot, and translating gdb and bash for the software
# CPU, takes longer than most scripts. A script whose guest gives no result (it hangs, or the guest
# has died) is run once more, in a new one, and it is said; without a result again, it has failed.
#
# What makes tests longer, and chooses some of a script's, reaches them: STEPVM_ONLY, REVERSE_TIMES,
# REVERSE_EVERY, REVERSE_SEED, REVERSE_ROUNDS. NESTED_LIMIT: seconds that a script may take (1200).
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.." || exit 1
BUILD=${BUILD:-build}
jobs=${JOBS:-2}
# The longest test takes a quarter of it, where host CPUs are shared.
limit=${NESTED_LIMIT:-1200}
boot_limit=300
tries=2

skip_all()
{
    echo "skip check-nested - $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}

for tool in qemu-system-x86_64:qemu-system-x86 xz:xz-utils cpio:cpio python3:python3 gdb:gdb; do
    command -v "${tool%:*}" >/dev/null ||
        skip_all "${tool%:*} is missing (apt-get install ${tool#*:})"
done
command -v apt-get >/dev/null || skip_all "the guest is made of Debian's packages; no apt-get here"

work=$(mktemp -d "${TMPDIR:-/tmp}/stepvm-nested.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM

# The guest can't fetch packages: disk images that need them are made here. Without them tests skip.
for image in grub grub_cd grub_fat syslinux hobby_console mbr memtest memtest_kernel seabios seabios128 \
    uboot uboot64; do
    BUILD=$BUILD tests/boot/prepare $image >/dev/null 2>&1
done

linux=$(tests/linux/prepare 2>/dev/null) || linux=

# The sources, and of what was built only what a test can ask for: the guest has to unpack it.
stage=$work/stage
mkdir -p "$stage/build/tests/unit"
tar cf - --exclude='./build*' --exclude=./.git --exclude=./tests/nested . | tar xf - -C "$stage"
for part in stepvm guests boot-images bios.elf tests/tools tests/unit/kvm tests/unit/vcpu_snapshot; do
    [ ! -e "$BUILD/$part" ] || cp -a "$BUILD/$part" "$stage/build/${part%/*}/" 2>/dev/null ||
        cp -a "$BUILD/$part" "$stage/build/"
done

# Beside bash and gdb, what some tests use if it is there.
with=(--with /bin/bash)
# What QEMU's software CPU has and guests can use, AVX above all.
with+=(--cpu "qemu64,+svm,+npt,+xsave,+xsaveopt,+avx,+avx2,+fsgsbase,+ssse3,+sse4.1,+sse4.2,+rdtscp")
for tool in script setpriv; do
    ! path=$(command -v $tool) || with+=(--with "$path")
done

# What a KVM can make a difference to. The longest first, so that no one waits for it at the end;
# those with a kind of guest of their own (kind_of) before all, so that no guest ends for one.
tests=("$@")
if [ $# -eq 0 ]; then
    tests=(tests/gdb/modes.sh tests/lldb/lldb.sh tests/gdb/reverse_states.sh tests/gdb/exact.sh
        tests/gdb/smp.sh tests/gdb/stress.sh tests/linux/debug.sh
        tests/linux/linux.sh tests/boot/grub.sh tests/gdb/step.sh)
    for test in tests/{gdb,lldb,boot,linux,guest}/*.sh tests/cli/{run,terminal,display}.sh \
        build/tests/unit/{kvm,vcpu_snapshot}; do
        [[ " ${tests[*]} " == *" $test "* ]] || tests+=("$test")
    done
fi

# What the guest of test $1 has beside the rest. Programs that are large or slow to start: other
# tests do without.
kind_of()
{
    case $1 in
    tests/lldb/*) echo lldb ;;      # 200 MB with its libraries; without it the test skips
    tests/gdb/modes.sh) echo gdb ;; # in gdb's TUI, which gdb-minimal does not have
    *) echo plain ;;
    esac
}

# Starts a guest of kind $1 that runs the tests whose names it is sent through $to_guest; what it
# prints comes from $from_guest. When it is ready for a name it says "@ready@", and the status of the
# last one: what is sent earlier its serial port may lose.
start_guest()
{
    local with=("${with[@]}") gdb=--gdb-minimal settings=(BUILD=build STEPVM_PATIENCE=400) lldb name
    local pipe=$work/pipe.$BASHPID
    settings+=("STEPVM_KINDS=state code self") # of tests/guest: the devices are the same here and there
    # A software CPU is slow: as long as each thing comes about some times.
    settings+=("STRESS_OPERATIONS=${STRESS_OPERATIONS:-800}" "REVERSE_SHARE=${REVERSE_SHARE:-2}")
    for name in STEPVM_ONLY REVERSE_{TIMES,EVERY,SEED,ROUNDS}; do
        [ -z "${!name:-}" ] || settings+=("$name=${!name}")
    done
    case $1 in
    lldb) ! lldb=$(command -v lldb) || with+=(--with "$lldb") ;;&
    lldb | gdb) gdb=--gdb ;; # which brings Python along, that lldb needs as well
    esac
    if [ -n "$linux" ]; then
        with+=(--with "$linux")
        settings+=("STEPVM_LINUX=$linux")
    fi
    rm -f "$pipe".{in,out}
    mkfifo "$pipe".{in,out} || return
    # shellcheck disable=SC2016 # for the guest's shell
    "$here/nested-kvm.sh" --timeout 20000 "${with[@]}" $gdb --stdin "$stage" -- \
        env "${settings[@]}" /bin/bash -c '
            dmesg -n 1 # into the middle of a line, else; what matters when something has failed
            status=
            while echo "@ready@ $status" && IFS= read -r test; do
                dmesg -c >/dev/null
                tests/run -j 1 -t "$0" "$test" </dev/null
                status=$?
                [ $status = 0 ] || dmesg | tail -n 40
            done' $limit <"$pipe.in" >"$pipe.out" 2>&1 &
    guest_pid=$!
    guest_kind=$1
    exec {to_guest}>"$pipe.in" {from_guest}<"$pipe.out"
}

end_guest()
{
    [ -n "$guest_pid" ] || return 0
    kill "$guest_pid" 2>/dev/null
    exec {to_guest}>&- {from_guest}<&-
    wait "$guest_pid"
    guest_pid=
}

# Runs test $1 in the guest; what it prints goes to file $2. Status 125: the guest gave no result.
run_in_guest()
{
    if [ "$guest_kind" != "$(kind_of "$1")" ]; then
        end_guest
    fi
    : >"$2"
    if [ -n "$guest_pid" ] || { start_guest "$(kind_of "$1")" && until_ready "$2" $boot_limit; }; then
        echo "$1" >&"$to_guest"
        until_ready "$2" $((limit + 120)) && has_sums "$2" && return "$test_status"
    fi
    end_guest
    return 125
}

# Puts what the guest prints into file $1, until it is ready for a test: at most $2 seconds.
until_ready()
{
    local line end=$((SECONDS + $2))
    while [ $SECONDS -lt $end ] && IFS= read -r -t $((end - SECONDS)) -u "$from_guest" line; do
        [[ $line != '@ready@ '* ]] || { test_status=${line#* } && return; }
        printf '%s\n' "$line" >>"$1"
    done
    echo "the guest has ended, or does not get ready for a test within $2 s" >>"$1"
    return 1
}

has_sums()
{
    grep -qE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$1"
}

# Runs $1, again if its guest gave no result.
run_test()
{
    local output=$work/${1//\//_} try status started=$SECONDS
    for ((try = 1; try <= tries; try++)); do
        run_in_guest "$1" "$output"
        status=$?
        [ $status -ne 125 ] && break
        [ $try = $tries ] || echo "$1: its guest gave no result; again"
    done
    if [ $status -eq 125 ]; then
        tail -n 20 "$output"
        echo "not ok $1 - its guest gave no result in $tries tries"
        echo "0 passed, 1 failed, 0 skipped" >"$output.sum"
        return
    fi
    grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$output" | tail -n 1 >"$output.sum"
    grep -vE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$output"
    echo "$1: $(<"$output.sum") ($((SECONDS - started)) s)"
}

# Runs the tests that no other worker has taken yet.
take_tests()
{
    local test test_status guest_pid='' guest_kind='' to_guest from_guest
    trap 'end_guest; exit' TERM
    trap : PIPE # the guest's end is seen when its output ends
    for test in "${tests[@]}"; do
        ! mkdir "$work/${test//\//_}.taken" 2>/dev/null || run_test "$test"
    done
    end_guest
}

for ((worker = 0; worker < jobs; worker++)); do
    take_tests &
done
wait

passed=0 failed=0 skipped=0
for test in "${tests[@]}"; do
    sum=$(cat "$work/${test//\//_}.sum" 2>/dev/null)
    if [[ $sum =~ ^([0-9]+)' passed, '([0-9]+)' failed, '([0-9]+)' skipped'$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
        skipped=$((skipped + BASH_REMATCH[3]))
    else
        echo "not ok $test - it did not sum up"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
