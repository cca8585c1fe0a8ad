#!/bin/sh
# ci/sign-with/aws-kms: measure sign eif through a stub of the aws client. The stub says on stderr
# that it is one; nothing here speaks to the service.
. "${0%/*}/../lib.sh"
need openssl

mkdir bin
cat >bin/aws <<'EOT'
#!/bin/sh
# stands in for: aws kms sign --key-id K --message-type DIGEST --signing-algorithm A --message fileb://F ...
echo 'aws: a stub, not AWS' >&2
echo "$*" | sed 's|fileb://[^ ]*.*digest |FILE |' >"$STUB/arguments"
while [ $# -gt 0 ]; do
	case $1 in
	--message) digest=${2#fileb://} ;;
	esac
	shift
done
openssl pkeyutl -sign -inkey "$STUB/key.pem" -in "$digest" | base64 -w 0
EOT
chmod +x bin/aws
PATH=$PWD/bin:$PATH STUB=$PWD AWS_KMS_KEY=alias/enclave
export PATH STUB AWS_KMS_KEY
expect "$BUILD/tests/mutate" base - image.eif
ok 'an image is made'

sign() { run sign eif image.eif --cert cert.pem --sign-with "'$ROOT/ci/sign-with/aws-kms'" -o signed.eif; }

for pair in prime256v1=ECDSA_SHA_256 secp384r1=ECDSA_SHA_384 secp521r1=ECDSA_SHA_512; do
	expect openssl ecparam -name "${pair%=*}" -genkey -noout -out key.pem
	expect openssl req -new -x509 -key key.pem -subj /CN=stub -days 30 -out cert.pem
	sign
	expect_status 0
	expect_stderr_has 'aws: a stub, not AWS'
	echo "kms sign --key-id alias/enclave --message-type DIGEST --signing-algorithm ${pair#*=}" \
		"--message FILE --output text --query Signature" >wanted
	expect_same wanted arguments
	run eif signed.eif
	expect_status 0
	expect_stdout_has 'PCR8  '
	ok "the stub signs with ${pair#*=}"
	rm -f signed.eif
done

printf '#!/bin/sh\necho "An error occurred (AccessDeniedException)" >&2\nexit 254\n' >bin/aws
sign
expect [ "$STATUS" -ne 0 ]
expect_stderr_has 'AccessDeniedException'
expect_no_file signed.eif
ok 'a client that fails writes nothing'

plan done
