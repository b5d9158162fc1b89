#!/bin/bash
# Bad options and images: one line on stderr that names the culprit, nothing on stdout, status 1.
. "$(dirname "$0")/../lib.sh"

# $1: what the line has to say (an extended regular expression); the rest: stepvm's arguments.
refused()
{
    local says=$1
    shift
    timeout "$patience" "$STEPVM" --gdb none "$@" </dev/null >"$dir/stdout" 2>"$dir/stderr"
    expect_equal "exit status of stepvm $*" $? 1
    expect_equal "lines on stderr of stepvm $*" "$(wc -l <"$dir/stderr" | tr -d ' ')" 1
    grep -qE "^stepvm: .*($says)" "$dir/stderr" ||
        fail "stepvm $*: expected 'stepvm: ...$says', got '$(<"$dir/stderr")'"
    expect_equal "stdout of stepvm $*" "$(<"$dir/stdout")" ""
}

options()
{
    local image=$GUESTS/spin.img
    refused 'image|IMAGE'
    refused 'no-such-option' --no-such-option "$image"
    refused 'memory.*3X' -m 3X "$image"
    refused 'memory.*1K' -m 1K "$image"
    refused 'memory.*-1' -m -1 "$image"
    refused 'memory.*99999999999999999999' -m 99999999999999999999 "$image"
    refused 'cpus.*0' -c 0 "$image"
    refused 'cpus.*1000' -c 1000 "$image"
    refused 'cpus.*two' -c two "$image"
    refused 'format.*what' -f what "$image"
    refused 'mode.*odd' -f flat --mode odd "$image"
    refused 'address.*zz' -f flat --address zz "$image"
    refused 'entry.*0xg' -f flat --entry 0xg "$image"
    refused 'flat' -f boot --address 0x8000 "$image"
    refused 'nowhere' --serial nowhere "$image"
    refused 'odd' --trace odd "$image"
    refused 'module.*,x' --module ,x "$image"
    refused 'load.*x' --load x "$image"
    refused '--append is for' --append x "$image"
    refused '--module is for' --module "$image" "$image"
    refused 'no-such-file.*No such file' --load no-such-file@1M "$image"
    refused 'spin.img: the file.*0x400' --load "$image@0x400" "$image"
    refused 'other.img' "$image" other.img
    refused '0x200000' -f flat --mode real --address 0x200000 "$image"
}

images()
{
    refused "$dir/none.*No such file" "$dir/none"
    refused "$dir.*directory" "$dir"
    : >"$dir/empty"
    refused "$dir/empty.*empty" "$dir/empty"
    head -c 100000 /dev/zero >"$dir/large"
    refused "$dir/large.*" -f flat --address 0x38000 -m 256K "$dir/large"
    refused "$dir/none.*No such file" --disk "$dir/none" "$GUESTS/spin.img"
    mkfifo "$dir/fifo"
    refused "$dir/fifo" "$dir/fifo"
}

elf_files()
{
    head -c 40 "$GUESTS/protected.elf" >"$dir/short.elf"
    refused 'short.elf' -f elf "$dir/short.elf"
    refused 'spin.img' -f elf "$GUESTS/spin.img"
    # More memory than there is: p_memsz of the first segment becomes 0x7fffffff.
    cp "$GUESTS/protected.elf" "$dir/huge.elf"
    printf '\377\377\377\177' |
        dd of="$dir/huge.elf" bs=1 seek=$((52 + 20)) conv=notrunc 2>/dev/null
    refused 'huge.elf' -m 16M "$dir/huge.elf"
}

ports()
{
    refused '99999' --gdb :99999 "$GUESTS/spin.img"
    # No host's name: it is longer than DNS has them, so nobody is asked, who may take long to answer.
    refused 'no-such-host' --gdb "no-such-host$(printf '%060d' 0):1" "$GUESTS/spin.img"
    refused "$dir/none/sock" --gdb "unix:$dir/none/sock" "$GUESTS/spin.img"
}

busy_port()
{
    start_stepvm -S --gdb :0 "$GUESTS/spin.img"
    await_text "$dir/stderr" 'target remote '
    address=$(sed -n 's/.*target remote \([^ ]*\).*/\1/p' "$dir/stderr")
    mv "$dir/stderr" "$dir/first"
    refused "${address##*:}" --gdb ":${address##*:}" "$GUESTS/spin.img"
}

no_kvm()
{
    skip_without unshare util-linux
    unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "no mount namespaces here"
    cp "$STEPVM" "$dir/stepvm"
    unshare -m sh -c 'mount -t tmpfs none /dev && exec "$@"' sh "$dir/stepvm" --gdb none \
        "$GUESTS/spin.img" >"$dir/stdout" 2>"$dir/stderr"
    expect_equal "exit status" $? 1
    expect_text "$dir/stderr" <<<'stepvm: {{.*/dev/kvm.*No such file.*\(.+\)}}'
}

kvm_not_allowed()
{
    setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null ||
        skip "no setpriv that can change the user"
    [ "$(id -u)" = 0 ] || skip "only root can become someone who may not"
    [[ $(stat -c %a /dev/kvm) == *0 ]] || skip "everyone may open /dev/kvm here"
    [[ $BUILD != *-coverage ]] || skip "another user can't note what is reached"
    chmod 755 "$dir" "$TMPDIR"
    cp "$STEPVM" "$GUESTS/spin.img" "$dir/"
    chmod 755 "$dir/stepvm"
    setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/stepvm" --gdb none "$dir/spin.img" \
        >"$dir/stdout" 2>"$dir/stderr"
    status=$?
    [[ $status != 12[67] ]] || skip "no one else can get at $dir"
    expect_equal "exit status" $status 1
    expect_text "$dir/stderr" <<<'stepvm: {{.*/dev/kvm.*Permission denied.*\(.+\)}}'
}

something_else_at_dev_kvm()
{
    unshare -m mount --bind /dev/null /dev/kvm 2>/dev/null || skip "no mount namespaces here"
    unshare -m sh -c 'mount --bind /dev/null /dev/kvm && exec "$@"' sh "$STEPVM" --gdb none \
        "$GUESTS/spin.img" >"$dir/stdout" 2>"$dir/stderr"
    expect_equal "exit status" $? 1
    expect_text "$dir/stderr" <<<'stepvm: {{.*/dev/kvm.*}}'
}

help_and_version()
{
    "$STEPVM" --help >"$dir/stdout" 2>"$dir/stderr"
    expect_equal "exit status of --help" $? 0
    for option in --memory --cpus --format --address --entry --mode --gdb --stop --serial --display --disk --snapshot \
        --trace --verbose --version --help; do
        grep -q -e "$option" "$dir/stdout" || fail "--help does not tell of $option"
    done
    "$STEPVM" --version >"$dir/stdout" 2>"$dir/stderr"
    expect_equal "exit status of --version" $? 0
    expect_text "$dir/stdout" <<<'stepvm {{[0-9]+\.[0-9]+\.[0-9]+.*}}'
}

no_boot_signature_is_a_warning()
{
    head -c 512 /dev/zero >"$dir/zeros"
    start_stepvm --gdb none -f boot "$dir/zeros"
    await_text "$dir/stderr" '^stepvm: .*55 aa.*zeros'
}

TEST options
TEST images
TEST elf_files
TEST ports
TEST busy_port
TEST no_kvm
TEST kvm_not_allowed
TEST something_else_at_dev_kvm
TEST help_and_version
TEST no_boot_signature_is_a_warning
