# How cost grows with vCPUs, breakpoints and guest memory: stepvm alone. tests/bench.sh sources this.
# shellcheck shell=bash disable=SC2154,SC2034 # what rows.sh and vms.sh set and read

# grow AXIS WHAT UNIT VALUE=NUMBER...: shows one line and keeps it for the report.
grow()
{
    local pair
    printf '%-24s %-36s %-5s' "$1" "$2" "$3"
    printf '%s\t%s\t%s' "$1" "$2" "$3" >>"$dir/growth"
    for pair in "${@:4}"; do
        printf ' %6s %9s' "${pair%%=*}:" "$(rounded "${pair#*=}" "$(decimals "$3")")"
        printf '\t%s' "$pair" >>"$dir/growth"
    done
    echo
    echo >>"$dir/growth"
}

decimals()
{
    case $1 in
    ms | MiB) echo 1 ;;
    *) echo 0 ;;
    esac
}

# along AXIS VARIABLE "VALUES" WHAT UNIT MEASURE: the measure's median with each value.
along()
{
    local value pairs=() ${2}
    [[ "$1: $4" =~ ${ROWS:-} ]] || return
    for value in $3; do
        printf -v "$2" %s "$value"
        take_turns "$6" - ''
        pairs+=("$value=$(median ours)")
    done
    grow "$1" "$4" "$5" "${pairs[@]}"
}

growth()
{
    local runs=3 seconds=0.2 axis
    for axis in 'vCPUs cpus 1_4_16' 'guest_memory memory 16M_128M_1G_16G'; do
        set -- $axis
        set -- "${1//_/ }" "$2" "${3//_/ }"
        along "$@" 'start to the first packet' ms 'started ours'
        along "$@" "RSS beside the guest's RAM" MiB 'resident @'
        along "$@" 'vCont;s' /s "steps @ $seconds"
        along "$@" 'steps within vCont;r' /s "ranges @ $seconds"
        make_data 8
        along "$@" 'm' MB/s "reads @ m $our_read 8 $seconds"
        no_data
    done
    grow_breakpoints
}

# Each number of `bench crowd` is a line.
grow_breakpoints()
{
    local n i pairs names=('inserted, by Z0' 'vCont;s' 'vCont;c to one of them')
    [[ breakpoints =~ ${ROWS:-} ]] || return
    rm -f "$dir"/crowd.*
    for n in 1 100 10000; do
        measure ours crowd @ $n $seconds >"$dir/crowd.$n"
    done
    for i in 0 1 2; do
        pairs=()
        for n in 1 100 10000; do
            pairs+=("$n=$(cut -d' ' -f$((i + 1)) "$dir/crowd.$n")")
        done
        grow breakpoints "${names[i]}" /s "${pairs[@]}"
    done
}
