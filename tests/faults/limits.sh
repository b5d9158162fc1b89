#!/bin/bash
# A host that is short of something: address space, descriptors, room for files.
. "$(dirname "$0")/../lib.sh"

# Under a limit, `ulimit $1`: runs stepvm with the rest. Its exit status is in $vm_status.
limited()
{
    local limit=$1
    shift
    skip_without_kvm
    (
        exec </dev/null >"$dir/console" 2>"$dir/stderr"
        # shellcheck disable=SC2086 # two words
        ulimit $limit && exec "$STEPVM" --gdb none "$@"
    )
    vm_status=$?
}

# It says why it can't start, or it works: as far as the loader lets it begin.
started_or_said_why() # what status
{
    case $vm_status in
    1) expect_said "$1" ;;
    127) grep -q 'error while loading' "$dir/stderr" || fail "$1: $(<"$dir/stderr")" ;;
    "$2") ;;
    *) fail "$1: exit status $vm_status, $(<"$dir/stderr")" ;;
    esac
}

# One line, with what to do.
expect_said()
{
    expect_equal "$1: lines of stderr" "$(wc -l <"$dir/stderr" | tr -d ' ')" 1
    grep -qE '^stepvm: .*\(.+\)$' "$dir/stderr" || fail "$1: $(<"$dir/stderr")"
}

address_space()
{
    local megabytes
    for megabytes in 3 8 20 60 120 135 140 145 150 155 160 165 170 175 180 200; do
        limited "-v $((megabytes * 1024))" -c 2 "$GUESTS/timer.img"
        started_or_said_why "$megabytes MB" 33
    done
    expect_equal "exit status with 200 MB" "$vm_status" 33
}

descriptors()
{
    local few
    head -c 65536 /dev/zero >"$dir/disk"
    for few in {4..32}; do
        limited "-n $few" -c 2 --gdb "unix:$dir/gdb" --disk "$dir/disk,snapshot" --serial pty \
            --serial "unix:$dir/com2" --trace "kvm=$dir/trace" "$GUESTS/timer.img"
        sed -i '/gdb can attach/d; /console is on/d' "$dir/stderr"
        started_or_said_why "$few descriptors" 33
        expect_removed "$dir/gdb"
        expect_removed "$dir/com2"
    done
    expect_equal "exit status with 32 descriptors" "$vm_status" 33
}

# ---- No room for what it writes

console_file_too_large()
{
    limited '-f 0' --serial "file:$dir/file" "$GUESTS/timer.img"
    expect_equal "exit status" "$vm_status" 33
    [ ! -s "$dir/file" ] || fail "the file has grown"
}

console_on_a_full_disk()
{
    skip_without_kvm
    "$STEPVM" --gdb none "$GUESTS/timer.img" </dev/null >/dev/full 2>"$dir/stderr"
    expect_equal "exit status" $? 33
    expect_text "$dir/stderr" <<END
stepvm: can't write the console's output: No space left on device (the rest is dropped)
END
}

# Nor is there room for the message.
messages_on_a_full_disk()
{
    skip_without_kvm
    "$STEPVM" --gdb none "$GUESTS/timer.img" </dev/null >/dev/full 2>/dev/full
    expect_equal "exit status" $? 33
}

trace_too_large()
{
    limited '-f 1' --trace "kvm=$dir/trace" "$GUESTS/timer.img"
    expect_equal "exit status" "$vm_status" 33
    expect_text "$dir/stderr" <<END
stepvm: --trace: $dir/trace is not whole: it could not be written (make room on that file system)
END
}

trace_on_a_full_disk()
{
    limited '-n 64' --trace "rsp=/dev/full" --trace "kvm=/dev/full" "$GUESTS/timer.img"
    expect_equal "exit status" "$vm_status" 33
    expect_text "$dir/stderr" <<END
stepvm: --trace: /dev/full is not whole: it could not be written (make room on that file system)
END
}

# The guest gets an error, and whoever runs it is told.
disk_too_large()
{
    head -c 1048576 /dev/zero | tr '\0' '\356' >"$dir/disk"
    limited '-f 64' --disk "$dir/disk$1" "$GUESTS/ata.img"
    expect_equal "exit status" "$vm_status" 33
    expect_line "$dir/console" 'write of sector 200: 51{{.*}}'
    expect_text "$dir/stderr" <<END
stepvm: warning: writing sector 200 of $dir/disk$2: File too large (the guest gets an error; is \`ulimit -f\` too low?)
END
}

file_of_a_disk_too_large()
{
    disk_too_large '' ''
}

snapshot_too_large()
{
    disk_too_large ',snapshot' "'s snapshot"
}

# A file system of 64 KiB for the snapshot, nearly full.
snapshot_on_a_full_disk()
{
    skip_without_kvm
    skip_without unshare util-linux
    unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "no mount namespaces here"
    mkdir "$dir/small"
    head -c 1048576 /dev/zero | tr '\0' '\356' >"$dir/disk"
    # shellcheck disable=SC2016 # for the other shell
    unshare -m sh -c 'mount -t tmpfs -o size=64k none "$1" && head -c 65536 /dev/zero >"$1/full"
        shift && exec "$@"' sh "$dir/small" env TMPDIR="$dir/small" "$STEPVM" --gdb none \
        --disk "$dir/disk,snapshot" "$GUESTS/ata.img" </dev/null >"$dir/console" 2>"$dir/stderr"
    expect_equal "exit status" $? 33
    expect_text "$dir/stderr" <<END
stepvm: warning: writing sector {{[0-9]+}} of $dir/disk's snapshot: No space left on device (the guest gets an error; make room on that file system)
END
}

# Who asks for it reads it, or is told why not.
help_on_a_full_disk()
{
    local option
    for option in --help --version; do
        "$STEPVM" $option >/dev/full 2>"$dir/stderr"
        expect_equal "exit status of $option" $? 1
        expect_text "$dir/stderr" <<END
stepvm: writing to standard output: No space left on device (make room on that file system)
END
    done
}

TEST address_space
TEST descriptors
TEST console_file_too_large
TEST console_on_a_full_disk
TEST messages_on_a_full_disk
TEST trace_too_large
TEST trace_on_a_full_disk
TEST file_of_a_disk_too_large
TEST snapshot_too_large
TEST snapshot_on_a_full_disk
TEST help_on_a_full_disk
