#!/bin/bash
# How much of vmm/ and gdbstub/ the tests reach: a table of the files, least covered first, of the
# folders, and the functions that nothing calls. gcov alone; numbers only.
#
#   tests/coverage.sh [TEST...]   scripts, unit/NAME, protocol/NAME; all units and
#                                 tests/{gdb,cli,boot,client,faults}
#
# With KEEP=1 what earlier runs have reached counts as well, so it can be done in parts.
# A process counts if it ends by itself, so VMs that tests leave running are ended by SIGTERM here;
# those that stepvm forks (stepvm-files, what keeps a snapshot's memory) do not. In tests/faults what
# gcov calls fails, too: the scenario `help` is not ok then.
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build} CC=${CC:-gcc} MAKE=${MAKE:-make} JOBS=${JOBS:-2}
command -v gcov >/dev/null || { echo "coverage: gcov is not installed (apt-get install gcc)"; exit 1; }
"$MAKE" --no-print-directory -s -j"$JOBS" CC="$CC" COVERAGE=1 tests || exit 1
folder=$BUILD-coverage
[ -n "${KEEP:-}" ] || find "$folder" -name '*.gcda' -delete

tests=()
if [ $# -eq 0 ]; then
    for test in "$folder"/tests/unit/* "$folder"/tests/protocol/* tests/{gdb,cli,boot,client,faults}/*.sh; do
        [ ! -f "$test" ] || tests+=("$test")
    done
fi
for test in "$@"; do
    [[ $test == *.sh ]] && tests+=("$test") || tests+=("$folder/tests/$test")
done
STEPVM_END_SIGNAL=TERM STEPVM_PATIENCE=${STEPVM_PATIENCE:-600} BUILD=$folder \
    tests/run -j "$JOBS" -t 1500 "${tests[@]}"

# Functions first, each with its share of lines; then the file that they are in.
gcov_all()
{
    local object
    while read -r object; do
        gcov -n -f -o "${object%/*}" "$object" 2>/dev/null
    done < <(find "$folder/obj/vmm" "$folder/obj/gdbstub" -name '*.gcno' | sort)
}

gcov_all | awk -F"'" '
    /^Function / { function_name = $2; file = ""; next }
    /^File / { file = $2; function_name = ""; next }
    /^Lines executed:/ {
        split($0, part, /[:% ]+/)   # Lines executed:97.50% of 40
        share = part[3]; lines = part[5]
        if (function_name != "" && share == 0)
            dead[++dead_count] = function_name
        if (file ~ /^(vmm|gdbstub)\/.*\.c$/) {
            printf "%6.1f%% %5d  %s\n", share, lines, file | "sort -n"
            total += lines; reached += share * lines / 100
            split(file, part, "/")
            folder = part[3] == "" ? part[1] : part[1] "/" part[2]
            folders[folder] += lines; of_folder[folder] += share * lines / 100
            for (i = 1; i <= dead_count; i++)
                never[++count] = file ": " dead[i]
        }
        if (file != "" && file ~ /\.c$/)
            dead_count = 0
        file = function_name = ""
    }
    END {
        close("sort -n")
        print ""
        for (folder in folders)
            printf "%6.1f%% %5d  %s\n", 100 * of_folder[folder] / folders[folder], folders[folder], folder | "sort -k3"
        close("sort -k3")
        printf "%6.1f%% %5d  in all\n\nNever called:\n", total ? 100 * reached / total : 0, total
        for (i = 1; i <= count; i++)
            print "  " never[i]
    }'
