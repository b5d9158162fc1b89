#!/bin/bash
# The man page and the bash completion know each option that --help lists, and no other; the man page
# is well-formed, and the completion completes. docs/MONITOR.md is what the program says.
# docs/PROTOCOL.md has each packet, when it is allowed, and tests that there are. docs/GUESTS.md and
# docs/RELIABILITY.md have commands that can be typed, and tests that there are.
. "$(dirname "$0")/../lib.sh"

# The options in $1: one a line, -x and --name.
options_in()
{
    grep -oE -e '(^|[^-[:alnum:]])(--[a-z][a-z-]+|-[a-zA-Z])($|[^-[:alnum:]])' <<<"$1" |
        grep -oE -e '--?[a-zA-Z][a-z-]*' | sort -u
}

help_options()
{
    options_in "$("$STEPVM" --help | sed -n 's/^  \( *-.\{0,22\}\).*/\1/p' | tr , '\n')"
}

# The terms of the OPTIONS section: `.TP` and the line after it.
man_options()
{
    options_in "$(sed -n '/^\.SH OPTIONS/,/^\.SH FORMATS/p' docs/stepvm.1 |
        grep -A1 '^\.TP' | grep '^\.B' | sed 's/\\-/-/g; s/\\f.//g' | tr ' "[' '\n' | grep '^-')"
}

expect_same_options()
{
    local here there
    here=$(help_options) there=$2
    [ "$(wc -l <<<"$here")" -gt 20 ] || fail "--help lists too few options: $here"
    [ "$here" = "$there" ] || fail "--help (<) and $1 (>) differ:
$(diff <(echo "$here") <(echo "$there"))"
}

the_man_page_has_each_option()
{
    expect_same_options 'the man page' "$(man_options)"
}

the_completion_has_each_option()
{
    complete_words stepvm -
    expect_same_options 'the completion' "$(printf '%s\n' "${COMPREPLY[@]}" | sort -u)"
}

the_man_page_is_well_formed()
{
    local complaints
    skip_without groff groff
    complaints=$(groff -man -Tutf8 -ww -z docs/stepvm.1 2>&1)
    [ -z "$complaints" ] || fail "groff complains: $complaints"
}

# Completes the last of the words, as bash would split them.
complete_words()
{
    # shellcheck source=docs/stepvm.bash
    . docs/stepvm.bash
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _stepvm
}

# expect_completion WORDS... COMPLETIONS, which are separated by | and sorted
expect_completion()
{
    local expected=${*: -1} got
    complete_words "${@:1:$#-1}"
    got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' '|')
    [ "${got%|}" = "$expected" ] ||
        fail "${*:1:$#-1}<Tab>: expected '$expected', got '${got%|}'"
}

the_completion_completes()
{
    mkdir "$dir/d" && cd "$dir/d" && touch 'a disk.img' ab.elf && cd - >/dev/null || return
    expect_completion stepvm --me '--memory'
    expect_completion stepvm --format '' 'auto|boot|cd|elf|flat|linux|multiboot|multiboot2|pvh'
    expect_completion stepvm --format = '' 'auto|boot|cd|elf|flat|linux|multiboot|multiboot2|pvh'
    expect_completion stepvm --format = b 'boot'
    expect_completion stepvm --mode = 'long|protected|real'
    expect_completion stepvm -f e 'elf'
    expect_completion stepvm --serial 'fi' 'file:'
    expect_completion stepvm --serial file : "$dir/d/ab" "$dir/d/ab.elf"
    expect_completion stepvm --trace kvm = "$dir/d/ab" "$dir/d/ab.elf"
    expect_completion stepvm --disk "$dir/d/a" "$dir/d/a disk.img|$dir/d/ab.elf"
    expect_completion stepvm -S "$dir/d/a" "$dir/d/a disk.img|$dir/d/ab.elf"
    expect_completion stepvm --entry '' ''
}

# The names of images' formats, in the order of the table that knows them.
formats()
{
    sed -nE 's/^    \[BOOT_[A-Z0-9]+\] = \{"([a-z0-9]+)",.*/\1/p' vmm/boot/boot.c | xargs
}

# The words on stdin are the formats, in that order; $1 says whose they are.
expect_formats()
{
    local got
    got=$(grep -oE '\b[a-z][a-z0-9]*\b' | grep -vx or | xargs)
    [ "$got" = "$(formats)" ] || fail "$1: '$got', but vmm/boot/boot.c: '$(formats)'"
}

the_formats_are_those_of_the_table()
{
    [ "$(formats | wc -w)" -ge 9 ] || fail "vmm/boot/boot.c: only '$(formats)'"
    "$STEPVM" --help | sed -n '/--format FORMAT/,/(auto)/p' | sed 's/.*what IMAGE is://; s/(auto)//' |
        expect_formats "stepvm --help"
    "$STEPVM" -f nonsense x 2>&1 | sed -n 's/.*a format (\(.*\)).*/\1/p' |
        expect_formats "the error message"
    sed -n '/^\.BR auto /p' docs/stepvm.1 | head -n 1 | expect_formats docs/stepvm.1
    sed -nE "s/.*--format\) _stepvm_words '([^']*)'.*/\1/p" docs/stepvm.bash |
        expect_formats docs/stepvm.bash
}

the_monitor_commands_are_those_of_the_table()
{
    "$TOOLS/monitor_doc" >"$dir/MONITOR.md" || fail "monitor_doc: exit status $?"
    diff docs/MONITOR.md "$dir/MONITOR.md" || fail "docs/MONITOR.md is old: make docs"
}

# ---- docs/PROTOCOL.md

# The packets of gdbstub/command.c: name and when it is allowed, as the documentation calls that.
packets()
{
    sed -nE 's/^ *\{ "([^"]+)", +"[^"]*", +([A-Z_]+), .*/\1 \2/p' gdbstub/command.c |
        sed -E 's/ (STOPPED|SHOWN|TRACE_HELD)$/ STOPPED/; s/ AT_REST$/ STOPPED, idle/
            s/ HEARING$/ STOPPED, idle, ended/; s/ (ALWAYS|TRACE_ANY)$/ any/
            s/ ACTIVE$/ STOPPED, RUNNING, STOPPING/'
}

# The rows of the table of packets.
packet_rows()
{
    sed -n '/^## Packets/,/^## /p' docs/PROTOCOL.md | grep '^| `'
}

# is_row_of NAME ROW: whether its first column has NAME, by itself or with what it goes on with.
is_row_of()
{
    local word
    while read -r word; do
        [[ $word == "$1" || $word == "$1"[!a-zA-Z]* ]] && return
        [[ $1 == *[!a-zA-Z] && $word == "$1"* ]] && return
    done < <(cut -d'|' -f2 <<<"$2" | grep -o '`[^`]*`' | tr -d '`')
    return 1
}

each_packet_is_documented()
{
    local name when row found rows
    mapfile -t rows < <(packet_rows)
    [ "$(packets | wc -l)" -gt 60 ] || fail "too few packets are found in command.c"
    while read -r name when; do
        found=
        for row in "${rows[@]}"; do
            is_row_of "$name" "$row" && found=$row && break
        done
        [ -n "$found" ] || { fail "$name has no row in docs/PROTOCOL.md"; continue; }
        [ "$(cut -d'|' -f3 <<<"$found")" = " $when " ] ||
            fail "$name: '$when' in command.c, '$(cut -d'|' -f3 <<<"$found")' in docs/PROTOCOL.md"
    done < <(packets)
}

# The file of the test file that is called $1.
test_file()
{
    local file
    for file in "tests/protocol/$1.c" "tests/unit/$1.c" "tests/$1".{c,sh}; do
        [ -f "$file" ] && echo "$file" && return
    done
    return 1
}

# The tests of files.
tests_in()
{
    sed -nE 's/^ *TEST[ (]([a-z0-9_]+)\)?;?( .*)?$/\1/p' "$@"
}

# expect_test FILE NAME, which may end in *
expect_test()
{
    local file name
    file=$(test_file "$1") || { fail "there is no test file $1"; return; }
    while read -r name; do
        # shellcheck disable=SC2053
        [[ $name == $2 ]] && return
    done < <(tests_in "$file")
    fail "$file has no test $2"
}

# FILE: NAME, NAME; FILE ..
expect_tests()
{
    local part name
    while read -r part; do
        [[ $part =~ ^([a-z0-9_/]+)(: ([a-z0-9_*, ]+))?$ ]] || { fail "no list of tests: $part"; continue; }
        test_file "${BASH_REMATCH[1]}" >/dev/null || fail "there is no test file ${BASH_REMATCH[1]}"
        while read -r name; do
            [ -z "$name" ] || expect_test "${part%%:*}" "$name"
        done < <(tr ',' '\n' <<<"${BASH_REMATCH[3]}")
    done < <(tr ';' '\n' <<<"$1" | sed 's/^ *//; s/ *$//')
}

each_packet_names_its_tests()
{
    local row
    while read -r row; do
        expect_tests "$(sed -E 's/.*\| (.*) \|$/\1/' <<<"$row")"
    done < <(packet_rows; sed -n '/^## Between/,/^## Packets/p' docs/PROTOCOL.md | grep -E '^\| [^|]+ \| (any|[A-Z]+)')
}

# In the text a word with an underscore is the name of a test, and one with a slash that of a file.
tests_named_in_the_text_exist()
{
    local word all
    all=$(for file in tests/protocol/*.c tests/unit/*.c tests/{gdb,lldb,cli}/*.sh; do
        tests_in "$file"
        basename "$file" | cut -d. -f1
    done)
    while read -r word; do
        case $word in
        */*) test_file "$word" >/dev/null || fail "there is no test file $word" ;;
        *) grep -qx -- "${word//\*/.*}" <<<"$all" || fail "there is no test $word" ;;
        esac
    done < <(sed 's/`[^`]*`//g; s/([^ )]*\.md)//g' docs/PROTOCOL.md |
        grep -oE '\b(gdb|lldb|cli)/[a-z0-9_]+|[a-z0-9]+(_[a-z0-9*]+)+' | sort -u)
}

# ---- docs/GUESTS.md

# The rows of its tables: those that have a test.
guest_rows()
{
    grep -E '^\| .* \| [^|]*tests/[^|]* \|$' docs/GUESTS.md
}

# Each names its tests, by file, or by file and names: `FILE: NAME, NAME`.
each_guest_names_its_tests()
{
    local row file names name
    [ "$(guest_rows | wc -l)" -gt 20 ] || fail "too few rows are found in docs/GUESTS.md"
    expect_equal "rows without a test" \
        "$(grep '^| ' docs/GUESTS.md | grep -vE 'tests/|^\| (what|---) ')" ''
    while read -r row; do
        while read -r file names; do
            [ -f "${file%:}" ] || { fail "there is no test file ${file%:}"; continue; }
            for name in ${names//,/ }; do
                tests_in "${file%:}" | grep -qx -- "$name" || fail "${file%:} has no test $name"
            done
        done < <(sed -E 's/.*\| (.*) \|$/\1/' <<<"$row" |
            grep -oE 'tests/[a-z0-9_/]+\.(sh|c)(: [a-z0-9_]+(, [a-z0-9_]+)*)?')
    done < <(guest_rows)
}

# What its commands take from build/ is built, or made by tests/boot/prepare; their options are
# stepvm's.
guest_commands_are_real()
{
    local command word options
    options=$(help_options)
    while read -r command; do
        for word in $command; do
            case $word in
            build/boot-images/*)
                word=${word##*/}
                grep -q "^make_${word%.img}()" tests/boot/prepare ||
                    fail "$command: tests/boot/prepare makes no ${word%.img}"
                ;;
            build/*)
                word=${word%%,*}
                [ -e "$BUILD/${word#build/}" ] || fail "$command: there is no $word"
                ;;
            -*) grep -qx -e "$word" <<<"$options" || fail "$command: there is no option $word" ;;
            esac
        done
    done < <(grep -oE '`stepvm [^`]*`' docs/GUESTS.md | tr -d '`')
}

# ---- docs/RELIABILITY.md

# The middle column of its tables, a line each.
proofs()
{
    grep '^| ' docs/RELIABILITY.md | grep -vE '^\| (promise|---) ' | awk -F' [|] ' '{ print $2 }'
}

# Each promise names a test: a file, a program, or a target of make's or of its fuzzers.
each_promise_names_its_test()
{
    local word form='(build/)?tests/[a-z0-9_/.]+|(unit|protocol)/[a-z0-9_]+|make [a-z-]+'
    proofs >"$dir/proofs"
    [ "$(wc -l <"$dir/proofs")" -gt 50 ] || fail "too few rows are found in docs/RELIABILITY.md"
    expect_equal "rows without a test" "$(grep -vE "$form" "$dir/proofs")" ''
    while read -r word; do
        case $word in
        build/*) [ -x "$BUILD/${word#build/}" ] || fail "there is no program $word" ;;
        tests/*) [ -e "${word%.}" ] || fail "there is no file $word" ;;
        make\ *) grep -qE "^${word#make }( |:)" tests/tests.mk || fail "make knows no ${word#* }" ;;
        */*) test_file "$word" >/dev/null || fail "there is no test file $word" ;;
        esac
    done < <(grep -oE "$form" "$dir/proofs" | sort -u)
    while read -r word; do
        [ -d "tests/fuzz/corpus/$word" ] || fail "there is no fuzz target $word"
    done < <(sed -nE 's/.*TARGET="?([a-z ]+).*/\1/p' "$dir/proofs" | tr ' ' '\n')
}

# In that column a word with an underscore is the name of a test, or of a file of them.
tests_of_promises_exist()
{
    tests_in tests/*/*.{c,sh} >"$dir/all"
    printf '%s\n' tests/*/*.{c,sh} | sed 's:.*/::; s/\..*//' >>"$dir/all"
    expect_equal "names of no test" \
        "$(proofs | grep -oE '\b[a-z0-9]+(_[a-z0-9]+)+' | sort -u | grep -vxFf "$dir/all")" ''
}

TEST the_man_page_has_each_option
TEST the_completion_has_each_option
TEST the_man_page_is_well_formed
TEST the_completion_completes
TEST the_formats_are_those_of_the_table
TEST the_monitor_commands_are_those_of_the_table
TEST each_packet_is_documented
TEST each_packet_names_its_tests
TEST tests_named_in_the_text_exist
TEST each_guest_names_its_tests
TEST guest_commands_are_real
TEST each_promise_names_its_test
TEST tests_of_promises_exist
