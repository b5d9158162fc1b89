#!/bin/bash
# The table of what instructions access (insn_shape.h) beside objdump's: how many bytes the operand
# in memory has, and how long the instruction is, for each opcode of each map.
. "$(dirname "$0")/../lib.sh"

# What objdump shows no size for is passed over; far pointers with REX.W are m16:64 on some CPUs,
# and m16:32 on others.
compare()
{
    local bits=$1 machine=$2
    command -v objdump >/dev/null || skip "objdump is not installed (apt-get install binutils)"
    "$TOOLS/insn_sizes" "$bits" "$dir/code" >"$dir/ours" || give_up "insn_sizes fails"
    objdump -D -b binary -m "$machine" -M intel --insn-width=16 "$dir/code" |
        awk -F '\t' '
            BEGIN {
                split("BYTE 1 WORD 2 DWORD 4 FWORD 6 QWORD 8 TBYTE 10 " \
                      "XMMWORD 16 OWORD 16 YMMWORD 32", s, " ")
                for (i = 1; i in s; i += 2) size[s[i]] = s[i + 1]
            }
            NR == FNR {
                split($0, f, " ")
                does[f[1]] = f[2]; ours[f[1]] = f[3]; len[f[1]] = f[4]
                next
            }
            NF >= 3 && $3 !~ /\(bad\)|(rex\.W|data16|rep[nz]*) *$/ {
                at = $1
                gsub(/[ :]/, "", at)
                if (!(at in does)) next
                accesses = does[at] % 4
                memory = $3 ~ /\[/ && $3 !~ /(lea|nop|prefetch[a-z0-9]*|cldemote) /
                if (!accesses && does[at] == 0 && memory) { print "no access:", $0; wrong++ }
                if (!accesses) next
                if (!memory) { print "an access:", $0; wrong++; next }
                if (split($2, bytes, " ") != len[at]) { print "length " len[at] ":", $0; wrong++ }
                if (!match($3, /[A-Z]+ PTR/)) next
                word = substr($3, RSTART, RLENGTH - 4)
                if (size[word] == ours[at]) right++
                else if (ours[at] != 10 || (word != "FWORD" && word != "DWORD")) {
                    print "size " ours[at] ":", $0
                    wrong++
                }
            }
            END { print right + 0, "right,", wrong + 0, "wrong" }' "$dir/ours" - >"$dir/result"
    [[ $(tail -n 1 "$dir/result") =~ ^([0-9]+)\ right,\ 0\ wrong$ &&
        ${BASH_REMATCH[1]} -gt 5000 ]] || fail "$(tail -n 20 "$dir/result")"
}

as_objdump_in_32_bits()
{
    compare 32 i386
}

as_objdump_in_64_bits()
{
    compare 64 i386:x86-64
}

TEST as_objdump_in_32_bits
TEST as_objdump_in_64_bits
