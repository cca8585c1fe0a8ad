#!/bin/sh
# `trust add --ca`, `sign manifest --cert`, `check`: signers whom nobody named, but a CA certified
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"
need openssl

printf 'kernel' >kernel
printf 'ramdisk' >rd
"$MEASURE" build eif -q --kernel kernel --cmdline c --ramdisk rd -o image.eif
"$MEASURE" manifest make image.eif --product example.org/blindbox --version 1 -q -o plain.corim

ec() { openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1.key" 2>/dev/null; }
# certify NAME ISSUER SUBJECT EXTENSIONS...: NAME.pem for NAME.key by ISSUER.key, or by itself
certify()
{
	name=$1 issuer=$2 subject=$3
	shift 3
	printf '%s\n' "$@" >ext
	openssl req -new -key "$name.key" -subj "$subject" -out csr 2>/dev/null
	if [ "$issuer" = "$name" ]; then
		openssl x509 -req -in csr -signkey "$name.key" -days 1000 -extfile ext -out "$name.pem" 2>/dev/null
	else
		openssl x509 -req -in csr -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial \
			-days 30 -extfile ext -out "$name.pem" 2>/dev/null
	fi
}
is_ca='basicConstraints=critical,CA:TRUE' signs=keyUsage=critical,keyCertSign
is_leaf='basicConstraints=critical,CA:FALSE' may=keyUsage=critical,digitalSignature
ec root P-384
certify root root '/O=Example/CN=Root' "$is_ca" "$signs"
openssl genpkey -algorithm ed25519 -out ci.key 2>/dev/null
certify ci root '/O=Example/CN=CI' "$is_ca,pathlen:0" "$signs"
for name in alice bob; do
	ec "$name" P-256
	certify "$name" ci "/CN=$name" "$is_leaf" "$may" extendedKeyUsage=codeSigning
	cat "$name.pem" ci.pem >"$name.chain"
done
print=$(openssl x509 -in root.pem -outform DER | sha256sum | cut -d ' ' -f 1)

run trust add root.pem --ca --role publisher --threshold 2 -v --trust trust.yml
expect_status 0
expect_stdout "sha256:$print"
expect_stderr_has "measure: 'CN=Root,O=Example' changed in trust.yml"
run trust add root.pem --ca --role publisher --trust trust.yml --json
expect_status 0
expect_json "not j['changed'] and j['sha256'] == '$print' and j['key'] == 'P-384' and j['name'] == 'CN=Root,O=Example'"
run trust show --trust trust.yml
expect_status 0
expect_stdout_has 'publisher: 2 of 0 keys and those that these certify'
expect_stdout_has '  certificate of CN=Root,O=Example, from '
expect_stdout_has "    sha256:$print"
run_stdin ci.pem trust add - --ca --role withdrawer --role root --trust trust.yml
expect_status 0
run trust show --trust trust.yml --json
expect_json '[(r, len(j["roles"][r]["ca"]), j["roles"][r]["threshold"]) for r in sorted(j["roles"])] == [
	("publisher", 1, 2), ("root", 1, 1), ("withdrawer", 1, 1)]'
expect_json 'j["roles"]["root"]["ca"][0]["key"] == "Ed25519"'
ok 'trust add --ca names a CA for roles'

cp trust.yml kept.yml
# refused STATUS START ARGS...
refused()
{
	status=$1 start=$2
	shift 2
	run "$@"
	expect_status "$status"
	expect_stdout ''
	expect_stderr_has "measure: error$start"
	expect_same trust.yml kept.yml
	expect_no_file none
}
adding='trust add --ca --role root --trust trust.yml'
# shellcheck disable=SC2086 # words
{
	refused 3 '[certificate]: alice.pem: the certificate is no CA by its basicConstraints' $adding alice.pem
	refused 3 '[certificate]: alice.key: the first PEM block is labelled "PRIVATE KEY" and must be a CERTIFICATE' \
		$adding alice.key
	refused 3 '[trailing]: alice.chain: one PEM block is needed, ' $adding alice.chain
	refused 2 '[usage]: --name has no meaning beside --ca: a certificate names its subject' \
		$adding root.pem --name root
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -subj /CN=rsa -out rsa.pem 2>/dev/null
# shellcheck disable=SC2086
refused 3 '[certificate]: rsa.pem: the key is RSA, and not of 4096 bits with the exponent 65537' $adding rsa.pem
ok 'what certifies nobody is no CA'

for name in alice bob; do
	run sign manifest plain.corim --signer "$name" --key "$name.key" --cert "$name.chain" -o "$name.corim"
	expect_status 0
done
run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml
expect_status 0
expect_stderr ''
expect_stdout_has 'signed by  CN=alice  sha256:'
expect_stdout_has '           certified by CN=Root,O=Example'
expect_stdout_has 'CN=bob: holds'
run manifest bundle alice.corim bob.corim -o ab.bundle
expect_status 0
run check image.eif --manifest ab.bundle --trust trust.yml -q
expect_status 0
run check image.eif --manifest alice.corim --trust trust.yml
expect_status 4
expect_stderr_has 'error[threshold]: image.eif: threshold: 1 trusted key signed, 2 must'
ok 'keys that the CA certified sign in the place of named ones'

# the same keys with a CA for another role, and without a CA
sed 's/publisher:/rebuilder:/' trust.yml >other.yml
run trust add root.pem --role publisher --trust other.yml -q
run check image.eif --manifest ab.bundle --trust other.yml
expect_status 4
expect_stderr_has 'error[threshold]: image.eif: threshold: 0 trusted keys signed, 1 must'
openssl pkey -in alice.key -pubout -out alice.pub
run trust add alice.pub --role publisher --trust trust.yml -q
run "check" image.eif --manifest ab.bundle --trust trust.yml
expect_status 0
expect_stdout_has 'signed by  alice  sha256:'
expect_stdout_has 'signed by  CN=bob  sha256:'
cp "kept.yml" trust.yml
ok 'a CA counts in its role alone, and a key that is named stands under its name'

run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml --at 2100-01-01T00:00:00Z
expect_status 1
expect_stderr_has 'error[expired]: image.eif: signature: CN=alice: certificate 1 of 3 is no longer valid'
run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml --at 2020-01-01T00:00:00Z
expect_status 1
expect_stderr_has 'error[not-yet-valid]: image.eif: signature: CN=alice: certificate 1 of 3 is not valid yet'
run check image.eif --manifest alice.corim --manifest bob.corim --trust trust.yml --at none
expect_status 0
expect_stdout_has 'that the signatures are still valid: --at none was given'
ok 'certificates are judged by the chosen time'

# A reader judges; a signer does not even write what no reader would count.
certify alice ci /CN=alice "$is_leaf" "$may" extendedKeyUsage=serverAuth
cat alice.pem ci.pem >eku.chain
certify alice ci /CN=alice "$is_ca" "$may"
cp alice.pem ca.chain
certify alice ci /CN=alice "$is_leaf" keyUsage=keyAgreement
cp alice.pem usage.chain
cat alice.chain root.pem alice.chain >loop.chain
cat alice.chain alice.chain alice.chain alice.chain root.pem >nine.chain
cat bob.pem ci.pem root.pem >bob.root
{ cat alice.chain && echo more; } >more.chain
sign_with() { refused "$1" "[$2]: $3: $4" sign manifest plain.corim --signer a --key alice.key --cert "$3" -o none; }
sign_with 3 certificate eku.chain 'certificate 1 of 2 has an extendedKeyUsage without codeSigning'
sign_with 3 certificate ca.chain 'certificate 1 of 1 is a CA, and the leaf must be none'
sign_with 3 certificate usage.chain 'certificate 1 of 1 has a keyUsage without digitalSignature'
sign_with 3 certificate loop.chain 'certificate 3 of 5 names another issuer than the next certificate is'
sign_with 3 limit nine.chain '9 certificates, and at most 8 fit into a header'
sign_with 1 key-mismatch bob.root 'the first certificate is not of the key that signs'
sign_with 3 certificate more.chain 'certificate 3: the line -----BEGIN CERTIFICATE----- is missing, at offset '
sign_with 3 certificate plain.corim 'the DER holds no certificate'
refused 2 "[usage]: alice.chain: would be replaced, and it is the input 'alice.chain'" \
	sign manifest plain.corim --signer a --key alice.key --cert alice.chain -o alice.chain
ok 'what no reader would count is not signed'

plan done
