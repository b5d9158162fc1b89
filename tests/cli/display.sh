#!/bin/bash
# --display: the terminal as the PC's screen and keyboard, and as it was afterwards; what is typed
# reaches guests that read the keyboard themselves.
. "$(dirname "$0")/../lib.sh"

enter=$'\e[?1049h' leave=$'\e[?1049l'

# Runs stepvm --display with the arguments on a terminal of $rows by $columns; typed: what comes from
# descriptor 7. Its exit status is in $dir/status, what the terminal got in $dir/screen.
display()
{
    skip_without script bsdutils
    skip_without_kvm
    cat >"$dir/session" <<END
stty rows ${rows:-25} columns ${columns:-80}
stty -a >$dir/before
set -m # job control: nobody could continue it, else, and so nothing stops it
$STEPVM --display --gdb none $*
status=\$?
while [ -n "\$(jobs -s)" ]; do
    until [ -e $dir/foreground ]; do sleep 0.1; done
    fg >/dev/null
    status=\$?
done
echo \$status >$dir/status
stty -a >$dir/after
END
    rm -f "$dir/typed" "$dir/screen" "$dir/status" "$dir/foreground"
    mkfifo "$dir/typed"
    exec 7<>"$dir/typed"
    script -q -c "/bin/bash $dir/session" /dev/null <"$dir/typed" >"$dir/screen" 2>&1 &
    script_pid=$!
}

# What the screen has shown, without colors and with the cursor's movements as line ends.
shown()
{
    sed $'s/\e\\[[0-9;]*m//g; s/\e\\[[0-9;?]*[A-Za-z]/\\\n/g' "$dir/screen"
}

# What was drawn in two goes is in one piece when all is drawn anew.
shows()
{
    shown | grep -qE -e "$1" && return
    printf '\001l' >&7
    sleep 0.3
    false
}

# How often the terminal got $1.
times()
{
    local rest n=0
    rest=$(tr -d '\0' <"$dir/screen")
    while [[ $rest == *"$1"* ]]; do
        rest=${rest#*"$1"} n=$((n + 1))
    done
    echo $n
}

entered_twice()
{
    [ "$(times "$enter")" = 2 ]
}

await_shown()
{
    await "'$1' on the screen" shows "$1"
}

# The terminal has its mode and its own screen back, and the cursor is seen.
expect_restored()
{
    await "the session to end" process_gone "$script_pid"
    expect_equal "stepvm's exit status" "$(<"$dir/status")" "$1"
    cmp -s "$dir/before" "$dir/after" || fail "the terminal was changed:
$(diff "$dir/before" "$dir/after")"
    expect_equal 'times that its screen was given back' "$(times "$leave")" \
        "$(times "$enter")"
    grep -qF $'\e[?25h' "$dir/screen" || fail "the cursor was not shown again"
}

keys_and_screen()
{
    display "$GUESTS/keys.img"
    await_shown 'keys ready'
    printf 'Hi!\003\001\001\001l' >&7
    await_shown $'^keys ready *$'
    await_shown '♥☺' # Ctrl-C and Ctrl-A are the guest's
    printf 'q' >&7
    expect_restored 1
}

ends_by_its_key()
{
    display "$GUESTS/keys.img"
    await_shown 'keys ready'
    printf 'a\001x' >&7
    expect_restored 130
}

killed()
{
    local signal
    for signal in TERM:143 SEGV:139; do
        display "$GUESTS/keys.img"
        await_shown 'keys ready'
        kill "-${signal%:*}" "$(our_processes stepvm)"
        expect_restored "${signal#*:}"
    done
}

# The last words are on the terminal's own screen.
guest_dies()
{
    display -f flat --address 0x7c00 --entry "$(label triple triple_real)" "$GUESTS/triple.img"
    expect_restored 2
    sed "s/.*${leave//\[/\\[}//" "$dir/screen" | grep -q 'the guest died' ||
        fail "the message was not on the terminal's own screen: $(cat -v "$dir/screen")"
}

is_stopped()
{
    [[ $(<"/proc/$1/stat") == *") T "* ]]
}

given_back()
{
    [ "$(times "$leave")" != 0 ]
}

stopped_and_continued()
{
    local pid
    display "$GUESTS/keys.img"
    await_shown 'keys ready'
    pid=$(our_processes stepvm)
    printf 'ab\001z' >&7
    await "stepvm to stop" is_stopped "$pid"
    await "the screen to be given back" given_back # by way of script(1), which may be late
    expect_equal 'screens given back' "$(times "$leave")" 1
    : >"$dir/foreground"
    await "a new screen" entered_twice
    printf 'c' >&7
    await_shown '^abc'
    printf 'q' >&7
    expect_restored 1
}

small_terminal()
{
    rows=2 columns=6 display "$GUESTS/keys.img"
    await_shown '^keys r$'
    printf 'one\rtwo\r' >&7
    printf 'q' >&7
    expect_restored 1
    shown | grep -qE 'ready' && fail 'the terminal was sent more than it has room for'
    return 0
}

not_a_terminal()
{
    skip_without_kvm
    run_stepvm --display --gdb none "$GUESTS/keys.img"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_text "$dir/stderr" <<'END'
stepvm: --display: standard input is no terminal (start stepvm on one, or leave --display out)
END
    expect_text "$dir/console" </dev/null
}

# COM1 is elsewhere then, and what is typed is never its.
serial_beside_it()
{
    display --serial "file:$dir/com1" --serial "file:$dir/com2" "$GUESTS/ports.img"
    await_text "$dir/com2" '^#2'
    expect_text "$dir/com1" <<<'#1'
    printf 'q\001x' >&7
    expect_restored 130
}

# Esc alone is a key when nothing follows it.
guest_reads_scan_codes()
{
    vm_input=$dir/input
    mkfifo "$vm_input"
    exec 7<>"$vm_input"
    start_stepvm --gdb none "$GUESTS/scancodes.img"
    await_text "$dir/console" 'scan codes'
    printf 'aB\e[A\ex\e' >&7
    expect_vm_status 11
    tr -d '\0' <"$dir/console" >"$dir/codes"
    expect_text "$dir/codes" <<'END'
scan codes:  1E 9E 2A 30 B0 AA E0 48 E0 C8 38 2D AD B8 01 81{{ *}}
END
}

ports_in_order()
{
    vm_input=$dir/input
    mkfifo "$vm_input"
    exec 7<>"$vm_input"
    start_stepvm --gdb none --serial "file:$dir/com1" --serial stdio --serial "file:$dir/com3" \
        "$GUESTS/ports.img"
    await_text "$dir/com3" '#3'
    printf 'typed: q' >&7
    expect_vm_status 7
    expect_text "$dir/com1" <<<'#1'
    expect_text "$dir/console" <<'END'
#2
typed: q
END
}

TEST keys_and_screen
TEST ends_by_its_key
TEST killed
TEST guest_dies
TEST stopped_and_continued
TEST small_terminal
TEST not_a_terminal
TEST serial_beside_it
TEST guest_reads_scan_codes
TEST ports_in_order
