#!/bin/sh
# `measure sign manifest`: which options belong together, and what is never overwritten
. "${0%/*}/../lib.sh"
need openssl

printf 'kernel' >kernel
printf 'ramdisk' >rd
run build eif -q --kernel kernel --cmdline c --ramdisk rd -o image.eif
expect_status 0
run manifest make image.eif --product example.org/blindbox --version 1 -q -o plain
expect_status 0
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out a.key 2>/dev/null
openssl pkey -in a.key -pubout -out a.pub
openssl req -x509 -key a.key -subj /CN=a -days 30 -out a.pem
cp a.key kept.key
cp a.pub kept.pub
echo secret >pass

# refused STATUS START ARGS...: and nothing is written
refused()
{
	status=$1 start=$2
	shift 2
	run sign manifest "$@"
	expect_status "$status"
	expect_stdout ''
	expect_stderr_has "measure: error$start"
	expect_no_file none
	expect_same a.key kept.key
	expect_same a.pub kept.pub
}
one='one of --key, --sign-with, --attach and --tbs-out is needed,'
refused 2 "[usage]: $one 0 are given" plain --signer a -o none
refused 2 "[usage]: $one 2 are given" plain --signer a --key a.key --sign-with true -o none
refused 2 '[usage]: --public-key has no meaning beside --key' \
	plain --signer a --key a.key --public-key a.pub -o none
refused 2 '[usage]: --public-key is needed without --key' plain --signer a --sign-with true -o none
refused 2 '[usage]: --passphrase-file has no meaning without --key' \
	plain --signer a --public-key a.pub --sign-with true --passphrase-file pass -o none
refused 2 '[usage]: --tbs-out writes no manifest, so --output has no meaning' \
	plain --signer a --public-key a.pub --tbs-out none -o none
refused 2 "[usage]: option '--output' is missing" plain --signer a --key a.key
ok 'options that do not belong together are refused'

run sign manifest plain --key a.key -o unnamed --json
expect_status 0
fingerprint=$(openssl pkey -pubin -in a.pub -outform DER | sha256sum | cut -d ' ' -f 1)
expect_json "j['key_id'] == '$fingerprint'"
run manifest show unnamed --json
expect_json "j['claimed_signers'][0]['signer'] == 'sha256:$fingerprint'"
run sign manifest plain --public-key a.pub --tbs-out unnamed.tbs
expect_status 0
ok 'a signer who gives no name has that of the key'

refused 2 "[usage]: a.key: would be replaced, and it is the input 'a.key'" \
	plain --signer a --key a.key -o a.key
refused 2 "[usage]: ./a.pub: would be replaced, and it is the input 'a.pub'" \
	plain --signer a --public-key a.pub --tbs-out ./a.pub
refused 2 "[usage]: pass: would be replaced, and it is the input 'pass'" \
	plain --signer a --key a.key --passphrase-file pass -o pass
refused 2 "[usage]: pass: would be replaced, and it is the input 'pass'" \
	plain --signer a --public-key a.pub --attach pass -o pass
refused 2 "[usage]: what is written needs a name of its own, not '-'" \
	plain --signer a --key a.key -o -
refused 3 '[key]: a.key: is a private key and must be a public key or a certificate' \
	plain --signer a --public-key a.key --sign-with true -o none
refused 3 '[signature-form]: pass: the signature is neither DER nor the 64 bytes' \
	plain --signer a --public-key a.pem --attach pass -o none
ok 'keys and signatures are not written over'

plan done
