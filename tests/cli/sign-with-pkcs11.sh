#!/bin/sh
# ci/sign-with/pkcs11: measure sign eif with a key in a PKCS#11 token (SoftHSM 2)
. "${0%/*}/../lib.sh"
need softhsm2-util
need pkcs11-tool
need openssl

mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$PWD" >softhsm.conf
SOFTHSM2_CONF=$PWD/softhsm.conf
PKCS11_MODULE=/usr/lib/softhsm/libsofthsm2.so
PKCS11_TOKEN=release
PKCS11_PIN=4321
export SOFTHSM2_CONF PKCS11_MODULE PKCS11_TOKEN PKCS11_ID PKCS11_PIN
expect softhsm2-util --init-token --free --label release --pin 4321 --so-pin 8765
expect "$BUILD/tests/mutate" base - image.eif
ok 'a token and an image are made'

# key LABEL ID CURVE: in the token, with a certificate beside it
key()
{
	expect openssl ecparam -name "$3" -genkey -noout -out "$1.sec1"
	expect openssl pkcs8 -topk8 -nocrypt -in "$1.sec1" -out "$1.p8"
	expect openssl req -new -x509 -key "$1.p8" -subj "/CN=$1" -days 30 -out "$1.pem"
	expect softhsm2-util --import "$1.p8" --token release --label "$1" --id "$2" --pin 4321
	rm "$1.sec1" "$1.p8"
}

sign() { run sign eif image.eif --cert "$1" --sign-with "'$ROOT/ci/sign-with/pkcs11'" -o signed.eif; }

id=10
for curve in prime256v1 secp384r1 secp521r1; do
	id=$((id + 1))
	key $curve $id $curve
	PKCS11_ID=$id
	sign $curve.pem
	expect_status 0
	expect_stderr 'Using signature algorithm ECDSA'
	run eif signed.eif
	expect_status 0
	expect_stdout_has 'PCR8  '
	ok "the token's key on $curve signs"
	rm -f signed.eif
done

key other 14 secp384r1
PKCS11_ID=14
sign secp384r1.pem
expect_status 1
expect_no_file signed.eif
ok 'a key that is not of the certificate writes nothing'

PKCS11_ID=99
sign secp384r1.pem
expect [ "$STATUS" -ne 0 ]
expect_no_file signed.eif
ok 'a key that is not in the token writes nothing'

PKCS11_ID=12 PKCS11_PIN=1111
sign secp384r1.pem
expect [ "$STATUS" -ne 0 ]
expect_no_file signed.eif
ok 'a wrong PIN writes nothing'

plan done
