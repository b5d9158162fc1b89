#!/bin/bash
# Fuzzes the targets of tests/fuzz, each in turn, by what is there:
#
#   [TARGET="NAME..."] [TIME=60] [FUZZER=libfuzzer|afl|plain] tests/fuzz.sh
#
# libFuzzer (clang with libclang-rt) and AFL++ (afl-clang-fast) run what AddressSanitizer and UBSan
# watch; without either it is the plain driver of `make check`, with other inputs than there.
# TIME: seconds for each target. What is found stays in build-fuzz-FUZZER/found/TARGET, what was
# worth keeping in build-fuzz-FUZZER/new/TARGET; exit status 1 if anything was found.
#
# Give a file that was found to the target's program to see it again, cut it small
# (`-minimize_crash=1`, or afl-tmin), and keep it in tests/fuzz/corpus/TARGET, named for the bug:
# `make check` runs it from then on.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

time=${TIME:-60} cc=${CC:-gcc} jobs=$(nproc)
make=(make --no-print-directory -s -j"$jobs")
watched='-fsanitize=address,undefined -fno-sanitize-recover=all'

can_compile() # COMMAND...: a fuzzer's program
{
    local made
    made=$(mktemp) || exit 1
    echo '#include <stddef.h>
        int LLVMFuzzerTestOneInput(const unsigned char *d, size_t n) { return n && !*d && 0; }' |
        "$@" -x c -o "$made" - 2>/dev/null
    set -- $?
    rm -f "$made"
    return "$1"
}

choose()
{
    if can_compile clang -fsanitize=fuzzer,address,undefined; then
        echo libfuzzer
    elif command -v afl-fuzz >/dev/null && can_compile afl-clang-fast -fsanitize=fuzzer; then
        echo afl
    else
        echo plain
    fi
}

fuzzer=${FUZZER:-$(choose)}
export BUILD=build-fuzz-$fuzzer
case $fuzzer in
libfuzzer)
    "${make[@]}" fuzz-targets FUZZER=libfuzzer BUILD="$BUILD" CC="${CLANG:-clang}" \
        OPTIMIZE="-O1 -fno-omit-frame-pointer $watched -fsanitize=fuzzer-no-link" \
        FUZZ_LINK="$watched -fsanitize=fuzzer" || exit 1 ;;
afl)
    AFL_QUIET=1 AFL_USE_ASAN=1 AFL_USE_UBSAN=1 "${make[@]}" fuzz-targets FUZZER=afl \
        BUILD="$BUILD" CC=afl-clang-fast OPTIMIZE="-O1 -fno-sanitize-recover=all" \
        FUZZ_LINK="-fsanitize=fuzzer" || exit 1 ;;
plain)
    BUILD=build
    export BUILD
    "${make[@]}" fuzz-targets CC="$cc" || exit 1 ;;
*)
    echo "FUZZER=$fuzzer: not libfuzzer, afl or plain" >&2
    exit 1 ;;
esac

# The words of target $1, as both fuzzers take them: from the tables that know them.
words()
{
    case $1 in
    session) sed -nE 's/^ *\{ "([^"]+)", .*/"\1"/p' gdbstub/command.c ;;
    monitor) sed -nE 's/^ *\{"([a-z][^"]*)", ("|NULL).*/";\1 "/p' vmm/debug/monitor/monitor.c ;;
    options) sed -nE "s/^ *\\{('.'|0), \"([a-z-]+)\".*/\"--\\2\"/p" vmm/options/options.c ;;
    *) echo '"0"' ;; # AFL++ takes no empty list
    esac
}

# Each: target $1; what is new goes to $2, what breaks it to $3.
run_libfuzzer()
{
    "$BUILD/tests/fuzz/$1" -dict="$BUILD/$1.words" -max_total_time="$time" -max_len=4096 \
        -len_control=0 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$3/" \
        "$2" "tests/fuzz/corpus/$1" >"$BUILD/$1.log" 2>&1
    local status=$?
    grep -aE '^#[0-9]+.*(DONE|cov:)' "$BUILD/$1.log" | tail -n 1
    [ $status = 0 ] || grep -aE 'SUMMARY|ERROR|expected|runtime error' "$BUILD/$1.log"
    return $status
}

# An earlier run's queue is gone on with: AFL++ overwrites none of more than 25 minutes, and would end.
run_afl()
{
    AFL_AUTORESUME=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 \
        timeout -s INT "$time" afl-fuzz -x "$BUILD/$1.words" -t 10000 -m none -i "tests/fuzz/corpus/$1" -o "$2" \
        "$BUILD/tests/fuzz/$1" >"$BUILD/$1.log" 2>&1
    sed -n 's/^\(execs_done\|edges_found\|saved_crashes\|saved_hangs\) */\1/p' \
        "$2/default/fuzzer_stats" | paste -s
    cp "$2"/default/{crashes,hangs}/id* "$3/" 2>/dev/null
    [ -e "$2/default/fuzzer_stats" ] && [ -z "$(ls "$3")" ]
}

run_plain()
{
    "$BUILD/tests/fuzz/$1" -t "$time" -s "$(date +%s)" -k "$3/last" >"$BUILD/$1.log" 2>&1 &&
        rm -f "$3/last"
    local status=$?
    grep -v '^ok' "$BUILD/$1.log"
    return $status
}

status=0
for target in ${TARGET:-$(ls tests/fuzz/corpus)}; do
    new=$BUILD/new/$target found=$BUILD/found/$target
    mkdir -p "$new" "$found"
    words "$target" >"$BUILD/$target.words"
    echo "$target: $fuzzer for $time s"
    run_$fuzzer "$target" "$new" "$found" || { status=1; echo "$target: see $found, $BUILD/$target.log"; }
done
exit $status
