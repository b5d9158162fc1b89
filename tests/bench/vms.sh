# The two VMMs of `make bench`, and guests that time themselves. tests/bench.sh sources this.
# shellcheck shell=bash disable=SC2154 # what rows.sh sets

# What the next rows' VMs are like; a row's measure may need more of either.
memory=128M cpus=1
stepvm_options=() qemu_options=()

# The loop as a boot sector: stepvm starts it with no BIOS before it. QEMU gets it as a ROM.
make_loop()
{
    local at
    at=$(($(label bench_loop loop) - $(label bench_loop rom)))
    {
        tail -c +$((at + 1)) "$GUESTS/bench_loop.rom" |
            head -c $(($(label bench_loop loop_end) - $(label bench_loop loop)))
        head -c 510 /dev/zero
    } | head -c 510 >"$dir/loop.img"
    printf '\x55\xaa' >>"$dir/loop.img"
}

# The most bytes that each stub reads by one packet, nearly.
our_read=500000 their_read=2048

# What memory holds: random bytes from DATA on, which no run-length shortens.
make_data() # MiB
{
    head -c "$1M" /dev/urandom >"$dir/data"
    stepvm_options=(--load "$dir/data@0x100000")
    qemu_options=(-device "loader,file=$dir/data,addr=0x100000,force-raw=on")
}

no_data()
{
    rm "$dir/data"
    stepvm_options=() qemu_options=()
}

our_command()
{
    command=("$STEPVM" -S -m $memory -c $cpus --gdb "$1" --serial none
        "${stepvm_options[@]}" "$dir/loop.img")
}

their_command()
{
    command=(qemu-system-x86_64 -accel kvm -m $memory -smp $cpus -nodefaults -display none -S
        -gdb "$1" -bios "$GUESTS/bench_loop.rom" "${qemu_options[@]}")
}

qemu_starts()
{
    command -v qemu-system-x86_64 >/dev/null ||
        { echo "QEMU is not installed (apt-get install qemu-system-x86): its column stays empty"; return 1; }
    start_side theirs && end_side
}

# Starts a VM of SIDE, ours or theirs, whose stub listens at TCP port $port: stopped at START.
start_side()
{
    local command
    port=$("$TOOLS/bench" port)
    if [ "$1" = theirs ]; then
        their_command "tcp:127.0.0.1:$port"
    else
        our_command "127.0.0.1:$port"
    fi
    "${command[@]}" >"$dir/out" 2>&1 </dev/null &
    vm_pid=$!
    await "${command[0]##*/} to listen" port_listens_or_gone
    process_gone "$vm_pid" || return 0
    echo "bench: ${command[*]}: $(<"$dir/out")" >&2
    return 1
}

port_listens_or_gone()
{
    grep -q "$(printf ':%04X 00000000:0000 0A' "$port")" /proc/net/tcp || process_gone "$vm_pid"
}

end_side()
{
    kill -KILL "$vm_pid" 2>/dev/null
    wait "$vm_pid" 2>/dev/null # bash would report it killed
    return 0
}

# ---- Measures that need more than a stub's address

# measure_started SIDE: from its fork to the first answered packet, in ms.
measure_started()
{
    local command socket=$dir/gdb.sock
    if [ "$1" = theirs ]; then
        their_command "unix:$socket,server=on,wait=off"
    else
        our_command "unix:$socket"
    fi
    "$TOOLS/bench" start "$socket" "${command[@]}"
}

# What the VM at PORT uses while it is stopped: MiB beside the guest's RAM, ms of CPU time.
measure_resident() # port
{
    "$TOOLS/bench" memory "$vm_pid" "$(numfmt --from=iec $memory)" | cut -d' ' -f1
}

measure_idle() # port seconds
{
    "$TOOLS/bench" cpu "$vm_pid" "$2"
}

# ---- gdb

# stepi in gdb a second, at the stub that listens at PORT.
measure_stepi() # port seconds
{
    HOME=$dir timeout 60 gdb -q -nx -nh -batch -iex 'set debuginfod enabled off' \
        -ex "target remote 127.0.0.1:$1" -ex "hbreak *0x7c00" -ex continue -ex delete \
        -ex "python import time; n, start = 0, time.time()" \
        -ex "python while time.time() < start + $2: gdb.execute('stepi', to_string=True); n += 1" \
        -ex "python print('rate', n / (time.time() - start))" 2>/dev/null | sed -n 's/^rate //p'
}

# Conditions a second that gdb evaluates itself: time to the round in which one is true.
measure_conditions_by_gdb() # port rounds
{
    HOME=$dir timeout 60 gdb -q -nx -nh -batch -iex 'set debuginfod enabled off' \
        -ex "target remote 127.0.0.1:$1" -ex "hbreak *0x7c00" -ex continue \
        -ex "set breakpoint condition-evaluation host" \
        -ex "condition 1 (\$eax & 0xffff) == $2" -ex "python import time; start = time.time()" \
        -ex continue -ex "python print('rate', $2 / (time.time() - start))" 2>/dev/null |
        sed -n 's/^rate //p'
}

# The same where a step takes no time: gdb's own cost.
measure_stepi_alone() # seconds
{
    local port
    port=$("$TOOLS/bench" port)
    "$TOOLS/bench" no-machine "$port" &
    vm_pid=$!
    await "a stub to listen" port_listens_or_gone
    measure_stepi "$port" "$1"
    end_side
}

# measure_dump PORT MIB: MB a second that gdb reads and writes to a file.
measure_dump()
{
    HOME=$dir gdb -q -nx -batch -iex 'set debuginfod enabled off' -ex "target remote 127.0.0.1:$1" \
        -ex 'shell date +%s%N' -ex "dump binary memory $dir/dump 0x100000 0x100000+($2<<20)" \
        -ex 'shell date +%s%N' 2>/dev/null |
        awk -v mib="$2" 'length($1) == 19 && /^[0-9]+$/ { if (before) print mib * 1048576 * 1000 / ($1 - before); before = $1 }'
    [ "$(stat -c %s "$dir/dump")" = $(($2 << 20)) ] || echo "bench: gdb has not dumped $2 MiB" >&2
    rm -f "$dir/dump"
}

# ---- Guests at work. Each writes a line before and after what is measured (guests/bench.s).

port_reads=50000 megabytes=2 virtio_megabytes=64

# A kernel of 64 MiB: the same with as much data.
make_big_kernel()
{
    head -c 64M /dev/urandom >"$dir/data" &&
        ld -m elf_i386 -T guests/kernel.ld --no-warn-rwx-segments --oformat elf32-i386 -o "$dir/big.elf" \
            "$GUESTS/bench.o" -b binary "$dir/data" && rm "$dir/data"
}

make_disks()
{
    head -c ${virtio_megabytes}M /dev/zero >"$dir/disk"
    cat "$GUESTS/bench_int13.img" "$dir/disk" >"$dir/int13.img"
    # As it is, it reads 2 MB. That is over before the clock has moved where a read is one copy: 64 MB.
    cp "$dir/int13.img" "$dir/int13_more.img"
    printf '\x00\x08' | dd of="$dir/int13_more.img" bs=1 conv=notrunc 2>/dev/null \
        seek=$(($(label bench_int13 calls) - 0x7c00))
}

# ms from the start to line LINE, or from that to the next: `guest first|then LINE OPTIONS...`.
measure_our_guest()
{
    local column=1
    [ "$1" = first ] || column=2
    "$TOOLS/bench" lines "$2" "$STEPVM" --gdb none -m 256M "${@:3}" | cut -d' ' -f$column
}

measure_their_guest()
{
    local column=1
    [ "$1" = first ] || column=2
    "$TOOLS/bench" lines "$2" qemu-system-x86_64 -accel kvm -m 256M -nodefaults -display none \
        -no-reboot -serial null -debugcon stdio "${@:3}" 2>/dev/null | cut -d' ' -f$column
}

# COUNT a second, where `our_guest` or `their_guest` did so many in the time between two lines.
measure_our_rate() # count line options...
{
    measure_our_guest then "${@:2}" | awk -v count="$1" '{ print count * 1000 / $1 }'
}

measure_their_rate()
{
    measure_their_guest then "${@:2}" | awk -v count="$1" '{ print count * 1000 / $1 }'
}

drive()
{
    echo "file=$1,format=raw,if=$2,snapshot=on,id=d"
}

guests_at_work()
{
    local runs=1
    make_big_kernel
    make_disks
    row "start to a 64 MiB kernel's first line" unit=ms goal='<1000' \
        ours="our_guest first 1 $dir/big.elf" theirs="their_guest first 1 -kernel $dir/big.elf"
    row 'port reads' ours="our_rate $port_reads 1 --append p $GUESTS/bench.elf" \
        theirs="their_rate $port_reads 1 -kernel $GUESTS/bench.elf -append p"
    row 'BIOS disk reads' unit=MB/s digits=1 ours="our_rate 64 1 $dir/int13_more.img" \
        theirs="their_rate $megabytes 1 -drive $(drive "$dir/int13.img" ide)"
    row 'ATA disk reads, rep insw' unit=MB/s digits=1 \
        ours="our_rate $megabytes 1 --append a --disk $dir/disk,ro $GUESTS/bench.elf" \
        theirs="their_rate $megabytes 1 -kernel $GUESTS/bench.elf -append a -drive $(drive "$dir/disk" ide)"
    row 'virtio disk reads' unit=MB/s \
        ours="our_rate $virtio_megabytes 2 --disk $dir/disk,ro,virtio $GUESTS/virtio_read.elf" \
        theirs="their_rate $virtio_megabytes 2 -kernel $GUESTS/virtio_read.elf
            -drive $(drive "$dir/disk" none) -device virtio-blk-pci,disable-legacy=on,drive=d"
}
