#!/bin/sh
# `measure eif`: what is said beside the registers, and what it cannot do
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
MUTATE=$BUILD/tests/mutate
"$MUTATE" base - image.eif
"$MUTATE" sign image.eif signed.eif 256
"$MUTATE" certificate - expired.pem expired
"$MUTATE" sign image.eif expired.eif 256 - expired.pem

run eif signed.eif
expect_status 0
expect_stderr ''
cp "$STDOUT" registers
run eif signed.eif --at 2019-12-31T23:59:59Z
expect_status 0
expect_stdout @registers
expect_stderr 'measure: warning[certificate-expired]: signed.eif: the signing certificate is not valid yet'
run eif signed.eif --at 2050-01-01T00:00:00Z
expect_stderr 'measure: warning[certificate-expired]: signed.eif: the signing certificate has expired'
ok 'a certificate out of its time is a warning'

for at in 2020-01-01T00:00:00Z 2020-12-31T23:59:59Z; do
	run eif expired.eif --at $at
	expect_status 0
	expect_stderr ''
done
for at in 2019-12-31T23:59:59Z 2021-01-01T00:00:00Z; do
	run eif expired.eif --at $at
	expect_status 0
	expect_stderr_has 'warning[certificate-expired]'
done
run eif expired.eif --at none
expect_stderr ''
run eif expired.eif -q
expect_stderr ''
ok 'its first and its last second are in its time'

run eif expired.eif --json
expect_status 0
expect_json 'j["ok"] and j["signature"]["valid"]'
expect_json 'j["warnings"][0]["reason"] == "certificate-expired"'
ok 'JSON has the warning too'

run_stdin image.eif eif --lenient -
expect_status 2
expect_stdout ''
expect_stderr 'measure: error[usage]: --lenient reads a file several times; a stream it cannot
measure: hint: see `measure help eif`'
run_stdin image.eif sign eif - --key none --cert expired.pem
expect_status 3
expect_stderr 'measure: error[not-a-file]: standard input: is a stream; an image to be signed is read twice'
ok 'what is read more than once is no stream'

metadata()
{
	printf '{"ImageName":"n","ImageVersion":"1","BuildMetadata":{"BuildTime":"t","BuildTool":"b",'
	printf '"BuildToolVersion":"v","OperatingSystem":"o","KernelVersion":"k"},"DockerInfo":null,'
	printf '"CustomMetadata":%s}' "$1"
}
for value in '[]' '"text"' 7 true; do
	metadata "$value" >metadata.json
	"$MUTATE" content image.eif custom.eif metadata metadata.json
	run eif custom.eif
	expect_status 0
	run eif custom.eif --json=nitro-cli
	expect_status 3
	expect_stdout ''
	expect_stderr_has 'measure: error[metadata]: custom.eif: CustomMetadata is '
	expect_stderr_has '; nitro-cli fails to describe what is no object'
done
ok 'what nitro-cli cannot describe is not described in its name'

plan done
