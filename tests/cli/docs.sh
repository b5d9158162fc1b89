#!/bin/bash
# The man page and the bash completion know each option that --help lists, and no other; the man page
# is well-formed, and the completion completes. docs/MONITOR.md is what the program says.
. "$(dirname "$0")/../lib.sh"

# The options in $1: one a line, -x and --name.
options_in()
{
    grep -oE -e '(^|[^-[:alnum:]])(--[a-z][a-z-]+|-[a-zA-Z])($|[^-[:alnum:]])' <<<"$1" |
        grep -oE -e '--?[a-zA-Z][a-z-]*' | sort -u
}

help_options()
{
    options_in "$("$STEPVM" --help | sed -n 's/^  \( *-.\{22\}\).*/\1/p' | tr , '\n')"
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
    expect_completion stepvm --format '' 'auto|boot|elf|flat'
    expect_completion stepvm --format = '' 'auto|boot|elf|flat'
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

the_monitor_commands_are_those_of_the_table()
{
    "$TOOLS/monitor_doc" >"$dir/MONITOR.md" || fail "monitor_doc: exit status $?"
    diff docs/MONITOR.md "$dir/MONITOR.md" || fail "docs/MONITOR.md is old: make docs"
}

TEST the_man_page_has_each_option
TEST the_completion_has_each_option
TEST the_man_page_is_well_formed
TEST the_completion_completes
TEST the_monitor_commands_are_those_of_the_table
