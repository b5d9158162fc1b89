#!/bin/bash
# Runs a command in a small Linux guest that has the ordinary kvm_amd: QEMU's software CPU offers
# SVM, a Debian kernel boots on it and loads kvm_amd. Needs no KVM on this machine.
#
#   nested-kvm.sh [OPTIONS] DIR -- COMMAND [ARGS...]
#
# DIR is copied to /work in the guest and COMMAND runs there, with busybox's tools in PATH. Its
# output is ours, its exit status too; 125: the guest did not get as far (with a message), 124: the
# time limit was reached.
#
#   --with PATH      bring this file (a program: with its libraries; a folder: all of it) along,
#                    to the same path; may be repeated
#   --gdb            bring gdb along, with what its Python needs
#   --gdb-minimal    bring the same gdb without Python and TUI along (Debian's gdb-minimal), which
#                    starts in a quarter of the time; as --gdb where there is none of that version
#   --stdin          COMMAND reads our stdin, line by line (else it has none)
#   --out DIR        what COMMAND leaves in /out is unpacked to DIR
#   --timeout S      limit for boot and run, in seconds (120)
#   --npt 0|1        kvm_amd's nested paging (1); 0: shadow page tables
#   --smp N          CPUs of the guest (1); more than one share one host thread, because Linux
#                    locks up on QEMU's multi-threaded SVM
#   --mem MIB        the guest's memory (2048)
#   --cpu MODEL      QEMU's CPU model (qemu64,+svm,+npt)
#   --kvm-args ARGS, --kvm-amd-args ARGS   parameters of the modules
#   --append TEXT    more of the kernel command line
#   --stock-qemu     use QEMU as it is, without patch-qemu.py's corrections
#   --cache DIR      where kernel, busybox and the corrected QEMU are kept (~/.cache/nested-kvm)
#   --verbose        show the kernel's messages too
#   --timing         print how long it took to stderr
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

die()
{
    echo "nested-kvm: $*" >&2
    exit 125
}

usage()
{
    sed -n '2,/^set -u/p' "$0" | sed '$d;s/^# \?//' >&2
    exit 125
}

# ---- Options

npt=1 timeout=120 smp=1 mem=2048 cpu=qemu64,+svm,+npt kvm_args='' kvm_amd_args='' append=''
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nested-kvm
verbose=0 timing=0 patched=1 gdb='' stdin=/dev/null out='' dir='' with=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
    --gdb | --gdb-minimal) gdb=${1#--} ;;
    --stdin) stdin=/dev/stdin ;;
    --verbose) verbose=1 ;;
    --timing) timing=1 ;;
    --stock-qemu) patched=0 ;;
    --with | --out | --timeout | --npt | --smp | --mem | --cpu | --kvm-args | --kvm-amd-args | \
        --append | --cache)
        [ $# -gt 1 ] || die "$1 takes a value"
        case $1 in
        --with) with+=("$2") ;;
        *)
            name=${1#--}
            printf -v "${name//-/_}" %s "$2"
            ;;
        esac
        shift
        ;;
    -*) usage ;;
    *)
        [ -z "$dir" ] || die "one DIR only, not $dir and $1"
        dir=$1
        ;;
    esac
    shift
done
[ "${1:-}" = -- ] && shift
[ -n "$dir" ] || usage
[ -d "$dir" ] || die "$dir is not a folder"
[ $# -gt 0 ] || die "no command given after --"
tcg_thread=multi
[ "$smp" = 1 ] || tcg_thread=single

for tool in qemu-system-x86_64 xz python3 cpio; do
    command -v $tool >/dev/null ||
        die "$tool is missing (apt-get install qemu-system-x86 xz-utils python3 cpio)"
done

# ---- The kernel, its modules and busybox, from Debian's packages, once

kernel_package()
{
    apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/ {print $2; exit}'
}

fetch_packages()
{
    local package deb
    package=$(kernel_package)
    if [ -z "$package" ] && [ "$(id -u)" = 0 ]; then # a new machine has no lists yet
        apt-get -q update
        package=$(kernel_package)
    fi
    [ -n "$package" ] || { echo "apt knows no linux-image-amd64 (apt-get update)"; return 1; }
    apt-get -q download "$package" busybox-static || return
    for deb in ./*.deb; do
        dpkg-deb -x "$deb" ../x || return
    done
}

# From the packages in $cache/x.
fill_cache()
{
    local module xz_at version
    mkdir -p root/bin root/lib/modules && cp x/bin/busybox root/bin/ || return
    for module in virt/lib/irqbypass arch/x86/kvm/kvm drivers/crypto/ccp/ccp arch/x86/kvm/kvm-amd; do
        cp x/lib/modules/*/kernel/$module.ko root/lib/modules/ || return
    done
    # Built in or a module, as the kernel's version has it.
    cp x/lib/modules/*/kernel/drivers/char/hw_random/rng-core.ko root/lib/modules/ 2>/dev/null
    cp x/boot/vmlinuz-* vmlinuz || return
    # An unpacked vmlinux boots by PVH: unpacking it on the software CPU would take seconds.
    xz_at=$(grep -obUaP '\xfd7zXZ\x00' vmlinuz | head -n 1 | cut -d: -f1)
    if [ -n "$xz_at" ]; then
        tail -c +$((xz_at + 1)) vmlinuz | xz -dc >vmlinux 2>/dev/null
        [ "$(head -c 4 vmlinux)" = $'\x7fELF' ] || rm -f vmlinux
    fi
    for version in x/lib/modules/*; do
        echo "${version##*/}" >version
    done
}

prepare_cache()
{
    mkdir -p "$cache/dl" || return
    (
        flock 9
        [ ! -e "$cache/ready" ] || exit 0
        cd "$cache/dl" && rm -rf ../x ./*.deb && mkdir ../x && fetch_packages >log 2>&1 &&
            cd .. && fill_cache && rm -rf x && touch ready
    ) 9>"$cache/lock"
}

[ -e "$cache/ready" ] || prepare_cache ||
    die "the Debian kernel and busybox could not be fetched into $cache: $(tail -n 1 "$cache/dl/log")"
kernel=$cache/vmlinux
[ -e "$kernel" ] || kernel=$cache/vmlinuz

# Prints the path of a gdb without Python that is of the same version as ours, once downloaded.
prepare_gdb_minimal()
{
    local version folder
    version=$(dpkg-query -W -f '${Version}' gdb) || return
    folder=$cache/gdb-minimal-$version
    (
        flock 9
        [ ! -x "$folder/usr/bin/gdb" ] || exit 0
        mkdir -p "$folder" && cd "$folder" && apt-get -q download "gdb-minimal=$version" &&
            dpkg-deb -x ./*.deb . && rm ./*.deb
    ) 9>"$cache/gdb.lock" >"$cache/dl/gdb.log" 2>&1 && echo "$folder/usr/bin/gdb"
}

# A libdebuginfod in folder $1 that finds nothing, as the true one would in a guest without a network:
# that one brings thirty libraries along (curl's), which are most of what gdb's start costs.
make_debuginfod()
{
    local functions=(begin end find_debuginfo find_executable find_source set_progressfn)
    local later=(get_user_data set_user_data) name
    {
        for name in "${functions[@]}" "${later[@]}"; do
            echo "void *debuginfod_$name(void) { return 0; }"
        done
    } >"$tmp/debuginfod.c"
    {
        echo "ELFUTILS_0.178 { global:$(printf ' debuginfod_%s;' "${functions[@]}") local: *; };"
        echo "ELFUTILS_0.179 { global:$(printf ' debuginfod_%s;' "${later[@]}") } ELFUTILS_0.178;"
    } >"$tmp/debuginfod.map"
    ${CC:-cc} -shared -fPIC -nostdlib -Wl,-soname,libdebuginfod.so.1 \
        -Wl,--version-script,"$tmp/debuginfod.map" -o "$1/libdebuginfod.so.1" "$tmp/debuginfod.c"
}

# ---- The guest's files: everything is in its initial ramdisk

tmp=$(mktemp -d "${TMPDIR:-/tmp}/nested-kvm.XXXXXX") || die "no temporary folder"
qemu_pid=
# shellcheck disable=SC2317 # called by the trap
clean_up()
{
    [ -z "$qemu_pid" ] || kill "$qemu_pid" 2>/dev/null
    rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The shared libraries of program $1.
add_libraries()
{
    local library
    ldd "$1" 2>/dev/null | grep -oE '/[^ )]+' | while read -r library; do
        [ -e "$root$library" ] && continue
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
}

add_folder()
{
    local library
    tar cf - -C / --exclude=__pycache__ --exclude=test --exclude='config-*' --exclude=idlelib \
        --exclude=lib2to3 --exclude=tkinter --exclude=turtledemo ".$1" | tar xf - -C "$root"
    find "$1" -name '*.so*' -type f | while read -r library; do
        [ ! -e "$root$library" ] || add_libraries "$library"
    done
}

add_path()
{
    [ -e "$1" ] || die "--with $1: no such file"
    mkdir -p "$root$(dirname "$1")"
    if [ -d "$1" ]; then
        add_folder "$1"
    else
        cp -L "$1" "$root$1"
        add_libraries "$1"
    fi
}

root=$tmp/root
mkdir -p "$root"/{proc,sys,dev,tmp,out,root,etc,work,sbin,usr/bin}
if [ "$gdb" = gdb-minimal ] && minimal=$(prepare_gdb_minimal); then
    cp "$minimal" "$root/usr/bin/gdb"
    ! make_debuginfod "$tmp" 2>/dev/null || export LD_LIBRARY_PATH=$tmp
    add_libraries "$minimal"
    unset LD_LIBRARY_PATH
    if [ -d "$root$tmp" ]; then
        mkdir -p "$root/usr/lib" && mv "$root$tmp"/* "$root/usr/lib/" && rmdir "$root$tmp"
    fi
elif [ -n "$gdb" ]; then
    command -v gdb >/dev/null || die "gdb is missing (apt-get install gdb)"
    with+=("$(command -v gdb)")
    [ ! -d /usr/share/gdb ] || with+=(/usr/share/gdb)
    python=$(ldd "$(command -v gdb)" | grep -oE 'python3\.[0-9]+' | head -n 1)
    [ -z "$python" ] || with+=("/usr/lib/$python")
fi
cp -a "$cache/root/." "$root/"
cp -a "$dir/." "$root/work/"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
for path in ${with[@]+"${with[@]}"}; do
    add_path "$path"
done
find "$root/work" -type f -perm -100 | while read -r file; do
    [ "$(head -c 4 "$file" | tr -d '\0')" != $'\x7fELF' ] || add_libraries "$file"
done

for word in "$@"; do
    printf "'%s' " "${word//\'/\'\\\'\'}"
done >"$root/command"
cat >"$root/init" <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/work:/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=dumb
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm; mount -t devpts pts /dev/pts; mount -t tmpfs tmp /dev/shm
ifconfig lo 127.0.0.1 up
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
cd /lib/modules
insmod ./irqbypass.ko && insmod ./kvm.ko $kvm_args
[ -e rng-core.ko ] && insmod ./rng-core.ko
insmod ./ccp.ko
insmod ./kvm-amd.ko npt=$npt $kvm_amd_args
cd /work
read up rest < /proc/uptime
echo "NESTED-BOOT: kernel \$(uname -r) up \${up}s npt=\$(cat /sys/module/kvm_amd/parameters/npt) kvm=\$([ -c /dev/kvm ] && echo yes || echo no)"
stty -F /dev/console -echo
/bin/busybox sh -c '. /command' <$([ "$stdin" = /dev/null ] && echo /dev/null || echo /dev/console)
status=\$?
read up rest < /proc/uptime
[ -z "\$(ls /out)" ] || tar cf /dev/ttyS1 -C /out .
echo "NESTED-EXIT: \$status up \${up}s"
poweroff -f
INIT
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$tmp/initrd" ||
    die "the guest's ramdisk could not be made (is $tmp full?)"
initrd_size=$(stat -c %s "$tmp/initrd")
rm -rf "$root"

# ---- QEMU

qemu=${QEMU:-$(command -v qemu-system-x86_64)}
firmware=()
use_patched_qemu()
{
    local module folder corrected
    # Named after the corrections: another state of this tree may have others.
    corrected=$cache/qemu-$(cksum <"$here/patch-qemu.py" | cut -d' ' -f1)
    if [ ! -e "$corrected" ] || [ "$qemu" -nt "$corrected" ]; then
        python3 "$here/patch-qemu.py" "$qemu" "$corrected.$$" &&
            mv "$corrected.$$" "$corrected" || return
    fi
    # A program that has moved looks for its modules and firmware beside itself.
    for module in /usr/lib/*/qemu/accel-tcg-x86_64.so; do
        export QEMU_MODULE_DIR=${QEMU_MODULE_DIR:-${module%/*}}
    done
    for folder in /usr/share/qemu /usr/share/seabios; do
        [ ! -d "$folder" ] || firmware+=(-L "$folder")
    done
    qemu=$corrected
}
[ $patched = 0 ] || use_patched_qemu ||
    echo "nested-kvm: this QEMU could not be corrected: breakpoints will fail in the guest" >&2

# norandmaps: a program is at the same addresses each time it runs, so that it is translated once. To
# start gdb, bash or stepvm then takes a third of the time.
command_line="console=ttyS0 quiet panic=-1 oops=panic no_timer_check nokaslr norandmaps mitigations=off"
command_line+=" random.trust_cpu=on tsc=reliable audit=0 cgroup_disable=memory $append"
[ $verbose = 0 ] || command_line=${command_line/ quiet/ earlyprintk=ttyS0}

: >"$tmp/output" # tail must not come before it
started=$SECONDS
timeout -s KILL "$timeout" "$qemu" ${firmware[@]+"${firmware[@]}"} \
    -accel "tcg,thread=$tcg_thread,tb-size=512" -machine pc -cpu "$cpu" -smp "$smp" -m "$mem" \
    -nodefaults -no-user-config -display none -no-reboot \
    -serial stdio -serial file:"$tmp/ttyS1" \
    -kernel "$kernel" -initrd "$tmp/initrd" -append "$command_line" \
    <"$stdin" >"$tmp/output" 2>"$tmp/qemu.err" &
qemu_pid=$!

# Shows the command's output as it comes: what is between the two markers.
show_output()
{
    local line on=$verbose
    while IFS= read -r line; do
        line=${line%%$'\r'*}
        case $line in
        *'NESTED-EXIT: '*)
            [ "$verbose" = 1 ] || line=${line%%NESTED-EXIT: *}
            [ -z "$line" ] || printf '%s\n' "$line"
            break
            ;;
        *'NESTED-BOOT: '*)
            on=1
            [ "$verbose" = 0 ] || printf '%s\n' "$line"
            ;;
        *) [ "$on" = 0 ] || printf '%s\n' "$line" ;;
        esac
    done
}
tail -c +1 -f --pid=$qemu_pid "$tmp/output" 2>/dev/null | show_output &
shown_pid=$!
wait $qemu_pid 2>/dev/null
qemu_status=$?
qemu_pid=
wait $shown_pid 2>/dev/null

tr -d '\r' <"$tmp/output" >"$tmp/log"
[ $timing = 0 ] || {
    grep -aoE 'NESTED-(BOOT|EXIT): .*' "$tmp/log"
    echo "nested-kvm: ramdisk $((initrd_size / 1024)) KiB, $((SECONDS - started)) s in all"
} >&2
grep -avE 'warning: TCG doesn.t support' "$tmp/qemu.err" >&2
[ -z "$out" ] || [ ! -s "$tmp/ttyS1" ] || { mkdir -p "$out" && tar xf "$tmp/ttyS1" -C "$out"; }

status=$(grep -aoE 'NESTED-EXIT: [0-9]+ up' "$tmp/log" | tail -n 1 | awk '{print $2}')
[ -z "$status" ] || exit "$status"
if [ $qemu_status = 137 ]; then
    echo "nested-kvm: the time limit of $timeout s was reached" >&2
    exit 124
fi
echo "nested-kvm: the guest ended without reporting a status; its last output:" >&2
tail -n 25 "$tmp/log" >&2
exit 125
