#!/bin/bash
# docs/DEBUGGING.md is true: its sessions are typed again, and print what it shows.
#
# Of the section named, these blocks are used, by their info string:
#   console   `$ build/stepvm -S ...` starts a machine; any other `$ build/stepvm ...` is run to its end
#             and its output compared, up to `$ echo $?` with its status; other commands are not run
#   gdb       `$ gdb ...` starts gdb, `(gdb) ...` and `>...` are typed; what follows is what gdb must print. `...`
#             stands for any lines; after `<!-- varies -->` any hexadecimal number will do
#             After `<!-- WHAT: yes -->` (or no) the next block counts only where `monitor info host`
#             says so: KVM's backends differ.
#   screen    lines that the machine's terminal shows, sooner or later; the next gdb waits for them
. "$(dirname "$0")/../lib.sh"

doc=$PWD/docs/DEBUGGING.md

# What `monitor info host` says of this host, as `WHAT: yes` or `WHAT: no`, in $dir/host.
ask_host()
{
    local what
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<<$'monitor info host\nkill'
    sed -nE 's/^  ([^ ]+( [^ ]+)*) +(yes|no)$/\1: \3/p' "$dir/gdb.out" >"$dir/host"
    [ -s "$dir/host" ] || give_up "monitor info host: $(<"$dir/gdb.out")"
    # A block whose mark no host knows would never be typed.
    sed -nE 's/^<!-- (.*: )(yes|no) -->$/\1/p' "$doc" | sort -u | while IFS= read -r what; do
        grep -qF -e "$what" "$dir/host" || fail "no host says '$what'"
    done
}

# Prints "KIND LINE" for each line of a block in section $1 (its heading without "## ").
blocks_of()
{
    awk -v section="## $1" '
        NR == FNR { host[$0]; next }
        /^## / { inside = ($0 == section); next }
        !inside { next }
        /^```/ { kind = kind ? "" : substr($0, 4); if (!kind) varies = elsewhere = 0; next }
        kind && !elsewhere { print (varies ? "varies" : kind) " " $0 }
        /^<!-- varies -->$/ { varies = 1 }
        /^<!-- .*: (yes|no) -->$/ { elsewhere = !(substr($0, 6, length($0) - 9) in host) }
    ' "$dir/host" "$doc"
}

# The session runs in a folder of its own that looks like the top of the tree after `make`.
enter_folder()
{
    local top=$PWD
    case $BUILD in /*) ;; *) BUILD=$top/$BUILD ;; esac
    mkdir "$dir/top" && ln -s "$BUILD" "$dir/top/build" &&
        ln -s "$top/guests" "$top/vmm" "$top/tests" "$dir/top/" || exit 1
    [ ! -e "$BUILD/boot-images/grub.img" ] ||
        ln -s "$BUILD/boot-images/grub.img" "$dir/top/grub.img"
    [ ! -e "$BUILD/boot-images/seabios.img" ] ||
        ln -s "$BUILD/boot-images/seabios.img" "$dir/top/seabios.bin"
    [ -z "${linux:-}" ] || ln -s "$linux/vmlinuz" "$dir/top/"
    cd "$dir/top" || exit 1
    STEPVM=build/stepvm
    vm_input=$dir/input
    mkfifo "$vm_input" && exec 7<>"$vm_input"
}

# The command $1, with the address where this test's stepvm listens.
here()
{
    case $1 in
    'target remote :1234' | 'target extended-remote :1234') echo "${1%:1234}$gdb_address" ;;
    *) echo "$1" ;;
    esac
}

# Types what was gathered for one gdb: $dir/typed has the commands, $dir/shown the document's lines.
run_typed()
{
    local line
    {
        while IFS= read -r line; do
            [[ $line != '>'* ]] || { echo "${line#>}" && continue; }
            printf '%s\n' "echo (gdb) ${line//\\/\\\\}\\n" "$(here "$line")"
        done <"$dir/typed"
        printf '%s\n' 'echo @end@\n' # what follows is gdb's leave-taking
    } >"$dir/gdb.commands"
    start_gdb_alone
    if grep -q '^\^C$' "$dir/shown"; then
        interrupt_gdb "$(sed '/^\^C$/,$d' "$dir/shown" | grep -c '^Continuing')"
    fi
    await "gdb to end" process_gone "$gdb_pid"
    # gdb says a word on iconv, in two lines, where that has no tables (in the nested guest).
    sed "/^@end@/,\$d; /^warning: could not convert .* host encoding/,+1d
        s|${gdb_address:-:1234}|:1234|; s/^>*(gdb) /(gdb) /" "$dir/gdb.raw" >"$dir/gdb.out"
    # What gdb asks at a terminal it does not ask here.
    sed '/(y or n) y$/d; /^Are you sure/d; /^A program is being debugged/d; /^\^C$/d
        /^>/d; /^Enter actions for/d; /^End with a line/d' "$dir/shown" |
        expect_text "$dir/gdb.out"
    rm "$dir/typed" "$dir/shown"
}

# Before something else begins: what was gathered until now.
catch_up()
{
    local line quoted
    [ ! -e "$dir/typed" ] || run_typed
    [ -e "$dir/screen" ] || return 0
    while IFS= read -r line; do
        quote_pattern "$line"
        await_text "$dir/console" "^$quoted"
    done <"$dir/screen"
    rm "$dir/screen"
}

# Line $1 of a gdb block.
gdb_line()
{
    case $1 in
    '$ gdb -q') catch_up ;;
    '$ gdb -q '*) # the tests' gdb gets no arguments
        catch_up
        printf '%s\n' "file ${1#$ gdb -q }" >"$dir/typed"
        printf '%s\n' "(gdb) file ${1#$ gdb -q }" ... >"$dir/shown"
        ;;
    *)
        [[ $1 != '(gdb) '* && $1 != '>'* ]] || printf '%s\n' "${1#(gdb) }" >>"$dir/typed"
        printf '%s\n' "$1" >>"$dir/shown"
        ;;
    esac
}

# With any number for each that line $1 shows.
any_number()
{
    case $1 in
    '$ '* | '(gdb) '*) echo "$1" ;;
    *) sed -E 's/0x[0-9a-f]+/{{0x[0-9a-f]+}}/g' <<<"$1" ;;
    esac
}

# Line $1 of a console block.
console_line()
{
    local words
    case $1 in
    '$ build/stepvm '*)
        read -ra words <<<"${1#$ }"
        ran=''
        if [ "${words[1]}" = -S ]; then
            start_vm "${words[@]:1}"
        else
            "${words[@]}" >"$dir/ran.out" 2>&1
            ran=$?
        fi
        ;;
    '$ echo $?')
        printf '%s\n' "$1" "$ran" >>"$dir/ran.out"
        echo "$1" >>"$dir/ran"
        ;;
    '$ '*) ran='' ;;
    *) [ -z "$ran" ] || echo "$1" >>"$dir/ran" ;;
    esac
}

# Does what section $1 says.
follow()
{
    local line ran=''
    ask_host
    enter_folder
    while IFS= read -r line; do
        case $line in
        'gdb '*) gdb_line "${line#* }" ;;
        'varies '*) gdb_line "$(any_number "${line#* }")" ;;
        'screen '*) printf '%s\n' "${line#* }" >>"$dir/screen" ;;
        'console '*) catch_up && console_line "${line#* }" ;;
        esac
    done < <(blocks_of "$1")
    catch_up
    [ ! -e "$dir/ran" ] || expect_text "$dir/ran.out" <"$dir/ran"
}

start_and_connect()
{
    follow 'Start and connect'
}

# GRUB's own addresses are those of one version of it.
grub()
{
    reason=$(tests/boot/prepare grub 2>&1) || skip "$reason"
    patience=$((patience * 5))
    follow 'A real boot loader: GRUB'
}

firmware()
{
    reason=$(tests/boot/prepare seabios 2>&1) || skip "$reason"
    patience=$((patience * 5))
    follow 'Firmware, from the reset vector'
}

linux_kernel()
{
    linux=${STEPVM_LINUX:-}
    [ -n "$linux" ] || linux=$(tests/linux/prepare) || skip "$linux"
    follow 'A Linux kernel'
}

three_modes()
{
    follow 'Through three modes'
}

what_one_step_is()
{
    follow 'What one step is'
}

who_writes_there()
{
    follow 'Who writes there?'
}

print_without_stopping()
{
    follow 'Print without stopping'
}

collect_without_stopping()
{
    follow 'Collect without stopping'
}

several_cpus()
{
    follow 'Several CPUs'
}

data_race()
{
    follow 'A data race'
}

stop_when_it_happens()
{
    follow 'Stop when it happens'
}

# Lines and arguments are shown as Debian 12's gcc gives them.
kernel_from_source()
{
    grep -aq 'GNU C11 12\.' "$GUESTS/hobby.elf" || skip "the guest was not compiled by gcc 12"
    run_stepvm --gdb none -m 64M "$GUESTS/hobby.elf"
    ! grep -q 'kernel: exception 13 ' "$dir/console" || skip "this KVM has no 32-bit paging"
    patience=$((patience * 5))
    follow 'A kernel from source'
}

when_the_guest_dies()
{
    follow 'When the guest dies'
}

back_from_the_crash()
{
    follow 'Back from the crash'
}

back_to_where_it_was()
{
    follow 'Back to where it was'
}

if_something_is_odd()
{
    follow 'If something is odd'
}

TEST start_and_connect
TEST grub
TEST firmware
TEST linux_kernel
TEST three_modes
TEST what_one_step_is
TEST who_writes_there
TEST print_without_stopping
TEST collect_without_stopping
TEST several_cpus
TEST data_race
TEST stop_when_it_happens
TEST kernel_from_source
TEST when_the_guest_dies
TEST back_from_the_crash
TEST back_to_where_it_was
TEST if_something_is_odd
