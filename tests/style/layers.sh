#!/bin/bash
# The house's rules that grep can see: who may include what, who may call ioctl, and that no
# file keeps state of its own. docs/ARCHITECTURE.md says why.
. "$(dirname "$0")/../lib.sh"

# no_line PATTERN FILE...: fails for lines of the FILEs that match PATTERN.
no_line()
{
    local pattern=$1 found
    shift
    found=$(grep -nE "$pattern" /dev/null "$@")
    [ -z "$found" ] || fail "not here:"$'\n'"$found"
}

# The files named that exist, without those after --.
sources()
{
    local -a names=() without=()
    local name
    for name; do
        shift
        [ "$name" = -- ] && { without=("$@"); break; }
        names+=("$name")
    done
    for name in "${names[@]}"; do
        case " ${without[*]} " in *" $name "*) ;; *) echo "$name" ;; esac
    done
}

shopt -s nullglob
include='^ *# *include *'

# Everything of vmm/ but the debugger.
machine=(vmm/*.[ch])
for folder in vmm/*/; do
    [ "$folder" = vmm/debug/ ] || machine+=("$folder"*.[ch])
done

stub_stands_on_libc()
{
    no_line "$include"'(<linux/|<asm/|<sys/ioctl|"[^"]*/)' gdbstub/*.[ch]
}

devices_know_no_cpu()
{
    no_line "$include"'["<](vmm/)?(vcpu/vcpu|kvm/|machine|linux/kvm|debug/|boot/|bios/)' \
        vmm/dev/*.[ch]
}

loaders_know_no_devices()
{
    no_line "$include"'["<](vmm/)?(vcpu/vcpu|kvm/|machine|board/|linux/kvm|dev/|debug/|bios/)' \
        vmm/boot/*.[ch]
}

bios_knows_no_kvm()
{
    no_line "$include"'["<](vmm/)?(vcpu/vcpu|kvm/|machine|board/|linux/kvm|dev/|debug/|boot/)' \
        vmm/bios/*.[ch]
}

tables_know_a_description_only()
{
    no_line "$include"'["<](vmm/)?(vcpu/|kvm/|machine|board/|dev/|boot/|bios/|debug/|linux/)' \
        vmm/platform/*.[ch]
}

memory_and_bus_stand_on_libc()
{
    no_line "$include"'("(kvm|vcpu|machine|options|console|debug|dev|boot|bios)|<linux/)' \
        vmm/memory/*.[ch] vmm/board/bus.[ch]
}

the_log_stands_on_libc()
{
    no_line "$include"'("[^r]|"r[^e]|<linux/)' vmm/record/{delta,record_log}.[ch]
}

# What the sandbox stands on is what it has to trust.
confinement_stands_on_libc()
{
    no_line "$include"'("[^c"]|"c[^o]|"console|<linux/kvm)' \
        <(grep -nE "$include" vmm/confine/*.[ch] | grep -v '"error.h"' | sed 's/^[^#]*//')
}

vcpus_know_no_debugger()
{
    no_line "$include"'"(gdbstub|debug|dev|boot|bios|machine|options)' vmm/vcpu/*.[ch]
}

one_place_meets_the_stub()
{
    local -a others
    mapfile -t others < <(sources "${machine[@]}" -- vmm/main.c vmm/loop.c vmm/loop.h)
    no_line "$include"'"gdbstub' "${others[@]}"
}

# A folder of debug/ includes itself, those below it, and two small headers of the top. The top and
# the monitor include all.
debugger_is_built_upwards()
{
    local folder below found
    while read -r folder below; do
        found=$(grep -nE "$include"'"debug/' /dev/null vmm/debug/"$folder"/*.[ch] |
            grep -vE "\"debug/(($folder$below)/|host_probe|number)")
        [ -z "$found" ] || fail "not here:"$'\n'"$found"
    done <<'END'
cpu
breakpoint |cpu
step |cpu|breakpoint
catch |cpu|step
run |cpu|breakpoint|step|catch
END
}

kvm_header_in_its_places()
{
    local -a others
    mapfile -t others < <(sources "${machine[@]}" -- vmm/{kvm,vcpu}/*.[ch])
    no_line "$include"'<linux/kvm' "${others[@]}"
}

only_kvm_calls_ioctl()
{
    local -a others
    # A terminal's size can be asked for in no other way.
    mapfile -t others < <(sources gdbstub/*.c vmm/*.c vmm/*/*.c vmm/*/*/*.c \
        -- vmm/kvm/*.c vmm/console/terminal.c)
    no_line '(^|[^a-z_])ioctl *\(' "${others[@]}"
}

# One file may: a handler for a fatal signal has nowhere else to find the terminal's mode.
no_state_at_file_scope()
{
    local object found
    skip_without objdump binutils
    [ -d "$BUILD/obj/vmm" ] || skip "no objects in $BUILD/obj"
    while read -r object; do
        [ "${object##*/}" = terminal.o ] && continue
        found=$(objdump -t "$object" |
            awk '/ O \.(t?data|t?bss)/ && !/\.data\.rel\.ro/ && !/__compound_literal/ {print $NF}')
        [ -z "$found" ] || fail "${object#"$BUILD"/obj/} keeps ${found//$'\n'/ }"
    done < <(find "$BUILD/obj/vmm" "$BUILD/obj/gdbstub" -name '*.o')
}

TEST stub_stands_on_libc
TEST devices_know_no_cpu
TEST loaders_know_no_devices
TEST bios_knows_no_kvm
TEST tables_know_a_description_only
TEST memory_and_bus_stand_on_libc
TEST the_log_stands_on_libc
TEST confinement_stands_on_libc
TEST vcpus_know_no_debugger
TEST one_place_meets_the_stub
TEST debugger_is_built_upwards
TEST kvm_header_in_its_places
TEST only_kvm_calls_ioctl
TEST no_state_at_file_scope
