#!/bin/sh
# `measure manifest export --to sigstore` and cosign (3.x), which verifies what we sign
. "${0%/*}/../lib.sh"
need cosign
need openssl
. "$ROOT/tests/parity/lib.sh"

filled kernel 4096
filled rd0 4096
run build eif -q --kernel kernel --cmdline c --ramdisk rd0 -o blindbox.eif
expect_status 0
run eif blindbox.eif
cp "$STDOUT" registers
run manifest make blindbox.eif --product example.org/blindbox --version 1 -q -o blindbox.corim
expect_status 0

# key NAME OPENSSL-OPTIONS...
key()
{
	name=$1
	shift
	openssl genpkey "$@" -out "$name.key" 2>/dev/null
	openssl pkey -in "$name.key" -pubout -out "$name.pub"
	run manifest export blindbox.corim --to sigstore --key "$name.key" -o "$name.json"
	expect_status 0
}

# ask KEY BUNDLE MORE...: with the key alone, offline
ask()
{
	ask_key=$1 ask_bundle=$2
	shift 2
	run_command cosign verify-blob-attestation --key "$ask_key" --bundle "$ask_bundle" \
		--insecure-ignore-tlog --type slsaprovenance1 "$@"
}

yes()
{
	ask "$@"
	expect_status 0
	expect_stderr_has 'Verified OK'
}

no()
{
	why=$1
	shift
	ask "$@"
	expect test "$STATUS" -ne 0
	expect_stderr_has "$why"
}

key p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
key p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
key p521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521
key ed25519 -algorithm ED25519
unsound='accepted signatures do not match threshold'
foreign='provided artifact digests do not match digests in statement'

for name in p256 ed25519; do
	yes $name.pub $name.json blindbox.eif
	yes $name.pub $name.json blindbox.corim
	while read -r _ pcr; do
		yes $name.pub $name.json --digest "$pcr" --digestAlg sha384
	done <registers
	no "$foreign" $name.pub $name.json rd0
	ok "cosign verifies image, manifest and registers under a key of $name"
done
for name in p384:384 p521:512; do
	bits=${name#*:} name=${name%:*}
	yes "$name.pub" "$name.json" --signature-digest-algorithm "sha$bits" blindbox.eif
	no "$unsound" "$name.pub" "$name.json" blindbox.eif
	ok "under a key of $name when it is told the digest"
done

no "$unsound" p384.pub p256.json blindbox.eif
no "$unsound" ed25519.pub p256.json blindbox.eif
for name in payload sig payloadType; do
	perl -pe 's/("'$name'":"....)(.)/$1 . chr(ord($2) ^ 1)/e' p256.json >changed.json
	ask p256.pub changed.json blindbox.eif
	expect test "$STATUS" -ne 0
done
ok 'and refuses another key and a changed bundle'

plan done
