#!/bin/bash
# What stepvm costs, with QEMU (where it is installed and its KVM starts) beside it. `make bench`.
# Takes a minute or two. Numbers only: nothing here passes or fails.
. "$(dirname "$0")/lib.sh"

runs=20 seconds=2
memory=$((128 * 1024 * 1024))

dir=$(mktemp -d "${TMPDIR:-/tmp}/stepvm-bench.XXXXXX") || exit 1
started=()
trap 'end_started; rm -rf "$dir"' EXIT
socket=$dir/gdb.sock
image=$dir/boot.img

[[ -r /dev/kvm && -w /dev/kvm ]] || { echo "bench: /dev/kvm is not there or not allowed"; exit 0; }

# A boot sector that jumps to itself.
{ printf '\xeb\xfe' && head -c 508 /dev/zero && printf '\x55\xaa'; } >"$image"

stepvm_command=("$STEPVM" -S -m 128M --gdb "unix:$socket" --serial none "$image")
qemu_command=(qemu-system-x86_64 -accel kvm -m 128M -nodefaults -display none -S
    -gdb "unix:$socket,server=on,wait=off"
    -drive "file=$image,format=raw,if=ide,snapshot=on")

# Starts the command and measures it while it is stopped: "RSS PSS CPU-us steps-a-second looks-a-second".
measure_stopped()
{
    local pid numbers
    rm -f "$socket"
    "$@" >"$dir/out" 2>&1 </dev/null &
    pid=$!
    started+=("$pid")
    await "${1##*/} to listen" listens_or_gone "$pid"
    numbers="$("$TOOLS/bench" memory $pid $memory) $("$TOOLS/bench" cpu $pid $seconds)"
    numbers+=" $("$TOOLS/bench" steps "$socket" $seconds)"
    echo "$numbers $("$TOOLS/bench" looks "$socket" $seconds)"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

listens_or_gone()
{
    [ -S "$socket" ] || process_gone "$1"
}

# All numbers of a VMM: "median minimum RSS PSS CPU steps looks"; nothing if it does not start.
measure()
{
    local start
    start=$("$TOOLS/bench" start $runs "$socket" "$@") && echo "$start $(measure_stopped "$@")"
}

# $1 divided by $2, with $3 decimals; "-" if there is no number.
scaled()
{
    awk -v n="$1" -v divisor="$2" -v digits="$3" \
        'BEGIN { if (n == "") print "-"; else printf "%.*f", digits, n / divisor }'
}

row() # what unit divisor decimals stepvm qemu goal
{
    local ratio=-
    [ -z "$5" ] || [ -z "$6" ] || ratio=$(awk -v a="$5" -v b="$6" \
        'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }')
    printf '%-40s %-5s %10s %10s %10s  %s\n' "$1" "$2" "$(scaled "$5" "$3" "$4")" \
        "$(scaled "$6" "$3" "$4")" "$ratio" "$7"
}

read -r -a our_numbers < <(measure "${stepvm_command[@]}")
[ ${#our_numbers[@]} -eq 7 ] ||
    { echo "bench: stepvm does not start; see what it says: $STEPVM -S IMAGE" >&2; exit 1; }
qemu_numbers=()
if command -v qemu-system-x86_64 >/dev/null; then
    read -r -a qemu_numbers < <(measure "${qemu_command[@]}" 2>/dev/null)
    [ ${#qemu_numbers[@]} -eq 7 ] || { qemu_numbers=(); echo "QEMU's KVM does not start here"; }
else
    echo "QEMU is not installed (apt-get install qemu-system-x86): its column stays empty"
fi

printf '%-40s %-5s %10s %10s %10s  %s\n' '' '' stepvm QEMU ratio goal
names=("start to first answered packet, median" "start to first answered packet, minimum"
    "memory beside the guest's RAM, RSS" "memory beside the guest's RAM, PSS"
    "CPU time in $seconds s while stopped" "vCont;s round trips a second"
    "vCont;s and g round trips a second")
units=(ms ms MiB MiB ms '' '') divisors=(1000 1000 1024 1024 1000 1 1) digits=(1 1 2 2 2 0 0)
goals=('< 10' '' '< 4' '' 0 '' '')
for i in "${!names[@]}"; do
    row "${names[i]}" "${units[i]}" "${divisors[i]}" "${digits[i]}" "${our_numbers[i]}" "${qemu_numbers[i]:-}" \
        "${goals[i]}"
done

# ---- Guests at work. Each writes a line before and after what is measured (guests/bench.s).

port_reads=50000 megabytes=2 virtio_megabytes=64

# A kernel of 64 MiB: the same with as much data.
big_kernel()
{
    head -c 64M /dev/urandom >"$dir/data" &&
        ld -m elf_i386 -T guests/kernel.ld --no-warn-rwx-segments --oformat elf32-i386 -o "$dir/big.elf" \
            "$GUESTS/bench.o" -b binary "$dir/data" && rm "$dir/data"
}

head -c ${virtio_megabytes}M /dev/zero >"$dir/disk"
cat "$GUESTS/bench_int13.img" "$dir/disk" >"$dir/int13.img"
# As it is, it reads 2 MB. That is over before the clock has moved where a read is one copy: 64 MB.
cp "$dir/int13.img" "$dir/int13_more.img"
printf '\x00\x08' | dd of="$dir/int13_more.img" bs=1 conv=notrunc 2>/dev/null \
    seek=$(($(label bench_int13 calls) - 0x7c00))
big_kernel

# ours LINE OPTIONS..., theirs LINE OPTIONS...: as `bench lines`.
ours()
{
    "$TOOLS/bench" lines "$1" "$STEPVM" --gdb none -m 256M "${@:2}" 2>/dev/null
}

theirs()
{
    [ ${#qemu_numbers[@]} -eq 0 ] ||
        "$TOOLS/bench" lines "$1" qemu-system-x86_64 -accel kvm -m 256M -nodefaults -display none \
            -no-reboot -serial null -debugcon stdio "${@:2}" 2>/dev/null
}

# rate COUNT "FIRST SECOND": how many a second in the time SECOND; nothing if there is none.
rate()
{
    [ -z "$2" ] || awk -v count="$1" -v us="${2#* }" 'BEGIN { printf "%.3f", count * 1e6 / us }'
}

drive()
{
    echo "file=$1,format=raw,if=$2,snapshot=on,id=d"
}

our_load=$(ours 1 "$dir/big.elf") their_load=$(theirs 1 -kernel "$dir/big.elf")
row "start to a 64 MiB kernel's first line" ms 1000 0 "${our_load% *}" "${their_load% *}" '< 1000'
row "port reads a second" '' 1 0 "$(rate $port_reads "$(ours 1 --append p "$GUESTS/bench.elf")")" \
    "$(rate $port_reads "$(theirs 1 -kernel "$GUESTS/bench.elf" -append p)")" ''
row "BIOS disk reads" MB/s 1 1 "$(rate 64 "$(ours 1 "$dir/int13_more.img")")" \
    "$(rate $megabytes "$(theirs 1 -drive "$(drive "$dir/int13.img" ide)")")" ''
row "ATA disk reads, rep insw" MB/s 1 1 \
    "$(rate $megabytes "$(ours 1 --append a --disk "$dir/disk,ro" "$GUESTS/bench.elf")")" \
    "$(rate $megabytes "$(theirs 1 -kernel "$GUESTS/bench.elf" -append a -drive "$(drive "$dir/disk" ide)")")" ''
row "virtio disk reads" MB/s 1 0 \
    "$(rate $virtio_megabytes "$(ours 2 --disk "$dir/disk,ro,virtio" "$GUESTS/virtio_read.elf")")" \
    "$(rate $virtio_megabytes "$(theirs 2 -kernel "$GUESTS/virtio_read.elf" -drive "$(drive "$dir/disk" none)" \
        -device virtio-blk-pci,disable-legacy=on,drive=d)")" ''
