#!/bin/sh
# `measure FILE`: the type is guessed
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

printf kernel >kernel
printf ramdisk >ramdisk
run build eif --kernel kernel --cmdline x --ramdisk ramdisk -o image.eif -q
expect_status 0
cp image.eif image
cp image.eif eif
run eif image
cp "$STDOUT" text
run eif image --json
cp "$STDOUT" json

for file in image ./image image.eif "$PWD/image.eif" ./eif; do
	run "$file"
	expect_status 0
	expect_stdout @text
	expect_stderr ''
done
ok 'a file is measured by the verb of its type'

run image --json
expect_status 0
expect_stdout @json
run image -q
expect_stdout ''
run image --lenient
expect_status 0
run image --help
expect_stdout_has 'usage: measure eif FILE'
run image --bogusbogus
expect_status 2
expect_stderr "measure: error[usage]: unknown option '--bogusbogus'
measure: hint: see \`measure help eif\`"
run image image.eif
expect_status 2
expect_stderr 'measure: error[usage]: one FILE is needed, 2 are given
measure: hint: see `measure help eif`'
ok 'with the options of that verb'

run eif
expect_status 2
ok 'a verb goes before a file of the same name'

printf 'MZ no image' >other
run other
expect_status 3
expect_stdout ''
expect_stderr 'measure: error[unknown-type]: other: the first 11 bytes are those of no known image'
run other --json
expect_status 3
expect_json 'j["kind"] == "file" and j["reason"] == "unknown-type" and j["subject"] == "other"'
: >empty
run empty
expect_status 3
expect_stderr 'measure: error[unknown-type]: empty: the first 0 bytes are those of no known image'
{
	printf '\002\0\0\0\0\0\0\0\0\0\003\0\0\0\0\0'
	head -c 36 /dev/zero
	printf '\001'
	head -c $((0x4a0 - 53)) /dev/zero
} >report
for verb in '' inspect; do
	# shellcheck disable=SC2086 # none or one word
	run $verb report
	expect_status 3
	expect_stderr 'measure: error[unknown-type]: report: the first 1184 bytes are those of no known image
measure: hint: it looks like an AMD SEV-SNP attestation report: see `measure help verify`'
done
ok 'a type that nobody knows is refused'

run ./missing
expect_status 5
expect_stderr 'measure: error[no-such-file]: ./missing: cannot be opened: No such file or directory'
run missing.eif
expect_status 5
expect_stderr 'measure: error[no-such-file]: missing.eif: cannot be opened: No such file or directory'
run missing
expect_status 2
expect_stderr "measure: error[usage]: unknown verb 'missing'
measure: hint: see \`measure help\`"
mkdir folder
run folder
expect_status 3
expect_stderr 'measure: error[not-a-file]: folder: is a directory, not a regular file'
ln -s nowhere dangling
run dangling
expect_status 5
expect_stderr 'measure: error[no-such-file]: dangling: cannot be opened: No such file or directory'
ok 'a file that is missing is told from a verb that is misspelt'

plan done
