#!/bin/sh
# `measure snp` and sev-snp-measure 0.0.13: the same words, drawn at random, give the same digests
# and the same pages of processors; what is refused here alone is refused for a reason that the
# manual names
. "${0%/*}/../lib.sh"
need python3
python3 -c 'import sevsnpmeasure' 2>/dev/null || {
	echo '1..0 # SKIP snp.sh: no python package sevsnpmeasure in PYTHONPATH'
	exit 0
}

forge=$BUILD/tests/forge_ovmf
"$forge" whole.fd
"$forge" plain.fd plain
"$forge" no_table.fd -120=0
"$forge" small_table.fd -116=16
"$forge" no_reset.fd -66=0
"$forge" no_metadata.fd -88=0
"$forge" two_pages.fd -484=0x820000 -480=0x2000
"$forge" long_metadata.fd -508=100
"$forge" no_type.fd -488=99
"$forge" svsm.fd -66=0xa789a612 -62=0x4c4b0597 -58=0xb1cb9fa4 -54=0xdd1d9dfe
head -c 4096 /dev/zero >variables.fd
head -c 8192 /dev/zero >store
printf 'a kernel' >kernel
printf 'a ramdisk' >initrd
: >none

for seed in 1 2 3; do
	run_command python3 "$ROOT/tests/parity/snp.py" "$MEASURE" 1000 $seed
	expect_status 0
	expect_stderr ''
	expect test "$(grep -c '^differs:\|^odd:' "$STDOUT")" -eq 0
	expect test "$(awk '/ equal$/ { n += $2 } END { print n + 0 }' "$STDOUT")" -gt 400
	grep '^differs:\|^odd:' "$STDOUT" | head -n 5 >&2
	ok "$(awk '{ n[substr($0, index($0, $3))] += $2 } END { for (x in n) printf "%d %s, ", n[x], x }' "$STDOUT")of 1000"
done
plan done
