#!/bin/bash
# What not every CPU has, and what is behind selectors: AVX, AVX-512, XCR0, segment attributes, LDTR
# and TR, MSRs. Printed, written, read back, and seen by the guest where this KVM runs the
# instruction that shows it.
. "$(dirname "$0")/../lib.sh"

# Runs guest $1 in mode $2 to label $3, then the commands on stdin.
at_label()
{
    start_vm -S -f flat --mode "$2" "$GUESTS/$1.bin"
    run_gdb <<END
tbreak *$(label "$1" "$3")
continue
$(cat)
END
}

# Skips if the CPU has no $1 (a register of gdb's that is void then).
skip_if_void()
{
    ! grep -q "void$" "$dir/gdb.out" || skip "this KVM's CPUs have no $1"
}

# ---- Vector registers

vectors='set $ymm0.v4_int64[0] = 0x1111111111111111
set $ymm0.v4_int64[3] = 0x4444444444444444
set $ymm7.v32_int8[31] = 0x7f
stepi
output/x $ymm0.v4_int64
echo \n
output/x $ymm7.v2_int128[1]
echo \n
output/x $xmm0.v2_int64[0]
echo \n'

expect_vectors()
{
    skip_if_void AVX
    expect_line "$dir/gdb.out" '{0x1111111111111111, {{0x[0-9a-f]+, 0x[0-9a-f]+}}, 0x4444444444444444}'
    expect_line "$dir/gdb.out" '0x7f000000000000000000000000000000'
    expect_line "$dir/gdb.out" '0x1111111111111111'
}

avx_real()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
print \$ymm0
tbreak *$(label real before_push)
continue
$vectors
END
    expect_vectors
}

avx_protected()
{
    at_label protected protected units_set <<<"print \$ymm0
$vectors"
    expect_vectors
}

avx_long()
{
    at_label long long registers_set <<<"print \$ymm0
$vectors
set \$ymm15.v4_int64[2] = 0x3333333333333333
output/x \$ymm15.v4_int64[2]
echo \\n"
    expect_vectors
    expect_line "$dir/gdb.out" '0x3333333333333333'
}

avx512_long()
{
    at_label long long registers_set <<'END'
print $zmm0
set $zmm31.v8_int64[7] = 0x7777777777777777
set $zmm17.v8_int64[0] = 0x1010101010101010
set $zmm3.v8_int64[4] = 0x4040404040404040
set $k1 = 0x8000000000000001
stepi
output/x $zmm31.v8_int64
echo \n
output/x $xmm17.v2_int64[0]
echo \n
output/x $zmm3.v8_int64
echo \n
output/x $k1
echo \n
END
    skip_if_void AVX-512
    expect_line "$dir/gdb.out" '{0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x7777777777777777}'
    expect_line "$dir/gdb.out" '0x1010101010101010'
    expect_line "$dir/gdb.out" '{0x0, 0x0, 0x0, 0x0, 0x4040404040404040, 0x0, 0x0, 0x0}'
    expect_line "$dir/gdb.out" '0x8000000000000001'
}

# CR4.OSXSAVE and XCR0 are set by the debugger; so is each register that the guest stores.
avx_seen_by_the_guest()
{
    at_label long long registers_set <<END
print \$ymm0
set \$cr4 = \$cr4 | 0x40000
set \$xcr0 = 7
set \$ymm0.v4_int64[0] = 0x1111111111111111
set \$ymm0.v4_int64[3] = 0x4444444444444444
set \$ymm15.v4_int64[2] = 0x3333333333333333
set \$pc = $(label long units_out)
stepi 3
x/4xg $(label long VECTORS)
x/4xg $(label long VECTORS)+0x40
output/x \$ymm1.v4_int64
echo \\n
printf "> %#lx\\n", \$pc
END
    skip_if_void AVX
    skip_if_not_emulated
    grep -q "^> $(label long ymm1_made)" "$dir/gdb.out" || skip "this KVM does not run AVX in kernel mode"
    expect_line "$dir/gdb.out" '0x9110:	0x{{[0-9a-f]+}}	0x4444444444444444'
    expect_line "$dir/gdb.out" '0x9150:	0x3333333333333333	0x{{[0-9a-f]+}}'
    expect_line "$dir/gdb.out" '{0x2222222222222222, {{0x[0-9a-f]+, 0x[0-9a-f]+}}, 0x8888888888888888}'
}

avx512_seen_by_the_guest()
{
    at_label long long registers_set <<END
print \$zmm0
set \$cr4 = \$cr4 | 0x40000
set \$xcr0 = 0xe7
set \$zmm17.v8_int64[0] = 0x1010101010101010
set \$zmm17.v8_int64[7] = 0x7777777777777777
set \$k1 = 0x1234
set \$pc = $(label long ymm1_made)
stepi 3
x/8xg $(label long VECTORS)
output/x \$zmm31.v8_int64
echo \\n
printf "> %#lx %#x\\n", \$pc, \$eax
END
    skip_if_void AVX-512
    skip_if_not_emulated
    grep -q "^> $(label long zmm31_made)" "$dir/gdb.out" || skip "this KVM does not run AVX-512 in kernel mode"
    expect_line "$dir/gdb.out" '0x9130:	0x0000000000000000	0x7777777777777777'
    expect_line "$dir/gdb.out" '{0x1010101010101010, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x7777777777777777}'
    expect_marked <<<"> $(label long zmm31_made) 0x1234"
}

# ---- XCR0

# Bit 0 is always 1, and AVX needs SSE (SDM vol. 1, 13.3): a value without is refused by all.
xcr0()
{
    at_label long long registers_set <<'END'
print $xcr0
set $xcr0 = 3
info registers xcr0
set $xcr0 = 5
set $xcr0 = 0
stepi
info registers xcr0
END
    skip_if_void XCR0
    expect_line "$dir/gdb.out" 'xcr0 {{ +}}0x3 {{ +}}[ X87 SSE ]'
    [ "$(grep -c '^xcr0 .*0x3 ' "$dir/gdb.out")" = 2 ] || fail "xcr0 has changed" "$dir/gdb.out"
    expect_line "$dir/gdb.out" '{{.*}}KVM refuses this value of xcr0: Invalid argument{{.*}}'
}

# ---- Segments

attributes_protected()
{
    at_label protected protected units_set <<<'info registers cs_attr ss_attr'
    expect_line "$dir/gdb.out" 'cs_attr {{ +}}0xc09b {{ +}}[ TYPE=11 S DPL=0 P DB G ]'
    expect_line "$dir/gdb.out" 'ss_attr {{ +}}0xc093 {{ +}}[ TYPE=3 S DPL=0 P DB G ]'
}

attributes_long()
{
    at_label long long registers_set <<<'info registers cs_attr'
    expect_line "$dir/gdb.out" 'cs_attr {{ +}}0xa09b {{ +}}[ TYPE=11 S DPL=0 P L G ]'
}

# The AVL bit is software's; 0x100 is none.
attributes_written()
{
    at_label protected protected units_set <<'END'
set $es_attr = $es_attr | 0x1000
stepi
info registers es_attr
set $es_attr = 0xc193
info registers es_attr
END
    expect_line "$dir/gdb.out" 'es_attr {{ +}}0xd093 {{ +}}[ TYPE=3 S DPL=0 P AVL DB G ]'
    [ "$(grep -c '^es_attr .*0xd093' "$dir/gdb.out")" = 2 ] || fail "es_attr has changed" "$dir/gdb.out"
    expect_line "$dir/gdb.out" '{{.*}}0xc193 are no attributes of a segment{{.*}}'
}

# A GDT of our own at 0x6000: 8 an LDT, 0x18 a TSS, 0x28 data that is read-only, 0x30 code. Their
# upper halves (0x10, 0x20) are null descriptors outside long mode.
gdt='set $gdtr_base = 0x6000
set $gdtr_limit = 0x37
set {long long}0x6000 = 0
set {long long}0x6008 = 0x000082345678001f
set {long long}0x6010 = %s
set {long long}0x6018 = 0x0000890056780067
set {long long}0x6020 = %s
set {long long}0x6028 = 0x00cf90000000ffff
set {long long}0x6030 = 0x00cf98000000ffff'

selectors='set $ldtr = 8
set $tr = 0x18
info registers ldtr_base ldtr_limit ldtr_attr tr_base tr_limit tr_attr
set $ldtr = 0x18
set $tr = 8
set $tr = 0
set $tr = 0x1c
set $ss = 0x28
set $ds = 0x30
set $ds = 0x100
info registers ldtr tr
set $ldtr = 0
info registers ldtr_attr'

refused=('selector 0x18 names no present LDT in the GDT' 'selector 0x8 names no present TSS in the GDT'
    'selector 0x0 names no present TSS in the GDT' 'selector 0x1c names no present TSS in the GDT'
    'selector 0x28 names no present writable data segment in the GDT'
    'selector 0x30 names no present readable segment in the GDT'
    'selector 0x100 names no present readable segment in the GDT')

# $1: the upper half of both bases, as gdb shows it before the lower.
expect_selectors()
{
    local text
    expect_line "$dir/gdb.out" "ldtr_base {{ +}}0x${1}345678 {{.*}}"
    expect_line "$dir/gdb.out" 'ldtr_limit {{ +}}0x1f {{.*}}'
    expect_line "$dir/gdb.out" 'ldtr_attr {{ +}}0x82 {{ +}}[ TYPE=2 DPL=0 P ]'
    expect_line "$dir/gdb.out" "tr_base {{ +}}0x${2}5678 {{.*}}"
    expect_line "$dir/gdb.out" 'tr_limit {{ +}}0x67 {{.*}}'
    expect_line "$dir/gdb.out" 'tr_attr {{ +}}0x8b {{ +}}[ TYPE=11 DPL=0 P ]'
    for text in "${refused[@]}"; do
        expect_line "$dir/gdb.out" "{{.*}}$text{{.*}}"
    done
    expect_line "$dir/gdb.out" 'ldtr {{ +}}0x8 {{.*}}'
    expect_line "$dir/gdb.out" 'tr {{ +}}0x18 {{.*}}'
    expect_line "$dir/gdb.out" 'ldtr_attr {{ +}}0x1{{[0-9a-f]+}} {{ +}}[ {{.*}}unusable ]'
}

selectors_protected()
{
    # shellcheck disable=SC2059 # the format is ours
    at_label protected protected units_set <<<"$(printf "$gdt" 0 0)
$selectors"
    expect_selectors '' ''
}

# In long mode the descriptors have 16 bytes.
selectors_long()
{
    # shellcheck disable=SC2059
    at_label long long registers_set <<<"$(printf "$gdt" 0xffff8000 0xffff8001)
$selectors"
    expect_selectors ffff800000 ffff80010000
}

no_lldt_in_real_mode()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<'END'
set $ldtr = 8
set $tr = 8
info registers ldtr tr
END
    expect_line "$dir/gdb.out" '{{.*}}there is no LLDT in real and virtual-8086 mode{{.*}}'
    expect_line "$dir/gdb.out" '{{.*}}there is no LTR in real and virtual-8086 mode{{.*}}'
    expect_line "$dir/gdb.out" 'ldtr {{ +}}0x0 {{.*}}'
    expect_line "$dir/gdb.out" 'tr {{ +}}0x0 {{.*}}'
}

# ---- MSRs

msrs()
{
    at_label long long registers_set <<END
set \$lstar = 0xffffffff81001234
set \$sysenter_eip = 0x55555555
set \$star = 0x0023001000000000
info registers lstar sysenter_eip star
set \$lstar = 0x8000000000000000
set \$pc = $(label long msr_out)
stepi 2
printf "> %#lx %#lx %#lx\\n", \$lstar, \$rdx, \$rax
print \$tsc != 0 && \$apic_base != 0 && \$pat != 0
END
    expect_line "$dir/gdb.out" 'lstar {{ +}}0xffffffff81001234 {{.*}}'
    expect_line "$dir/gdb.out" 'sysenter_eip {{ +}}0x55555555 {{.*}}'
    expect_line "$dir/gdb.out" 'star {{ +}}0x23001000000000 {{.*}}'
    expect_line "$dir/gdb.out" '{{.*}}KVM refuses this value of lstar: Invalid argument{{.*}}'
    expect_line "$dir/gdb.out" '$1 = 1'
    expect_marked <<<'> 0xffffffff81001234 0xffffffff 0x81001234'
}

TEST avx_real
TEST avx_protected
TEST avx_long
TEST avx512_long
TEST avx_seen_by_the_guest
TEST avx512_seen_by_the_guest
TEST xcr0
TEST attributes_protected
TEST attributes_long
TEST attributes_written
TEST selectors_protected
TEST selectors_long
TEST no_lldt_in_real_mode
TEST msrs
