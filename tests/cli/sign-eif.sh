#!/bin/sh
# `measure sign eif`
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

printf 'kernel bytes' >kernel
printf 'first ramdisk' >rd
run build eif --kernel kernel --cmdline console=ttyS0 --ramdisk rd -o plain -q
expect_status 0
run eif plain
cp "$STDOUT" registers

# certificate NAME CURVE
certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:"$2" -nodes -keyout "$1.key" \
		-out "$1.pem" -subj "/CN=$1" -days 3650 2>/dev/null
}
certificate p256 P-256
certificate p384 P-384
certificate p521 P-521
certificate other P-384

for name in p256 p384 p521; do
	cp plain image
	run sign eif image --cert $name.pem --key $name.key
	expect_status 0
	expect_stderr ''
	cp "$STDOUT" signed
	expect cmp -n "$(wc -c <registers)" registers signed
	run pcr --certificate $name.pem
	expect test "$(tail -n 1 signed)" = "$(cat "$STDOUT")"
	run eif image
	expect_status 0
	expect_stdout @signed
	expect_stderr ''
	run eif image --json
	expect_json 'j["signature"]["present"] and j["signature"]["valid"]'
	expect_json 'j["signature"]["signed_pcr0"] == j["measurements"]["PCR0"]'
	expect_json "j['signature']['certificate']['subject'] == 'CN=$name'"
	cp image $name.eif
done
ok 'a key on each curve signs in place'

run sign eif plain --cert p384.pem --key p384.key -o out --json
expect_status 0
expect_json 'j["kind"] == "sign-eif" and list(j["measurements"]) == ["PCR0", "PCR1", "PCR2", "PCR8"]'
run eif plain
expect_stdout @registers
run eif out
expect_status 0
ok 'with --output the image itself is left alone'

cp p256.eif again
run sign eif again --cert p384.pem --key p384.key
expect_status 0
run eif again --json
expect_status 0
expect_json 'sum(s["type"] == "signature" for s in j["sections"]) == 1'
expect_json 'j["signature"]["certificate"]["subject"] == "CN=p384"'
ok 'a signature that is there is replaced'

run sign eif plain --cert p384.pem --tbs-out tbs
expect_status 0
expect_stdout ''
expect_stderr "measure: sign tbs with the certificate's key (ECDSA with sha384), then attach the signature: measure sign eif plain --cert p384.pem --attach SIGNATURE"
run sign eif plain --cert p384.pem --tbs-out tbs -q
expect_stderr ''
run sign eif plain --cert p384.pem --tbs-out tbs --json
expect_json 'j["alg"] == "ES384" and j["digest"] == "sha384"'
openssl dgst -sha384 -sign p384.key -out der tbs
run sign eif plain --cert p384.pem --attach der -o attached
expect_status 0
run eif attached
expect_status 0
run extract attached -C parts
expect_same parts/certificate.pem p384.pem
expect test "$(wc -c <parts/signature.raw)" -eq 96
run build eif --kernel kernel --cmdline console=ttyS0 --ramdisk rd -o rebuilt -q
run sign eif rebuilt --cert parts/certificate.pem --attach parts/signature.raw
expect_status 0
expect_same rebuilt attached
ok 'in two steps, and a signed image is reproduced from its signature'

sign='openssl dgst -sha384 -sign p384.key /dev/stdin'
run sign eif plain --cert p384.pem --sign-with "$sign" -o commanded
expect_status 0
expect_stderr ''
run eif commanded
expect_status 0
run sign eif plain --cert p384.pem --sign-with 'echo "$MEASURE_ALG $MEASURE_DIGEST" >env; exit 1' -o none
expect_status 5
expect_stdout ''
expect_stderr_has 'measure: error[sign-with]: '
expect test "$(cat env)" = "ES384 $(openssl dgst -sha384 -r tbs | cut -d ' ' -f 1)"
expect_no_file none
run sign eif plain --cert p384.pem --sign-with 'echo nonsense' -o none
expect test "$STATUS" -ne 0
expect_stdout ''
expect_no_file none
run sign eif plain --cert p384.pem --sign-with 'openssl dgst -sha384 -sign other.key /dev/stdin' -o none
expect_status 1
expect_stderr_has 'measure: error[signature]: '
expect_no_file none
ok 'a command signs'

# refused STATUS START ARGS...: and the image stays as it is
refused()
{
	status=$1 start=$2
	shift 2
	cp plain image
	run sign eif "$@"
	expect_status "$status"
	expect_stdout ''
	expect_stderr_has "measure: error$start"
	expect_same image plain
	expect_no_file none
}
one='one of --key, --sign-with, --attach and --tbs-out is needed,'
refused 2 '[usage]: one FILE is needed, 0 are given' --cert p384.pem --key p384.key
refused 2 '[usage]: one FILE is needed, 2 are given' image plain --cert p384.pem --key p384.key
refused 2 "[usage]: option '--cert' is missing" image --key p384.key
refused 2 "[usage]: $one 0 are given" image --cert p384.pem
refused 2 "[usage]: $one 2 are given" image --cert p384.pem --key p384.key --attach der
refused 2 "[usage]: $one 2 are given" image --cert p384.pem --key p384.key --sign-with true
refused 2 '[usage]: --tbs-out writes no image, so --output has no meaning' \
	image --cert p384.pem --tbs-out none -o none
refused 1 '[key-mismatch]: other.key: ' image --cert p384.pem --key other.key
refused 1 '[key-mismatch]: p256.key: ' image --cert p384.pem --key p256.key
refused 5 '[no-such-file]: missing: ' image --cert p384.pem --key missing
refused 5 '[no-such-file]: missing: ' image --cert missing --key p384.key
refused 5 '[no-such-file]: missing: ' missing --cert p384.pem --key p384.key
refused 3 '[certificate]: kernel: ' image --cert kernel --key p384.key
refused 3 '[key]: kernel: ' image --cert p384.pem --key kernel
refused 3 '[magic]: kernel: ' kernel --cert p384.pem --key p384.key -o none
refused 2 '[usage]: the name of the file to be written is empty' image --cert p384.pem --key p384.key -o ''
refused 2 "[usage]: what is written needs a name of its own, not '-'" \
	image --cert p384.pem --key p384.key -o -
cp p384.key kept.key
refused 2 "[usage]: p384.key: would be replaced, and it is the input 'p384.key'" \
	image --cert p384.pem --key p384.key -o p384.key
refused 2 "[usage]: p384.pem: would be replaced, and it is the input 'p384.pem'" \
	image --cert p384.pem --key p384.key -o p384.pem
refused 2 "[usage]: ./image: would be replaced, and it is the input 'image'" \
	image --cert p384.pem --tbs-out ./image
refused 2 "[usage]: der: would be replaced, and it is the input 'der'" \
	image --cert p384.pem --attach der -o der
expect_same p384.key kept.key
refused 5 '[no-such-file]: no/out: ' image --cert p384.pem --key p384.key -o no/out
openssl dgst -sha384 -sign other.key -out wrong tbs
refused 1 '[signature]: ' image --cert p384.pem --attach wrong
head -c 96 /dev/zero >zeros
refused 1 '[signature]: ' image --cert p384.pem --attach zeros
head -c 5000 /dev/zero >large
refused 3 '[limit]: large: is larger than the limit of 4096 bytes' image --cert p384.pem --attach large
ok 'what cannot be signed, or would not verify, changes nothing'

openssl genrsa -out rsa.key 2048 2>/dev/null
openssl req -x509 -new -key rsa.key -out rsa.pem -subj /CN=rsa -days 3650
refused 3 '[certificate]: rsa.pem: ' image --cert rsa.pem --key rsa.key
refused 3 '[key]: rsa.key: ' image --cert p384.pem --key rsa.key
ok 'RSA is refused'

mkdir folder
ln -s ../plain folder/link
cp plain before
run sign eif folder/link --cert p384.pem --key p384.key -o copy
expect_status 0
expect_same plain before
ok 'an image is found through a link'

run_stdin plain sign eif - --cert p384.pem --key p384.key -o none
expect test "$STATUS" -ne 0
expect_stdout ''
expect_no_file none
ok 'a stream cannot be signed'

plan done
