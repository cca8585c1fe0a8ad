#!/bin/sh
# Every broken container image of oci_cases.txt: made by oci_defects.py, which proves that the defect
# is there, and refused by `measure build initrd` with the reason and text of the table, nothing
# written.
. "${0%/*}/../lib.sh"
DEFECTS=$ROOT/tests/shouldfail/oci_defects.py CASES=$ROOT/tests/shouldfail/oci_cases.txt

# plain: the first line of stderr, where digests and what a compressor's version decides are equal
plain()
{
	head -n 1 "$STDERR" | sed -E 's/[0-9a-f]{64}/HEX/g; s/at offset [0-9]+ \(0x[0-9a-f]+\)/at offset N/
		s/after [0-9]+ bytes/after N bytes/; s/has 4194[0-9]+ bytes/has N bytes/' >line
}

mkdir all
expect python3 -B "$DEFECTS" all all
tab=$(printf '\t')
while IFS=$tab read -r name options reason text; do
	case $name in '#'*) continue ;; esac
	[ "$options" != - ] || options=-q
	run build initrd --rootfs "all/$name" "$options" -o out.cpio
	expect_status 3
	expect_stdout ''
	plain
	printf '%s\n' "measure: error[$reason]: all/$name: $text" >wanted
	expect diff wanted line
	case $text in *'unpacks to more than'*) hints=1 ;; *) hints=0 ;; esac
	expect test "$(grep -c '^measure: hint: .*--max-unpacked' "$STDERR")" -eq $hints
	expect test "$(find . -maxdepth 1 -name '*out.cpio*' -o -name '.*.tmp' | wc -l)" -eq 0
	ok "$name${options#-q}"
done <"$CASES"

rm -f all/*.elsewhere
for name in all/*; do echo "${name#all/}"; done >made
sed '/^#/d; s/\t.*//' "$CASES" | sort -u >listed
expect diff made listed
ok 'every defect is in the table'

plan done
