#!/bin/sh
# `measure help --completion SHELL` and --man TOPIC
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

for shell in bash zsh fish; do
	run help --completion $shell
	expect_status 0
	expect_stderr ''
	cp "$STDOUT" complete.$shell
	! command -v $shell >/dev/null || expect $shell -n complete.$shell
done
ok 'each shell that is installed reads its script'

run help --completion powershell
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: option '--completion' takes bash, zsh or fish, not 'powershell'
measure: hint: see \`measure help help\`"
ok 'other shells are refused'

# in_bash WORD...: what the last word can become, one a line
in_bash()
{
	bash -c '. ./complete.bash
compopt() { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_measure
printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}
printf x >image.eif
mkdir dir
expect test "$(in_bash measure e | tr '\n' ' ')" = 'eif extract explain '
expect test "$(in_bash measure image)" = image.eif
expect test "$(in_bash measure build '' | tr '\n' ' ')" = 'recipe eif initrd root snp '
expect test "$(in_bash measure build eif --ker | tr '\n' ' ')" = '--kernel --kernel-config '
expect test "$(in_bash measure build eif --kernel im)" = image.eif
expect test "$(in_bash measure build eif --arch a)" = aarch64
expect test "$(in_bash measure eif --color = n)" = never
expect test "$(in_bash measure eif --color =  | wc -l)" -eq 3
expect test "$(in_bash measure explain flags)" = flags-measured
expect test "$(in_bash measure eif im)" = image.eif
expect test "$(in_bash measure pcr --role-arn im)" = ''
expect test "$(in_bash measure eif --lenient --js)" = --json
ok 'bash completes verbs, options, choices, reasons and files'

# in_fish LINE: likewise
in_fish() { HOME=$HOME fish -c 'source complete.fish; complete -C "$argv"' "$1" | cut -f 1; }
if command -v fish >/dev/null; then
	expect test "$(in_fish 'measure ex' | sort | tr '\n' ' ')" = 'explain extract '
	expect test "$(in_fish 'measure build ei')" = eif
	expect test "$(in_fish 'measure build eif --ker' | sort | tr '\n' ' ')" = '--kernel --kernel-config '
	expect test "$(in_fish 'measure explain flags')" = flags-measured
	expect test "$(in_fish 'measure eif --color nev')" = never
	ok 'so does fish'
fi

run help --topics
expect_status 0
cp "$STDOUT" topics
for verb in eif snp igvm initrd pcr solve inspect extract diff build sign idblock manifest trust db who lock store reproduce explain version help; do
	expect grep -qx "measure-$verb.1" topics
done
expect grep -qx measure.1 topics
expect grep -qx measure-json.5 topics
expect test "$(wc -l <topics)" -eq 34
ok 'each verb has a manual page'

while read -r topic; do
	run help --man "$topic"
	expect_status 0
	expect_stderr ''
	cp "$STDOUT" "$topic"
	expect test "$(grep -c '^\.SH NAME$' "$topic")" -eq 1
	expect test "$(grep -c '^\.SH SEE ALSO$' "$topic")" -eq 1
	case $topic in
	*.1)
		for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES; do
			expect test "$(grep -cx ".SH $section" "$topic")" -eq 1
		done
		;;
	esac
done <topics
ok 'and each page its sections, once'

# what SEE ALSO names is there
sed -s -n '/^\.SH SEE ALSO/,$p' measure*.[157] | sed -n 's/\\-/-/g; s/^\.BR \([a-z-]*\) (\([157]\)),*$/\1.\2/p' |
	sort -u >named
while read -r topic; do
	expect grep -qx -- "$topic" topics
done <named
expect test -s named
ok 'no page refers to one that is missing'

# shellcheck disable=SC2094 # another file
for topic in measure*.[157]; do
	mandoc -T lint "$topic" | grep -v 'missing date, using ""'
done >faults
expect test ! -s faults
mandoc -T ascii measure-eif.1 | col -b >page
expect grep -q 'measure eif FILE' page
ok 'mandoc finds no fault but the missing date'

for topic in measure-eif eif; do
	run help --man "$topic"
	expect_status 0
	expect_stdout @measure-eif.1
done
run help --man trust
expect_stdout @measure-trust.1
run help --man measure-eiff
expect_status 2
expect_stdout ''
expect_stderr "measure: error[usage]: no manual page 'measure-eiff'
measure: hint: \`measure help --topics\` lists them"
ok 'a page that is not there is a usage error'

plan done
