#!/bin/bash
# make demo: ends well, leaves nothing, and shows each stage.
. "$(dirname "$0")/../lib.sh"

shows_all_stages()
{
    skip_without_kvm
    skip_without gdb gdb
    mkdir "$dir/tmp"
    TMPDIR=$dir/tmp guests/demo.sh >"$dir/output" 2>&1
    expect_equal "exit status" $? 0
    expect_line "$dir/output" '(gdb) x/6i $pc'
    expect_line "$dir/output" '=> 0x7c00 <stage_real>:	cli'
    expect_line "$dir/output" '=> 0x7e00 <stage_protected>:	mov    $0x10,%ax'
    expect_line "$dir/output" 'rax            0x123456789abcdef {{.*}}'
    expect_line "$dir/output" '    stage_long: 64-bit code, and the end of the demo'
    expect_equal "files left behind" "$(ls "$dir/tmp")" ""
}

# Something must be said about the machine that is missing.
no_kvm()
{
    unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "no mount namespaces here"
    unshare -m sh -c 'mount -t tmpfs none /dev && exec guests/demo.sh' >"$dir/output" 2>&1
    expect_equal "exit status" $? 1
    expect_line "$dir/output" 'make demo: there is no /dev/kvm. {{.*}}'
}

TEST shows_all_stages
TEST no_kvm
