#!/bin/sh
# `measure pcr`: registers of things that are not images
# shellcheck disable=SC2016 # backquotes in messages are text
. "${0%/*}/../lib.sh"

# register FORMULA: of the bytes of x
register()
{
	python3 -c 'import hashlib, sys
h = lambda x: hashlib.sha384(x).digest()
print(eval(sys.argv[1]).hex())' "$1"
}

# The vendor's own example.
run pcr --role-arn arn:aws:iam::123456789012:role/Webserver
expect_status 0
expect_stdout 'PCR3  78fce75db17cd4e0a3fb8dad3ad128ca5e77edbb2b2c7f75329dccd99aa5f6ef4fc1f1a452e315b9e98f9e312e6921e6'
expect_stderr ''
ok 'a role gives PCR3'

run pcr --instance-id i-1234567890abcdef0
expect_status 0
expect_stdout "PCR4  $(register 'h(bytes(48) + b"i-1234567890abcdef0")')"
ok 'an instance gives PCR4'

printf 'some bytes' >input
run pcr --input input
expect_status 0
expect_stdout "PCR  $(register 'h(bytes(48) + h(b"some bytes"))')"
run_stdin input pcr --input -
expect_status 0
expect_stdout "PCR  $(register 'h(bytes(48) + h(b"some bytes"))')"
: >empty
run pcr --input empty
expect_stdout 'PCR  21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a'
ok 'bytes give a register'

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout key.pem -out cert.pem \
	-subj /CN=test -days 3650 2>/dev/null
openssl x509 -in cert.pem -outform DER -out cert.der
run pcr --certificate cert.pem
expect_status 0
expect_stdout "PCR8  $(register 'h(bytes(48) + h(open("cert.der", "rb").read()))')"
expect_stderr ''
ok 'a certificate gives PCR8'

run pcr --input input --certificate cert.pem --role-arn r --instance-id i --json
expect_status 0
expect_json 'j["kind"] == "pcr" and list(j["measurements"]) == ["PCR3", "PCR4", "PCR8", "PCR"]'
ok 'several are given at once, in one order'

run pcr
expect_status 2
expect_stdout ''
expect_stderr 'measure: error[usage]: nothing is given to make a register of
measure: hint: see `measure help pcr`'
run pcr --role-arn ''
expect_status 2
expect_stderr 'measure: error[usage]: --role-arn: an empty string has no register
measure: hint: see `measure help pcr`'
run pcr --instance-id=
expect_status 2
expect_stderr 'measure: error[usage]: --instance-id: an empty string has no register
measure: hint: see `measure help pcr`'
run pcr --role-arn
expect_status 2
expect_stderr "measure: error[usage]: option '--role-arn' needs a value (ARN)
measure: hint: see \`measure help pcr\`"
run pcr --role-arn r input
expect_status 2
expect_stderr "measure: error[usage]: 'input' is a word too many
measure: hint: see \`measure help pcr\`"
ok 'nothing to measure is a usage error'

run pcr --certificate input
expect_status 3
expect_stdout ''
expect_stderr_has 'measure: error[certificate]: input: '
run pcr --certificate key.pem
expect_status 3
expect_stderr_has 'measure: error[certificate]: key.pem: '
run pcr --certificate missing
expect_status 5
expect_stderr 'measure: error[no-such-file]: missing: cannot be opened: No such file or directory'
run pcr --input missing
expect_status 5
expect_stderr 'measure: error[no-such-file]: missing: cannot be opened: No such file or directory'
run pcr --role-arn r --input missing
expect_status 5
expect_stdout ''
ok 'what cannot be measured gives no register at all'

plan done
