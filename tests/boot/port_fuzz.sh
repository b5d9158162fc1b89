#!/bin/bash
# The fuzzing guest (guests/fuzz.s): whatever a guest does to ports and to addresses of devices, stepvm
# neither dies nor hangs, takes no memory for it, and writes nowhere but to the disks it was given.
. "$(dirname "$0")/../lib.sh"

# little_endian NUMBER: its four bytes.
little_endian()
{
    local i
    for i in 0 8 16 24; do
        # shellcheck disable=SC2059 # the escape is the point
        printf "\\x$(printf %02x $(($1 >> i & 255)))"
    done
}

# set_word LABEL NUMBER: into the copy of the guest.
set_word()
{
    little_endian "$2" | dd of="$dir/fuzz.bin" bs=1 conv=notrunc \
        seek=$(($(label fuzz "$1") - $(label fuzz _start))) 2>/dev/null
}

# fuzz SEED COUNT [OPTION...]
fuzz()
{
    local seed=$1 count=$2
    shift 2
    cp "$GUESTS/fuzz.bin" "$dir/fuzz.bin"
    set_word seed "$seed"
    set_word count "$count"
    head -c 1048576 /dev/zero >"$dir/disk"
    head -c 1048576 /dev/zero >"$dir/readonly"
    # Private memory: the guest's 4 MiB, a stack for each thread, and little else. A sanitizer has
    # its own.
    [ -n "${ASAN_OPTIONS:-}" ] || ulimit -d $((96 * 1024))
    run_stepvm --gdb none -m 4M -f flat --mode protected --disk "$dir/disk" \
        --disk "$dir/readonly,ro" "$@" "$dir/fuzz.bin"
    expect_equal "seed $seed: stepvm's exit status" "$vm_status" 33
    grep -aqx "fuzz: seed $(printf 0x%08x "$seed")" "$dir/console" || fail "it has not begun"
    grep -aqx 'fuzz: done' "$dir/console" || fail "seed $seed: it has not come to its end"
    expect_equal "stepvm said" "$(<"$dir/stderr")" ''
    expect_equal "the size of the disk" "$(wc -c <"$dir/disk")" $((1 << 20))
    head -c 1048576 /dev/zero | cmp - "$dir/readonly" || fail "the read-only disk has changed"
}

several_seeds()
{
    local seed
    for seed in 1 2 0xdeadbeef; do
        fuzz $seed 5000
    done
}

with_two_cpus()
{
    fuzz 0x5eed 3000 -c 2
}

# A fence stands where some of the nonsense goes, and a watchpoint in it stops the guest.
under_the_debugger()
{
    cp "$GUESTS/fuzz.bin" "$dir/fuzz.bin"
    set_word seed 77
    set_word count 2000
    start_vm -S -m 4M -f flat --mode protected "$dir/fuzz.bin"
    run_gdb <<END
awatch *(char (*)[4096]) 0xb8000
continue
continue
info watchpoints
delete
tbreak *$(label fuzz done)
continue
printf "> %#lx\n", \$pc
kill
END
    expect_line "$dir/gdb.out" '	breakpoint already hit 2 times'
    expect_marked <<<"> $(label fuzz done)"
}

TEST several_seeds
TEST with_two_cpus
TEST under_the_debugger
