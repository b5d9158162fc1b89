# bash completion for stepvm(1)                                          -*- shell-script -*-
# shellcheck shell=bash

# Sets COMPREPLY to the words of $1 that begin with $2.
_stepvm_words()
{
    local IFS=$' \n'
    # shellcheck disable=SC2207 # the words have no blanks or wildcards
    COMPREPLY=($(compgen -W "$1" -- "$2"))
}

# Sets COMPREPLY to the files and directories that begin with $1.
_stepvm_files()
{
    local IFS=$'\n'
    # shellcheck disable=SC2207 # split at newlines only
    COMPREPLY=($(compgen -f -- "$1"))
    compopt -o filenames 2>/dev/null
}

# Completes the value of option $1, of which $2 is there. False if it takes none.
_stepvm_value()
{
    case $1 in
    -m | --memory) _stepvm_words '64M 128M 256M 512M 1G 2G 4G' "$2" ;;
    -c | --cpus) _stepvm_words '1 2 4' "$2" ;;
    -f | --format) _stepvm_words 'auto boot cd flat elf linux pvh multiboot multiboot2' "$2" ;;
    --mode) _stepvm_words 'real protected long' "$2" ;;
    --address) _stepvm_words '0x7c00 0x100000' "$2" ;;
    --entry | --append) COMPREPLY=() ;;
    --gdb) _stepvm_words ':1234 unix: - none' "$2" ;;
    --gdb-arch) _stepvm_words 'auto i8086 i386 x86-64' "$2" ;;
    --serial) _stepvm_words 'stdio none stderr pty file: unix:' "$2" ;;
    --trace) _stepvm_words 'kvm rsp kvm= rsp=' "$2" ;;
    --bios | --record-file | --disk | --initrd | --module | --load) _stepvm_files "$2" ;;
    *) return 1 ;;
    esac
    [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *[:=] ]] || compopt -o nospace 2>/dev/null
    return 0
}

_stepvm()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()

    # bash makes '=' and ':' words of their own: "--mode = re", "--serial file : pa".
    if [[ $word == [:=] ]]; then
        before=$word word=
    fi
    case $before in
    :)
        _stepvm_files "$word"
        return
        ;;
    =)
        local option=${COMP_WORDS[COMP_CWORD - 1]}
        [[ $option == '=' ]] && option=${COMP_WORDS[COMP_CWORD - 2]}
        [[ $option == kvm || $option == rsp ]] && option=--disk # a file is to follow
        _stepvm_value "$option" "$word"
        return
        ;;
    esac
    _stepvm_value "$before" "$word" && return

    case $word in
    -*)
        _stepvm_words '-m --memory -c --cpus -f --format --address --entry --mode --append
            --initrd --module --load -w --write --snapshot --snapshot-file --disk --bios --gdb --gdb-arch -s -S --stop --serial --display --trace --record --record-file --no-sandbox -v --verbose -V --version -h --help' "$word"
        ;;
    *) _stepvm_files "$word" ;;
    esac
}

complete -F _stepvm stepvm
