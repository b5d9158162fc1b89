#!/bin/bash
# make check-nested [JOBS=2]: runs the tests that need KVM under the ordinary kvm_amd, in nested
# guests, with the real gdb. Ends as tests/run does, with `N passed, N failed, N skipped`. By itself,
# tests/nested/check.sh TEST...: those alone.
#
# Each test script has a guest of its own, so that one that hangs ends no other. A script whose guest
# gives no result is run once more, and it is said; without a result again, it has failed.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.." || exit 1
BUILD=${BUILD:-build}
jobs=${JOBS:-2}
limit=1200 # seconds for a guest: the longest test takes a quarter of it, where host CPUs are shared
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
for part in stepvm guests boot-images bios.elf tests/tools tests/unit/kvm; do
    [ ! -e "$BUILD/$part" ] || cp -a "$BUILD/$part" "$stage/build/${part%/*}/" 2>/dev/null ||
        cp -a "$BUILD/$part" "$stage/build/"
done

# Beside bash and gdb, what some tests use if it is there.
with=(--with /bin/bash)
for tool in script setpriv; do
    ! path=$(command -v $tool) || with+=(--with "$path")
done

# What a KVM can make a difference to. The longest first, so that no one waits for it at the end.
tests=("$@")
if [ $# -eq 0 ]; then
    tests=(tests/gdb/smp.sh tests/linux/debug.sh tests/linux/linux.sh tests/boot/grub.sh tests/gdb/step.sh)
    for test in tests/{gdb,lldb,boot,linux}/*.sh tests/cli/{run,terminal,display}.sh build/tests/unit/kvm; do
        [[ " ${tests[*]} " == *" $test "* ]] || tests+=("$test")
    done
fi

run_in_guest() # test output
{
    local with=("${with[@]}") lldb settings=(BUILD=build STEPVM_PATIENCE=400)
    # 200 MB with its libraries; where it is missing here, the test skips there.
    if [[ $1 == tests/lldb/* ]] && lldb=$(command -v lldb); then
        with+=(--with "$lldb")
    fi
    if [[ -n $linux && ($1 == tests/linux/* || $1 == tests/gdb/debugging_doc.sh) ]]; then
        with+=(--with "$linux")
        settings+=("STEPVM_LINUX=$linux")
    fi
    "$here/nested-kvm.sh" --timeout $limit "${with[@]}" --gdb "$stage" -- \
        env "${settings[@]}" /bin/bash tests/run -j 1 -t $limit "$1" >"$2" 2>&1
}

has_sums()
{
    grep -qE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$1"
}

# Runs $1, again if its guest gave no result (124: time limit, 125: no status).
run_test()
{
    local output=$work/${1//\//_} try status
    for ((try = 1; try <= tries; try++)); do
        run_in_guest "$1" "$output"
        status=$?
        has_sums "$output" || status=125
        [ $status -lt 124 ] && break
        [ $try = $tries ] || echo "$1: its guest gave no result; again"
    done
    if [ $status -ge 124 ]; then
        tail -n 20 "$output"
        echo "not ok $1 - its guest gave no result in $tries tries"
        echo "0 passed, 1 failed, 0 skipped" >"$output.sum"
        return
    fi
    grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$output" | tail -n 1 >"$output.sum"
    # What the guest's kernel says of hostile guests matters where something has failed.
    local hide=(-e '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$')
    [ $status -ne 0 ] || hide+=(-e '^\[ *[0-9]+\.[0-9]+\] ')
    grep -vE "${hide[@]}" "$output"
    echo "$1: $(<"$output.sum")"
}

for test in "${tests[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    run_test "$test" &
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
