# The rows of `make bench`: how one is measured and shown. tests/bench.sh sources this.
#
#     row WHAT ours=MEASURE [theirs=MEASURE] [limit=MEASURE] [unit=UNIT] [goal=GOAL] [digits=N]
#
# UNIT is /s where nothing is said; with ms or MiB less is better. A MEASURE is words that print one
# number: a command of build/tests/tools/bench, or a function of bash called measure_WORD. With an @
# among them a VM is started for it, stopped at START of guests/bench_loop.s, and the @ replaced by
# the TCP port of its stub: stepvm for ours=, QEMU for theirs=, which is as ours= if not given
# (theirs=- : QEMU has no such thing). limit= is what the machine could do at best.
#
# Each measure is taken $runs times, by turns with those of its row, so that a minute in which the
# machine is slow is slow for all; the median counts. Keep one under half a second.
#
# GOAL: what must hold, words of 7x (times better than QEMU), 75% (of the limit), <5 or >5.
# shellcheck shell=bash

runs=${BENCH_RUNS:-5} seconds=${BENCH_SECONDS:-0.4}

bench_begin()
{
    dir=$(mktemp -d "${TMPDIR:-/tmp}/stepvm-bench.XXXXXX") || exit 1
    export STEPVM_TEST=$dir
    trap 'end_started; rm -rf "$dir" "$dir".*' EXIT
    make_loop
    theirs_run=1
    qemu_starts || theirs_run=
    printf "$row_format" '' '' stepvm QEMU better limit 'of it' goal holds
}

row_format='%-42s %-5s %10s %10s %7s %10s %6s  %-8s %s\n'

bench_end()
{
    [ -n "${ROWS:-}" ] || write_report
    echo "$SECONDS s"
}

section()
{
    section=$1
    [ -n "${ROWS:-}" ] || printf '\n%s\n' "$1"
}

row()
{
    local what=$1 ours='' theirs='' limit='' unit=/s goal='' digits=0
    shift
    local "$@"
    [[ $what =~ ${ROWS:-} ]] || return
    local our_value their_value='' limit_value=''
    [ -n "$theirs" ] || theirs=$ours
    [ -n "$theirs_run" ] || theirs=-
    take_turns "$ours" "$theirs" "$limit"
    our_value=$(median ours) their_value=$(median theirs) limit_value=$(median limit)
    show_row
}

# Takes the three measures, $runs times each, into files of their numbers.
take_turns()
{
    local i
    rm -f "$dir"/numbers.*
    for ((i = 0; i < runs; i++)); do
        measure ours $1 >>"$dir/numbers.ours"
        [ "$2" = - ] || measure theirs $2 >>"$dir/numbers.theirs"
        [ -z "$3" ] || measure limit $3 >>"$dir/numbers.limit"
    done
}

# measure SIDE WORDS...
measure()
{
    local side=$1 vm=
    shift
    [[ " $* " != *' @ '* ]] || { start_side "$side" && vm=1; }
    set -- "${@/#@/$port}"
    if declare -F "measure_$1" >/dev/null; then
        "measure_$1" "${@:2}"
    else
        "$TOOLS/bench" "$@"
    fi
    [ -z "$vm" ] || end_side
}

median()
{
    [ ! -e "$dir/numbers.$1" ] || sort -g "$dir/numbers.$1" |
        awk '{ n[NR] = $1 } END { if (NR) print n[int((NR + 1) / 2)] }'
}

show_row()
{
    local better of_limit holds
    better=$(quotient "$our_value" "$their_value" 1)
    of_limit=$(quotient "$our_value" "$limit_value" 100)
    holds=$(goal_holds)
    printf '%s\t' "$section" "$what" "$unit" "$our_value" "$their_value" "$better" "$limit_value" \
        "$of_limit" "$goal" "$holds" >>"$dir/table"
    echo >>"$dir/table"
    printf "$row_format" "$what" "$unit" "$(rounded "$our_value" "$digits")" \
        "$(rounded "$their_value" "$digits")" "$(rounded "$better" 1 x)" \
        "$(rounded "$limit_value" "$digits")" "$(rounded "$of_limit" 0 %)" "$goal" "$holds"
}

# quotient OURS OTHER TIMES: above TIMES is better than the other.
quotient()
{
    [ -z "$1" ] || [ -z "$2" ] || awk -v a="$1" -v b="$2" -v times="$3" -v unit="$unit" 'BEGIN {
        less_is_better = unit == "ms" || unit == "MiB"
        if (less_is_better) { t = a; a = b; b = t }
        if (b > 0) printf "%.4f", times * a / b }'
}

rounded() # number digits suffix
{
    [ -z "$1" ] || printf "%.$2f%s" "$1" "${3:-}"
}

# "yes" if all words of $goal hold, "NO" if one does not, nothing if there are none or what they
# compare with is missing.
goal_holds()
{
    local word answer=
    for word in $goal; do
        case $word in
        *x) judge "$better" ge "${word%x}" ;;
        *%) judge "$of_limit" ge "${word%\%}" ;;
        '<'*) judge "$our_value" lt "${word#<}" ;;
        '>'*) judge "$our_value" ge "${word#>}" ;;
        esac
    done
    echo "$answer"
}

judge() # number ge|lt bound
{
    [ -n "$1" ] || return
    if awk -v a="$1" -v how="$2" -v b="$3" 'BEGIN { exit !(how == "lt" ? a < b : a >= b) }'; then
        answer=${answer:-yes}
    else
        answer=NO
    fi
}
