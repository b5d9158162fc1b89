#!/bin/bash
# make check-nested: runs all tests under the ordinary kvm_amd, in a nested guest, with the real
# gdb. Ends as tests/run does, with `N passed, N failed, N skipped`.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.." || exit 1
export BUILD=${BUILD:-build}

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

# The images of real boot loaders are made here: there is no apt-get in the guest.
for image in mbr grub; do
    why=$(tests/boot/prepare $image) || echo "no $image image for tests/boot: $why"
done

# The sources, and of what was built only what a test can ask for: the guest has to unpack it.
stage=$(mktemp -d "${TMPDIR:-/tmp}/stepvm-stage.XXXXXX") || exit 1
trap 'rm -rf "$stage"' EXIT
tar cf - --exclude='./build*' --exclude=./.git --exclude=./tests/nested . | tar xf - -C "$stage"
mkdir "$stage/build"
for part in stepvm guests tests boot-images bios.elf; do
    [ ! -e "$BUILD/$part" ] || cp -a "$BUILD/$part" "$stage/build/"
done

# Beside bash and gdb, what some tests use if it is there.
with=(--with /bin/bash)
for tool in script setpriv; do
    ! path=$(command -v $tool) || with+=(--with "$path")
done

# Each instruction is emulated: allow tests more time than on a host.
"$here/nested-kvm.sh" --timeout 3000 "${with[@]}" --gdb "$stage" -- \
    env BUILD=build STEPVM_PATIENCE=200 /bin/bash tests/run -j 1 -t 900
status=$?
if [ $status -ge 124 ]; then
    echo "not ok check-nested - the nested guest gave no result (see above)"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
exit $status
