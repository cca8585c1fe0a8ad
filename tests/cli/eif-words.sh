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

"$MUTATE" certificate - p256.pem 256
"$MUTATE" key - key.pem 256
cat p256.pem key.pem >both.pem
cat p256.pem expired.pem >chain.pem
cp image.eif before.eif
run sign eif image.eif --cert both.pem --key both.pem
expect_status 3
expect_stdout ''
expect_stderr "measure: error[certificate]: both.pem: a PEM block \"EC PRIVATE KEY\" stands behind the certificate, where only further certificates may stand, at offset $(wc -c <p256.pem) ($(printf '0x%x' "$(wc -c <p256.pem)"))"
expect_same image.eif before.eif
ok 'a private key behind the certificate is not published'

run sign eif image.eif --cert chain.pem --key key.pem -o chained.eif
expect_status 0
expect_stderr "measure: warning[certificate-chain]: image.eif: 1 certificate follows the signer's and is ignored"
run eif chained.eif
expect_stderr "measure: warning[certificate-chain]: chained.eif: 1 certificate follows the signer's and is ignored"
run sign eif image.eif --cert expired.pem --key key.pem -o late.eif
expect_status 0
expect_stderr 'measure: warning[certificate-expired]: image.eif: the signing certificate has expired'
ok 'signing warns of what reading would'

# what stands in the metadata is JSON no more, and no register tells
printf '%s' 'perl -e '"'"'open F, "+<", "race.eif"; seek F, 1160, 0; print F "\xff" x 40'"'"'; openssl dgst -sha256 -sign key.pem' >racing
cp image.eif race.eif
run sign eif race.eif --cert p256.pem --sign-with "$(cat racing)"
expect_status 0
run eif race.eif
expect_status 0
expect_stderr ''
cp image.eif race.eif
run sign eif race.eif --cert p256.pem --sign-with "$(sed 's/1160/700/' racing)"
expect_status 5
expect_stdout ''
expect_stderr 'measure: error[file-changed]: race.eif: PCR0 is another one than when the image was first read'
run sign eif race.eif --cert p256.pem --sign-with 'echo more >>race.eif; openssl dgst -sha256 -sign key.pem'
expect_status 3
cp image.eif race.eif
run sign eif race.eif --cert p256.pem --sign-with 'echo more >>race.eif; openssl dgst -sha256 -sign key.pem'
expect_status 5
expect_stderr_has 'measure: error[file-changed]: race.eif: has '
ok 'an image that changes while it is signed gives none that is refused'

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
