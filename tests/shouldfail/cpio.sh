#!/bin/sh
# Every broken ramdisk of cpio_cases.txt: made by cpio_defects.py, which proves that the defect is
# there, and refused by `measure initrd`, inspect and extract with the reason and text of the table.
. "${0%/*}/../lib.sh"
need python3
DEFECTS=$ROOT/tests/shouldfail/cpio_defects.py CASES=$ROOT/tests/shouldfail/cpio_cases.txt

# plain: the first line of stderr, without what the version of a compressor decides
plain()
{
	head -n 1 "$STDERR" | sed -E '/gzip-cut/s/after [0-9]+ bytes, at offset .*/after N bytes/'
}

mkdir all
expect python3 -B "$DEFECTS" all all
expect python3 -B "$DEFECTS" good fine
run initrd fine
expect_status 0
ok 'what they are made of is good'

tab=$(printf '\t')
while IFS=$tab read -r name reason text; do
	printf 'measure: error[%s]: all/%s: %s\n' "$reason" "$name" "$text" >wanted
	for verb in initrd inspect extract; do
		set --
		if [ "$verb" = extract ]; then set -- -C out; fi
		# what does not begin like a ramdisk is one by its verb alone
		case $name in gzip-of-* | only-zeros) [ "$verb" = initrd ] || continue ;; esac
		run "$verb" "all/$name" "$@"
		expect_status 3
		expect_stdout ''
		plain >line
		expect diff wanted line
		expect_no_file out
	done
	ok "$name"
done <"$CASES"

for name in all/*; do echo "${name#all/}"; done >made
cut -f1 "$CASES" | sort >listed
expect diff made listed
ok 'every defect is in the table'

plan done
