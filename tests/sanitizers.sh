#!/bin/bash
# Runs tests with the program and themselves built with sanitizers, or unit tests under valgrind.
#
#   tests/sanitizers.sh all|quick|valgrind [TEST...]
#
# all: whatever AddressSanitizer and UndefinedBehaviorSanitizer (one build) and ThreadSanitizer can
# find; quick: the same with a part of the tests, in some minutes; valgrind: the unit tests. TESTs,
# scripts or `unit/NAME`, `protocol/NAME`: those only.
#
# What is found in any process of a test, one that is killed in the end as well, comes to a file
# apart, and each such file is a failure. Nothing is suppressed. BUILD, CC, JOBS and MAKE as in make.
# The last line is `N passed, N failed, N skipped` over all of it.
set -u
cd "$(dirname "$0")/.." || exit 1
shopt -s nullglob

scope=${1:-}
case $scope in
all | quick | valgrind) shift ;;
*) echo "usage: tests/sanitizers.sh all|quick|valgrind [TEST...]" >&2; exit 1 ;;
esac
chosen=("$@")
BUILD=${BUILD:-build} CC=${CC:-gcc} MAKE=${MAKE:-make} JOBS=${JOBS:-2}
# Everything takes several times as long.
export STEPVM_PATIENCE=${STEPVM_PATIENCE:-600} STEPVM_TEST_LIMIT=${STEPVM_TEST_LIMIT:-1500}
[ "$scope" != quick ] || export STRESS_OPERATIONS=${STRESS_OPERATIONS:-1000}
reports=$(mktemp -d "${TMPDIR:-/tmp}/stepvm-reports.XXXXXX") || exit 1
trap 'rm -rf "$reports"' EXIT
passed=0 failed=0 skipped=0

# Those that measure what a sanitizer changes: time, memory, the program's own files.
unsuitable=' tests/gdb/idle.sh tests/gdb/full_speed.sh tests/cli/descriptors.sh '

units()
{
    local source
    for source in tests/unit/*.c tests/protocol/*.c; do
        source=${source#tests/}
        echo "${source%.c}"
    done
}

# Those with more than one thread: the others have nothing to race with.
threaded_units()
{
    local unit
    for unit in $(units); do
        ! grep -qE 'pthread_create|gdb_server_' "tests/$unit.c" || echo "$unit"
    done
}

tests_for() # sanitizer
{
    case ${#chosen[@]}-$scope-$1 in
    0-all-thread) threaded_units; printf '%s\n' tests/gdb/*.sh ;;
    0-all-*) units; printf '%s\n' tests/gdb/*.sh tests/cli/*.sh tests/boot/*.sh ;;
    0-quick-thread) threaded_units; printf '%s\n' tests/gdb/{stress,tracepoints,smp_non_stop}.sh ;;
    0-quick-*) units; printf '%s\n' tests/gdb/{session,faults,stress,record,snapshot}.sh ;;
    0-valgrind-*) units | grep ^unit/ ;;
    *) printf '%s\n' "${chosen[@]}" ;;
    esac
}

skip_all() # what why
{
    echo "skip $1 - $2"
    skipped=$((skipped + 1))
}

# Sets `tests` to what tests/run is to run, with unit tests in folder $2, and `goals` to what make
# is to build for them.
choose_tests()
{
    local test
    tests=() goals=(all "$2/tests/tools/stress")
    [ "$scope" = quick ] || goals=(tests)
    for test in $(tests_for "$1"); do
        if [[ $test != *.sh ]]; then
            tests+=("$2/tests/$test") goals+=("$2/tests/$test")
        elif [[ $unsuitable == *" $test "* ]]; then
            skip_all "$test" "it measures what $1 changes"
        else
            tests+=("$test")
        fi
    done
}

build() # make's arguments
{
    "$MAKE" --no-print-directory -s -j"$JOBS" CC="$CC" "$@" >"$reports/build" 2>&1 &&
        rm "$reports/build" && return
    cat "$reports/build"
    rm "$reports/build"
    echo "not ok build $1 - it does not build"
    failed=$((failed + 1))
    return 1
}

# Runs the tests and adds what comes of them to the sums.
run_and_add()
{
    local line
    while IFS= read -r line; do
        if [[ $line =~ ^([0-9]+)' passed, '([0-9]+)' failed, '([0-9]+)' skipped'$ ]]; then
            passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
            skipped=$((skipped + BASH_REMATCH[3]))
        else
            echo "$line"
        fi
    done < <(tests/run -j "$JOBS" "$@" 2>&1)
}

# A report is a failure, whatever the test has made of it. (Who looks for leaks says of a thread that
# is just ending that it has no registers.)
show_reports() # of what
{
    local file
    for file in "$reports"/report.*; do
        if grep -qvE '^==[0-9]+==Unable to get registers from thread [0-9]+\.$' "$file"; then
            sed 's/^/    /' "$file"
            echo "not ok $1 - $(grep -m 1 -E 'SUMMARY|runtime error|ERROR|==' "$file")"
            failed=$((failed + 1))
        fi
        rm -f "$file"
    done
}

# Whether the compiler has it and what it makes of it runs here.
has_sanitizer()
{
    # shellcheck disable=SC2086 # it may be of several words
    echo 'int main(void) { return 0; }' |
        $CC -fsanitize="$1" -x c - -o "$reports/probe" 2>/dev/null && "$reports/probe"
}

check_sanitizer()
{
    local sanitizer=$1 folder=$BUILD-${1//,/-} to=log_path=$reports/report tests goals
    if ! has_sanitizer "$sanitizer"; then
        skip_all "$sanitizer" "what $CC -fsanitize=$sanitizer makes does not run here"
        return
    fi
    choose_tests "$sanitizer" "$folder"
    build SANITIZER="$sanitizer" "${goals[@]}" || return
    echo "==== -fsanitize=$sanitizer: ${#tests[@]} of the tests, in $folder"
    # (handle_segv: stepvm has a handler of its own, tests/cli/display.sh)
    ASAN_OPTIONS=$to:detect_stack_use_after_return=1:handle_segv=0 LSAN_OPTIONS=$to \
        UBSAN_OPTIONS=$to:print_stacktrace=1 TSAN_OPTIONS=$to:second_deadlock_stack=1:handle_segv=0 \
        BUILD=$folder run_and_add "${tests[@]}"
    show_reports "$sanitizer"
}

# tests/run runs programs: each test becomes one that starts it under valgrind. What a child says is
# left out: those of unit tests die on purpose, or enter the sandbox, whose calls valgrind does not
# know.
check_valgrind()
{
    local tests goals test wrapped=()
    if ! command -v valgrind >/dev/null; then
        skip_all valgrind "it is not installed (apt-get install valgrind)"
        return
    fi
    choose_tests valgrind "$BUILD"
    build "${goals[@]}" || return
    echo "==== valgrind: ${#tests[@]} of the tests, in $BUILD"
    for test in "${tests[@]}"; do
        printf '#!/bin/sh\nexec valgrind -q --log-file=%s --leak-check=full %s %s\n' \
            "$reports/report.%p" \
            '--show-leak-kinds=definite,indirect --child-silent-after-fork=yes' "$test" \
            >"$reports/${test##*/}"
        chmod +x "$reports/${test##*/}"
        wrapped+=("$reports/${test##*/}")
    done
    BUILD=$BUILD run_and_add "${wrapped[@]}"
    show_reports valgrind
}

if [ "$scope" = valgrind ]; then
    check_valgrind
else
    check_sanitizer address,undefined
    check_sanitizer thread
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
